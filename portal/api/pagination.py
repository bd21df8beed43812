"""Lists by page number, in the old API's envelope."""

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

ASKED_BY = "items_per_page"
MOST = 500


class Pages(PageNumberPagination):
    """`?page=` from 1, `?items_per_page=` up to 500 (more than that is answered with 500)."""

    page_size = 50
    page_size_query_param = ASKED_BY
    max_page_size = MOST
    invalid_page_message = "There is no such page: pages count from 1, and the last one has no next."

    def get_page_size(self, request: Request) -> int | None:
        """How many items a page has; ValidationError where what is asked for is no whole number above 0."""
        asked = request.query_params.get(ASKED_BY, "")
        if not asked:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
            raise ValidationError({ASKED_BY: [f"Give a whole number from 1 to {MOST}."]})
        return MOST if len(asked.lstrip("0")) > len(str(MOST)) else min(int(asked), MOST)
