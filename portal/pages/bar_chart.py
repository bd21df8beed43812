"""Small charts of counts by year: bars whose places are computed here, drawn by components/charts.html as plain SVG.

Places are percents of the picture, as those of leaderboards/charts.py: it fits any width without scaling its letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

EDGE = 4.0
"""How near to the picture's side the middle of a word may come."""
FEWEST_PLACES = 8
"""With fewer years, bars are no wider than with these."""
MOST_YEARS = 25
LABELS = 6


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A year's bar; `label` is the year where it is written out, `number` the largest's count."""

    year: int
    count: int
    x: float
    y: float
    width: float
    height: float
    label: str = ""
    number: str = ""

    @property
    def middle(self) -> float:
        """Where its words stand: above its middle, and inside of the picture."""
        return round(min(max(self.x + self.width / 2, EDGE), 100 - EDGE), 2)


@dataclass(frozen=True, kw_only=True)
class BarChart:
    """Bars from the left to the right; `counts` are all years' counts, those too that the drawing has no room for."""

    bars: tuple[Bar, ...]
    counts: tuple[tuple[int, int], ...]


def by_year(counts: Mapping[int, int]) -> BarChart | None:
    """A chart of the newest years, those without a count too; None without counts.

    Years to come are left out of the drawing: an archive's slip of a date must not push all other years aside.
    """
    known = tuple(sorted((year, count) for year, count in counts.items() if count > 0))
    drawn = [year for year, _ in known if year <= timezone.now().year + 1]
    if not drawn:
        return BarChart(bars=(), counts=known) if known else None
    years = range(max(drawn[0], drawn[-1] - MOST_YEARS + 1), drawn[-1] + 1)
    highest = max(counts.get(year, 0) for year in years)
    step = 100 / max(len(years), FEWEST_PLACES)
    every = -(-len(years) // LABELS)
    bars = []
    is_marked = False
    for place, year in enumerate(years):
        count = counts.get(year, 0)
        height = round(100 * count / highest, 2)
        is_highest = count == highest and not is_marked
        is_marked = is_marked or is_highest
        bars.append(
            Bar(
                year=year,
                count=count,
                x=round((place + 0.12) * step, 2),
                y=round(100 - height, 2),
                width=round(step * 0.76, 2),
                height=height,
                label=str(year) if (len(years) - 1 - place) % every == 0 else "",
                number=f"{count:,}" if is_highest else "",
            )
        )
    return BarChart(bars=tuple(bars), counts=known)
