"""The checks before a person looks: what each kind of submission means beside the catalogue, and what speaks against it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.utils import timezone

from leaderboards.archive.result_rows import paper_key as key_of_paper
from leaderboards.columns import Cell
from leaderboards.directions import infer_direction
from leaderboards.models import Leaderboard
from leaderboards.scores import parse_score
from leaderboards.submissions import addresses, boards_seen, finding, result_checks, spam, things
from leaderboards.submissions.boards_seen import BoardSeen, ColumnSeen, RowSeen, named_before
from leaderboards.submissions.edit_checks import check_edit, check_removal
from leaderboards.submissions.findings import Finding, error, note, warning
from leaderboards.submissions.payloads import Board, Code, Dataset, Edit, Method, Metric, Paper, Payload, Removal, Result, Task
from papers.archive.keys import arxiv_id_of_url, arxiv_id_without_version, repository_key
from papers.archive.screening import judge_dataset, judge_task
from papers.archive.text import as_json
from papers.models import Area, PaperRepository
from papers.models import Paper as PaperRow


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the checks said, where a result would rank (rank, among how many, metric), and whose areas it concerns."""

    payload: Payload
    findings: tuple[Finding, ...]
    rank: tuple[int, int, str] | None = None
    areas: tuple[int, ...] = ()
    title: str = ""
    board: str = ""
    """What the board of a result is called."""
    target: UUID | None = None
    """Of a result on a board that is there, the board's public id."""


class Boards:
    """Boards as they are seen while one request's submissions are checked; what is taken meanwhile is noted in them.

    A rank is reckoned where it is for one result alone: in an upload nobody sees it. With `locks` nobody else adds to the
    boards until the transaction ends.
    """

    def __init__(self, *, is_for_one: bool = False, locks: bool = False) -> None:
        self.is_for_one, self._locks = is_for_one, locks
        self._areas: dict[int | None, tuple[int, ...]] = {}
        self._found: dict[tuple[str, str, str], Leaderboard | None] = {}
        self._seen: dict[Any, BoardSeen] = {}
        self._papers: dict[str, PaperRow | None] = {}

    def board(self, result: Result) -> Leaderboard | None:
        """The board that a result names."""
        named = (result.board, result.task, result.dataset)
        if named not in self._found:
            found = finding.board(result.board, task=result.task, dataset=result.dataset)
            if found and self._locks:
                Leaderboard.objects.select_for_update(of=("self",)).get(pk=found.pk)
            self._found[named] = found
        return self._found[named]

    def seen(self, result: Result) -> BoardSeen:
        """The board as it is, or an empty one that would be made."""
        board = self.board(result)
        key = board.pk if board else (result.task.casefold(), result.dataset.casefold())
        if key not in self._seen:
            title = f"{result.task} on {result.dataset}"
            self._seen[key] = boards_seen.see(board) if board else BoardSeen(title=title, columns={}, rows=[], is_new=True)
        return self._seen[key]

    def paper(self, said: str) -> PaperRow | None:
        """The paper that is named."""
        if said not in self._papers:
            self._papers[said] = finding.paper(said)
        return self._papers[said]

    def expect(self, papers: Collection[str]) -> None:
        """Look for many papers at once, of those that are named by arXiv ids; the others are looked for one by one."""
        ids = {said: arxiv_id for said in papers if (arxiv_id := arxiv_id_of_url(said) or arxiv_id_without_version(said))}
        found = finding.papers_of_arxiv(set(ids.values()))
        self._papers |= {said: found.get(arxiv_id) for said, arxiv_id in ids.items()}

    def areas(self, result: Result) -> tuple[int, ...]:
        """The areas of the result's task."""
        board = self.board(result)
        task = board.task_id if board else getattr(finding.task(result.task), "pk", None)
        if task not in self._areas:
            self._areas[task] = _areas_of_task(task)
        return self._areas[task]

    def take(self, result: Result) -> None:
        """Note a result that stands from now on, so that its double in the same request is found."""
        seen = self.seen(result)
        key, _, _ = identity(result, self.paper(result.paper) if result.paper else None)
        cells = {}
        for said in result.scores:
            column = seen.column(said.metric) or ColumnSeen(name=said.metric, direction=infer_direction(said.metric))
            seen.columns.setdefault(column.name, column)
            cells[column.name] = said.value
            column.cells.append(Cell(as_json(said.value), parse_score(said.value)))
            if column.cells[-1].value is not None:
                column.values.append(column.cells[-1].value)
        seen.add(RowSeen(model_name=result.model_name, paper_key=key, cells=cells, external_id=result.external_id))


