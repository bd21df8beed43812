"""Pages of words alone."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static

from portal.context import page


def about(request: HttpRequest) -> HttpResponse:
    """What this is, whose data it shows and how measurements are made."""
    return page(request, "portal/about.html", {"section": "about"})


def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for the icon of a page that names none, such as the admin's."""
    return HttpResponseRedirect(static("img/favicon.svg"))
