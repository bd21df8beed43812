"""The front page: what this is, what is new, and what was measured here lately."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard, Measurement, shown
from portal.context import page
from portal.pages import board_cards, measured, paper_cards
from portal.pages.links import Link, address
from portal.pages.measured import Measured

PAPERS_SHOWN = 8
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
    papers = paper_cards.published_papers().filter(count__isnull=False).newest_first()[:PAPERS_SHOWN]
    context = {
        "papers": paper_cards.cards(papers),
        "boards": board_cards.most_results_first(Leaderboard.objects.published(), limit=BOARDS_SHOWN),
        "measurements": latest_measurements(),
    }
    return page(request, "portal/home.html", context)


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
        measured=measured.in_words(measurement, claimed=claimed.value if claimed else None),
    )
