"""The forms of submissions as data: which fields each kind has, how they are typed, and what was typed as a payload. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from leaderboards.submissions.findings import Finding


@dataclass(frozen=True)
class Input:
    """A field of a form; `suggests` is a kind of thing that /submit/lookup knows."""

    name: str
    label: str
    holds: str = "line"
    help: str = ""
    suggests: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A form of one kind of thing."""

    kind: str
    title: str
    intro: str
    inputs: tuple[Input, ...]


FRAMEWORKS = ("", "pytorch", "tf", "jax", "mxnet", "paddle", "mindspore", "none")
NOTE = Input("note", "A word to the reviewer", "text", "What a reviewer should know; it is not shown on the page.")

FORMS: Mapping[str, Form] = {
    form.kind: form
    for form in (
        Form(
            "paper", "Submit a paper", "A paper that the catalogue lacks, with its code.",
            (
                Input("title", "Title", is_required=True),
                Input("arxiv_id", "arXiv id", help="Such as 2204.06745. Without one, give an address."),
                Input("url_abs", "Address", "address"),
                Input("url_pdf", "Address of the PDF", "address"),
                Input("authors", "Authors", "list", "One a line, in the paper's order."),
                Input("date", "Date", "date"),
                Input("abstract", "Abstract", "text"),
                Input("tasks", "Tasks", "list", "One a line, by their names here.", suggests="task"),
                Input("methods", "Methods", "list", "One a line, by their names here."),
                Input("code_url", "Address of its code", "address"),
                NOTE,
            ),
        ),
        Form(
            "code", "Submit a code link", "Code of a paper that is in the catalogue: the authors' own or somebody else's.",
            (
                Input("paper", "Paper", help="By arXiv id, address or title.", suggests="paper", is_required=True),
                Input("url", "Address of the code", "address", is_required=True),
                Input("is_official", "By the paper's authors", "flag"),
                Input("framework", "Framework", "choice", choices=FRAMEWORKS),
                NOTE,
            ),
        ),
        Form(
            "dataset", "Submit a dataset", "Data that models are measured on.",
            (
                Input("name", "Name", is_required=True),
                Input("full_name", "Full name"),
                Input("description", "Description", "text", "Markdown can be used."),
                Input("homepage", "Homepage", "address"),
                Input("paper", "Paper that introduces it", help="By arXiv id, address or title.", suggests="paper"),
                Input("introduced_date", "Introduced", "date"),
                Input("tasks", "Tasks", "list", "One a line, by their names here.", suggests="task"),
                Input("modalities", "Modalities", "list", "One a line, such as Images or Texts."),
                Input("languages", "Languages", "list", "One a line."),
                NOTE,
            ),
        ),
        Form(
            "task", "Submit a task", "Something that models do, such as question answering.",
            (
                Input("name", "Name", is_required=True),
                Input("area", "Area", help="Such as Computer Vision.", suggests="area"),
                Input("parent_task", "Part of the task", suggests="task"),
                Input("description", "Description", "text", "Markdown can be used."),
                NOTE,
            ),
        ),
        Form(
            "method", "Submit a method", "A building block that papers use, such as LoRA.",
            (
                Input("name", "Name", is_required=True),
                Input("full_name", "Full name"),
                Input("description", "Description", "text", "Markdown and formulas can be used."),
                Input("introduced_year", "Year", "year"),
                Input("paper", "Paper that introduces it", help="By arXiv id, address or title.", suggests="paper"),
                Input("source_title", "Title of another source"),
                Input("source_url", "Address of that source", "address"),
                Input("code_snippet_url", "Address of code", "address"),
                Input("collection", "Collection", help="Such as Activation Functions.", suggests="collection"),
                NOTE,
            ),
        ),
    )
}  # fmt: skip

RESULT = (
    Input("board", "Board", help="Its title or address. For a new board name its task and dataset instead.", suggests="board"),
    Input("task", "Task of a new board", suggests="task"),
    Input("dataset", "Dataset of a new board", suggests="dataset"),
    Input("model_name", "Model", help="As the paper names it.", is_required=True),
    Input("paper", "Paper", help="By arXiv id, address or title.", suggests="paper"),
    Input("table", "Table or figure", help="Such as Table 3."),
    Input("page", "Page"),
    Input("quote", "Words of the paper", "text", "The sentence or row that holds the number."),
    Input("source_url", "Other source", "address", "Where the number stands, if not in the paper."),
    Input("code_url", "Address of the code", "address"),
    Input("evaluated_on", "Evaluated on", "date", "Empty: the paper's date."),
    Input("uses_additional_data", "Uses extra training data", "flag", "Beyond the benchmark's own."),
    NOTE,
)
BY_PROGRAMS: Mapping[str, tuple[Input, ...]] = {
    "board": (
        Input("task", "Task", suggests="task", is_required=True),
        Input("dataset", "Dataset", suggests="dataset", is_required=True),
        Input("description", "Description", "text", "Markdown can be used."),
        Input("mirror_url", "Mirror of", "address", "The board elsewhere that this one repeats."),
    ),
    "metric": (
        Input("board", "Board", help="Its title or address.", suggests="board", is_required=True),
        Input("name", "Name", is_required=True),
        Input("direction", "Better when", "choice", choices=("", "higher", "lower", "none")),
        Input("description", "Description", "text"),
    ),
    "removal": (
        Input("reason", "Why it goes", "text", "It stays in the thing's place, for everybody to read.", is_required=True),
    ),
}
"""Kinds that have no form of their own to send them, as reviewers amend them."""
FEWEST_SCORES, MOST_SCORES = 3, 50
FLAGS = {"yes": True, "no": False}


def values_of(inputs: Sequence[Input], posted: QueryDict) -> dict[str, Any]:
    """What was typed, as a payload's values; what was left empty is left out."""
    values = {each.name: read(each, posted.get(each.name, "") or "") for each in inputs}
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def read(field: Input, text: str) -> Any:
    """What was typed in one field."""
    match field.holds:
        case "list":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "flag":
            return FLAGS.get(text)
        case "year":
            return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 6 else text.strip()
        case _:
            return text.replace("\r\n", "\n").strip()


def scores_of(posted: QueryDict) -> list[dict[str, str]]:
    """The rows of metrics that say something; a metric that was only offered, beside one that has a value, does not."""
    columns = (posted.getlist("metric"), posted.getlist("value"), posted.getlist("direction"))
    longest = min(max(map(len, columns)), MOST_SCORES)
    rows = [tuple(column[place].strip() if place < len(column) else "" for column in columns) for place in range(longest)]
    has_values = any(value for _, value, _ in rows)
    said = (row for row in rows if row[1] or (row[0] and not has_values))
    return [{"metric": metric, "value": value, "direction": way} for metric, value, way in said]


def typed(field: Input, value: Any) -> str:
    """A value as the field shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def under(findings: Sequence[Finding], name: str) -> list[Finding]:
    """What was found about one field."""
    return [finding for finding in findings if finding.field == name]
