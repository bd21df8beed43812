"""Asking for a measurement: signed-in people vote for claims that should be rerun."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from leaderboards import rerun_votes
from leaderboards.models import Claim, shown
from portal.brakes import VOTES, limited
from portal.pages.contributor import contributor


@require_POST
@limited(VOTES)
def vote(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Vote for a claim, or with `wish=no` take the vote back, and go to its board's list."""
    person = contributor(request)
    claims = Claim.objects.published().filter(shown("leaderboard__")).select_related("leaderboard")
    claim = claims.filter(public_id=public_id).first()
    if claim is None:
        raise Http404("There is no such result any more: go back and reload the page.")
    if request.POST.get("wish") == "no":
        rerun_votes.take_back(claim, by=person)
    else:
        rerun_votes.vote(claim, by=person)
    return HttpResponseRedirect(f"{reverse('submissions:edit', args=['sota', claim.leaderboard.slug])}#result-{claim.public_id}")
