"""What a decoded row is made of, and what of it a database cannot hold."""

import json
import re
from typing import Self, cast

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_encoded = json.JSONEncoder(ensure_ascii=False).encode  # made once: `json.dumps` makes one a call


class NumberAsWritten(float):
    """A number of a dump that remembers its text: 33.60 stays 33.60."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def as_json(value: JsonValue) -> str:
    """A value as JSON text, numbers to the letter as the dump wrote them."""
    if isinstance(value, str):
        return _encoded(value)
    if isinstance(value, NumberAsWritten):
        return value.text
    if isinstance(value, list):
        return f"[{', '.join(as_json(part) for part in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_json(key)}: {as_json(part)}' for key, part in value.items())}}}"
    return _encoded(value)


def without_unstorable(values: JsonObject) -> JsonObject:
    """The row with U+FFFD for what PostgreSQL cannot store: the NUL character and halves of surrogate pairs."""
    return cast(JsonObject, _cleaned(values))


def _cleaned(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _cleaned(part) for key, part in value.items()}
    return value


def is_deeper_than(value: JsonValue, levels: int) -> bool:
    """Whether lists and objects nest more than `levels` deep; walks without recursion."""
    layer: list[JsonValue] = [value]
    for _ in range(levels):
        layer = [part for holder in layer for part in _parts(holder)]
        if not layer:
            return False
    return any(isinstance(part, list | dict) for part in layer)


def _parts(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
