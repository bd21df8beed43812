"""What can be submitted, as types: one struct a kind, read out of whatever came (a form, a row of a file, JSON). Pure.

`read` is the only door: it cleans texts, checks types and lengths, and says each fault in one sentence under its field. What
the words mean beside the catalogue is for `checks`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

from papers.archive.text import JsonObject, JsonValue, as_json, without_unstorable

VERSION = 1
"""Of the shapes below; a stored payload names its own."""

NAME = 500
"""Characters of a name: such stand in indexes, and the importer keeps no longer ones."""
TEXT = 20_000
MOST_SCORES = 50

Name = Annotated[str, Meta(max_length=NAME)]
Title = Annotated[str, Meta(max_length=1000)]
Address = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(max_length=TEXT)]
Line = Annotated[str, Meta(max_length=300)]
Day = date
"""By another name, since a paper has a field `date`."""


class ScoreSaid(Struct, frozen=True, forbid_unknown_fields=True):
    """One cell: the metric's name and the value as the paper prints it; a direction where the metric is new or wrong."""

    metric: Name
    value: Annotated[str, Meta(max_length=80)]
    direction: Annotated[str, Meta(pattern="^(higher|lower|none)?$")] = ""
    description: Text = ""


class Result(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A result. `board` is a board's address or title; without it task and dataset name one, or make a new one.

    `paper` is an arXiv id, an address or a title. `table`, `page` and `quote` say where in it the number stands.
    """

    model_name: Name
    scores: Annotated[list[ScoreSaid], Meta(max_length=MOST_SCORES)]
    board: Name = ""
    task: Name = ""
    dataset: Name = ""
    paper: Address = ""
    code_url: Address = ""
    uses_additional_data: bool | None = None
    evaluated_on: Day | None = None
    table: Line = ""
    page: Line = ""
    quote: Annotated[str, Meta(max_length=2000)] = ""
    source_url: Address = ""
    external_id: Line = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Paper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper; authors, tasks and methods by name, in order."""

    title: Title
    abstract: Text = ""
    authors: Annotated[list[Name], Meta(max_length=5000)] = []
    date: Day | None = None
    arxiv_id: Line = ""
    url_abs: Address = ""
    url_pdf: Address = ""
    tasks: Annotated[list[Name], Meta(max_length=50)] = []
    methods: Annotated[list[Name], Meta(max_length=100)] = []
    code_url: Address = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Code(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link between a paper and code."""

    paper: Address
    url: Address
    is_official: bool | None = None
    framework: Annotated[str, Meta(max_length=40)] = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Dataset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dataset."""

    name: Name
    full_name: Name = ""
    description: Text = ""
    homepage: Address = ""
    introduced_date: Day | None = None
    paper: Address = ""
    tasks: Annotated[list[Name], Meta(max_length=50)] = []
    modalities: Annotated[list[Line], Meta(max_length=30)] = []
    languages: Annotated[list[Line], Meta(max_length=100)] = []
    note: Annotated[str, Meta(max_length=2000)] = ""


class Task(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task; area and parent task by address or name."""

    name: Name
    description: Text = ""
    area: Name = ""
    parent_task: Name = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Method(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A method; collection by address or name."""

    name: Name
    full_name: Name = ""
    description: Text = ""
    introduced_year: Annotated[int, Meta(ge=1900, le=2100)] | None = None
    source_title: Title = ""
    source_url: Address = ""
    code_snippet_url: Address = ""
    paper: Address = ""
    collection: Name = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Board(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board without results yet; its metrics in order, the first with a direction ranks it."""

    task: Name
    dataset: Name
    description: Text = ""
    mirror_url: Address = ""
    metrics: Annotated[list[ScoreSaid], Meta(max_length=MOST_SCORES)] = []
    note: Annotated[str, Meta(max_length=2000)] = ""


class Metric(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new column of a board."""

    board: Name
    name: Name
    direction: Annotated[str, Meta(pattern="^(higher|lower|none)?$")] = ""
    description: Text = ""
    note: Annotated[str, Meta(max_length=2000)] = ""


class Edit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other values for fields of a row; `was` is what they held when the change was proposed."""

    thing: Line
    id: Annotated[str, Meta(max_length=36)]
    fields: dict[str, Any]
    was: dict[str, Any] = {}
    note: Annotated[str, Meta(max_length=2000)] = ""


class Removal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row that should go, and why."""

    thing: Line
    id: Annotated[str, Meta(max_length=36)]
    reason: Annotated[str, Meta(max_length=2000)]
    note: Annotated[str, Meta(max_length=2000)] = ""


Payload = Result | Paper | Code | Dataset | Task | Method | Board | Metric | Edit | Removal

TYPES: Mapping[str, type[Struct]] = {
    "result": Result,
    "paper": Paper,
    "code": Code,
    "dataset": Dataset,
    "task": Task,
    "method": Method,
    "board": Board,
    "metric": Metric,
    "edit": Edit,
    "removal": Removal,
}
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "result": {"model_name": "Name the model as the paper does.", "scores": "Give at least one metric with its value."},
    "paper": {"title": "Give the paper's title."},
    "code": {"paper": "Name the paper by its arXiv id, address or title.", "url": "Give the address of the code."},
    "dataset": {"name": "Name the dataset."},
    "task": {"name": "Name the task."},
    "method": {"name": "Name the method."},
    "board": {"task": "Name the task.", "dataset": "Name the dataset."},
    "metric": {"board": "Name the board.", "name": "Name the metric."},
    "edit": {"thing": "Say what kind of thing it is.", "id": "Say which thing it is.", "fields": "Change at least one field."},
    "removal": {"thing": "Say what kind of thing it is.", "id": "Say which thing it is.", "reason": "Say why it should go."},
}
"""What has to be there, and what to say where it is not."""

_AT = re.compile(r"`\$\.(?P<field>\w+)(?:\[\d*\.*\])?(?:\.(?P<inner>\w+))?")
_WIDE = {"abstract", "description", "quote", "note", "reason"}
"""Texts whose line ends say something; of all others white space is folded."""

StructT = TypeVar("StructT", bound=Struct)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a payload: the field, and a sentence that says what to do."""

    field: str
    sentence: str


class PayloadError(ValueError):
    """What came is no such thing; `faults` say why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


def read(kind: str, values: Mapping[str, Any]) -> Payload:
    """The payload of that kind. Raises `PayloadError` where it is none."""
    if kind not in TYPES:
        raise PayloadError([Fault("kind", f"“{kind}” cannot be submitted; {', '.join(TYPES)} can.")])
    cleaned = _cleaned(_with_scores(dict(values)) if kind == "result" else dict(values))
    missing = [Fault(field, sentence) for field, sentence in REQUIRED[kind].items() if not cleaned.get(field)]
    if missing:
        raise PayloadError(missing)
    try:
        return cast(Payload, msgspec.convert(cleaned, TYPES[kind]))
    except msgspec.ValidationError as error:
        raise PayloadError([_fault(str(error))]) from error


def stored(payload: Payload) -> JsonObject:
    """The payload as JSON for the database; `read` gives it back."""
    return cast(JsonObject, msgspec.to_builtins(payload))


def _fault(told: str) -> Fault:
    """What msgspec says of a value, with the field that it stood in."""
    found = _AT.search(told)
    what = told.split(" - at `")[0]
    if "unknown field" in what:
        return Fault("", f"{what.removeprefix('Object contains ').capitalize()}: take it away or look at its spelling.")
    field = (found["inner"] or found["field"]) if found else ""
    called = field.replace("_", " ")
    if "ISO8601" in what or "date" in what.lower():
        return Fault(field, f"“{called}” is no date: write it as 2024-06-30.")
    if "length <=" in what:
        return Fault(field, f"“{called}” is too long: at most {what.rpartition(' ')[2]} are kept.")
    if "regex" in what:
        return Fault(field, f"“{called}” is higher, lower or none.")
    return Fault(field, f"“{called}” does not fit: {what[:1].lower()}{what[1:]}.")


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """Texts that a database can hold and a page can show, without space around them; an empty date or number is none."""
    stored_values = without_unstorable(cast(JsonObject, values))
    return {name: _tidy(name, value) for name, value in stored_values.items() if value is not None}


def _tidy(name: str, value: JsonValue) -> Any:
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").strip() if name in _WIDE else " ".join(value.split())
        return None if not text and name in {"evaluated_on", "date", "introduced_date", "introduced_year"} else text
    if isinstance(value, list):
        return [tidy for part in value if (tidy := _tidy(name, part)) not in ("", None)]
    if isinstance(value, dict) and name in {"scores", "metrics"}:
        return {key: _tidy(key, part) for key, part in value.items() if part is not None}
    if name == "value" and isinstance(value, int | float) and not isinstance(value, bool):
        return as_json(value)
    return value


def _with_scores(values: dict[str, Any]) -> dict[str, Any]:
    """A result whose `metrics` are an object of values by name, as the API and the archive have them, with `scores`."""
    metrics = values.pop("metrics", None)
    if isinstance(metrics, dict) and not values.get("scores"):
        values["scores"] = [{"metric": name, "value": value} for name, value in metrics.items() if value is not None]
    return values
