"""How many of a run's items rounding may have decided, by the one measure of workers/evaluation/ties.py."""

from collections.abc import Sequence

from django.db.models import Q

from workers.evaluation import ties
from workers.evaluation.contract import SampleOutcome
from workers.models import Run


def counted(outcomes: Sequence[SampleOutcome], dtype: str) -> dict[str, float | int]:
    """Of a run's items with options: how many there are, how many are exact ties, how many besides are within `within`."""
    margins = [outcome.margin for outcome in outcomes if outcome.margin is not None]
    exact = sum(margin == 0 for margin in margins)
    near = sum(ties.is_near(margin, dtype=dtype) for margin in margins) - exact
    return {"items": len(margins), "exact": exact, "near": near, "within": ties.within(dtype)}


def near(run: Run) -> Q:
    """The run's samples that `counted` counts as exact or near ties."""
    return Q(margin=0) | Q(margin__lt=ties.within(run.checkpoint.dtype))
