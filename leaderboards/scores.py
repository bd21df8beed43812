"""What number a cell of a board means, if it means one: the archive's metrics are texts."""

import json
import math
import re

from papers.archive.text import JsonValue

LONGEST_CELL = 80

_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_MARKS = "*†‡§¶#^+"

_NUMBER = r"[-+]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_CELL = re.compile(
    rf"(?P<number>{_NUMBER})\s*(?:%|(?P<scale>[kKmMbBgGtT])(?:il(?:lion)?)?)?"
    r"[*†‡§¶#^]{0,3}(?:\s*(?:±|\+/-|\+-|\\pm)\s*[\d.,]+\s*%?)?"
    r"(?:\s*[(\[][^()\[\]]*[)\]])?",
    re.ASCII,
)
_DOT_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+,\d+", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_EXPONENT_OR_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_COMMA_DECIMAL = re.compile(r"[-+]?\d+,\d+", re.ASCII)
_DRESS = re.compile(r"</?(?:b|strong|i|em|u)>|\\(?:textbf|mathbf|underline|bf)\b|[{}]", re.IGNORECASE)
_HYPHENS = str.maketrans(
    {"−": "-", "–": "-", "‐": "-", "‑": "-", "\ufeff": None, "\u200b": None, "\xa0": " ", "\u2009": " ", "\u202f": " ", "％": "%"}
)
# What stands for "no value", in lower case; some boards beg for one.
_PLACEHOLDERS = {
    "", "?", "??", "???", ".", "..", "...", "…", "/", "\\", "n/a", "n.a.", "n.a", "na", "nan", "none", "null", "tba", "tbd",
    "unknown", "unk", "not available", "not reported", "not applicable", "not given", "missing", "please tell us",
}  # fmt: skip
_DASHES = re.compile(r"[-—_]{1,20}")


def parse_score(value: JsonValue) -> float | None:
    """The number of a cell as the dump has it: 28.4 for `"28.4%"` (percents keep their scale), 1820000.0 for `"1.82 M"`.

    The archive's metrics are texts of many kinds. A number may stand in bold, carry footnote marks, a deviation (±) or a note
    in brackets, and a suffix K, M, B, G or T. A comma before three digits groups thousands ("1,234", and points do in
    "1.234,5"); any other comma is a decimal one ("82,5"). What stays text: several numbers ("93.0/90.7", "56.9x1"), numbers
    with units or words ("20 per node", "0.33s/img"), yes and no, placeholders, and numbers said to be doubtful or about
    ("43B?", "~257M").
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _finite(value)
    return _of_text(value) if isinstance(value, str) and len(value) <= LONGEST_CELL else None


def half_of_last_place(raw: str) -> float | None:
    """How far the number of a cell may be from what it was rounded from: 0.05 for "33.6", 0.5 for "34", 5000 for "1.82M".

    `raw` is the cell as JSON, as the archive wrote it: "33.60" says more than "33.6". None for a cell without a number.
    """
    value = json.loads(raw)
    if isinstance(value, bool) or parse_score(value) is None:
        return None
    cell = _CELL.fullmatch(_undressed(value if isinstance(value, str) else raw))
    if not cell:
        return None
    number, _, exponent = cell["number"].lower().partition("e")
    place = 10.0 ** (int(exponent or 0) - len(_decimals_of(number)))
    return place / 2 * (_SCALES[cell["scale"].lower()] if cell["scale"] else 1)


def _decimals_of(number: str) -> str:
    """The digits behind the decimal point, or the comma where that is one: "5" of "82,5", none of "1,234"."""
    if _DOT_GROUPED.fullmatch(number) or (_COMMA_DECIMAL.fullmatch(number) and not _GROUPED.fullmatch(number)):
        return number.rpartition(",")[2]
    return number.partition(".")[2]


def says_scale(text: str) -> bool:
    """Whether a cell's number has a letter for thousands, millions and so on behind it."""
    cell = _CELL.fullmatch(_undressed(text)) if len(text) <= LONGEST_CELL else None
    return bool(cell and cell["scale"])


def is_placeholder(value: JsonValue) -> bool:
    """Whether a cell says that there is no value: null, "", dashes, "N/A" and their kin. A text of any other sort is none.

    The archive's placeholders are half a percent of its cells; a column full of them is not a column of words.
    """
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > LONGEST_CELL:
        return False
    bare = _undressed(value).lower()
    return bare in _PLACEHOLDERS or _DASHES.fullmatch(bare) is not None


def _of_text(text: str) -> float | None:
    cell = _CELL.fullmatch(_undressed(text))
    if not cell:
        return None
    number = _plain_number(cell["number"])
    if number is None:
        return None
    return _finite(number * _SCALES[cell["scale"].lower()] if cell["scale"] else number)


def _undressed(text: str) -> str:
    """A cell's text without emphasis (Markdown, HTML, LaTeX), footnote marks and invisible letters."""
    return _DRESS.sub("", text.translate(_HYPHENS)).strip().lstrip("*_$").rstrip(_MARKS + "_$ ").lstrip()


def _plain_number(text: str) -> float | None:
    if _DOT_GROUPED.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
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