def check(payload: Payload, *, sender: int | None = None, boards: Boards | None = None) -> Checked:
    """Check one payload beside the catalogue; `sender` is the user whose `external_id`s are meant."""
    if isinstance(payload, Result):
        return _result(payload, boards or Boards(is_for_one=True), sender=sender)
    findings = [*_CHECKS[type(payload)](payload), *_spam(payload)]
    return Checked(payload=payload, findings=tuple(findings), areas=_areas(payload), title=_title(payload))


def identity(result: Result, paper: PaperRow | None) -> tuple[str, str | None, str | None]:
    """What a result says of its paper, as an import would have it: the key of its identity, address and title."""
    url = finding.paper_address(result.paper) or None
    title = None if url or not result.paper else result.paper
    if paper is not None:
        url = url or paper.url_abs or (finding.ARXIV + paper.arxiv_id if paper.arxiv_id else None)
        title = paper.title
    return key_of_paper(url=url, title=title), url, title


def _result(result: Result, boards: Boards, *, sender: int | None) -> Checked:
    paper = boards.paper(result.paper) if result.paper else None
    key, _, _ = identity(result, paper)
    board, seen = boards.board(result), boards.seen(result)
    findings = [
        *_board_of(result, board),
        *_paper_of(result.paper, paper),
        *_links(code_url=result.code_url, source_url=result.source_url),
    ]
    findings += result_checks.check(result, seen, paper_key=key, today=timezone.now().date(), known=_known(result, board, sender))
    findings += _spam(result)
    return Checked(
        payload=result,
        findings=tuple(findings),
        rank=result_checks.rank_of(result, seen) if boards.is_for_one else None,
        areas=boards.areas(result),
        title=f"{result.model_name}: {_cells(result)} on {seen.title}",
        board=seen.title,
        target=board.public_id if board else None,
    )


def _known(result: Result, board: Leaderboard | None, sender: int | None) -> int | None:
    """The claim that the sender named by the same `external_id` before."""
    if board is None:
        return None
    claim = named_before(result.external_id, board=board, sender=sender)
    return claim.pk if claim else None


def _board_of(result: Result, board: Leaderboard | None) -> Iterator[Finding]:
    if board is not None:
        return
    if result.board:
        yield error("board_unknown", "board", f"There is no board “{result.board}”: choose one, or name a task and a dataset.")
    elif not (result.task and result.dataset):
        yield error("board_missing", "board", "Name the board, or the task and the dataset of a new one.")
    elif finding.task(result.task) is None:
        yield error("task_unknown", "task", f"There is no task “{result.task}”: choose one, or submit the task first.")
    else:
        yield warning("board_new", "board", f"There is no board of {result.task} on {result.dataset}: it would be made.")
        if finding.dataset(result.dataset) is None:
            reason = judge_dataset(result.dataset)
            yield warning("dataset_new", "dataset", f"There is no dataset “{result.dataset}”: it would be made.")
            if reason:
                yield error("dataset_spam", "dataset", f"“{result.dataset}” cannot be a dataset: it {reason}.")


def _paper_of(said: str, paper: PaperRow | None) -> Iterator[Finding]:
    if not said or paper is not None:
        return
    if finding.is_address(said) and (fault := addresses.fault(said)):
        yield error("link_malformed", "paper", fault)
    else:
        yield note("paper_unknown", "paper", f"“{said}” is no paper that is known here: the result will name it all the same.")


def _links(**links: str) -> Iterator[Finding]:
    for field, url in links.items():
        if url and (fault := addresses.fault(url)):
            yield error("link_malformed", field, fault)


