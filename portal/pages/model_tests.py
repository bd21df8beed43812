"""What was measured of a model's claims, those of its variants too, under every protocol that is known for them."""

from collections import defaultdict
from collections.abc import Sequence

from leaderboards import model_names
from leaderboards.models import Measurement, Protocol, Score, shown
from portal.pages import claim_tests, judged, measured
from portal.pages.claim_tests import ClaimTests, TestedCell
from portal.pages.links import Link, address
from portal.pages.measured import Cell
from workers.models import ClaimMapping


def of(slug: str) -> tuple[ClaimTests, ...]:
    """The claims about the model that were measured, those with most lines first: three queries, one where there is none."""
    tested = measured.by_cell(_measurements(slug))
    if not tested:
        return ()
    claims = {claim for claim, _ in tested}
    scores = {(score.claim_id, score.metric_id): score for score in Score.objects.filter(claim__in=claims)}
    mapped: dict[Cell, list[Protocol]] = defaultdict(list)
    for mapping in ClaimMapping.objects.filter(claim__in=claims).select_related("protocol").order_by("pk"):
        if mapping.claim_id:
            mapped[mapping.claim_id, mapping.metric_id].append(mapping.protocol)
    cells = (_cell(scores.get(cell), found, mapped[cell]) for cell, found in tested.items())
    tests = claim_tests.of(filter(None, cells))
    return tuple(sorted(tests, key=lambda claim: -len(claim.lines)))


def _measurements(slug: str) -> Sequence[Measurement]:
    standing = Measurement.objects.current().filter(shown("leaderboard__"), claim__removed_at=None, claim__isnull=False)
    rows = model_names.named_or_variants(standing, slug)
    return list(rows.select_related("metric", "protocol", "claim", "leaderboard__task").order_by("-measured_at", "-pk"))


def _cell(score: Score | None, found: Sequence[Measurement], protocols: Sequence[Protocol]) -> TestedCell | None:
    """One claimed number; None where the cell is empty or holds no number."""
    first = found[0]
    claimed = judged.of_score(score, board=first.leaderboard, metric=first.metric)
    if score is None or claimed is None:
        return None
    return TestedCell(
        claimed=claimed,
        text=score.text,
        metric=first.metric.name,
        model=first.model_name,
        dataset=first.leaderboard.dataset_name,
        board=Link(text=str(first.leaderboard), href=address("boards:detail", first.leaderboard.slug)),
        measurements=found,
        mapped=protocols,
    )
