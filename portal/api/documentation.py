"""The API's documentation as a page: Swagger UI out of a package, under the site's own policy.

Its files are not among the static ones: to compress those at each first start would take half a minute.
"""

from functools import cache
from importlib import metadata
from importlib.resources import files

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from portal.context import page

PACKAGE = "drf-spectacular-sidecar"
SHEET, SCRIPT = "swagger-ui.css", "swagger-ui-bundle.js"
TYPES = {SHEET: "text/css; charset=utf-8", SCRIPT: "text/javascript; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"


def documentation(request: HttpRequest) -> HttpResponse:
    """Every operation, with a form to try it; without script a link to the description."""
    addresses = {
        name: reverse("api:documentation-file", args=[release(), file]) for name, file in (("sheet", SHEET), ("script", SCRIPT))
    }
    return page(request, "portal/api.html", {"schema": reverse("api:schema"), "section": "api", **addresses})


def file(request: HttpRequest, release: str, name: str) -> HttpResponse:
    """A file of Swagger UI; its address names its release, so it never changes."""
    if name not in TYPES:
        raise Http404("There is no such file.")
    return HttpResponse(_content(name), content_type=TYPES[name], headers={"Cache-Control": FOREVER})


@cache
def release() -> str:
    """Which release of the package is installed."""
    return metadata.version(PACKAGE)


@cache
def _content(name: str) -> bytes:
    folder = files("drf_spectacular_sidecar") / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"
    return (folder / name).read_bytes()
