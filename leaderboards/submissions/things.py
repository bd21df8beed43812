"""What can be edited and removed in place: each kind of thing, its table, and its fields as a form has them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model as DatabaseModel

from leaderboards.models import Claim, Leaderboard, Metric
from papers.models import Dataset, Method, Paper, PaperRepository, Task

CELL = "score:"
"""Before a metric's name in the fields of a result: its cell."""


@dataclass(frozen=True)
class Field:
    """A field that can be edited: how it is called, and what it holds: line, text, address, date, year, list, flag or choice."""

    name: str
    label: str
    holds: str = "line"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thing:
    """A kind of thing; `by` is the column by which its edit page names it."""

    kind: str
    noun: str
    table: type[DatabaseModel]
    by: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name; a result's cells are fields too."""
        if self.kind == "result" and name.startswith(CELL) and len(name) > len(CELL):
            return Field(name, name.removeprefix(CELL))
        return next((field for field in (*self.fields, *LINKS.get(self.kind, ())) if field.name == name), None)


DESCRIPTION = Field("description", "Description", "text")
FLAG = "flag"
LINKS: Mapping[str, tuple[Field, ...]] = {
    "task": (Field("area", "Area"), Field("parent_task", "Part of the task")),
    "sota": (Field("task", "Task"), Field("dataset", "Dataset")),
}
"""What a program can also set, by address or name: a task is put there too, a board moves there. Forms do not show them."""

THINGS: Mapping[str, Thing] = {
    thing.kind: thing
    for thing in (
        Thing(
            "paper", "paper", Paper, "slug",
            (
                Field("title", "Title"), Field("abstract", "Abstract", "text"), Field("date", "Date", "date"),
                Field("arxiv_id", "arXiv id"), Field("url_abs", "Address", "address"), Field("url_pdf", "PDF", "address"),
                Field("conference_url_abs", "Address at the venue", "address"),
                Field("conference_url_pdf", "PDF at the venue", "address"),
            ),
        ),
        Thing("task", "task", Task, "slug", (Field("name", "Name"), DESCRIPTION, Field("synonyms", "Synonyms", "list"))),
        Thing(
            "dataset", "dataset", Dataset, "slug",
            (
                Field("name", "Name"), Field("full_name", "Full name"), DESCRIPTION, Field("homepage", "Homepage", "address"),
                Field("introduced_date", "Introduced", "date"), Field("modalities", "Modalities", "list"),
                Field("languages", "Languages", "list"), Field("variants", "Names on boards", "list"),
            ),
        ),
        Thing(
            "method", "method", Method, "slug",
            (
                Field("name", "Name"), Field("full_name", "Full name"), DESCRIPTION, Field("introduced_year", "Year", "year"),
                Field("source_title", "Title of its source"), Field("source_url", "Address of its source", "address"),
                Field("code_snippet_url", "Address of code", "address"),
            ),
        ),
        Thing("sota", "board", Leaderboard, "slug",
            (Field("dataset_name", "Name of the data"), DESCRIPTION, Field("mirror_url", "Mirror of the board at", "address")),
        ),
        Thing(
            "metric", "metric", Metric, "public_id",
            (Field("name", "Name"), Field("direction", "Better when", "choice", ("higher", "lower", "none")), DESCRIPTION),
        ),
        Thing(
            "result", "result", Claim, "public_id",
            (
                Field("model_name", "Model"), Field("paper_title", "Title of the paper"),
                Field("paper_url", "Address of the paper", "address"), Field("paper_date", "Date", "date"),
                Field("uses_additional_data", "Uses extra training data", FLAG),
                Field("source_url", "Other source", "address"),
            ),
        ),
        Thing(
            "code", "code link", PaperRepository, "public_id",
            (
                Field("is_official", "By the paper's authors", FLAG), Field("mentioned_in_paper", "Named in the paper", FLAG),
                Field("mentioned_in_github", "Names the paper", FLAG), Field("framework", "Framework"),
            ),
        ),
    )
}  # fmt: skip
"""By the word that stands in `/edit/<kind>/...`."""


_JOINED: Mapping[str, Sequence[str]] = {
    "sota": ("task",), "metric": ("leaderboard__task",), "result": ("leaderboard__task",), "code": ("paper", "repository"),
}  # fmt: skip
_BESIDE: Mapping[str, Sequence[str]] = {"result": ("scores", "leaderboard__metrics")}


def find(kind: str, key: str) -> Any | None:
    """The row that the public sees under that address or public id; None where there is none."""
    thing = THINGS.get(kind)
    if thing is None or (thing.by == "public_id" and not is_uuid(key)):
        return None
    return _shown(thing.table).filter(**{thing.by: key}).first()


def by_id(kind: str, public_id: str) -> Any | None:
    """The same by its public id."""
    thing = THINGS.get(kind)
    return _shown(thing.table).filter(public_id=public_id).first() if thing and is_uuid(public_id) else None


def rows_of(kind: str, ids: Collection[str]) -> dict[str, Any]:
    """Rows by their public ids, shown or not, with what `values_of` and a list need: a fixed number of queries."""
    thing = THINGS.get(kind)
    if thing is None:
        return {}
    rows = thing.table._default_manager.filter(public_id__in=[key for key in ids if is_uuid(key)])
    joined = rows.select_related(*_JOINED.get(kind, ())).prefetch_related(*_BESIDE.get(kind, ()))
    return {str(row.public_id): row for row in joined}  # type: ignore[attr-defined]  # every such table has one


def locked(kind: str, public_id: str) -> Any | None:
    """The row for a change, locked until the transaction ends."""
    thing = THINGS.get(kind)
    if thing is None or not is_uuid(public_id):
        return None
    return thing.table._default_manager.select_for_update(of=("self",)).filter(public_id=public_id).first()


def values_of(kind: str, row: Any) -> dict[str, Any]:
    """What the fields hold, as JSON: days as texts. A result's cells are among them, by their metric's name."""
    held = {field.name: _plain(getattr(row, field.name)) for field in THINGS[kind].fields}
    if kind == "result":
        cells = {score.metric_id: score.text for score in row.scores.all()}
        held |= {f"{CELL}{metric.name}": cells.get(metric.pk, "") for metric in row.leaderboard.metrics.all()}
    return held


def is_uuid(text: str) -> bool:
    """Whether it is a public id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _shown(table: type[DatabaseModel]) -> Any:
    rows: Any = table._default_manager.all()
    return rows.published() if hasattr(rows, "published") else rows


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
