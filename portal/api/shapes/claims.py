"""Verdicts over all boards."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from leaderboards.models import Measurement
from portal.api.shapes.measurements import Verdict, cells_of, measured
from portal.api.shapes.rows import Row, figure


class Judged(Row):
    """A claim against a measurement of it, in the board's unit, and the verdict; null where the claim has no number."""

    measurement: UUID
    claim: UUID
    evaluation: str
    metric: str
    model: str
    protocol: str
    claimed: str
    claimed_value: float | None
    measured_value: float | None
    verdict: Verdict | None

    example: ClassVar[dict[str, Any]] = {
        "measurement": "00000000-0000-4000-8000-000000000002", "claim": "00000000-0000-4000-8000-000000000003",
        "evaluation": "multi-task-language-understanding-on-mmlu", "metric": "Average (%)", "model": "GPT-NeoX 20B (5-shot)",
        "protocol": "mmlu-5-shot", "claimed": "33.6", "claimed_value": 33.6, "measured_value": 26.0, "verdict": Verdict.example,
    }  # fmt: skip


def read_judged(keys: Sequence[int]) -> list[Judged]:
    """By the measurements' keys, in two queries."""
    found = Measurement.objects.select_related("metric", "protocol", "leaderboard", "claim").in_bulk(keys)
    cells = cells_of(found.values())
    judged = []
    for item in (found[key] for key in keys if key in found):
        cell = cells.get((item.claim_id, item.metric_id))
        judged.append(
            Judged(
                measurement=item.public_id,
                claim=item.claim.public_id,  # type: ignore[union-attr]  # only those with a claim are asked for
                evaluation=item.leaderboard.slug,
                metric=item.metric.name,
                model=item.model_name,
                protocol=item.protocol.slug,
                claimed=cell.text if cell else "",
                claimed_value=figure(cell.value) if cell else None,
                measured_value=figure(item.value),
                verdict=measured(item, cell, dataset=item.leaderboard.dataset_name).verdict,
            )
        )
    return judged
