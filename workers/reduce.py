"""Reducing: the harness's metrics out of the stored responses, and the measurements out of the metrics."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

from django.db import connection, transaction
from django.utils import timezone

from leaderboards import measurements
from leaderboards.measurements import Obtained
from leaderboards.models import Protocol
from workers import lifecycle, passes, plan, ties
from workers.engine import open_engine
from workers.evaluation.contract import Aggregation, MetricValue, Reduction, Response, SampleOutcome
from workers.evaluation.errors import EvaluationError, PlanChanged
from workers.guard import answering
from workers.heartbeat import Pulse
from workers.lifecycle import RunLease
from workers.models import Request, Run, Sample
from workers.response_digest import digest_of

ROWS_AT_ONCE = 2000
logger = logging.getLogger(__name__)


def reduce(lease: RunLease) -> None:
    """Reduce a run that was claimed for it, and record what it measured."""
    run = Run.objects.select_related("checkpoint__model", "protocol").get(pk=lease.run_id)
    with answering(lease), Pulse(lease) as pulse:
        pulse.beat("Computing the metrics.")
        responses = responses_of(run)
        planned, metric = plan.stored_plan(run), run.protocol.metric
        reduction = open_engine().reduce(plan.spec_of(run), planned, responses, dtype=run.checkpoint.dtype, metric=metric)
        connection.close()  # it lay idle while the harness computed
        headlines = {run.protocol_id: headline_of(run, reduction), **_others_of_the_pass(run, reduction)}
        _store(run, reduction, headlines, lease=lease, responses=responses)


def headline_of(run: Run, reduction: Reduction) -> MetricValue:
    """The metric that the run's protocol names, of the whole task or group.

    Raises PlanChanged when the harness computed no such metric.
    """
    found = _of_protocol(run.protocol, reduction)
    if found is None:
        task, metric = run.protocol.task, run.protocol.metric
        raise PlanChanged(f'The harness computed no "{metric}" for {task}: correct the protocol, then ask for the run again.')
    return found


def _of_protocol(protocol: Protocol, reduction: Reduction) -> MetricValue | None:
    wanted = (protocol.task, protocol.metric)
    return next((metric for metric in reduction.metrics if (metric.task, metric.metric) == wanted), None)


def _others_of_the_pass(run: Run, reduction: Reduction) -> dict[int, MetricValue]:
    """The numbers of the mapped protocols that this run answers beside its own; one that does not fit the task is left out."""
    mapped = passes.of(run.protocol).filter(pk__in=passes.mappings_of(run).values("protocol")).exclude(pk=run.protocol_id)
    found = {protocol: _of_protocol(protocol, reduction) for protocol in mapped}
    return {protocol.pk: metric for protocol, metric in found.items() if metric is not None and _fits(protocol, run)}


def _fits(protocol: Protocol, run: Run) -> bool:
    """Whether the metric is the mean that the protocol says it is; planning asked so for the run's own alone."""
    aggregation = cast(Aggregation, protocol.aggregation)
    try:
        open_engine().check(plan.spec_of(run), metric=protocol.metric, aggregation=aggregation, versions=protocol.versions)
    except EvaluationError as refused:
        logger.warning("Run %s does not answer the protocol %s of its pass: %s", run.public_id, protocol.slug, refused)
        return False
    return True


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
def _store(
    run: Run, reduction: Reduction, headlines: Mapping[int, MetricValue], *, lease: RunLease, responses: Sequence[Response]
) -> None:
    results: dict[str, object] = {
        "metrics": [asdict(metric) for metric in reduction.metrics],
        "metric": run.protocol.metric,
        "judged_by": reduction.judged_by,
        "ties": ties.counted(reduction.outcomes, run.checkpoint.dtype),
        "harness": reduction.harness,
        "responses_sha256": digest_of(responses),
    }
    lifecycle.finish(lease, results=results)
    _store_outcomes(run, reduction.outcomes)
    if run.items_per_task is None:
        _record(run, headlines)


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


def _record(run: Run, headlines: Mapping[int, MetricValue]) -> None:
    """Put the numbers, by protocol, on every board whose mapping this run answers."""
    mappings = passes.mappings_of(run).filter(protocol__in=headlines)
    for mapping in mappings.select_related("metric__leaderboard", "claim", "protocol"):
        headline = headlines[mapping.protocol_id]
        measurements.record(
            Obtained(
                value=headline.value, standard_error=headline.stderr, items=headline.items, chance_level=headline.chance
            ).scaled(mapping.scale),
            metric=mapping.metric,
            claim=mapping.claim,
            model=run.checkpoint.model,
            protocol=mapping.protocol,
            checkpoint=run.checkpoint.name,
            run_id=run.public_id,
            measured_at=timezone.now(),
        )
