"""Decoding one row: at the speed of a compiled decoder where the row is plain, with care where it is not.

The careful way is the standard library's: it says best what is wrong, and takes what the fast one refuses (halves of
surrogate pairs).
"""

import json
import math
from typing import cast

import msgspec

from papers.archive.rows import ArchiveFileError, ArchiveRow, RawRow, RejectedRow
from papers.archive.text import JsonObject, NumberAsWritten, is_deeper_than, without_unstorable

DEEPEST_ROW = 100

_DEEPEST_PLAIN_ROW = 6
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _RefusedNumberError(Exception):
    """A number that is none in JSON, or none that can be stored."""


def decoded(raw: RawRow) -> ArchiveRow | RejectedRow:
    """The row's values; raises `ArchiveFileError` where it is no JSON or no UTF-8."""
    try:
        values = cast(JsonObject, _PLAIN.decode(raw.data))
    except _REFUSALS:
        return _odd(raw)
    if b"\\u0000" in raw.data:
        values = without_unstorable(values)
    return ArchiveRow(raw.number, values)


def utf8_fault(error: UnicodeDecodeError) -> ArchiveFileError:
    return ArchiveFileError(f"is not UTF-8 text ({error.reason}); save it as UTF-8")


def _odd(raw: RawRow) -> ArchiveRow | RejectedRow:
    """A row with numbers to be kept to the letter, or nested deeper, or with a fault."""
    try:
        values = cast(JsonObject, _WITH_NUMBERS.decode(raw.data))
    except (*_REFUSALS, _RefusedNumberError):
        return _careful(raw)
    return _storable(raw, values)


def _careful(raw: RawRow) -> ArchiveRow | RejectedRow:
    try:
        return _storable(raw, cast(JsonObject, _CAREFUL.decode(raw.data.decode())))
    except UnicodeDecodeError as error:
        raise utf8_fault(error) from error
    except json.JSONDecodeError as error:
        raise ArchiveFileError(f"is not valid JSON in row {raw.number} ({error.msg}); fetch it again") from error
    except RecursionError:
        reason = _too_deep()
    except _RefusedNumberError as error:
        reason = str(error)
    except ValueError:
        reason = "holds a whole number of more digits than can be read"
    return RejectedRow(raw.number, reason)


def _storable(raw: RawRow, values: JsonObject) -> ArchiveRow | RejectedRow:
    # Counting brackets is cheap; only a row with many can be deep, and only one with escapes can hold the unstorable.
    if raw.data.count(b"{") + raw.data.count(b"[") > DEEPEST_ROW and is_deeper_than(values, DEEPEST_ROW):
        return RejectedRow(raw.number, _too_deep())
    if b"\\u" in raw.data:
        values = without_unstorable(values)
    return ArchiveRow(raw.number, values)


def _too_deep() -> str:
    return f"is nested more than {DEEPEST_ROW} levels deep"


def _refuse_constant(name: str) -> float:
    raise _RefusedNumberError(f"holds {name}, which is no JSON number")


def _finite(text: str) -> NumberAsWritten:
    number = NumberAsWritten(text)
    if math.isinf(number):
        raise _RefusedNumberError(f"holds the number {text[:40]}, which is too large to store")
    return number


def _plain_decoder() -> msgspec.json.Decoder[object]:
    """Takes rows of few levels without fractions: what it takes needs no look at depth or numbers afterwards."""
    scalar = None | bool | int | str
    value: object = scalar
    for _ in range(_DEEPEST_PLAIN_ROW - 1):
        value = scalar | list[value] | dict[str, value]  # type: ignore[valid-type]  # made at run time, level by level
    return msgspec.json.Decoder(dict[str, value])  # type: ignore[valid-type]


_PLAIN = _plain_decoder()
_WITH_NUMBERS: msgspec.json.Decoder[object] = msgspec.json.Decoder(float_hook=_finite)
_CAREFUL = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
