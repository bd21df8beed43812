"""What the API answers when it cannot: one sentence, under each key that a client of the old API looks for."""

from typing import Any, ClassVar

from django.db import OperationalError
from django.urls import resolve, reverse
from psycopg2.errors import QueryCanceled
from rest_framework.exceptions import APIException, NotFound, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from portal.api.absence import Moved
from portal.api.limits import TOO_SLOW
from portal.api.rendering import JSONRenderer
from portal.api.shapes.rows import Row

NOTHING_HERE = "There is nothing at this address of the API; addresses that are there end in a slash."
RETRY_SECONDS = 60
"""When it is worth asking again for what took too long."""


class SlashIsMissing(APIException):
    """What is asked for stands at the same address with a slash behind it."""

    status_code = 301
    default_detail = "Addresses of the API end in a slash."


class Error(Row):
    """What is wrong, in one sentence: `detail`, `error` and `message` say the same; `errors` says it by field."""

    detail: str
    error: str
    message: str
    errors: dict[str, Any] | None = None

    example: ClassVar[dict[str, Any]] = {
        "detail": "There is no paper at this address.",
        "error": "There is no paper at this address.",
        "message": "There is no paper at this address.",
    }


def answer(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The error as `{"detail", "error", "message"}`; a refused request also says `errors` by field. None where Django answers.

    The official client shows `error` of a 400 and `message` of what it does not know; other clients read `detail`.
    """
    request = context["request"]
    if isinstance(exception, OperationalError) and isinstance(exception.__cause__, QueryCanceled):
        return in_words(request, 503, TOO_SLOW, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(exception, Moved):
        return in_words(request, 301, exception.detail, headers={"Location": _today(request, exception)})
    if isinstance(exception, SlashIsMissing):
        location = request._request.get_full_path(force_append_slash=True)
        return in_words(request, 301, exception.detail, headers={"Location": location})
    response = exception_handler(exception, context)
    if response is None:
        return None
    is_by_field = isinstance(exception, ValidationError) and isinstance(response.data, dict)
    errors = {"errors": _plain(response.data)} if is_by_field else {}
    said = sentence(response.data if errors else response.data["detail"])
    if isinstance(exception, Throttled) and "Retry-After" in response.headers:
        said = f"Too many requests: wait {response.headers['Retry-After']} seconds."
    headers = {name: response.headers[name] for name in ("Retry-After", "WWW-Authenticate") if name in response.headers}
    return in_words(request, response.status_code, said, headers=headers, **errors)


def in_words(request: Request, status: int, said: object, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """The sentence as JSON, whatever the answer would have been written as."""
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    said = str(said)
    return Response({"detail": said, "error": said, "message": said, **more}, status=status, headers=headers)


def _today(request: Request, moved: Moved) -> str:
    """The same address with the name of today."""
    here = request.resolver_match
    assert here is not None  # it came here by one
    found = reverse(here.view_name, kwargs={**here.kwargs, moved.lookup: moved.name})
    query = request.META.get("QUERY_STRING", "")
    return f"{found}?{query}" if query else found


def sentence(detail: object) -> str:
    """What is wrong as one line; where it is wrong with a field, the field's name comes first."""
    if isinstance(detail, dict):
        return " ".join(f"{field}: {sentence(inner)}" for field, inner in detail.items())
    if isinstance(detail, list):
        return " ".join(sentence(inner) for inner in detail)
    return str(detail)


def _plain(detail: object) -> object:
    """Details without the codes that the framework keeps in them."""
    if isinstance(detail, dict):
        return {str(field): _plain(inner) for field, inner in detail.items()}
    return [_plain(inner) for inner in detail] if isinstance(detail, list) else str(detail)


class Nowhere(APIView):
    """Whatever is not part of the API."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404, whoever asks; a read of what stands there with a slash behind it is led to that."""
        is_read = request.method in {"GET", "HEAD"} and not request.path.endswith("/")
        if is_read and getattr(resolve(f"{request.path}/").func, "cls", None) is not Nowhere:
            raise SlashIsMissing
        raise NotFound(NOTHING_HERE)
