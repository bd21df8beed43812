"""Taking many results at once: each row for itself, all in one transaction, with a report that names every row."""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from accounts.roles import is_trusted, may_submit
from leaderboards.models import Leaderboard, Submission
from leaderboards.submissions import apply_result, desk, finding, findings, hub_files, rows, states, yaml_files
from leaderboards.submissions.payloads import Result
from leaderboards.submissions.rows import Defaults, Row, RowFault
from leaderboards.submissions.yaml_files import YamlFault
from papers import history
from papers.models import Change

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
    """Submit each row; those that cannot be taken are in the report with all that is wrong with them.

    A row with an `external_id` may bring a result up to date, and goes its own way; the others are stored all together, in
    a number of queries that does not grow with them. Raises `desk.NotAllowed` for who may not submit.
    """
    if not may_submit(by):
        raise desk.NotAllowed("Sign in to submit something.")
    taking = _Taking(by, via)
    taking.boards.expect({str(row.values.get("paper") or "") for row in found})
    reports = [taking.row(row) for row in found]
    taking.store()
    return Report(batch=taking.batch, rows=tuple(reports))


class _Taking:
    """One file's rows on their way in."""

    def __init__(self, by: User, via: Submission.Via) -> None:
        self.batch, self.boards, self._columns = uuid.uuid4(), desk.Boards(locks=is_trusted(by)), desk.Columns()
        self._by, self._via, self._is_trusted = by, via, is_trusted(by)
        self._new: list[tuple[Submission, desk.Checked]] = []
        self._data: dict[str, Leaderboard] = {}
        waiting = Submission.objects.waiting().filter(submitter=by, kind=Submission.Kind.RESULT)
        self._waiting = {as_json(payload) for payload in waiting.values_list("payload", flat=True)}

    def row(self, row: Row) -> RowReport:
        """What becomes of a row."""
        try:
            submission = self._submission(row)
        except (desk.Rejected, desk.Impossible, RowFault) as fault:
            said = tuple(each.sentence for each in fault.findings) if isinstance(fault, desk.Rejected) else (str(fault),)
            return RowReport(
                number=row.number, title=str(row.values.get("model_name") or "")[:200], state=REFUSED, sentences=said
            )
        told = tuple(each["sentence"] for each in submission.findings if each["severity"] == findings.Severity.WARNING)
        state = Submission.State.ACCEPTED if self._is_clean(submission) else Submission.State.WAITING
        return RowReport(
            number=row.number, title=submission.title, state=state, sentences=told, submission=str(submission.public_id)
        )

    def store(self) -> None:
        """Store what was taken, and put what is clean on its boards."""
        new = [submission for submission, _ in self._new]
        clean = [(submission, checked.payload) for submission, checked in self._new if self._is_clean(submission)]
        states.begin(new, at_once=[submission for submission, _ in clean])
        links = Submission.areas.through
        links.objects.bulk_create(
            links(submission_id=submission.pk, area_id=area) for submission, checked in self._new for area in checked.areas
        )
        via = Change.Via.API if self._via == Submission.Via.API else Change.Via.FORM
        with history.acting(via=via, by=self._by.pk, origin=f"/submissions?batch={self.batch}"):
            results = [(submission, payload) for submission, payload in clean if isinstance(payload, Result)]
            apply_result.apply_many(results, boards=self.boards, columns=self._columns)
            self._columns.judge()

    def _submission(self, row: Row) -> Submission:
        if row.complaint:
            raise RowFault(row.complaint)
        values = self._settled(row)
        if values.get("external_id"):
            shared = {"batch": self.batch, "boards": self.boards, "columns": self._columns}
            return desk.submit("result", values, by=self._by, via=self._via, **shared)  # type: ignore[arg-type]  # as named
        checked = desk.check("result", values, by=self._by, boards=self.boards)
        if faults := findings.errors(checked.findings):
            raise desk.Rejected(faults)
        submission = desk.unsaved("result", checked, by=self._by, via=self._via, batch=self.batch)
        if as_json(submission.payload) in self._waiting:
            raise desk.Rejected([desk.SENT_BEFORE])
        self._new.append((submission, checked))
        if isinstance(checked.payload, Result):
            self.boards.take(checked.payload)
        return submission

    def _is_clean(self, submission: Submission) -> bool:
        return self._is_trusted and not submission.is_flagged

    def _settled(self, row: Row) -> dict[str, object]:
        """The row with its board and metric, where a hub's file names the data alone.

        Raises `RowFault` where several boards have that data.
        """
        values = dict(row.values)
        scores = values.get("scores") or []
        if values.get("board") or values.get("task") or not values.get("dataset"):
            board = finding.board(str(values["board"])) if values.get("board") and _lacks_metric(scores) else None
        else:
            board = self._board_of_data(str(values["dataset"]))
            values |= {"board": board.slug, "dataset": ""}
        if board is not None and _lacks_metric(scores):
            ranking = board.metrics.exclude(direction="none").order_by("position", "pk").first()
            values["scores"] = [{**each, "metric": each.get("metric") or (ranking.name if ranking else "")} for each in scores]
        return values

    def _board_of_data(self, dataset: str) -> Leaderboard:
        if dataset not in self._data:
            self._data[dataset] = _board_of_data(dataset)
        return self._data[dataset]


def as_json(payload: object) -> str:
    """One text for equal payloads: a database keeps no order of names."""
    return json.dumps(payload, sort_keys=True)


def _lacks_metric(scores: Sequence[dict[str, object]]) -> bool:
    return any(not each.get("metric") for each in scores if isinstance(each, dict))


def _board_of_data(dataset: str) -> Leaderboard:
    found = list(Leaderboard.objects.published().select_related("task").filter(dataset_name__iexact=dataset).order_by("pk")[:6])
    if len(found) == 1:
        return found[0]
    if not found:
        raise RowFault(f"No board has the data “{dataset}”: name the board in the form.")
    raise RowFault(f"Several boards have the data “{dataset}”: name one in the form, such as {found[0]}.")
