"""Builders of runs that are finished, with items, prompts and answers, written many at a time."""

import hashlib

from django.utils import timezone

from tests.factories.runs import make_checkpoint, make_protocol
from workers.models import BenchmarkLicence, Prompt, Request, Run, Sample
from workers.states import RunState

LETTERS = ["A", "B", "C", "D"]
SHOTS = "The following are multiple choice questions (with answers).\n\nAn example?\nA. a\nB. b\nAnswer: B\n\n"


def make_licence(dataset="cais/mmlu", *, allows_prompts=True, **values):
    defaults = {"name": "MIT", "url": "https://example.org/licence"}
    return BenchmarkLicence.objects.create(dataset=dataset, allows_prompts=allows_prompts, **{**defaults, **values})


def question(index):
    return f"Question number {index} about zebras?\nA. one\nB. two\nC. three\nD. four\nAnswer:"


def make_scored_run(
    picks="AABCD", *, tasks=("mmlu_anatomy",), shots=SHOTS, dataset="cais/mmlu", checkpoint=None, protocol=None, **values
):
    """A finished run with an item a letter: that letter was picked, and A is true.

    Item n belongs to a task by turns, and its margin is n tenths. Items have two subjects where there are two tasks.
    """
    facts = [
        {"name": name, "dataset": f"{dataset}:{name}", "prompt_sha256": hashlib.sha256(f"{shots}/{name}".encode()).hexdigest()}
        for name in tasks
    ]
    defaults = {
        "state": RunState.FINISHED, "plan_version": 1, "samples_total": len(picks), "requests_total": 4 * len(picks),
        "seeds": {"python": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234}, "started_at": timezone.now(), "finished_at": timezone.now(),
        "provenance": {"tasks": facts, "plan": {"version": 1, "token_budget": 1024}},
    }  # fmt: skip
    run = Run.objects.create(
        checkpoint=checkpoint or make_checkpoint(), protocol=protocol or make_protocol(), **{**defaults, **values}
    )
    texts = [shots + question(index) for index in range(len(picks))]
    prompts = {bytes(hashlib.sha256(text.encode()).digest()): text for text in texts}
    Prompt.objects.bulk_create([Prompt(digest=digest, text=text) for digest, text in prompts.items()], ignore_conflicts=True)
    keys = {bytes(digest): pk for digest, pk in Prompt.objects.filter(digest__in=list(prompts)).values_list("digest", "pk")}
    made = Sample.objects.bulk_create(
        [
            Sample(
                run=run, index=index, task=tasks[index % len(tasks)], document_id=index // len(tasks), choices=LETTERS, target="A",
                document={"question": f"Question number {index} about zebras?", "choices": ["one", "two", "three", "four"], "answer": 0},
                prediction=pick, is_correct=pick == "A", margin=index / 10, token_count=700 + index, tokens_cut=0,
            )
            for index, pick in enumerate(picks)
        ],
        batch_size=2000,
    )  # fmt: skip
    Request.objects.bulk_create(
        [
            Request(
                run=run, ordinal=4 * index + choice, sample=made[index], choice=choice, continuation=f" {letter}",
                prompt_id=keys[hashlib.sha256(texts[index].encode()).digest()], is_greedy=letter == pick,
                log_likelihood=-1.0 if letter == pick else -1.0 - index / 10 - choice / 100,
            )
            for index, pick in enumerate(picks)
            for choice, letter in enumerate(LETTERS)
        ],
        batch_size=4000,
    )  # fmt: skip
    return run


def logged_as_harness_does(run):
    """Give a run the record that a reduction leaves: what was logged of each item, hashes, and a metric."""
    samples = list(run.samples.all())
    for sample in samples:
        acc = float(sample.is_correct)
        hashes = {
            name: hashlib.sha256(f"{name}/{sample.index}".encode()).hexdigest()
            for name in ("doc_hash", "prompt_hash", "target_hash")
        }
        sample.logged = [{"target": "0", "filter": "none", "metrics": ["acc"], **hashes, "acc": acc}]
    Sample.objects.bulk_update(samples, ["logged"])
    tasks = [task["name"] for task in run.provenance["tasks"]]
    run.results = {
        "metrics": [{"task": task, "metric": "acc", "value": 0.25, "stderr": None, "items": 1, "chance": 0.25} for task in tasks],
        "harness": {
            "results": {task: {"acc,none": 0.25} for task in tasks}, "config": {"random_seed": 0, "limit": None},
            "lm_eval_version": "0.4.13", "task_hashes": {task: hashlib.sha256(task.encode()).hexdigest() for task in tasks},
        },
        "responses_sha256": hashlib.sha256(f"{run.pk}".encode()).hexdigest(),
    }  # fmt: skip
    run.save()
    return run
