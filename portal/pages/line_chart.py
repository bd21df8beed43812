"""Charts of shares over time: lines whose places are computed here, drawn by components/charts.html as plain SVG.

Places are percents of the picture, as those of leaderboards/charts.py: it fits any width without scaling its letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LABELS = 5
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One series: `paths` are its unbroken parts in SVG's words, `dots` its points where there is nothing to draw a line to."""

    name: str
    paths: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark of an axis: where it stands and what it says."""

    place: float
    label: str


@dataclass(frozen=True, kw_only=True)
class LineChart:
    """Lines with their axes; shares from below to above, times from the left to the right."""

    lines: tuple[Line, ...]
    shares: tuple[Tick, ...]
    times: tuple[Tick, ...]


def of_shares(times: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]]) -> LineChart | None:
    """A chart of shares (0 to 1); a share of None is a gap. None where there is nothing to draw."""
    known = [share for _, shares in series for share in shares if share is not None]
    if not known or not times:
        return None
    step = next((size for size in STEPS if max(known) <= 4 * size), 0.25)
    highest = step * max(1, -(-max(known) // step))

    def x(place: int) -> float:
        return round(100 * (place / (len(times) - 1) if len(times) > 1 else 0.5), 2)

    def y(share: float) -> float:
        return round(100 - 100 * share / highest, 2)

    every = -(-len(times) // LABELS)
    return LineChart(
        lines=tuple(
            _line(name, [None if share is None else (x(n), y(share)) for n, share in enumerate(shares)])
            for name, shares in series
        ),
        shares=tuple(Tick(place=y(step * n), label=f"{step * n:.0%}") for n in range(round(highest / step) + 1)),
        times=tuple(Tick(place=x(n), label=time) for n, time in enumerate(times) if (len(times) - 1 - n) % every == 0),
    )


def _line(name: str, points: Sequence[tuple[float, float] | None]) -> Line:
    parts: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            parts.append([])
        else:
            parts[-1].append(point)
    return Line(
        name=name,
        paths=tuple("M" + "L".join(f"{x} {y}" for x, y in part) for part in parts if len(part) > 1),
        dots=tuple(part[0] for part in parts if len(part) == 1),
    )
