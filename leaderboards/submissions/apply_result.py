"""Putting a result on its board, which is made where there is none; a result that its sender named before is the same one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from django.db.models import Max

from leaderboards.columns import read_cell
from leaderboards.corrections import CellFaultError, entered_cell
from leaderboards.directions import infer_direction
from leaderboards.metric_names import canonical_metric
from leaderboards.models import Claim, Leaderboard, MadeRow, Metric, Score, Submission
from leaderboards.submissions import finding
from leaderboards.submissions.apply_things import dataset_of
from leaderboards.submissions.boards_seen import named_before
from leaderboards.submissions.checking import Boards, identity
from leaderboards.submissions.made import SOURCES, Columns, Impossible, Making, free_slug
from leaderboards.submissions.payloads import Board, Result, ScoreSaid
from papers.models import Paper, SlugHistory


def apply(result: Result, making: Making) -> Claim:
    """Make the claim with its cells, or bring the one that has the sender's `external_id` up to date."""
    board = finding.board(result.board, task=result.task, dataset=result.dataset) or _made_board(result, making)
    Leaderboard.objects.select_for_update(of=("self",)).get(pk=board.pk)  # two results at once must not take one place
    claim = named_before(result.external_id, board=board, sender=making.submission.submitter_id)
    if claim is None:
        claim = _claim(result, board, making)
    else:
        _renew(claim, result)
    for said in result.scores:
        _put(claim, _column(board, said, making), said.value, making)
    making.note(claim, is_new=False, external_id=result.external_id)
    return claim


def apply_many(pairs: Sequence[tuple[Submission, Result]], *, boards: Boards, columns: Columns) -> None:
    """Put clean results on boards that are there, all in a few queries. The caller holds the locks of the boards."""
    by_board: dict[int, list[tuple[Submission, Result]]] = defaultdict(list)
    for submission, result in pairs:
        if board := boards.board(result):
            by_board[board.pk].append((submission, result))
    for together in by_board.values():
        board = boards.board(together[0][1])
        if board is not None:
            _put_many(board, together, boards=boards, columns=columns)


def _put_many(board: Leaderboard, pairs: Sequence[tuple[Submission, Result]], *, boards: Boards, columns: Columns) -> None:
    source = SOURCES[Submission.Via(pairs[0][0].via)]
    names = {result.model_name for _, result in pairs}
    here = Claim.objects.filter(leaderboard=board)
    used = here.filter(model_name__in=names).values_list("model_name", "paper_key").annotate(last=Max("occurrence"))
    last = {(name, key): number for name, key, number in used}
    position = here.aggregate(last=Max("position"))["last"]
    first = 0 if position is None else position + 1
    metrics = {metric.name.casefold(): metric for metric in board.metrics.all()}
    claims, scores = [], []
    for place, (_, result) in enumerate(pairs):
        values = _values(result, boards.paper(result.paper) if result.paper else None)
        key = (result.model_name, values["paper_key"])
        last[key] = last.get(key, -1) + 1
        claim = Claim(leaderboard=board, source=source, occurrence=last[key], position=first + place, **values)
        claims.append(claim)
        for said in result.scores:
            metric, raw = metrics[said.metric.casefold()], entered_cell(said.value)
            scores.append(Score(claim=claim, metric=metric, raw=raw, value=read_cell(raw).value))
            columns.keys.add(metric.pk)
    Claim.objects.bulk_create(claims)
    Score.objects.bulk_create(scores)
    MadeRow.objects.bulk_create(
        MadeRow(submission=submission, table=Claim._meta.db_table, object_id=claim.public_id)
        for (submission, _), claim in zip(pairs, claims, strict=True)
    )


def _values(result: Result, paper: Paper | None) -> dict[str, Any]:
    """A claim's columns as the result says them."""
    key, url, title = identity(result, paper)
    return {
        "model_name": result.model_name,
        "paper": paper,
        "paper_key": key,
        "paper_title": title,
        "paper_url": url,
        "paper_date": result.evaluated_on or (paper.date if paper else None),
        "uses_additional_data": result.uses_additional_data,
        "source_url": result.source_url,
        "code_links": [{"title": result.code_url, "url": result.code_url}] if result.code_url else [],
    }


