"""What can be done with a run's result: look at its items, take it along, compare it, run it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from portal.context import staff
from portal.pages.found_run import run_at
from portal.pages.links import Link, address
from workers import again, licences, run_comparison
from workers.models import Run
from workers.records import Json, mapping, mappings
from workers.states import RunState

COMPARED = 10


@dataclass(frozen=True, kw_only=True)
class More:
    """Where a run's page leads to; `sameness` says whether it came out as the run that it repeats."""

    samples: str
    export: str
    is_public: bool
    others: tuple[Link, ...]
    repeats: Link | None
    sameness: str
    hashes: tuple[tuple[str, str, str], ...]
    replans: tuple[str, ...]
    can_repeat: bool


def read(run: Run, *, is_open: bool) -> More:
    """What the page of this run leads to: its licences, other runs of its task, and for a repetition the comparison.

    While its numbers are held back from the reader (`is_open` is false), nothing that would tell them.
    """
    is_finished = run.state == RunState.FINISHED and is_open
    base = address("runs:detail", run.public_id)
    return More(
        samples=f"{base}/samples" if run.samples_total and is_open else "",
        export=f"{base}/export.zip" if is_finished and "responses_sha256" in run.results else "",
        is_public=licences.terms_of(run).is_public,
        others=_others(run) if is_finished else (),
        repeats=Link(text=str(run.repeats.public_id)[:8], href=address("runs:detail", run.repeats.public_id))
        if run.repeats
        else None,
        sameness=_sameness(run, run.repeats) if is_finished and run.repeats else "",
        hashes=_hashes(run.results),
        replans=_replans(run.provenance),
        can_repeat=run.state == RunState.FINISHED,
    )


@require_POST
def run_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask for a run that repeats this one exactly, and go to its page; staff only."""
    by = staff(request)
    run = run_at(public_id, Run.objects.all())
    try:
        repetition = again.request(run, by=by)
    except again.NotFinished as refused:
        raise Http404(str(refused)) from refused
    return HttpResponseRedirect(address("runs:detail", repetition.public_id))


def _link(run: Run) -> Link:
    return Link(text=str(run.public_id)[:8], href=address("runs:detail", run.public_id))


def _others(run: Run) -> tuple[Link, ...]:
    """The newest finished runs of the same task."""
    found = Run.objects.filter(protocol__task=run.protocol.task, state=RunState.FINISHED).exclude(pk=run.pk)
    base = f"{address('runs:detail', run.public_id)}/compare/"
    newest = found.select_related("checkpoint", "protocol").defer("provenance", "results").order_by("-requested_at")[:COMPARED]
    return tuple(Link(text=f"{other}, {other.requested_at:%Y-%m-%d %H:%M}", href=f"{base}{other.public_id}") for other in newest)


def _sameness(run: Run, original: Run) -> str:
    bits = run_comparison.bits(original, run)
    if bits.is_identical:
        return f"It came out bit-identical: all {bits.requests:,} requests and their answers are the same."
    return (
        f"It did not come out bit-identical: of {bits.requests:,} requests {bits.asked_otherwise:,} were others, "
        f"and {bits.answered_otherwise:,} were answered otherwise."
    )


def _hashes(results: Json) -> tuple[tuple[str, str, str], ...]:
    """lm-eval's hash of each task, and how its worked examples were chosen."""
    harness = mapping(mapping(results).get("harness"))
    configs = mapping(harness.get("configs"))
    hashes = mapping(harness.get("task_hashes"))
    return tuple((str(task), str(digest), _shots(mapping(configs.get(task)))) for task, digest in hashes.items())


def _shots(config: Mapping[str, Json]) -> str:
    if not config.get("num_fewshot"):
        return "none"
    sampler = mapping(config.get("fewshot_config")).get("sampler")
    split = config.get("fewshot_split") or "its split"
    return (
        f"the first {config['num_fewshot']} of {split}"
        if sampler == "first_n"
        else f"{config['num_fewshot']} of {split}, by the seed"
    )


def _replans(provenance: Json) -> tuple[str, ...]:
    """The plan's later versions, and why there are any."""
    changes = mappings(mapping(mapping(provenance).get("plan")).get("changes"))
    return tuple(
        f"Plan version {change.get('version')}: batches of {change.get('token_budget')} tokens "
        f"from batch {change.get('from_batch')} on. {change.get('reason', '')}"
        for change in changes
    )
