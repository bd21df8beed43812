"""What a person is told on the site."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from leaderboards.models import Notice
from leaderboards.submissions import notices
from portal.context import page
from portal.pages.contributor import contributor

MOST = 100


def mine(request: HttpRequest) -> HttpResponse:
    """The reader's notices, newest first; the page's button says that they were read."""
    person = contributor(request)
    found = list(Notice.objects.filter(user=person).order_by("-pk")[:MOST])
    if request.method == "POST":
        notices.mark_read(found)
        return HttpResponseRedirect(reverse("notices"))
    return page(request, "portal/notices.html", {"found": found, "unread": sum(not each.read_at for each in found)}, is_live=True)
