"""What the tests through a Celery worker ask of runs."""

import time

from tests.factories.runs import make_checkpoint, make_mapping, make_protocol
from workers.evaluation.contract import MetricValue, Response
from workers.models import Request


def make_run_mapping(neox, *, task, claim=None, checkpoint=None, **protocol):
    checkpoint = checkpoint or make_checkpoint(folder=neox.name, parameter_count=6_541_056)
    return make_mapping(claim=claim, checkpoint=checkpoint, protocol=make_protocol(task=task, num_fewshot=5, **protocol))


def answers_of(run):
    rows = Request.objects.filter(run=run).order_by("ordinal").values_list("log_likelihood", "is_greedy", "response_text")
    return [Response(*row) for row in rows]


def metrics_of(run):
    return [MetricValue(**metric) for metric in run.results["metrics"]]


def sha_of(run):
    return {file["name"]: file["sha256"] for file in run.provenance["checkpoint"]["files"]}["model.safetensors"]


def until(is_so, *, seconds=120):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)
