"""What the API answers when it cannot: one sentence, under each key that a client of the old API looks for."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

NOTHING_HERE = "There is nothing at this address of the API; addresses that are there end in a slash."


def answer(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The error as `{"detail", "error", "message"}`; a refused request also says `errors` by field. None where Django answers.

    The official client shows `error` of a 400 and `message` of what it does not know; other clients read `detail`.
    """
    response = exception_handler(exception, context)
    if response is None:
        return None
    is_by_field = isinstance(exception, ValidationError) and isinstance(response.data, dict)
    errors = {"errors": response.data} if is_by_field else {}
    said = sentence(response.data if errors else response.data["detail"])
    response.data = {"detail": said, "error": said, "message": said, **errors}
    return response


def sentence(detail: object) -> str:
    """What is wrong as one line; where it is wrong with a field, the field's name comes first."""
    if isinstance(detail, dict):
        return " ".join(f"{field}: {sentence(inner)}" for field, inner in detail.items())
    if isinstance(detail, list):
        return " ".join(sentence(inner) for inner in detail)
    return str(detail)


class Nowhere(APIView):
    """Whatever is not part of the API."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404, whatever the method and whoever asks."""
        raise NotFound(NOTHING_HERE)
