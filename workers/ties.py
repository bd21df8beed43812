"""Items on which the best two options are alike, or so near that rounding may have chosen between them."""

from collections.abc import Sequence

from workers.evaluation.contract import SampleOutcome

NEAR = {"float32": 1e-4, "float16": 0.02, "bfloat16": 0.1, "int8": 0.1}
"""Natural logarithms by which the best two options may differ and count as near each other, by the weights' dtype.

Two engines that are both right differed by up to 6e-6 a token in float32 and 0.12 in bfloat16 (docs/evaluation-engine.md);
float16 has three binary digits more than that.
"""


def counted(outcomes: Sequence[SampleOutcome], dtype: str) -> dict[str, float | int]:
    """Of a run's items with options: how many there are, how many are exact ties, how many besides are within `within`."""
    within = NEAR[dtype]
    margins = [outcome.margin for outcome in outcomes if outcome.margin is not None]
    exact = sum(margin == 0 for margin in margins)
    return {"items": len(margins), "exact": exact, "near": sum(margin < within for margin in margins) - exact, "within": within}
