"""A campaign: the claims of a paper, a board or a model, what tests each, and measuring all that can be; staff only.

The table is the mapping itself: staff add a line out of a suggestion or by hand, change its scale, and take lines away.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from leaderboards import model_names, rerun_votes
from leaderboards.models import Claim, ClaimQuerySet, Leaderboard, Protocol, Score, shown
from papers.models import Paper
from portal.context import page, staff
from portal.pages import figures
from portal.pages.links import Link, address, model_address
from portal.pages.paper_cards import title_of
from workers import campaigns
from workers.campaigns import Cell, Suggestion
from workers.models import Checkpoint, ClaimMapping

SHOWN = 200
KINDS = ("paper", "board", "model")
_NOT_THERE = "There is no such paper, board or model: go back and reload the page."


@dataclass(frozen=True, kw_only=True)
class Row:
    """A claimed number, the mappings that test it, and what else could."""

    claim: int
    metric: int
    board: Link
    model: str
    metric_name: str
    value: str
    votes: int
    mappings: tuple[ClaimMapping, ...]
    suggestions: tuple[Suggestion, ...]


@require_GET
def campaign(request: HttpRequest) -> HttpResponse:
    """The claims of one thing, which the query names: `?paper=<slug>`, `?board=<slug>` or `?model=<slug>`."""
    staff(request)
    kind, slug = _subject(request)
    return _table(request, kind=kind, slug=slug)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Map a claim's cell to a checkpoint under a protocol."""
    staff(request)
    kind, slug = _subject(request)
    cell = Score.objects.filter(
        claim__in=_claims(kind, slug), claim=_key(request, "claim"), metric=_key(request, "metric")
    ).first()
    checkpoint = Checkpoint.objects.filter(pk=_key(request, "checkpoint")).first()
    protocol = Protocol.objects.filter(pk=_key(request, "protocol")).first()
    scale = _scale(request)
    if cell is None or checkpoint is None or protocol is None or scale is None:
        return _table(request, kind=kind, slug=slug, complaint="Choose a checkpoint and a protocol, and a scale above 0.")
    ClaimMapping.objects.update_or_create(
        claim_id=cell.claim_id, metric_id=cell.metric_id, checkpoint=checkpoint, protocol=protocol, defaults={"scale": scale}
    )
    return _back(kind, slug)


@require_POST
def add_suggested(request: HttpRequest) -> HttpResponse:
    """Map every claim of the thing to all that is suggested for it; what that costs is shown before anything runs."""
    staff(request)
    kind, slug = _subject(request)
    campaigns.map_all(_scores(kind, slug))
    return _back(kind, slug)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take a mapping away; what was measured by it stays."""
    staff(request)
    kind, slug = _subject(request)
    ClaimMapping.objects.filter(pk=_key(request, "mapping"), claim__in=_claims(kind, slug)).delete()
    return _back(kind, slug)


@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Ask for every run that the claims of the thing need."""
    by = staff(request)
    kind, slug = _subject(request)
    campaigns.measure(_mappings(kind, slug), by=by)
    return HttpResponseRedirect(reverse("runs:list"))


def _subject(request: HttpRequest) -> tuple[str, str]:
    """What the address says the campaign is about. Http404 where it says nothing."""
    for kind in KINDS:
        if slug := request.GET.get(kind, ""):
            return kind, slug
    raise Http404(_NOT_THERE)


def _claims(kind: str, slug: str) -> ClaimQuerySet:
    claims = Claim.objects.published().filter(shown("leaderboard__"))
    if kind == "paper":
        return claims.filter(paper__slug=slug)
    if kind == "board":
        return claims.filter(leaderboard__slug=slug)
    return model_names.named_or_variants(claims, slug)


def _mappings(kind: str, slug: str) -> list[ClaimMapping]:
    keys = list(_claims(kind, slug).values_list("pk", flat=True))
    return list(ClaimMapping.objects.filter(claim__in=keys).select_related("checkpoint", "protocol").order_by("pk"))


