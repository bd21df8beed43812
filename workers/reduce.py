"""Reducing: the harness's metrics out of the stored responses, and the measurements out of the metrics."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from leaderboards import measurements
from leaderboards.measurements import Obtained
from workers import lifecycle, plan, ties
from workers.engine import open_engine
from workers.evaluation.contract import MetricValue, Reduction, Response, SampleOutcome
from workers.evaluation.errors import PlanChanged
from workers.guard import answering
from workers.heartbeat import Pulse
from workers.lifecycle import RunLease
from workers.models import ClaimMapping, Request, Run, Sample
from workers.response_digest import digest_of

ROWS_AT_ONCE = 2000


def reduce(lease: RunLease) -> None:
    """Reduce a run that was claimed for it, and record what it measured."""
    run = Run.objects.select_related("checkpoint__model", "protocol").get(pk=lease.run_id)
    with answering(lease), Pulse(lease) as pulse:
        pulse.beat("Computing the metrics.")
        responses = responses_of(run)
        reduction = open_engine().reduce(plan.spec_of(run), plan.stored_plan(run), responses)
        connection.close()  # it lay idle while the harness computed
        _store(run, reduction, headline_of(run, reduction), lease=lease, responses=responses)


def headline_of(run: Run, reduction: Reduction) -> MetricValue:
    """The metric that the run's protocol names, of the whole task or group.

    Raises PlanChanged when the harness computed no such metric.
    """
    wanted = (run.protocol.task, run.protocol.metric)
    for metric in reduction.metrics:
        if (metric.task, metric.metric) == wanted:
            return metric
    raise PlanChanged(f'The harness computed no "{wanted[1]}" for {wanted[0]}: correct the protocol, then ask for the run again.')


def responses_of(run: Run) -> Sequence[Response]:
    """The run's responses by ordinal."""
    rows = Request.objects.filter(run=run).order_by("ordinal")
    columns = rows.values_list("ordinal", "kind", "log_likelihood", "is_greedy", "response_text", "tokens")
    return [_response(*row) for row in columns]


def _response(
    ordinal: int, kind: str, log_likelihood: float | None, is_greedy: bool | None, text: str | None, tokens: int | None
) -> Response:
    response = Response(log_likelihood, is_greedy, text, tokens)
    if (log_likelihood, is_greedy, text) == (None, None, None):
        raise RuntimeError(f"request {ordinal} of a run whose shards are done has no response")
    if response.kind != kind:
        raise RuntimeError(f"request {ordinal} is {kind}, and its response is one to {response.kind}")
    return response


@transaction.atomic
def _store(run: Run, reduction: Reduction, headline: MetricValue, *, lease: RunLease, responses: Sequence[Response]) -> None:
    results: dict[str, object] = {
        "metrics": [asdict(metric) for metric in reduction.metrics],
        "ties": ties.counted(reduction.outcomes, run.checkpoint.dtype),
        "harness": reduction.harness,
        "responses_sha256": digest_of(responses),
    }
    lifecycle.finish(lease, results=results)
    _store_outcomes(run, reduction.outcomes)
    if run.items_per_task is None:
        _record(run, headline)


def _store_outcomes(run: Run, outcomes: Sequence[SampleOutcome]) -> None:
    keys = dict(Sample.objects.filter(run=run).values_list("index", "pk"))
    rows = [
        Sample(
            pk=keys[outcome.index], prediction=outcome.prediction, is_correct=outcome.is_correct, margin=outcome.margin,
            logged=list(outcome.logged),
        )
        for outcome in outcomes
    ]  # fmt: skip
    Sample.objects.bulk_update(rows, ["prediction", "is_correct", "margin", "logged"], batch_size=ROWS_AT_ONCE)


def _record(run: Run, headline: MetricValue) -> None:
    """Put the number on every board whose mapping this run answers."""
    mappings = ClaimMapping.objects.filter(checkpoint=run.checkpoint, protocol=run.protocol)
    for mapping in mappings.select_related("metric__leaderboard", "claim"):
        measurements.record(
            Obtained(
                value=headline.value, standard_error=headline.stderr, items=headline.items, chance_level=headline.chance
            ).scaled(mapping.scale),
            metric=mapping.metric,
            claim=mapping.claim,
            model=run.checkpoint.model,
            protocol=run.protocol,
            checkpoint=run.checkpoint.name,
            run_id=run.public_id,
            measured_at=timezone.now(),
        )
