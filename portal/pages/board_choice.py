"""What a reader of a board asks for in its address: the metric, which results, and which columns.

    ?metric=F1&extra=without&method=ResNet&code=yes&measured=yes&from=2019&to=2021&metrics=F1&metrics=EM&columns=paper&columns=code
    &rows=all

All are optional. The form on the page is a plain GET form that sends every field it has, with `apply`; the address that
readers share has only what differs from the usual (`Choice.query`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from leaderboards import ranking
from portal.pages.board import Column, Row

APPLY = "apply"
NONE = "none"
COLUMNS = {
    "measured": "Measured",
    "extra": "Extra data",
    "paper": "Paper",
    "code": "Code",
    "methods": "Methods",
    "date": "Date",
    "from": "From",
}
"""The columns beside the metrics, by their names in an address."""
USUAL = tuple(name for name in COLUMNS if name != "methods")
EXTRA = {"": "Any", "without": "Without extra data", "with": "With extra data"}
METRICS_AT_FIRST = 4
"""Which have room beside the other columns on a laptop."""
ALL = "all"
LONGEST_SHOWN = 60
LONGEST_METHOD = 300


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is asked for. `metric` is the place among the board's metrics of the one that ranks, None where there are none;
    `metrics` are the places of those that are shown, that one first. `is_whole` asks for every row of a board that would show
    its first ones. `complaints` says what could not be followed."""

    metric: int | None
    extra: str = ""
    method: str = ""
    code: bool = False
    measured: bool = False
    first_year: int | None = None
    last_year: int | None = None
    metrics: tuple[int, ...] = ()
    columns: tuple[str, ...] = USUAL
    is_whole: bool = False
    query: str = ""
    complaints: tuple[str, ...] = ()

    @property
    def whole_query(self) -> str:
        """The query of the same choice with every row."""
        whole = urlencode({"rows": ALL})
        return self.query if self.is_whole else f"{self.query}&{whole}" if self.query else whole

    @property
    def is_filtered(self) -> bool:
        """Whether some results may be left out."""
        return bool(self.extra or self.method or self.code or self.measured or self.first_year or self.last_year)

    def takes(self, row: Row) -> bool:
        """Whether a result is among those asked for. What does not say that it used extra data counts as without."""
        return (
            (not self.extra or (self.extra == "with") == (row.extra_data is True))
            and (not self.method or self.method in row.methods)
            and (not self.code or bool(row.code.href))
            and (not self.measured or bool(row.measured))
            and (not self.first_year or (row.date is not None and row.date.year >= self.first_year))
            and (not self.last_year or (row.date is not None and row.date.year <= self.last_year))
        )


def choose(asked: QueryDict, *, columns: Sequence[Column]) -> Choice:
    """What the query string asks for of a board with these metrics; what makes no sense is left out, with one sentence each."""
    complaints: list[str] = []
    names = [column.name for column in columns]
    ranked_by = ranking.metric_that_ranks([column.direction for column in columns])
    metric = _metric(asked.get("metric") or "", names, complaints, otherwise=ranked_by)
    extra = asked.get("extra") or ""
    if extra not in EXTRA:
        complaints.append(f"Extra data can be “with” or “without”, not “{extra[:LONGEST_SHOWN]}”.")
        extra = ""
    method = (asked.get("method") or "")[:LONGEST_METHOD]
    first_year, last_year = (_year(asked.get(name) or "", complaints) for name in ("from", "to"))
    if first_year and last_year and first_year > last_year:
        first_year, last_year = last_year, first_year
    usual = _shown(range(min(METRICS_AT_FIRST, len(names))), metric)
    shown = _shown((names.index(name) for name in asked.getlist("metrics") if name in names), metric)
    metrics = shown if "metrics" in asked or (APPLY in asked and len(names) > 1) else usual
    named = tuple(name for name in COLUMNS if name in asked.getlist("columns"))
    is_said = "columns" in asked or APPLY in asked
    columns_shown = named if is_said else USUAL
    fields = {
        "metric": names[metric] if metric is not None and metric != ranked_by else "",
        "extra": extra,
        "method": method,
        "code": "yes" if asked.get("code") else "",
        "measured": "yes" if asked.get("measured") else "",
        "from": first_year or "",
        "to": last_year or "",
        "metrics": [names[place] for place in metrics] if metrics != usual else [],
        "columns": (named or [NONE]) if columns_shown != USUAL else [],
        "rows": ALL if asked.get("rows") == ALL else "",
    }
    return Choice(
        metric=metric,
        extra=extra,
        method=method,
        code=bool(fields["code"]),
        measured=bool(fields["measured"]),
        first_year=first_year,
        last_year=last_year,
        metrics=metrics,
        columns=columns_shown,
        is_whole=bool(fields["rows"]),
        query=urlencode({name: value for name, value in fields.items() if value}, doseq=True),
        complaints=tuple(complaints),
    )


def _metric(name: str, names: Sequence[str], complaints: list[str], *, otherwise: int | None) -> int | None:
    """The place of the metric of that name, or `otherwise` where none is named."""
    if name in names:
        return names.index(name)
    if name:
        complaints.append(f"This board has no metric “{name[:LONGEST_SHOWN]}”.")
    return otherwise


def _year(text: str, complaints: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 4 and int(text):
        return int(text)
    complaints.append(f"“{text[:LONGEST_SHOWN]}” is not a year.")
    return None


def _shown(places: Iterable[int], metric: int | None) -> tuple[int, ...]:
    """The places in the board's order, that of the metric that ranks first."""
    others = sorted(set(places) - {metric})
    return tuple(others) if metric is None else (metric, *others)
