"""JSON as the export writes it: one line, and any part of it may be text that is JSON already."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Written = msgspec.Raw
"""A value that is JSON text already: a cell to the letter, or a list that the database wrote."""

Value = None | bool | int | float | str | Written | Sequence["Value"] | Mapping[str, "Value"]
Row = dict[str, Value]

_ENCODER = msgspec.json.Encoder()


def to_json(value: Value) -> bytes:
    """The value as JSON, keys in their order, in UTF-8."""
    return _ENCODER.encode(value)


def written(value: Value) -> Written:
    """A value to write once and splice often."""
    return Written(_ENCODER.encode(value))


def as_written(text: str) -> Written:
    """JSON text to splice."""
    return Written(text.encode())


def from_text(text: str | None) -> Any:  # whatever the JSON holds
    """The value of a json column that was fetched as text; None for null."""
    return None if text is None else json.loads(text)
