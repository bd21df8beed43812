"""How answers are written: JSON, and for lists CSV and NDJSON, a page of the list at a time."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rest_framework.renderers import BaseRenderer

from portal.api.pagination import Page

_encoder = msgspec.json.Encoder()


def _encode(data: Any) -> bytes:
    """JSON that is JavaScript too: the two signs that are ends of lines there are escaped."""
    return _encoder.encode(data).replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


CSV, NDJSON = "csv", "ndjson"


class JSONRenderer(BaseRenderer):
    """Structs and plain values as JSON."""

    media_type = "application/json"
    format = "json"
    charset: str | None = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes; none for nothing."""
        return b"" if data is None else _encode(data)


class SparseRenderer(JSONRenderer):
    """Some of the fields: a type of its own, since the schema's other fields are missing."""

    media_type = "application/vnd.papers.sparse+json"


class NDJSONRenderer(JSONRenderer):
    """The rows of a page, one JSON object a line; an error as JSON."""

    media_type = "application/x-ndjson"
    format = NDJSON

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The lines."""
        rows = data.results if isinstance(data, Page) else [data]
        return b"".join(_encode(row) + b"\n" for row in rows)


class CSVRenderer(JSONRenderer):
    """The rows of a page under a header; what is not one value stands as JSON in its cell.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """

    media_type = "text/csv"
    format = CSV
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The table."""
        rows = [msgspec.to_builtins(row) for row in (data.results if isinstance(data, Page) else [data])]
        lines = io.StringIO()
        writer = csv.writer(lines)
        header = list(rows[0]) if rows else list((renderer_context or {})["view"].documented().row.__struct_encode_fields__)
        writer.writerow(header)
        writer.writerows([cell(row.get(name)) for name in header] for row in rows)
        return lines.getvalue().encode()


def cell(value: object) -> str:
    """A value as it stands in a cell."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return _encode(value).decode()
    said = str(value)
    return f"'{said}" if said.startswith(("=", "+", "-", "@", "\t", "\r")) and isinstance(value, str) else said