def _key(request: HttpRequest, name: str) -> int:
    """A key that a form sent; 0, which no row has, for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _scale(request: HttpRequest) -> float | None:
    try:
        scale = float(request.POST.get("scale", ""))
    except ValueError:
        return None
    return scale if math.isfinite(scale) and scale > 0 else None


def _back(kind: str, slug: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('campaigns:table')}?{urlencode({kind: slug})}")


def _table(request: HttpRequest, *, kind: str, slug: str, complaint: str = "") -> HttpResponse:
    mappings = _mappings(kind, slug)
    cost = campaigns.cost(mappings)
    scores = _scores(kind, slug)
    suggested = campaigns.suggestions(scores)
    of_all = [item for items in suggested.values() for item in items]
    context = {
        "kind": kind,
        "subject_query": urlencode({kind: slug}),
        "subject": _named(kind, slug),
        "rows": _rows(scores, mappings, suggested),
        "cost": cost,
        "suggested": len(of_all),
        "suggested_runs": campaigns.runs_beside(mappings, of_all),
        "memory": figures.size(cost.memory_bytes) if cost.memory_bytes else "",
        "minutes": max(1, round(cost.took.total_seconds() / 60)) if cost.took else 0,
        "checkpoints": Checkpoint.objects.order_by("name"),
        "protocols": campaigns.runnable_protocols(),
        "complaint": complaint,
        "shown": SHOWN,
    }
    status = 400 if complaint else 200
    return page(request, "workers/campaign.html", context, status=status, is_live=True, is_indexed=False)


def _named(kind: str, slug: str) -> Link:
    """The thing's page by the thing's name; Http404 where the public sees no such thing."""
    if kind == "paper" and (paper := Paper.objects.published().filter(slug=slug).first()):
        return Link(text=title_of(paper.title, slug), href=address("papers:detail", slug))
    if kind == "board" and (board := Leaderboard.objects.published().with_task_and_dataset().filter(slug=slug).first()):
        return Link(text=str(board), href=address("boards:detail", slug))
    if kind == "model" and (claim := _claims(kind, slug).order_by("model_name").first()):
        return Link(text=claim.model_name, href=model_address(slug))
    raise Http404(_NOT_THERE)


def _scores(kind: str, slug: str) -> list[Score]:
    """The numbers that are claimed: two queries."""
    keys = list(_claims(kind, slug).values_list("pk", flat=True))
    return list(
        Score.objects.filter(claim__in=keys, value__isnull=False)
        .select_related("claim", "metric__leaderboard__task")
        .order_by("claim__leaderboard", "claim", "metric__position", "metric")
    )


def _rows(
    scores: Sequence[Score], mappings: Sequence[ClaimMapping], suggested: Mapping[Cell, tuple[Suggestion, ...]]
) -> tuple[Row, ...]:
    """The claims' numbers, those that can be tested first: one query."""
    mapped: dict[Cell, list[ClaimMapping]] = defaultdict(list)
    for mapping in mappings:
        mapped[mapping.claim_id or 0, mapping.metric_id].append(mapping)
    votes = rerun_votes.counts(list({score.claim_id for score in scores}))
    rows = [
        Row(
            claim=score.claim_id,
            metric=score.metric_id,
            board=Link(text=str(score.metric.leaderboard), href=address("boards:detail", score.metric.leaderboard.slug)),
            model=score.claim.model_name,
            metric_name=score.metric.name,
            value=score.text,
            votes=votes.get(score.claim_id, 0),
            mappings=tuple(mapped[score.claim_id, score.metric_id]),
            suggestions=suggested.get((score.claim_id, score.metric_id), ()),
        )
        for score in scores
    ]
    return tuple(sorted(rows, key=lambda row: (not row.mappings, -row.votes, not row.suggestions))[:SHOWN])
