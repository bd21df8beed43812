"""The API's own description: OpenAPI 3.1, made from the structs that answers are and the forms that questions are.

Plugs into drf-spectacular: a viewset says what an action answers (portal/api/viewsets.py), the rest is read off.
"""

import re
from functools import cache
from typing import Annotated, Any

import msgspec
from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from portal.api import pagination
from portal.api.errors import Error
from portal.api.rendering import CSVRenderer, JSONRenderer, NDJSONRenderer, SparseRenderer
from portal.api.shapes.rows import Row
from portal.api.viewsets import KEY, PUBLIC_ID, ReadingViewSet, Said

REF = "#/components/schemas/{name}"
ID = "00000000-0000-4000-8000-000000000001"


@cache
def page_type(row: type[Row]) -> type[Row]:
    """The type of a page of these."""
    count = msgspec.Meta(description="The whole list's length; null by cursor where counting would take too long.")
    made: Any = msgspec.defstruct(
        f"PageOf{row.__name__}",
        [("count", Annotated[int | None, count]), ("next", str | None), ("previous", str | None), ("results", list[row])],  # type: ignore[valid-type]
        bases=(Row,),
        kw_only=True,
    )
    return made  # type: ignore[no-any-return]  # a struct on the base above


class StructSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """The JSON schema of a struct."""

    target_class = "portal.api.shapes.rows.Row"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        """Its name, which one struct has: the framework takes a part of another for a stranger of the same name."""
        set_override(self.target, "suppress_collision_warning", True)
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Its schema; those of what it holds become components of their own."""
        _, parts = msgspec.json.schema_components([self.target], ref_template=REF)
        own = parts.pop(self.target.__name__)
        for name, part in parts.items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part)  # type: ignore[no-untyped-call]
            )
        return dict(own)


FAILURES = {
    "400": "The question cannot be understood; the sentence says what to change.",
    "401": "The token is not good.",
    "403": "This is not for every reader, or the token is not for this; the sentence says for whom.",
    "404": "There is no such thing or page here, or it was removed: the sentence says why.",
    "405": "The address does not answer this method.",
    "413": "The body is too large.",
    "414": "The query string is too long.",
    "429": "Too many requests: `Retry-After` says how many seconds to wait.",
    "503": "The answer would take too long: ask for less.",
}


WRITE_FAILURES = {
    "400": "It cannot be taken as it is: `errors` says by field what to change.",
    "401": "There is no token, or it is not good.",
    "409": "Things have changed since, or somebody did the same at this moment.",
    "415": "The body is not JSON.",
    "429": "Too many requests, or your account has changed as much as it may within a day.",
}
OUTCOMES = {
    200: "It is done; what stands now.",
    201: "It is made.",
    202: "It waits for a reviewer: this is what would be. `Link` (rel=monitor) leads to the submission.",
    204: "It is gone.",
}


IN_PATH = {
    "slug": "What lists give as `id`.",
    "public_id": "What lists give as `id`.",
    "id": "What lists give as `id`.",
    "evaluation": "The board's `id`, e.g. `image-classification-on-imagenet`.",
    "conference": "The conference's `id`.",
    "run": "The run's `id`.",
    "index": "Its place in the run, from 0.",
    "owner": "The account that has the repository.",
    "name": "The repository's name within the account.",
}
"""What the parts of addresses are."""


class Schema(AutoSchema):
    """Reads an operation off its viewset."""

    view: ReadingViewSet  # type: ignore[override]

    def said(self) -> Said:
        """What the operation answers."""
        return self.view.documented()

    def get_tags(self) -> list[str]:
        """The first part of the address."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation_id(self) -> str:
        """The address in words: papers_tasks_list, evaluations_metrics_retrieve."""
        parts = [part.replace("-", "_") for part in self.path.removeprefix("/api/v1/").strip("/").split("/") if "{" not in part]
        if self.said().is_write:
            return "_".join([*parts, self.view.action])
        own = [self.view.action] if self.view.action not in {"list", "retrieve", *parts} else []
        return "_".join([*parts, *own, "list" if self.said().is_page else "retrieve"])

    def get_description(self) -> str:  # type: ignore[override]
        """The action's own words; of lists and members what the answer is."""
        said = self.said()
        action = getattr(self.view, self.view.action)
        own = (
            (action.__doc__ or "")
            if getattr(action, "said", None)
            else (type(self.view).__doc__ if said.is_page else said.row.__doc__)
        )
        return " ".join((own or "").split())

    def get_summary(self) -> str:
        """What a reader of the list of operations sees."""
        if self.view.action == "retrieve":
            return f"One {self.view.noun}"
        return re.split(r"[.:;] |\.$", self.get_description())[0]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A list is a page, which says itself what it holds."""
        return False

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Reading takes no account; a token opens more, and writing takes one."""
        return [{"token": []}] if self.said().is_write else [{}, {"token": []}]

    def get_request_serializer(self) -> Any:
        """What is sent; reads have no body."""
        return self.said().body

    def get_examples(self) -> list[OpenApiExample]:
        """An example of what is sent."""
        body: Any = self.said().body
        return [OpenApiExample(name="Example", value=body.example, request_only=True)] if body else []

    def get_response_serializers(self) -> Any:
        """The answer, and every refusal."""
        said = self.said()
        if said.is_write:
            return self._answers_of_write(said)
        answer: Any = page_type(said.row) if said.is_page else said.row
        row = said.row.example
        whole = {"count": 1, "next": None, "previous": None, "results": [row]} if said.is_page else row
        example = OpenApiExample(
            name="Example", value=whole, response_only=True, status_codes=["200"], media_type=JSONRenderer.media_type
        )
        found: dict[Any, Any] = {(200, JSONRenderer.media_type): OpenApiResponse(answer, "The answer.", examples=[example])}
        found[200, SparseRenderer.media_type] = OpenApiResponse({"type": "object", "additionalProperties": True}, "The answer.")
        if said.may_be_table:
            for kind in (CSVRenderer, NDJSONRenderer):
                found[200, kind.media_type] = OpenApiResponse({"type": "string"}, "The answer.")
        found[304] = OpenApiResponse(None, "What the client has is still so.")
        if "{" in self.path:
            found[301] = OpenApiResponse(Error, "It has another address today.")
        for status, sentence in FAILURES.items():
            found[status] = OpenApiResponse(Error, sentence)
        return found

    def _answers_of_write(self, said: Said) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for code in said.codes:
            if code == 204:
                found[code] = OpenApiResponse(None, OUTCOMES[code])
                continue
            example = OpenApiExample(
                name="Example",
                value=said.row.example,
                response_only=True,
                status_codes=[str(code)],
                media_type=JSONRenderer.media_type,
            )
            found[code, JSONRenderer.media_type] = OpenApiResponse(said.row, OUTCOMES[code], examples=[example])
        if self.view.kind and "{" in self.path:
            found[301] = OpenApiResponse(Error, "It has another address today.")
        for status, sentence in {**FAILURES, **WRITE_FAILURES}.items():
            found[status] = OpenApiResponse(Error, sentence)
        return found

    def get_override_parameters(self) -> list[Any]:
        """What may stand in the query string."""
        said = self.said()
        if said.is_write:
            reason = _parameter("reason", "Why it should go, in a sentence: its address then says so.")
            return [reason] if said.codes[0] == 204 else []
        names = ", ".join(said.row.__struct_encode_fields__)
        found: list[Any] = [
            _parameter("fields", f"Only these fields, e.g. `{said.row.__struct_encode_fields__[0]}`, of {names}.")
        ]
        if not said.is_page:
            return found
        found.append(_parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1}))
        size = {"type": "integer", "minimum": 1, "default": pagination.USUAL}
        found.append(
            _parameter(pagination.ASKED_BY, f"Rows a page; more than {pagination.MOST} is answered with {pagination.MOST}.", size)
        )
        if said.order is not None:
            words = "In place of `page`: empty for the beginning, then what `next` has. As quick however far down."
            found.append(_parameter("cursor", words))
        if said.orders:
            signed = [sign + name for name in said.orders for sign in ("", "-")]
            found.append(
                _parameter("ordering", "Another order, the other way round with a minus.", {"type": "string", "enum": signed})
            )
        if said.may_be_table:
            kinds = {"type": "string", "enum": ["json", CSVRenderer.format, NDJSONRenderer.format]}
            found.append(_parameter("format", "How the page is written; `Link` then leads to the next.", kinds))
        return [*found, said.asked()] if said.asked._declared_fields else found

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [_path_parameter(name) for name in variables]


def _parameter(name: str, description: str, kind: dict[str, Any] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, kind or {"type": "string"}, OpenApiParameter.QUERY, description=description)


def _path_parameter(name: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "string", "pattern": f"^{KEY}$"}
    if name in {"public_id", "run"}:
        kind = {"type": "string", "pattern": f"^{PUBLIC_ID}$", "examples": [ID]}
    if name in {"index", "id", "pk"}:
        kind = {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}
    return {"in": "path", "name": name, "required": True, "description": IN_PATH[name], "schema": kind}


def with_token(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last touch: how a token is sent."""
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {
        "type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token` and a token of yours: `Token 0123…`",
    }  # fmt: skip
    return result
