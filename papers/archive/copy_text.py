"""Values as PostgreSQL's COPY reads them: one line a row, columns parted by tabs."""

import os
from collections.abc import Iterable
from datetime import date
from typing import Any

from papers.archive.text import as_json

NULL = "\\N"
_VERSION_4 = bytes(0x40 | octet & 0x0F for octet in range(256))
_VARIANT = bytes(0x80 | octet & 0x3F for octet in range(256))
_ARRAY_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def line(values: Iterable[Any]) -> str:
    """One row."""
    return "\t".join(map(encoded, values)) + "\n"


def encoded(value: Any) -> str:
    """One value: None, truth, number, text, day, list of texts or numbers (an array), or a `JsonText`."""
    kind = type(value)
    if kind is str:
        return escaped(value)
    if value is None:
        return NULL
    if kind is int:
        return str(value)
    if kind is bool:
        return "t" if value else "f"
    if kind is JsonText:
        return escaped(value)
    return _others(value)


def escaped(text: str) -> str:
    """A text; most have nothing to escape, and looking is cheap."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    if "\r" in text:
        text = text.replace("\r", "\\r")
    return text.replace("\t", "\\t") if "\t" in text else text


class JsonText(str):
    """A text that is JSON already."""

    __slots__ = ()


EMPTY_OBJECT = JsonText("{}")


def columns(values: Iterable[Any]) -> bytes:
    """Columns of a row as bytes, without the line's end."""
    return "\t".join(map(encoded, values)).encode()


def random_uuids(count: int) -> list[bytes]:
    """Random UUIDs (RFC 9562, version 4) as 32 hexadecimal digits each, from one draw."""
    if not count:
        return []
    octets = bytearray(os.urandom(16 * count))
    octets[6::16] = octets[6::16].translate(_VERSION_4)
    octets[8::16] = octets[8::16].translate(_VARIANT)
    return octets.hex(" ", 16).encode().split(b" ")


def json_text(value: Any) -> JsonText:
    """A value as JSON, numbers to the letter as a dump wrote them."""
    if value == {}:
        return EMPTY_OBJECT
    return JsonText(as_json(value))


def _others(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return escaped(_array(value))
    if isinstance(value, str):
        return escaped(str(value))
    raise TypeError(f"{type(value).__name__} has no form in COPY text")


def _array(values: Iterable[Any]) -> str:
    parts = (f'"{part.translate(_ARRAY_ESCAPES)}"' if isinstance(part, str) else encoded(part) for part in values)
    return "{" + ",".join(parts) + "}"
