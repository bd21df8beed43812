"""The API's documentation as a page: Swagger UI out of a package, under the site's own policy."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal.context import page


def documentation(request: HttpRequest) -> HttpResponse:
    """Every operation, with a form to try it; without script, links to the description and the guide."""
    context = {"schema": reverse("api:schema"), "section": "api"}
    return page(request, "portal/api.html", context)
