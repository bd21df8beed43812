"""Confidence intervals of measured proportions. Pure."""

from math import sqrt

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(proportion: float, *, items: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion over `items` independent items, within 0 and 1.

    Unlike value ± 1.96 standard errors it keeps its promise near 0 and 1 and for few items (Wilson 1927).
    """
    if items < 1:
        raise ValueError("an interval needs at least one item")
    square = Z_95 * Z_95
    centre = (proportion + square / (2 * items)) / (1 + square / items)
    half = Z_95 * sqrt(proportion * (1 - proportion) / items + square / (4 * items * items)) / (1 + square / items)
    return max(0.0, centre - half), min(1.0, centre + half)


def normal(value: float, *, standard_error: float) -> tuple[float, float]:
    """The 95 % interval of a value with a known standard error, in the value's unit."""
    return value - Z_95 * standard_error, value + Z_95 * standard_error
