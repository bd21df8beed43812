"""What every noun's viewset is: a list and its members, read by anybody. What writes is added to a noun's own viewset."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotFound, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from papers import counts
from papers.models import SlugHistory
from portal.api import absence, limits, pagination
from portal.api.pagination import Keys, Order, Page
from portal.api.rendering import CSVRenderer, JSONRenderer, NDJSONRenderer, SparseRenderer
from portal.api.shapes.rows import Row
from portal.context import Viewer, viewer_of

ActionT = TypeVar("ActionT", bound=Callable[..., Response])
Read = Callable[[Sequence[int]], Sequence[Any]]
Names = list[str]
Renderers = list[BaseRenderer]
"""Said here, since a viewset has a method `list`."""

KEY = r"[^/\x00-\x1f\x7f]+"  # as in portal/urls.py
PUBLIC_ID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class Asked(serializers.Serializer[Any]):
    """What a list can be asked for in the query string, beside its page. What is not named here is not looked at."""


def words(help_text: str, *, longest: int = 200) -> serializers.CharField:
    """A text that may be asked for, or not."""
    return serializers.CharField(required=False, allow_blank=True, max_length=longest, help_text=help_text)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an operation answers, for its documentation: a row or a page of them, and what may be asked.

    Of a write: the `codes` with which it answers the row or, where that is 204, nothing, and the form of its body.
    """

    row: type[Row]
    is_page: bool = False
    asked: type[Asked] = Asked
    order: Order | None = None
    orders: tuple[str, ...] = ()
    may_be_table: bool = False
    codes: tuple[int, ...] = ()
    body: type[serializers.Serializer[Any]] | None = None

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return bool(self.codes)


def says(row: type[Row], *, orders: Mapping[str, Order] | None = None, **more: Any) -> Callable[[ActionT], ActionT]:
    """Tell the schema what an action answers; further arguments are those of `Said`."""
    found = Said(row=row, orders=tuple(orders or ()), **more)

    def told(action: ActionT) -> ActionT:
        action.said = found  # type: ignore[attr-defined]
        return action

    return told


