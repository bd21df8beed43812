"""A model by its name: all that is claimed of it and was measured of it, board by board, and the variants of its name.

Claims say their models in free text, so a page stands for all spellings of one folded name (leaderboards/model_names.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Min, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from leaderboards import model_names
from leaderboards.models import Claim, ClaimQuerySet, Measurement, Model, Score, shown
from leaderboards.verdicts import Claimed
from portal.context import page
from portal.pages import absence, judged, keyset, measured, model_tests
from portal.pages.claim_tests import ClaimTests
from portal.pages.keyset import NO_SUCH_PLACE, Page
from portal.pages.links import Link, address, web_address
from portal.pages.measured import Measured
from portal.pages.paper_cards import paper_link, title_of

PAGE = 100
VARIANTS_SHOWN = 40
SPELLINGS_SHOWN = 6
MARK = re.compile(r"(?P<board>\d{1,18})~(?P<key>\d{1,18})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """One claim: where it stands, what it says metric by metric, and what was measured beside it."""

    board: Link
    model: str
    values: tuple[tuple[str, str], ...]
    leads: bool
    measured: tuple[Measured, ...]
    extra_data: bool | None
    paper: Link
    date: date | None
    provenance: str
    board_key: int
    key: int


@dataclass(frozen=True, kw_only=True)
class MeasuredRow:
    """A measurement that tests no claim, with the board that it stands on."""

    board: Link
    measured: Measured


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """All that a model's page shows; `boards` and `papers` are how many it has results on and by."""

    name: str
    slug: str
    spellings: tuple[str, ...]
    paper: Link | None
    claims: int
    boards: int
    papers: int
    rows: Page[ClaimRow]
    tests: tuple[ClaimTests, ...]
    measurements: tuple[MeasuredRow, ...]
    variants: tuple[Link, ...]
    base: Link | None


def model_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one model; any other way to write its address redirects to the folded one, if there is something at it."""
    removed = Model.objects.filter(slug=slug, removed_at__isnull=False)
    found = None if removed else read(slug, after=request.GET.get("after", ""))
    if found is not None:
        return page(request, "leaderboards/model.html", {"model": found, "section": "sota"})
    today = "" if removed else address_of(slug)
    if today and today != address("models:detail", slug):
        return HttpResponsePermanentRedirect(today)
    variants = () if removed else _variants(model_names.fold(slug))
    if variants:
        return page(request, "leaderboards/no_model.html", {"variants": variants, "section": "sota"}, status=404)
    return absence.explain_removal(request, Model.objects.all(), noun="model", slug=slug)


def address_of(name: str) -> str:
    """Where the page of the model of that name is, or says that it was removed; empty where nothing is known of one."""
    slug = model_names.fold(name)
    named = (model_names.named(rows, slug) for rows in (Claim.objects.published(), Measurement.objects.current()))
    is_known = Model.objects.filter(slug=slug).exists() or any(rows.filter(shown("leaderboard__")).exists() for rows in named)
    return address("models:detail", slug) if slug and is_known else ""


def read(slug: str, *, after: str = "") -> ModelPage | None:
    """The page's content in a constant number of queries; None where nothing is known of such a model."""
    claims = model_names.named(Claim.objects.published().filter(shown("leaderboard__")), slug)
    spellings = list(claims.order_by().values("model_name").annotate(number=Count("pk")).order_by("-number", "model_name"))
    own = _own_measurements(slug)
    registered = Model.objects.published().select_related("paper").filter(slug=slug).first()
    if not (spellings or own or registered):
        return None
    names = [row["model_name"] for row in spellings] or [item.model_name for item in own]
    name = registered.name if registered else names[0]
    extent = claims.aggregate(boards=Count("leaderboard", distinct=True), papers=Count("paper", distinct=True))
    return ModelPage(
        name=name,
        slug=slug,
        spellings=tuple(dict.fromkeys(other for other in names if other != name))[:SPELLINGS_SHOWN],
        paper=paper_link(registered.paper if registered else None),
        claims=sum(row["number"] for row in spellings),
        boards=extent["boards"],
        papers=extent["papers"],
        rows=_rows(claims, after=after),
        tests=() if after else model_tests.of(slug),
        measurements=tuple(MeasuredRow(board=_board(item), measured=measured.in_words(item)) for item in own),
        variants=_variants(slug),
        base=_base(slug),
    )


def _own_measurements(slug: str) -> list[Measurement]:
    """Measurements that test no claim; what does stands beside its claim."""
    rows = Measurement.objects.current().filter(shown("leaderboard__"), claim=None)
    found = model_names.named(rows, slug).select_related("metric", "protocol", "leaderboard__task")
    return list(found.order_by("leaderboard_id", "-measured_at", "-pk")[:PAGE])


