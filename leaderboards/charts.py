"""A board's chart: its numbers over time, with the best so far. Pure: dated numbers in, places on a picture out.

`Chart` is the one description of the picture. The page draws it as SVG in the site's own colours
(templates/components/chart.html), the browser's script reads that SVG, and cards get the same drawing as PNG.

All places are percents of the picture's width and height, from its upper left corner: the picture fits any size without
scaling its letters. Values that lie far from all others stay on the edge, marked, so that one slip does not squeeze the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, isfinite, log10
from statistics import quantiles
from typing import Literal

from leaderboards import ranking, units
from leaderboards.directions import Direction

LEFT, RIGHT, TOP, BOTTOM = 9.0, 97.0, 7.0, 93.0
FEWEST_FOR_A_FENCE = 5
FENCE = 4.0
"""How many times the middle half's reach a value may lie outside it."""
SQUEEZED = 3.0
"""How much wider the picture must be for what lies outside before it is left there."""
FEWEST_DAYS = 60
MOST_YEARS = 12
MOST_TICKS = 6
MANY_POINTS = 200
MOST_POINTS = 400
ROOM = (0.6, 1.6)
"""How wide and high a point is, about: of many points those that lie on others are left out."""

Kind = Literal["claim", "measured", "beside"]
"""A claim, a measurement that is a result of its own, or one that tests a claim and so never leads."""
Beyond = Literal["", "up", "down", "left", "right"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A dated number: what it is in words, and the page that it leads to."""

    day: date
    value: float
    label: str
    href: str
    kind: Kind = "claim"
    is_doubtful: bool = False

    @property
    def may_lead(self) -> bool:
        """Whether it counts for the frontier: what may be a slip would hide all that came after it."""
        return not self.is_doubtful and self.kind != "beside"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point on the picture. `beyond` says on which side it lies outside of it: it is then drawn on that edge."""

    x: float
    y: float
    label: str
    href: str
    kind: Kind
    is_best: bool
    is_doubtful: bool
    beyond: Beyond


@dataclass(frozen=True, kw_only=True)
class Line:
    """A straight piece of the frontier; all are level or upright."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A labelled place on an axis; where there is little room, minor ones are left out."""

    at: float
    text: str
    is_minor: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What is drawn. Marks come by day; those of the frontier last, so that they lie above the others.

    `covered` are the results that have no mark of their own: of many, those that would lie on another.
    """

    marks: tuple[Mark, ...]
    frontier: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    label: str
    covered: int

    @property
    def beyond(self) -> int:
        """How many marks lie outside the picture."""
        return sum(bool(mark.beyond) for mark in self.marks)

    @property
    def radius(self) -> int:
        """How large points are, in pixels: many are small."""
        return 4 if len(self.marks) <= MANY_POINTS else 3

    @property
    def has_measurements(self) -> bool:
        """Whether anything on it was measured."""
        return any(mark.kind != "claim" for mark in self.marks)


def chart(points: Iterable[Point], *, metric: str, direction: Direction) -> Chart | None:
    """The chart of the points, in whatever order they come; None where there are none."""
    dated = sorted(points, key=lambda point: (point.day, point.value))
    if not dated:
        return None
    best = ranking.frontier(((point.day, point.value) for point in dated if point.may_lead), direction=direction)
    days = _days([point.day.toordinal() for point in dated])
    values = _values([point.value for point in dated])
    leaders = set(best)
    marks = [_mark(point, days, values, is_best=point.may_lead and (point.day, point.value) in leaders) for point in dated]
    drawn = marks if len(marks) <= MANY_POINTS else _apart(marks)
    return Chart(
        marks=tuple(sorted(drawn, key=lambda mark: mark.is_best)),
        covered=len(marks) - len(drawn),
        frontier=tuple(_steps(best, days, values)),
        across=tuple(_dates(days)),
        up=tuple(_figures(values)),
        label=_label([point for point in dated if point.kind != "beside"], best, metric=metric),
    )


@dataclass(frozen=True)
class _Scale:
    """From numbers to percents; `start` may lie below `end`. What is outside comes to the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        # Halved: the largest numbers that a float holds are further apart than it can say.
        share = (inside / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(self.start + (self.end - self.start) * share, 2)


def _days(days: Sequence[int]) -> _Scale:
    low, high = _domain(days)
    lack = max(0.0, FEWEST_DAYS - (high - low)) / 2
    return _Scale(low - lack, high + lack, LEFT, RIGHT)


def _values(values: Sequence[float]) -> _Scale:
    low, high = _domain(values)
    if low == high:
        room = abs(low) * 0.05 or 1.0
        low, high = low - room, high + room
    return _Scale(low, high, BOTTOM, TOP)


def _domain(values: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest value; without the few, a tenth at most, that lie so far off that they squeeze the rest."""
    low, high = min(values), max(values)
    if len(values) < FEWEST_FOR_A_FENCE:
        return low, high
    first, _, third = quantiles(values, n=4)
    reach = FENCE * (third - first)
    kept = [value for value in values if first - reach <= value <= third + reach]
    is_few = 0 < len(values) - len(kept) <= max(1, len(values) // 10)
    if is_few and high / 2 - low / 2 > SQUEEZED * (max(kept) / 2 - min(kept) / 2):
        return min(kept), max(kept)
    return low, high


def _mark(point: Point, days: _Scale, values: _Scale, *, is_best: bool) -> Mark:
    day = point.day.toordinal()
    beyond: Beyond = ""
    if point.value > values.high or point.value < values.low:
        beyond = "up" if point.value > values.high else "down"
    elif day > days.high or day < days.low:
        beyond = "right" if day > days.high else "left"
    return Mark(
        x=days(day),
        y=values(point.value),
        label=point.label,
        href=point.href,
        kind=point.kind,
        is_best=is_best,
        is_doubtful=point.is_doubtful,
        beyond=beyond,
    )


def _apart(marks: Sequence[Mark]) -> list[Mark]:
    """The marks that do not lie on another, nor near one where they would still be very many."""
    kept = list(marks)
    for size in (1, 1.5, 2, 3, 4, 6, 8):
        kept = list(_one_a_place(marks, width=ROOM[0] * size, height=ROOM[1] * size))
        if len(kept) <= MOST_POINTS:
            break
    return sorted(kept, key=lambda mark: mark.x)


def _one_a_place(marks: Iterable[Mark], *, width: float, height: float) -> Iterable[Mark]:
    """Of the marks within each place of this size the first. Whatever was measured, leads or lies outside stays as well."""
    taken: set[tuple[float, ...]] = set()
    for mark in sorted(marks, key=lambda mark: not mark.is_best):
        place, spot = (mark.x // width, mark.y // height), (mark.x, mark.y, 1.0)
        is_apart = spot not in taken if mark.is_best else place not in taken
        if is_apart or mark.beyond or mark.kind != "claim":
            taken.update({place, spot})
            yield mark


def _steps(best: Sequence[tuple[date, float]], days: _Scale, values: _Scale) -> Iterable[Line]:
    """The best stays until it is beaten, and to the picture's end."""
    x, y = 0.0, 0.0
    for place, (day, value) in enumerate(best):
        next_x, next_y = days(day.toordinal()), values(value)
        if place:
            yield Line(x1=x, y1=y, x2=next_x, y2=y)
            yield Line(x1=next_x, y1=y, x2=next_x, y2=next_y)
        x, y = next_x, next_y
    if best:
        yield Line(x1=x, y1=y, x2=days.end, y2=y)


def _dates(days: _Scale) -> Iterable[Tick]:
    """The beginnings of years; of quarters where there are hardly two years."""
    first, last = (date.fromordinal(min(max(int(day), 1), date.max.toordinal())) for day in (ceil(days.low), days.high))
    starts = [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    starts = [start for start in starts if first <= start <= last]
    if len(starts) > 2:
        step = ceil(len(starts) / MOST_YEARS)
        starts = [start for start in starts if start.year % step == 0]
        texts = [str(start.year) for start in starts]
    else:
        quarters = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 4, 7, 10)]
        starts = [start for start in quarters if first <= start <= last] or [first]
        texts = [f"{start.year}-{start.month:02}" for start in starts]
    many = len(starts) > MOST_TICKS
    for place, (start, text) in enumerate(zip(starts, texts, strict=True)):
        yield Tick(at=days(start.toordinal()), text=text, is_minor=many and place % 2 == 1)


def _figures(values: _Scale) -> Iterable[Tick]:
    """Round numbers: steps of 1, 2 or 5 times a power of ten."""
    span = values.high - values.low
    if not isfinite(span) or span <= 0:
        return
    power = 10.0 ** floor(log10(span / MOST_TICKS))
    step = next((power * times for times in (1, 2, 5) if span / (power * times) <= MOST_TICKS), power * 10)
    if step <= 0 or abs(values.low / step) > 1e9:
        return  # numbers that differ behind the tenth digit: no label could tell them apart
    places = range(ceil(values.low / step), floor(values.high / step) + 1)
    largest = max((abs(place * step) for place in places), default=0.0)
    times, word = next(((times, word) for times, word in units.UNITS if times <= largest < 1000 * units.UNITS[0][0]), (1.0, ""))
    for place in places:
        text = _figure(place * step / times, step=step / times) + word
        yield Tick(at=values(place * step), text=text if place or not word else "0")


def _figure(value: float, *, step: float) -> str:
    if abs(value) >= 1e7 or step < 1e-5:
        return f"{value:.4g}"
    return f"{value:,.{max(0, -floor(log10(step)))}f}"


def _label(dated: Sequence[Point], best: Sequence[tuple[date, float]], *, metric: str) -> str:
    """The picture in one sentence."""
    first, last = dated[0].day.year, dated[-1].day.year
    when = f"in {first}" if first == last else f"from {first} to {last}"
    number = "1 result" if len(dated) == 1 else f"{len(dated):,} results"
    leads = f"; the best so far is {units.in_short(best[-1][1])}, since {best[-1][0].isoformat()}" if best else ""
    return f"{metric} of {number} {when}{leads}."