def _paper(paper: Paper) -> Iterator[Finding]:
    if paper.arxiv_id and arxiv_id_without_version(paper.arxiv_id) is None:
        yield error("arxiv_id_malformed", "arxiv_id", "An arXiv id reads 2204.06745 or cs/0112017.")
    for said in filter(None, (paper.arxiv_id, paper.url_abs, paper.title)):
        if known := finding.paper(said):
            yield error("duplicate", "title", f"This paper is here already: “{known}”, at /paper/{known.slug}.")
            return
    yield from _links(url_abs=paper.url_abs, url_pdf=paper.url_pdf, code_url=paper.code_url)
    yield from _day(paper.date, "date")
    if not (paper.url_abs or paper.url_pdf or paper.arxiv_id):
        yield warning("no_source", "url_abs", "Nothing says where the paper can be read: give an arXiv id or an address.")
    for name in paper.tasks:
        if finding.task(name) is None:
            yield note("task_unknown", "tasks", f"There is no task “{name}”: the paper will be without it.")


def _code(code: Code) -> Iterator[Finding]:
    yield from _links(url=code.url)
    paper = finding.paper(code.paper)
    if paper is None:
        yield error("paper_unknown", "paper", f"“{code.paper}” is no paper that is known here: submit the paper first.")
        return
    key = repository_key(code.url)
    if PaperRepository.objects.published().filter(paper=paper, repository__key=key).exists():
        yield error("duplicate", "url", f"“{paper}” has this code already.")


def _dataset(dataset: Dataset) -> Iterator[Finding]:
    if known := finding.dataset(dataset.name):
        yield error("duplicate", "name", f"This dataset is here already, at /dataset/{known.slug}.")
    yield from _links(homepage=dataset.homepage)
    yield from _day(dataset.introduced_date, "introduced_date")
    yield from _paper_of(dataset.paper, finding.paper(dataset.paper))
    if not (dataset.description or dataset.homepage):
        yield note("nothing_told", "description", "A description or a homepage tells readers what it is.")


def _task(task: Task) -> Iterator[Finding]:
    if known := finding.task(task.name):
        yield error("duplicate", "name", f"This task is here already, at /task/{known.slug}.")
    elif reason := judge_task(task.name):
        yield error("name_spam", "name", f"“{task.name}” cannot be a task: it {reason}.")
    if task.area and finding.area(task.area) is None:
        yield error("area_unknown", "area", f"There is no area “{task.area}”: choose one of those at /tasks.")
    if task.parent_task and finding.task(task.parent_task) is None:
        yield error("task_unknown", "parent_task", f"There is no task “{task.parent_task}”.")


def _method(method: Method) -> Iterator[Finding]:
    if known := finding.method(method.name):
        yield error("duplicate", "name", f"This method is here already, at /method/{known.slug}.")
    yield from _links(source_url=method.source_url, code_snippet_url=method.code_snippet_url)
    yield from _paper_of(method.paper, finding.paper(method.paper))
    if method.collection and finding.collection(method.collection) is None:
        yield error("collection_unknown", "collection", f"There is no collection “{method.collection}”: see /methods.")


def _board(board: Board) -> Iterator[Finding]:
    if finding.board("", task=board.task, dataset=board.dataset):
        yield error("duplicate", "dataset", "This board is here already.")
    if finding.task(board.task) is None:
        yield error("task_unknown", "task", f"There is no task “{board.task}”: submit the task first.")
    if finding.dataset(board.dataset) is None:
        yield warning("dataset_new", "dataset", f"There is no dataset “{board.dataset}”: it would be made.")
    yield from _links(mirror_url=board.mirror_url)


def _metric(metric: Metric) -> Iterator[Finding]:
    board = finding.board(metric.board)
    if board is None:
        yield error("board_unknown", "board", f"There is no board “{metric.board}”.")
    elif board.metrics.filter(name__iexact=metric.name).exists():
        yield error("duplicate", "name", f"The board has a metric {metric.name} already.")


