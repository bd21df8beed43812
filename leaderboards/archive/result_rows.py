"""One row of a board in the evaluation-tables dump. Pure."""

from dataclasses import dataclass
from datetime import date

from leaderboards.scores import parse_score
from papers.archive.fields import RowFault, RowFields
from papers.archive.keys import bounded, folded_title
from papers.archive.paper_finder import address_key
from papers.archive.text import JsonObject, JsonValue, as_json

LONGEST_NAME = 500
"""Characters: names of tasks, datasets, models and metrics stand in indexes."""

_SCHEMA = (
    "model_name", "paper_title", "paper_url", "paper_date", "code_links", "model_links", "metrics", "uses_additional_data",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: its JSON to the letter, and the number that it means, if any."""

    metric: str
    raw: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """One row of a board. (model_name, paper_key, occurrence) is its identity on the board."""

    model_name: str
    paper_key: str
    occurrence: int
    position: int
    paper_title: str | None
    paper_url: str | None
    paper_date: date | None
    uses_additional_data: bool | None
    code_links: list[JsonObject]
    model_links: list[JsonObject]
    cells: tuple[Cell, ...]
    raw: JsonObject
    absent: list[str]
    extra: JsonObject

    def says_the_same_as(self, other: "ResultRecord") -> bool:
        """Whether the rows are equal but for where they stand."""
        return self.content == other.content

    @property
    def content(self) -> tuple[object, ...]:
        """What the row says; cells in the order of their metrics, since the dump's varies."""
        dated = (self.paper_title, self.paper_url, self.paper_date, self.uses_additional_data)
        cells = tuple(sorted(self.cells, key=lambda cell: cell.metric))
        return (self.model_name, *dated, self.code_links, self.model_links, cells, self.extra)


def parse_result(values: JsonValue, *, position: int) -> ResultRecord:
    """One row of a board, as its first occurrence; raises `RowFault` where it is none.

    A row needs a model name or a value: many good rows name no model, only their paper.
    """
    if not isinstance(values, dict):
        raise RowFault("is no object")
    row = RowFields(values, schema=_SCHEMA)
    name, cells = row.text("model_name"), _cells(row)
    if name is None:
        row.keep_raw("model_name")
    if not (name or "").strip() and not cells:
        raise RowFault("has neither a model name nor a value")
    if len(name or "") > LONGEST_NAME:
        raise RowFault(f"has a model name of {len(name or ''):,} characters; the longest that is kept is {LONGEST_NAME}")
    title, url = row.text("paper_title"), row.text("paper_url")
    return ResultRecord(
        model_name=name or "",
        paper_key=paper_key(url=url, title=title),
        occurrence=0,
        position=position,
        paper_title=title,
        paper_url=url,
        paper_date=row.date("paper_date"),
        uses_additional_data=row.flag("uses_additional_data"),
        code_links=row.objects("code_links"),
        model_links=row.objects("model_links"),
        cells=cells,
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )


def paper_key(*, url: str | None, title: str | None) -> str:
    """What a row says about its paper, folded: `arxiv:2204.06745`, `paper:<slug>`, `url:...`, `title:...`, or "" for nothing."""
    if url and url.strip():
        return address_key(url)
    return bounded(f"title:{folded_title(title)}") if title and title.strip() else ""


def _cells(row: RowFields) -> tuple[Cell, ...]:
    metrics = row.value("metrics")
    if metrics is None:
        row.keep_raw("metrics")
        return ()
    if not isinstance(metrics, dict):
        raise RowFault("has metrics that are no object")
    if any(len(name) > LONGEST_NAME for name in metrics):
        raise RowFault(f"has a metric whose name is longer than {LONGEST_NAME} characters")
    return tuple(Cell(name, as_json(value), parse_score(value)) for name, value in metrics.items())
