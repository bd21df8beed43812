"""What people's corrections of boards bring with them: the JSON of a cell that was typed, and a column judged anew."""

import json
import math
from collections.abc import Iterable
from typing import cast

from django.db import transaction

from leaderboards.columns import inferred_direction, read_cell, standings
from leaderboards.directions import Direction
from leaderboards.metric_names import canonical_metric
from leaderboards.models import Metric, Score
from papers.archive.text import JsonValue, NumberAsWritten, as_json, without_unstorable
from papers.models import Change

HOW_TO_WRITE = 'Write one value as it reads on the board, such as 28.4 or 28.4%; text may stand in quotes, as in "28.4".'


class CellFaultError(ValueError):
    """What was typed is no cell; the message says how one is written."""


def entered_cell(text: str, *, held: str = "") -> str:
    """The JSON of a cell that a person typed: as it reads (`28.4`, `28.4%`) or as JSON (`"28.4"`, `null`).

    Most cells of the archive are texts, so that a bare number becomes one as well, unless the cell held a number (`held` is
    the JSON that it held). Raises `CellFaultError`.
    """
    text = text.strip()
    try:
        value: JsonValue = json.loads(text, parse_float=NumberAsWritten, parse_constant=str)
    except (ValueError, RecursionError):
        value = text
        if text.startswith('"'):
            raise CellFaultError(HOW_TO_WRITE) from None
    if isinstance(value, list | dict) or without_unstorable({"cell": value}) != {"cell": value}:
        raise CellFaultError(HOW_TO_WRITE)
    if isinstance(value, int | float) and not (math.isfinite(value) and _is_number(held)):
        value = text
    return as_json(value)


@transaction.atomic
def rejudge(metric: Metric) -> None:
    """Judge a column as an import does: its direction where no person said it, and the values of its cells.

    What differs is stored. The cells of removed results do not count.
    """
    scores = list(Score.objects.filter(metric=metric, claim__removed_at__isnull=True).order_by("pk"))
    cells = [read_cell(score.raw) for score in scores]
    canonical, direction = canonical_metric(metric.name), cast(Direction, str(metric.direction))
    if metric.direction_source == Metric.DirectionSource.INFERRED:
        direction = inferred_direction(metric.name, cells)
    if (canonical, direction) != (metric.canonical_name, metric.direction):
        metric.canonical_name, metric.direction = canonical, direction
        metric.save(update_fields=["canonical_name", "direction"])
    changed = []
    for score, wanted in zip(scores, standings(cells, name=metric.name, direction=direction), strict=True):
        if (score.value, score.scale, score.is_doubtful) != wanted:
            score.value, score.scale, score.is_doubtful = wanted
            changed.append(score)
    Score.objects.bulk_update(changed, ["value", "scale", "is_doubtful"], batch_size=1000)


def settle(changes: Iterable[Change]) -> None:
    """Judge anew the columns that undone changes touched: their own, those of cells, and those of results that came or went."""
    columns: set[int | None] = set()
    results = []
    for change in changes:
        if change.table == "leaderboards_score":
            columns.add(change.key("metric_id"))
        elif change.table == "leaderboards_metric":
            columns.add(change.key("id"))
        elif change.table == "leaderboards_claim" and change.object_id:
            results.append(change.object_id)
    columns |= set(Score.objects.filter(claim__public_id__in=results).values_list("metric", flat=True))
    for metric in Metric.objects.filter(pk__in=[key for key in columns if key]).order_by("pk"):
        rejudge(metric)


def _is_number(held: str) -> bool:
    """Whether a cell holds a number, or yes or no, and no text."""
    return bool(held) and isinstance(json.loads(held), int | float)
