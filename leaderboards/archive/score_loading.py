"""Storing the columns of boards and the cells of their rows."""

from collections.abc import Mapping, Sequence

from leaderboards.archive.result_rows import Cell
from leaderboards.directions import infer_direction
from leaderboards.models import Metric, Score


def sync_metrics(wanted: Mapping[int, Sequence[str]]) -> dict[tuple[int, str], int]:
    """Make the columns of these boards (metric names in order, by board id); metric ids by (board id, name).

    A column that the dump no longer has stays, after the others: measurements may stand in it. What a person said about a
    direction stays.
    """
    held = {(metric.leaderboard_id, metric.name): metric for metric in Metric.objects.filter(leaderboard_id__in=list(wanted))}
    places = {(board, name): place for board, names in wanted.items() for place, name in enumerate(names)}
    for key, metric in held.items():
        places.setdefault(key, len(wanted[metric.leaderboard_id]))
    new = [
        Metric(leaderboard_id=board, name=name, position=place, direction=infer_direction(name))
        for (board, name), place in places.items()
        if (board, name) not in held
    ]
    Metric.objects.bulk_create(new, batch_size=1000)
    _update([metric for key, metric in held.items() if _is_stale(metric, places[key])], places)
    return {(metric.leaderboard_id, metric.name): metric.pk for metric in [*held.values(), *new]}


def sync_scores(wanted: Mapping[int, Mapping[int, Cell]]) -> set[int]:
    """Make the cells of these claims (cells by metric id, by claim id) what is wanted; the ids of claims where one changed."""
    held = {(score.claim_id, score.metric_id): score for score in Score.objects.filter(claim_id__in=list(wanted))}
    cells = {(claim, metric): cell for claim, row in wanted.items() for metric, cell in row.items()}
    gone = [score for key, score in held.items() if key not in cells]
    new = [
        Score(claim_id=key[0], metric_id=key[1], raw=cell.raw, value=cell.value) for key, cell in cells.items() if key not in held
    ]
    stale = [
        score for key, score in held.items() if key in cells and (score.raw, score.value) != (cells[key].raw, cells[key].value)
    ]
    for score in stale:
        cell = cells[score.claim_id, score.metric_id]
        score.raw, score.value = cell.raw, cell.value
    Score.objects.filter(pk__in=[score.pk for score in gone]).delete()
    Score.objects.bulk_create(new, batch_size=2000)
    Score.objects.bulk_update(stale, ["raw", "value"], batch_size=500)
    return {score.claim_id for score in [*gone, *new, *stale]}


def _is_stale(metric: Metric, place: int) -> bool:
    inferred = metric.direction_source == Metric.DirectionSource.INFERRED
    return metric.position != place or (inferred and metric.direction != infer_direction(metric.name))


def _update(metrics: Sequence[Metric], places: Mapping[tuple[int, str], int]) -> None:
    for metric in metrics:
        metric.position = places[metric.leaderboard_id, metric.name]
        if metric.direction_source == Metric.DirectionSource.INFERRED:
            metric.direction = infer_direction(metric.name)
    Metric.objects.bulk_update(metrics, ["position", "direction"], batch_size=500)
