"""The buttons that staff have: ask for a run, hold it up, let it go on, try it again, end it, put it before others."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from accounts.models import User
from portal.context import staff
from portal.pages.found_run import run_at
from portal.pages.links import address
from workers import lifecycle, passes
from workers.models import ClaimMapping, Run
from workers.states import Priority

SHARDS_MOST = 10**6


@require_POST
def request_run(request: HttpRequest) -> HttpResponse:
    """Ask for the run that tests a mapped claim, and go to its page; staff only."""
    by = staff(request)
    key = request.POST.get("mapping", "")
    is_key = key.isascii() and key.isdigit() and len(key) < 19
    mapping = ClaimMapping.objects.filter(pk=int(key)).first() if is_key else None
    if mapping is None:
        raise Http404("What would test this claim is not known any more: go back and reload the page.")
    return _page_of(lifecycle.request(passes.leader(mapping), by=by))


@require_POST
def cancel_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End a run; staff only. A run that has ended meanwhile stays as it is: its page says how it ended."""
    return _control(request, public_id, lambda run, by: lifecycle.cancel(run, by=by))


@require_POST
def pause_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Hold a run up; staff only."""
    return _control(request, public_id, lambda run, by: lifecycle.pause(run, by=by))


@require_POST
def resume_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a paused run go on; staff only."""
    return _control(request, public_id, lambda run, by: lifecycle.resume(run, by=by))


@require_POST
def retry_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a failed run go on where it stood, with all that failed or one shard; staff only.

    Leads to the identical run where one was asked for since.
    """
    number = request.POST.get("shard", "")
    if number and not (number.isascii() and number.isdigit() and int(number[:7]) < SHARDS_MOST):
        raise Http404("There is no such shard: go back and reload the page.")
    return _control(request, public_id, lambda run, by: lifecycle.retry(run, by=by, shard=int(number) if number else None))


@require_POST
def prioritise_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a run before others or behind them; staff only."""
    found = {str(value): Priority(value) for value in Priority.values}.get(request.POST.get("priority", ""))
    if found is None:
        raise Http404("There is no such priority: go back and reload the page.")
    return _control(request, public_id, lambda run, by: lifecycle.set_priority(run, priority=found, by=by))


def _control(request: HttpRequest, public_id: UUID, do: Callable[[Run, User], Run | None]) -> HttpResponse:
    """Do something to a run and go to its page, or to the page of the run that it gives.

    When somebody else was faster nothing is done: the page shows how things are.
    """
    by = staff(request)
    run = run_at(public_id, Run.objects.all())
    with suppress(lifecycle.LostRace):
        run = do(run, by) or run
    return _page_of(run)


def _page_of(run: Run) -> HttpResponse:
    return HttpResponseRedirect(address("runs:detail", run.public_id))
