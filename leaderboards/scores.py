"""What number a cell of a board means, if it means one."""

import math
import re

from papers.archive.text import JsonValue

LONGEST_CELL = 80

_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_MARKS = "*†‡§¶#^+"

_NUMBER = r"[-+]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_CELL = re.compile(
    rf"(?P<number>{_NUMBER})\s*(?:%|(?P<scale>[kKmMbBgGtT])(?:il(?:lion)?)?)?"
    r"(?:\s*(?:±|\+/-|\+-|\\pm)\s*[\d.,]+\s*%?)?"
    r"(?:\s*[(\[][^()\[\]]*[)\]])?",
    re.ASCII,
)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_EXPONENT_OR_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_COMMA_DECIMAL = re.compile(r"[-+]?\d+,\d+", re.ASCII)
_HYPHENS = str.maketrans({"−": "-", "–": "-", "\ufeff": None, "\u200b": None, "\xa0": " ", "％": "%"})


def parse_score(value: JsonValue) -> float | None:
    """The number of a cell as the dump has it: 28.4 for `"28.4%"` (percents keep their scale), 1820000.0 for `"1.82 M"`.

    A number may stand in bold, carry footnote marks, a deviation (±) or a note in brackets. Several numbers (`"93.0/90.7"`,
    `"56.9x1"`), words, placeholders and numbers said to be doubtful ("43B?") are none. One comma before three digits
    groups thousands ("1,234"); any other comma is a decimal one ("82,5").
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _finite(value)
    return _of_text(value) if isinstance(value, str) and len(value) <= LONGEST_CELL else None


def _of_text(text: str) -> float | None:
    bare = text.translate(_HYPHENS).strip().removeprefix("**").removesuffix("**").strip()
    cell = _CELL.fullmatch(bare.rstrip(_MARKS).rstrip().removesuffix("**"))
    if not cell:
        return None
    number = _plain_number(cell["number"])
    if number is None:
        return None
    return _finite(number * _SCALES[cell["scale"].lower()] if cell["scale"] else number)


def _plain_number(text: str) -> float | None:
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", ""))
    if _COMMA_DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return float(text) if _EXPONENT_OR_PLAIN.fullmatch(text) else None


def _finite(number: float) -> float | None:
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
