"""What a board's page reads, in two queries that are compiled once: the board with what is around its table, and its claims."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import JSONArray, JSONObject

from leaderboards import model_names
from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers.models import Area, PaperMethod, PaperRepository
from portal.pages import compiled, measured
from portal.pages.compiled import Argument
from portal.pages.measured import MappingFound, MeasurementFound


class NamedFound(msgspec.Struct, frozen=True):
    """The board's task, area or dataset."""

    name: str
    slug: str


class MetricFound(msgspec.Struct, frozen=True):
    """A metric of the board."""

    id: int
    name: str
    direction: str
    description: str


class MethodFound(msgspec.Struct, frozen=True):
    """A method, and the claims whose papers use it."""

    name: str
    claims: list[int]


class BoardFound(msgspec.Struct, frozen=True):
    """A board's row with what stands above and beside its table."""

    id: int
    dataset_name: str
    description: str | None
    note: str
    mirror_url: str
    task_found: NamedFound
    dataset_found: NamedFound
    areas: list[NamedFound]
    metrics_found: list[MetricFound]
    methods_found: list[MethodFound]
    measurements_found: list[MeasurementFound]
    mappings: list[MappingFound]


class ScoreFound(msgspec.Struct, frozen=True, array_like=True):
    """A cell of the board, in JSON a list: there are thousands."""

    metric: int
    raw: str
    value: float | None
    scale: float
    doubt: bool


class ClaimFound(msgspec.Struct, frozen=True):
    """A claim with its cells, its paper if that is shown, and the paper's best-known repository."""

    id: int
    public_id: UUID
    model_name: str
    model_slug: str
    paper_title: str | None
    paper_url: str | None
    paper_date: date | None
    uses_additional_data: bool | None
    code_links: Any
    source: str
    source_url: str
    slug: str | None
    title: str | None
    date: date | None
    cells: list[ScoreFound]
    repository: str | None


@compiled.read(BoardFound, slug=models.TextField())
def boards(slug: Argument) -> QuerySet[Any, Any]:
    """The board of that slug which the public sees."""
    areas = Area.objects.published().filter(tasks=OuterRef("task")).order_by("name")
    metrics = Metric.objects.filter(leaderboard=OuterRef("pk")).order_by("position", "pk")
    column = JSONObject(id="pk", name="name", direction="direction", description="description")
    here = OuterRef("pk")
    return Leaderboard.objects.published().filter(slug=slug).values(
        "id", "dataset_name", "description", "note", "mirror_url",
        task_found=JSONObject(name="task__name", slug="task__slug"),
        dataset_found=JSONObject(name="dataset__name", slug="dataset__slug"),
        areas=ArraySubquery(areas.values(json=JSONObject(name="name", slug="slug"))[:1]),
        metrics_found=ArraySubquery(metrics.values(json=column)),
        methods_found=ArraySubquery(_methods(here)),
        measurements_found=measured.standing(Q(leaderboard=here)),
        mappings=measured.mapped(Q(claim__leaderboard=here)),
    )  # fmt: skip


def _methods(board: OuterRef) -> QuerySet[Any, Any]:
    """The methods that the papers of the board's claims use, by name, each with those claims."""
    used = PaperMethod.objects.filter(
        paper__claims__leaderboard=board, paper__claims__removed_at=None, method__removed_at=None, method__spam_reason=""
    )
    named = used.order_by("method__name").values("method__name").annotate(claims=ArrayAgg("paper__claims"))
    return named.values(json=JSONObject(name="method__name", claims="claims"))


@compiled.read(ClaimFound, board=models.BigIntegerField())
def claims(board: Argument) -> QuerySet[Any, Any]:
    """The board's claims in the archive's order."""
    scores = Score.objects.filter(claim=OuterRef("pk"))
    cell = JSONArray("metric_id", "raw", "value", "scale", "is_doubtful")
    code = PaperRepository.objects.published().filter(paper=OuterRef("paper"), repository__removed_at=None)
    best_known = code.order_by(F("is_official").desc(nulls_last=True), "pk").values("repository__url")
    return Claim.objects.published().filter(leaderboard=board).order_by("position", "pk").values(
        "id", "public_id", "model_name", "paper_title", "paper_url", "paper_date", "uses_additional_data", "code_links", "source",
        "source_url",
        model_slug=model_names.slug("model_name"),
        slug=Case(When(paper__removed_at=None, then=F("paper__slug"))),
        title=F("paper__title"),
        date=F("paper__date"),
        cells=ArraySubquery(scores.values(json=cell)),
        repository=Subquery(best_known[:1]),
    )  # fmt: skip
