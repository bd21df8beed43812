"""The results of a paper: what it claims, cell by cell, how each ranks on its board, and what was measured beside it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from leaderboards import model_names
from leaderboards.models import Measurement, Metric, Score, cell_text, shown
from leaderboards.verdicts import Claimed
from portal.pages import claim_tests, compiled, judged, measured
from portal.pages.claim_tests import ClaimTests, TestedCell
from portal.pages.compiled import Argument
from portal.pages.judged import Family, ProtocolFound
from portal.pages.links import Link, address, model_link
from portal.pages.measured import UNTESTED, Cell, MappingFound, Measured, MeasurementFound, Testing
from workers.models import ClaimMapping


@dataclass(frozen=True, kw_only=True)
class Rank:
    """The place of a number among all of its column, of which there are `among`; equal ones share a place."""

    place: int
    among: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """One number that the paper claims, with what was measured beside it; what ranks nothing has no `rank`."""

    task: Link
    dataset: str
    whole_dataset: Link
    metric: str
    value: str
    rank: Rank | None
    model: Link
    board: str
    extra_data: bool
    provenance: str
    measured: tuple[Measured, ...]
    testing: Testing


class NamedFound(msgspec.Struct, frozen=True):
    """A task or a dataset."""

    name: str
    slug: str


class ScoreFound(msgspec.Struct, frozen=True):
    """A cell of a board that the paper fills."""

    claim_id: int
    metric_id: int
    metric: str
    raw: str
    value: float | None
    scale: float
    model: str
    model_slug: str
    extra_data: bool | None
    source: str
    board: str
    dataset: str
    task: NamedFound
    whole_dataset: NamedFound


class ColumnFound(msgspec.Struct, frozen=True):
    """All numbers of a column that ranks: of claims, and of measurements that test none."""

    id: int
    direction: str
    claimed: list[float]
    measured: list[float]


def found(paper: OuterRef) -> ArraySubquery:
    """What the paper claims as a column of a read, `ScoreFound` each: first what can be measured here, then as claims came in."""
    scores = Score.objects.filter(shown("claim__leaderboard__"), claim__paper=paper, claim__removed_at=None)
    is_unmapped = ~Exists(ClaimMapping.objects.filter(claim=OuterRef("claim")))
    ordered = scores.order_by(is_unmapped, "claim_id", "metric__position", "metric_id").values(
        json=JSONObject(
            claim_id="claim_id", metric_id="metric_id", metric="metric__name", raw="raw", value="value", scale="scale",
            model="claim__model_name", model_slug=model_names.slug("claim__model_name"),
            extra_data="claim__uses_additional_data", source="claim__source",
            board="claim__leaderboard__slug", dataset="claim__leaderboard__dataset_name",
            task=JSONObject(name="claim__leaderboard__task__name", slug="claim__leaderboard__task__slug"),
            whole_dataset=JSONObject(name="claim__leaderboard__dataset__name", slug="claim__leaderboard__dataset__slug"),
        )
    )  # fmt: skip
    return ArraySubquery(ordered)


@compiled.read(ColumnFound, metrics=ArrayField(models.BigIntegerField()))
def _columns(metrics: Argument) -> QuerySet[Any, Any]:
    """The columns of these metrics, without those that rank nothing."""
    is_one = Func(F("pk"), metrics, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=models.BooleanField())
    claimed = Score.objects.filter(metric=OuterRef("pk"), value__isnull=False, claim__removed_at=None)
    alone = Measurement.objects.current().filter(Q(claim=None), metric=OuterRef("pk"))
    return Metric.objects.filter(is_one).exclude(direction=Metric.Direction.NONE).values(
        "id", "direction", claimed=ArraySubquery(claimed.values("value")), measured=ArraySubquery(alone.values("value"))
    )  # fmt: skip


def in_words(
    scores: Sequence[ScoreFound], *, tested: Mapping[Cell, list[MeasurementFound]], testing: Mapping[Cell, Testing]
) -> tuple[Result, ...]:
    """The results that say anything; one query, and none where no number is among them."""
    ranks = _ranks(scores)
    family = _family(scores, tested)
    return tuple(
        Result(
            task=Link(text=score.task.name, href=address("tasks:detail", score.task.slug)),
            dataset=score.dataset,
            whole_dataset=Link(text=score.whole_dataset.name, href=address("datasets:detail", score.whole_dataset.slug)),
            metric=score.metric,
            value=value,
            rank=ranks.get((score.claim_id, score.metric_id)),
            model=model_link(score.model, score.model_slug),
            board=address("boards:detail", score.board),
            extra_data=score.extra_data is True,
            provenance=score.source,
            measured=measured.beside(tested.get((score.claim_id, score.metric_id), ()), claimed=_claimed(score), family=family),
            testing=testing.get((score.claim_id, score.metric_id), UNTESTED),
        )
        for score in scores
        if (value := cell_text(score.raw))
    )


def tests(
    scores: Sequence[ScoreFound], *, tested: Mapping[Cell, list[MeasurementFound]], mappings: Iterable[MappingFound]
) -> tuple[ClaimTests, ...]:
    """The claims that were measured, each under every protocol that is known for its benchmark."""
    if not tested:
        return ()
    mapped: dict[Cell, list[ProtocolFound]] = defaultdict(list)
    for mapping in mappings:
        mapped[mapping.claim_id, mapping.metric_id].append(mapping.protocol)
    cells = (
        TestedCell(
            claimed=claimed,
            text=cell_text(score.raw),
            metric=score.metric,
            model=score.model,
            dataset=score.dataset,
            board=Link(text=f"{score.task.name} on {score.dataset}", href=address("boards:detail", score.board)),
            measurements=tested.get((score.claim_id, score.metric_id), []),
            mapped=mapped[score.claim_id, score.metric_id],
        )
        for score in scores
        if (claimed := _claimed(score))
    )
    return claim_tests.of(cells, family=_family(scores, tested))


def _claimed(score: ScoreFound) -> Claimed | None:
    return judged.claimed(score.raw, score.value, scale=score.scale, dataset=score.dataset, metric=score.metric)


def _family(scores: Iterable[ScoreFound], tested: Mapping[Cell, list[MeasurementFound]]) -> Family:
    """All comparisons of the paper's table."""
    return judged.family(
        (judged.same_comparison(claimed, item), judged.judge(claimed, item)) for claimed, item in _compared(scores, tested)
    )


def _compared(
    scores: Iterable[ScoreFound], tested: Mapping[Cell, list[MeasurementFound]]
) -> Iterator[tuple[Claimed, MeasurementFound]]:
    for score in scores if tested else ():
        claimed = _claimed(score)
        if claimed:
            for item in tested.get((score.claim_id, score.metric_id), ()):
                yield claimed, item


def _ranks(scores: Iterable[ScoreFound]) -> dict[Cell, Rank]:
    """The rank of each number: the whole of each column is read once, however many of its cells are the paper's."""
    numbers = {(score.claim_id, score.metric_id): score.value for score in scores if score.value is not None}
    if not numbers:
        return {}
    columns = {
        column.id: (column.direction, sorted(column.claimed + column.measured))
        for column in _columns(metrics=sorted({metric for _, metric in numbers}))
    }
    return {cell: _rank(number, *columns[cell[1]]) for cell, number in numbers.items() if cell[1] in columns}


def _rank(number: float, direction: str, ascending: Sequence[float]) -> Rank:
    among = len(ascending)
    better = bisect_left(ascending, number) if direction == Metric.Direction.LOWER else among - bisect_right(ascending, number)
    return Rank(place=better + 1, among=among)