def _board(item: Measurement) -> Link:
    return Link(text=str(item.leaderboard), href=address("boards:detail", item.leaderboard.slug))


def _rows(claims: ClaimQuerySet, *, after: str) -> Page[ClaimRow]:
    """A page of the claims, board after board as they came in: two queries."""
    if after:
        mark = MARK.fullmatch(after)
        if not mark:
            raise Http404(NO_SUCH_PLACE)
        board, key = int(mark["board"]), int(mark["key"])
        claims = claims.filter(Q(leaderboard__gt=board) | Q(leaderboard=board, pk__gt=key))
    scores = Score.objects.filter(claim=OuterRef("pk")).order_by("metric__position", "metric")
    cell = JSONObject(metric="metric_id", name="metric__name", raw="raw", value="value", scale="scale")
    rows = claims.order_by("leaderboard", "pk").annotate(
        all_scores=ArraySubquery(scores.values(json=cell))
    ).values(
        "pk", "model_name", "leaderboard_id", "leaderboard__slug", "leaderboard__dataset_name", "leaderboard__task__name",
        "leaderboard__count__best_claim_id", "paper_title", "paper_url", "paper_date", "uses_additional_data", "source",
        "paper__slug", "paper__title", "paper__date", "paper__removed_at", "all_scores",
    )[: PAGE + 1]  # fmt: skip
    found = list(rows)
    tests = measured.by_cell(measured.current(Q(claim__in=[row["pk"] for row in found])))
    items = tuple(_row(row, tests) for row in found)
    return keyset.cut(items, size=PAGE, after=after, mark=lambda row: f"{row.board_key}~{row.key}")


def _row(claim: Mapping[str, Any], tests: Mapping[measured.Cell, list[Measurement]]) -> ClaimRow:
    scores = [(score, Score(raw=score["raw"]).text) for score in claim["all_scores"]]
    return ClaimRow(
        board=Link(
            text=f"{claim['leaderboard__task__name']} on {claim['leaderboard__dataset_name']}",
            href=address("boards:detail", claim["leaderboard__slug"]),
        ),
        model=claim["model_name"],
        values=tuple((score["name"], text) for score, text in scores if text),
        leads=claim["leaderboard__count__best_claim_id"] == claim["pk"],
        measured=tuple(
            item
            for score, _ in scores
            for item in measured.beside(
                tests.get((claim["pk"], score["metric"]), ()),
                claimed=_claimed(score, dataset=claim["leaderboard__dataset_name"]),
            )
        ),
        extra_data=claim["uses_additional_data"],
        paper=_paper(claim),
        date=claim["paper_date"] or claim["paper__date"],
        provenance=claim["source"],
        board_key=claim["leaderboard_id"],
        key=claim["pk"],
    )


def _claimed(score: Mapping[str, Any], *, dataset: str) -> Claimed | None:
    return judged.claimed(score["raw"], score["value"], scale=score["scale"], dataset=dataset, metric=score["name"])


def _paper(claim: Mapping[str, Any]) -> Link:
    """Our page of the claim's paper; else what the row itself says."""
    if claim["paper__slug"] and claim["paper__removed_at"] is None:
        title = title_of(claim["paper__title"], claim["paper__slug"])
        return Link(text=title, href=address("papers:detail", claim["paper__slug"]))
    return Link(text=claim["paper_title"] or "", href=web_address(claim["paper_url"]))


def _variants(slug: str) -> tuple[Link, ...]:
    """Models whose name goes on behind this one's, those with most claims first; each by its most plain spelling."""
    claims: QuerySet[Any] = Claim.objects.published().filter(shown("leaderboard__"))
    rows = model_names.variants(claims, slug)
    found = rows.order_by().values("model_slug").annotate(number=Count("pk"), name=Min("model_name"))
    return tuple(_links(found.order_by("-number", "model_slug")[:VARIANTS_SHOWN]))


def _base(slug: str) -> Link | None:
    """The model with the longest name that this one's begins with: of gpt-3-175b it is gpt-3."""
    parts = slug.split("-")
    shorter = ["-".join(parts[:number]) for number in range(1, len(parts))]
    rows = Claim.objects.published().filter(shown("leaderboard__")).annotate(model_slug=model_names.slug("model_name"))
    found = (
        rows.filter(model_slug__in=shorter).order_by().values("model_slug").annotate(number=Count("pk"), name=Min("model_name"))
    )
    return max(_links(found), key=lambda link: len(link.href), default=None)


def _links(rows: Iterable[Mapping[str, Any]]) -> Iterable[Link]:
    for row in rows:
        detail = str(row["number"])
        yield Link(text=row["name"], href=address("models:detail", row["model_slug"]), detail=detail)
