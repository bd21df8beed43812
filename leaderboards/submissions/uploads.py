"""Taking many results at once: each row for itself, all in one transaction, with a report that names every row."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from leaderboards.models import Leaderboard, Submission
from leaderboards.submissions import applying, desk, finding, hub_files, rows, yaml_files
from leaderboards.submissions.rows import Defaults, Row, RowFault
from leaderboards.submissions.yaml_files import YamlFault

REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class RowReport:
    """What became of one row: accepted, waiting or refused, and the sentences that say why."""

    number: int
    title: str
    state: str
    sentences: tuple[str, ...] = ()
    submission: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a file; `batch` is what its submissions share."""

    batch: uuid.UUID
    rows: tuple[RowReport, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many rows were accepted, wait, or were refused."""
        return Counter(row.state for row in self.rows)

    @property
    def refused(self) -> list[RowReport]:
        """Those that were not taken."""
        return [row for row in self.rows if row.state == REFUSED]


def read(name: str, content: bytes, *, defaults: Defaults) -> list[Row]:
    """The rows of a file, by the end of its name: .csv, .json, .md (a model card), .yaml or .yml. Raises `RowFault`."""
    if len(content) > rows.LARGEST:
        raise RowFault(f"The file is larger than {rows.LARGEST >> 20} MB: send it in parts.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowFault("The file is not in UTF-8: save it so and send it again.") from error
    ending = name.lower().rpartition(".")[2]
    try:
        match ending:
            case "csv":
                return rows.of_csv(text, defaults=defaults)
            case "json":
                return rows.of_json(text, defaults=defaults)
            case "md":
                return hub_files.model_index(yaml_files.front_matter(text), defaults=defaults)
            case "yaml" | "yml":
                return hub_files.of_yaml(yaml_files.load(text), defaults=defaults)
    except YamlFault as fault:
        raise RowFault(str(fault)) from fault
    raise RowFault("The file's name ends with none of .csv, .json, .md and .yaml.")


@transaction.atomic
def take(found: Sequence[Row], *, by: User, via: Submission.Via = Submission.Via.UPLOAD) -> Report:
    """Submit each row; those that cannot be taken are in the report with all that is wrong with them."""
    batch, boards, columns = uuid.uuid4(), desk.Boards(), desk.Columns()
    last: Submission | None = None
    reports = []
    for row in found:
        try:
            if row.complaint:
                raise RowFault(row.complaint)
            last = desk.submit("result", _settled(row), by=by, via=via, batch=batch, boards=boards, columns=columns)
        except (desk.Rejected, desk.Impossible, RowFault) as fault:
            sentences = tuple(each.sentence for each in fault.findings) if isinstance(fault, desk.Rejected) else (str(fault),)
            reports.append(RowReport(number=row.number, title=_title(row), state=REFUSED, sentences=sentences))
            continue
        told = tuple(each["sentence"] for each in last.findings if each["severity"] == "warning")
        reports.append(
            RowReport(number=row.number, title=last.title, state=last.state, sentences=told, submission=str(last.public_id))
        )
    if last is not None and columns.keys:
        with applying.acting_for(last):
            columns.judge()
    return Report(batch=batch, rows=tuple(reports))


def _settled(row: Row) -> dict[str, object]:
    """The row with its board and metric, where a hub's file names the data alone.

    Raises `RowFault` where several boards have that data.
    """
    values = dict(row.values)
    scores = values.get("scores") or []
    if values.get("board") or values.get("task") or not values.get("dataset"):
        board = finding.board(str(values["board"])) if values.get("board") and _lacks_metric(scores) else None
    else:
        board = _board_of_data(str(values["dataset"]))
        values |= {"board": board.slug, "dataset": ""}
    if board is not None and _lacks_metric(scores):
        ranking = board.metrics.exclude(direction="none").order_by("position", "pk").first()
        values["scores"] = [{**each, "metric": each.get("metric") or (ranking.name if ranking else "")} for each in scores]
    return values


def _lacks_metric(scores: Sequence[dict[str, object]]) -> bool:
    return any(not each.get("metric") for each in scores if isinstance(each, dict))


def _board_of_data(dataset: str) -> Leaderboard:
    found = list(Leaderboard.objects.published().select_related("task").filter(dataset_name__iexact=dataset).order_by("pk")[:6])
    if len(found) == 1:
        return found[0]
    if not found:
        raise RowFault(f"No board has the data “{dataset}”: name the board in the form.")
    raise RowFault(f"Several boards have the data “{dataset}”: name one in the form, such as {found[0]}.")


def _title(row: Row) -> str:
    return str(row.values.get("model_name") or "")[:200]
