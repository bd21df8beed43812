"""Addresses with a slash at their end, as old links have them."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from django.utils.encoding import escape_uri_path, iri_to_uri

from portal.pages.errors import NOT_FOUND


def without_slash(request: HttpRequest, path: str) -> HttpResponse:
    """A redirect to the same address without the slash, if a page is there; it never leads to another host."""
    target = "/" + path.strip("/")
    try:
        resolve(target)
    except Resolver404:
        raise Http404(NOT_FOUND) from None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(escape_uri_path(target) + (f"?{iri_to_uri(query)}" if query else ""))