def make_board(board: Board, making: Making) -> Leaderboard:
    """A board with its metrics. Raises `Impossible` where its task is not there."""
    task = finding.task(board.task)
    if task is None:
        raise Impossible(f"There is no task “{board.task}”: submit the task first.")
    dataset = dataset_of(board.dataset, making)
    name = dataset.name if board.dataset == dataset.slug else board.dataset
    slug = free_slug(Leaderboard, f"{task.name} on {name}", kind=SlugHistory.Kind.LEADERBOARD, fallback="board")
    position = (Leaderboard.objects.filter(task=task).aggregate(last=Max("position"))["last"] or 0) + 1
    row = making.make(
        Leaderboard,
        slug=slug,
        task=task,
        dataset=dataset,
        dataset_name=name,
        position=position,
        description=board.description or None,
        mirror_url=board.mirror_url,
    )
    for said in board.metrics:
        _column(row, said, making)
    return cast(Leaderboard, row)


def make_metric(board: Leaderboard, name: str, direction: str, making: Making, *, description: str = "") -> Metric:
    """A new column behind the others."""
    position = (board.metrics.aggregate(last=Max("position"))["last"] or 0) + 1
    source = Metric.DirectionSource.PERSON if direction else Metric.DirectionSource.INFERRED
    metric = Metric.objects.create(
        leaderboard=board,
        name=name,
        position=position if board.metrics.exists() else 0,
        direction=direction or infer_direction(name),
        direction_source=source,
        canonical_name=canonical_metric(name),
        description=description,
    )
    making.note(metric)
    return metric


def _made_board(result: Result, making: Making) -> Leaderboard:
    if result.board or not (result.task and result.dataset):
        raise Impossible(f"There is no board “{result.board}” any more: choose another.")
    return make_board(Board(task=result.task, dataset=result.dataset), making)


def _claim(result: Result, board: Leaderboard, making: Making) -> Claim:
    values = _values(result, finding.paper(result.paper))
    same = Claim.objects.filter(leaderboard=board, model_name=result.model_name, paper_key=values["paper_key"])
    occurrence = same.aggregate(last=Max("occurrence"))["last"]
    position = board.claims.aggregate(last=Max("position"))["last"]
    claim = making.make(
        Claim,
        leaderboard=board,
        occurrence=0 if occurrence is None else occurrence + 1,
        position=0 if position is None else position + 1,
        **values,
    )
    making.rows[-1].external_id = result.external_id
    return cast(Claim, claim)


def _renew(claim: Claim, result: Result) -> None:
    """What the sender says anew of a claim; what is not said is left alone."""
    paper = finding.paper(result.paper)
    said = {
        "model_name": result.model_name,
        "uses_additional_data": result.uses_additional_data,
        "paper_date": result.evaluated_on,
        "paper": paper,
        "source_url": result.source_url or None,
    }
    changed = {name: value for name, value in said.items() if value is not None and getattr(claim, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(claim, name, value)
        claim.save(update_fields=[*changed, "updated_at"])


def _column(board: Leaderboard, said: ScoreSaid, making: Making) -> Metric:
    found = board.metrics.filter(name__iexact=said.metric).order_by("position", "pk")
    exact = next((metric for metric in found if metric.name == said.metric), None)
    return exact or found.first() or make_metric(board, said.metric, said.direction, making, description=said.description)


def _put(claim: Claim, metric: Metric, text: str, making: Making) -> None:
    """One cell: what it means follows when its column is judged."""
    score = Score.objects.filter(claim=claim, metric=metric).first() or Score(claim=claim, metric=metric, raw="")
    try:
        raw = entered_cell(text, held=score.raw)
    except CellFaultError as fault:
        raise Impossible(str(fault)) from fault
    if raw == score.raw:
        return
    score.raw, score.value, score.scale = raw, read_cell(raw).value, 1.0
    score.save()
    making.columns.keys.add(metric.pk)