def _day(day: date | None, field: str) -> Iterator[Finding]:
    if day is not None and not result_checks.EARLIEST <= day <= timezone.now().date():
        yield error("date_odd", field, f"{day} lies in the future or before 1950.")


_CHECKS: Mapping[type[Any], Callable[[Any], Iterable[Finding]]] = {
    Paper: _paper,
    Code: _code,
    Dataset: _dataset,
    Task: _task,
    Method: _method,
    Board: _board,
    Metric: _metric,
    Edit: check_edit,
    Removal: check_removal,
}


def _spam(payload: Payload) -> Iterator[Finding]:
    told = spam_score(payload)
    if told.score >= spam.SUSPECT:
        yield warning("spam", "", f"It reads like spam ({told.score} of 100): it {', it '.join(told.reasons)}.")


def spam_score(payload: Payload) -> spam.SpamScore:
    """How much it reads like spam."""
    said = {name: getattr(payload, name) for name in payload.__struct_fields__}
    fields = cast(dict[str, Any], said.get("fields") or {})
    texts = [text for name in ("description", "abstract", "note", "quote", "reason") if isinstance(text := said.get(name), str)]
    texts += [value for value in fields.values() if isinstance(value, str)]
    links = [value for name, value in {**said, **fields}.items() if "url" in name and isinstance(value, str)]
    name = said.get("name") or said.get("title") or said.get("model_name") or fields.get("name") or "thing"
    kind = {Method: "method", Task: "task"}.get(type(payload), "dataset")
    return spam.score(kind, name=str(name), full_name=str(said.get("full_name") or ""), text="\n".join(texts), links=links)


def _title(payload: Payload) -> str:
    match payload:
        case Paper():
            return payload.title
        case Code():
            return f"{payload.url} of {finding.paper(payload.paper) or payload.paper}"
        case Board():
            return f"{payload.task} on {payload.dataset}"
        case Metric():
            return f"{payload.name} on {payload.board}"
        case Edit() | Removal():
            row = things.by_id(payload.thing, payload.id)
            return f"{things.THINGS[payload.thing].noun} “{row}”" if row else payload.id
        case _:
            return payload.name if not isinstance(payload, Result) else payload.model_name


def _areas(payload: Payload) -> tuple[int, ...]:
    """The areas whose reviewers decide about it; none where it belongs to none, so that everybody's do."""
    match payload:
        case Task():
            area = finding.area(payload.area)
            return (area.pk,) if area else _areas_of_task(getattr(finding.task(payload.parent_task), "pk", None))
        case Board():
            return _areas_of_task(getattr(finding.task(payload.task), "pk", None))
        case Metric():
            return _areas_of_task(getattr(finding.board(payload.board), "task_id", None))
        case Paper() | Dataset():
            return _areas_of_tasks(task.pk for name in payload.tasks if (task := finding.task(name)))
        case Code():
            paper = finding.paper(payload.paper)
            return _areas_of_tasks(paper.tasks.values_list("pk", flat=True)) if paper else ()
        case Edit() | Removal():
            return _areas_of_row(things.by_id(payload.thing, payload.id))
        case _:
            return ()


def _areas_of_row(row: Any) -> tuple[int, ...]:
    match type(row).__name__:
        case "Task":
            return _areas_of_task(row.pk)
        case "Leaderboard":
            return _areas_of_task(row.task_id)
        case "Claim" | "Metric":
            return _areas_of_task(row.leaderboard.task_id)
        case "Paper" | "Dataset":
            return _areas_of_tasks(row.tasks.values_list("pk", flat=True))
        case "PaperRepository":
            return _areas_of_tasks(row.paper.tasks.values_list("pk", flat=True))
        case _:
            return ()


def _areas_of_task(task: int | None) -> tuple[int, ...]:
    return _areas_of_tasks([task]) if task else ()


def _areas_of_tasks(tasks: Iterable[int]) -> tuple[int, ...]:
    return tuple(Area.objects.filter(tasks__in=list(tasks)).order_by("pk").values_list("pk", flat=True).distinct())


def _cells(result: Result) -> str:
    return ", ".join(f"{said.metric} {said.value}" for said in result.scores[:3])
