"""The front page: what this is, which papers draw attention, and what was measured here lately."""

from dataclasses import dataclass

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from leaderboards.models import Leaderboard, Measurement, shown
from papers import counts
from portal.context import page
from portal.pages import board_cards, judged, measured, paper_cards
from portal.pages.links import Link, address
from portal.pages.measured import Measured
from portal.pages.paper_cards import PaperCard

PAPERS_SHOWN = 10
TRENDING_AMONG = 500
BOARDS_SHOWN = 8
MEASUREMENTS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class LatestMeasurement:
    """A measurement with where it stands and what it is held against."""

    model: str
    board: Link
    claimed: str
    measured: Measured


def home(request: HttpRequest) -> HttpResponse:
    """The front page."""
    has_stars = bool(counts.totals().get("papers_with_stars"))
    context = {
        "papers": trending_by_stars() if has_stars else trending(),
        "has_stars": has_stars,
        "among": TRENDING_AMONG,
        "boards": board_cards.most_results_first(Leaderboard.objects.published(), limit=BOARDS_SHOWN),
        "measurements": latest_measurements(),
    }
    return page(request, "portal/home.html", context)


def trending() -> tuple[PaperCard, ...]:
    """Of the newest papers with code those with most repositories: one query, of an index's first rows.

    The old site went by stars an hour; the archive has none, and this is for where nobody imported any.
    """
    papers = paper_cards.published_papers()
    present = papers.exclude(date__gt=timezone.localdate())  # a paper dated in the future would stay among the newest for years
    newest = present.filter(count__isnull=False).newest_first().values("pk")[:TRENDING_AMONG]
    order = ("-count__code_links", F("date").desc(nulls_last=True), "-pk")
    return paper_cards.cards(papers.filter(pk__in=newest).order_by(*order)[:PAPERS_SHOWN])


def trending_by_stars() -> tuple[PaperCard, ...]:
    """The papers whose code gained most stars a day when it was last looked at: one query, of an index's first rows."""
    papers = paper_cards.published_papers().filter(star_count__isnull=False)
    order = (F("star_count__a_day").desc(nulls_last=True), "-star_count__pk")
    return paper_cards.cards(papers.order_by(*order)[:PAPERS_SHOWN])


def latest_measurements() -> tuple[LatestMeasurement, ...]:
    """The newest measurements that stand on boards that the public sees: two queries."""
    found = (
        Measurement.objects.current()
        .filter(shown("leaderboard__"), run_id__isnull=False)
        .select_related("metric", "protocol", "claim", "leaderboard__task")
        .prefetch_related("claim__scores")
        .order_by("-measured_at", "-pk")[:MEASUREMENTS_SHOWN]
    )
    return tuple(_latest(measurement) for measurement in found)


def _latest(measurement: Measurement) -> LatestMeasurement:
    scores = measurement.claim.scores.all() if measurement.claim else ()
    claimed = next((score for score in scores if score.metric_id == measurement.metric_id), None)
    board = measurement.leaderboard
    return LatestMeasurement(
        model=measurement.claim.model_name if measurement.claim else measurement.model_name,
        board=Link(text=str(board), href=address("boards:detail", board.slug)),
        claimed=claimed.text if claimed else "",
        measured=measured.in_words(measurement, claimed=judged.of_score(claimed, board=board, metric=measurement.metric)),
    )