class Negotiation(BaseContentNegotiation):
    """JSON, whatever a client says it takes: the old site's says anything. `format` asks for a table where there is one."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """The only one."""
        return next(iter(parsers), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        """The renderer and its type; ValidationError for a format that is not served here."""
        asked = request.query_params.get("format", "") or "json"
        for renderer in renderers:
            if renderer.format == asked:
                return renderer, renderer.media_type
        names = ", ".join(renderer.format for renderer in renderers)
        raise ValidationError({"format": [f"This is served as {names}."]})


def reader(request: Request) -> Viewer:
    """Who is reading: whose token it is, or a stranger."""
    return viewer_of(request.user)


class ReadingViewSet(ViewSetMixin, APIView):
    """A list and its members.

    `noun` is what a member is called in sentences, `row` what the API says of one, `order` the list's. `total` names the
    stored length of the whole list. `orders` are further orders by their names in `ordering=`; a minus in front turns one round.
    """

    noun: ClassVar[str] = "thing"
    row: ClassVar[type[Row]] = Row
    detail_row: ClassVar[type[Row] | None] = None
    """What it says of one by itself, where that is more."""
    kind: ClassVar[SlugHistory.Kind | None] = None
    asked: ClassVar[type[Asked]] = Asked
    order: ClassVar[Order | None] = Order()
    orders: ClassVar[Mapping[str, Order]] = {}
    total: ClassVar[str] = ""
    is_live: ClassVar[bool] = False
    """Whether it shows what changes between versions of the catalogue, such as a run's progress."""
    may_be_table: ClassVar[bool] = False
    lookup_field: ClassVar[str] = "slug"
    lookup_value_regex: ClassVar[str] = KEY
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head", "post", "patch", "delete"]
    action: str

    def rows(self) -> QuerySet[Any]:
        """The rows that the reader may see."""
        raise NotImplementedError

    def read(self, keys: Sequence[int]) -> Sequence[Any]:
        """What is said of the rows with these keys, in this order."""
        raise NotImplementedError

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """The rows that the query string asks for."""
        return rows

    def list(self, request: Request, **named: str) -> Response:
        """The list, page by page."""
        asked = self.what_is_asked(self.asked)
        rows = self.narrowed(self.rows(), asked)
        length = None if any(asked.values()) else self.length()
        return self.page_of(rows, self.read, order=self.order, orders=self.orders, length=length)

    def retrieve(self, request: Request, **named: str) -> Response:
        """One of them."""
        return self.one(self.read([self.key()]))

    def length(self) -> int | None:
        """The whole list's length, where that is stored."""
        return counts.totals().get(self.total, 0) if self.total else None

    def key(self) -> int:
        """The key of the row that the address names; NotFound, with the reason, where the public sees no such thing."""
        name = self.kwargs[self.lookup_field]
        found = self.rows().order_by().filter(**{self.lookup_field: name}).values_list("pk", flat=True)[:1]
        for key in found:
            return int(key)
        raise absence.of(self.whole(), name, noun=self.noun, kind=self.kind, lookup=self.lookup_field)

    def whole(self) -> QuerySet[Any]:
        """All rows of the noun, those too that nobody sees: to say why one is gone."""
        rows: QuerySet[Any] = self.rows().model._base_manager.all()
        return rows

    def what_is_asked(self, asked: type[Asked]) -> dict[str, Any]:
        """The query string's values; ValidationError, with a sentence, where it cannot be understood."""
        if not asked._declared_fields:
            return {}
        form = asked(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def page_of(
        self,
        rows: QuerySet[Any],
        read: Read,
        *,
        order: Order | None = None,
        orders: Mapping[str, Order] | None = None,
        length: int | None = None,
    ) -> Response:
        """The page of the rows that is asked for, in this order; without one, in the rows' own."""
        chosen = pagination.chosen(self.request, orders or {}) or order
        return self.around(pagination.page_of_rows(self.request, rows, chosen, length=length), read)

    def around(self, keys: Keys, read: Read) -> Response:
        """A page of the things with these keys."""
        return self.said(keys.around(read(keys.keys)))

    def one(self, found: Sequence[Any]) -> Response:
        """The thing; NotFound where it went away meanwhile."""
        if not found:
            raise NotFound(f"There is no {self.noun} at this address.")
        return self.said(found[0])

    def said(self, answer: Any) -> Response:
        """The answer, cut to the `fields` that are asked for."""
        fields = self.request.query_params.get("fields", "")
        if not fields:
            return Response(answer)
        known = self.documented().row.__struct_encode_fields__
        names = [name.strip() for name in fields.split(",") if name.strip()]
        if unknown := [name for name in names if name not in known]:
            raise ValidationError({"fields": [f"There is no field {unknown[0]!r}: there are {', '.join(known)}."]})
        if isinstance(answer, Page):
            answer.results = [{name: getattr(item, name) for name in names} for item in answer.results]
        else:
            answer = {name: getattr(answer, name) for name in names}
        response = Response(answer)
        if self.request.accepted_renderer.format == "json":
            self.request.accepted_renderer = SparseRenderer()
        return response

    def documented(self) -> Said:
        """What the action answers."""
        found: Said | None = getattr(getattr(self, self.action), "said", None)
        is_page = self.action == "list"
        if found is not None:
            return found
        if not is_page:
            return Said(row=self.detail_row or self.row)
        return Said(
            row=self.row,
            is_page=True,
            asked=self.asked,
            order=self.order,
            orders=tuple(self.orders),
            may_be_table=self.may_be_table,
        )

    def get_renderers(self) -> Renderers:
        """JSON, and the tables where there are some."""
        is_table = bool(getattr(self, "action", "")) and self.documented().may_be_table
        return [JSONRenderer(), CSVRenderer(), NDJSONRenderer()] if is_table else [JSONRenderer()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say that a method is not there (405) before asking who wants it (403); no statement may take longer than a request."""
        if request.method not in self.allowed_methods:
            *verbs, last = [verb for verb in self.allowed_methods if verb != "HEAD"]
            answered = f"{', '.join(verbs)} and {last} are" if verbs else f"{last} is"
            raise MethodNotAllowed(str(request.method), detail=f"Only {answered} answered at this address.")
        limits.begin()
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Who guesses at tokens is counted by address: otherwise guesses would be free."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            request._not_authenticated()  # type: ignore[attr-defined]  # the stubs leave it out
            self.check_throttles(request)
            raise

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Tell the door (portal/api/door.py) whether the answer changes with the catalogue alone, and where a table goes on."""
        final = super().finalize_response(request, response, *args, **kwargs)
        data = getattr(final, "data", None)
        if isinstance(data, Page) and data.next:
            final.headers["Link"] = f'<{data.next}>; rel="next"'
        if not self.is_live:
            final.is_of_catalogue = True  # type: ignore[attr-defined]
        return final
