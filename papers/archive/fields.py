"""Typed reading of one row of a dump, noting what the columns alone could not give back."""

from datetime import date
from typing import NoReturn

from papers.archive.dates import latest_possible, possible_day
from papers.archive.text import JsonObject, JsonValue

LARGEST_INTEGER = 2**31 - 1


class RowFault(ValueError):
    """Why a row cannot be used, in words that complete "row 7 ..."."""


class RowFields:
    """The values of a row by key, checked for type.

    A key that the row lacks reads as null and stands in `absent`; `raw` takes values that a column cannot give back
    (`keep_raw`); `extra` holds the keys beyond `schema`.
    """

    def __init__(self, values: JsonObject, *, schema: tuple[str, ...], what: str = "") -> None:
        self._values = values
        self._what = what
        self.raw: JsonObject = {}
        self.absent = [key for key in schema if key not in values]
        has_others = len(values) > len(schema) - len(self.absent)
        self.extra: JsonObject = {key: value for key, value in values.items() if key not in schema} if has_others else {}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def value(self, key: str) -> JsonValue:
        """The value as it came; null where the row lacks the key."""
        return self._values.get(key)

    def keep_raw(self, key: str) -> None:
        """Keep the value word for word, beside the columns."""
        if key in self._values:
            self.raw[key] = self._values[key]

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        return value if value is None or isinstance(value, str) else self._refuse(key, "text")

    def flag(self, key: str) -> bool | None:
        value = self._values.get(key)
        return value if value is None or isinstance(value, bool) else self._refuse(key, "true or false")

    def texts(self, key: str) -> list[str]:
        """A list of texts; null reads as an empty one and is kept raw."""
        value = self._list(key)
        for part in value:
            if not isinstance(part, str):
                self._refuse_part(key, part, "texts")
        return [part for part in value if isinstance(part, str)]

    def objects(self, key: str) -> list[JsonObject]:
        """A list of objects; null reads as an empty one and is kept raw."""
        value = self._list(key)
        for part in value:
            if not isinstance(part, dict):
                self._refuse_part(key, part, "objects")
        return [part for part in value if isinstance(part, dict)]

    def date(self, key: str, *, latest: date | None = None) -> date | None:
        """A day; anything else that came as text, "" and days that cannot be too, reads as null and is kept raw.

        `latest` is the last day that can be: `dates.latest_possible` of the dump's own day, or of today if left out.
        """
        value = self.text(key)
        day = possible_day(value, latest=latest or latest_possible()) if value else None
        if value is not None and (day is None or day.isoformat() != value):
            self.keep_raw(key)
        return day

    def integer(self, key: str) -> int | None:
        """A whole number that a column holds; other numbers read as null and are kept raw."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._refuse(key, "a number")
        if isinstance(value, float) or abs(value) > LARGEST_INTEGER:
            self.keep_raw(key)
            return None
        return value

    def count(self, key: str) -> int | None:
        """A whole number that is not negative; other numbers read as null and are kept raw."""
        number = self.integer(key)
        if number is not None and number < 0:
            self.keep_raw(key)
            return None
        return number

    def _list(self, key: str) -> list[JsonValue]:
        value = self._values.get(key)
        if value is None:
            self.keep_raw(key)
            return []
        return value if isinstance(value, list) else self._refuse(key, "a list")

    def _refuse(self, key: str, wanted: str) -> NoReturn:
        raise RowFault(f"{self._where()}{key} is {_kind(self._values.get(key))} where {wanted} belongs")

    def _refuse_part(self, key: str, part: JsonValue, wanted: str) -> NoReturn:
        raise RowFault(f"{self._where()}{key} holds {_kind(part)} where {wanted} belong")

    def _where(self) -> str:
        return f"{self._what}: " if self._what else ""


def _kind(value: JsonValue) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", str: "a text", list: "a list", dict: "an object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")
