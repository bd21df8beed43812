"""Trends: how many papers come with code, and what that code is written with, over the years."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from papers import counts
from papers.models import FrameworkMonth, MonthCount
from portal.context import page
from portal.pages import line_chart
from portal.pages.figures import MONTHS
from portal.pages.frameworks import UNKNOWN, name_of
from portal.pages.line_chart import LineChart

FRAMEWORKS_SHOWN = 6
YEARS_SHOWN = 12
MANY_PAPERS_A_QUARTER = 50
"""With fewer, shares by quarters jump about and tell nothing."""
FEW = 50
"""How many times the papers of the largest period those of another may be before a share of them tells nothing."""
FEWEST_PERIODS = 3
"""With fewer, the one that is not over is drawn as well: else nothing would be."""


@dataclass(frozen=True, kw_only=True)
class Year:
    """A year's papers; `frameworks` are the papers with code in each framework that the page shows.

    `until` is the month that the newest papers are of, in the year that is not over for them; else empty.
    """

    year: int
    until: str
    papers: int
    with_code: int
    unknown: int
    frameworks: tuple[int, ...]

    @property
    def share(self) -> str:
        """How many of the year's papers have code."""
        return percent(self.with_code, self.papers)


@dataclass(frozen=True, kw_only=True)
class Trends:
    """All that the page shows; years come the newest first. Charts are of quarters where papers are many, else of years.

    `left_out` is the period that the charts leave out because it is not over: of few papers, its share would look like a fall.
    """

    totals: tuple[tuple[str, int], ...]
    frameworks: tuple[str, ...]
    years: tuple[Year, ...]
    period: str
    left_out: str
    code: LineChart | None
    shares: LineChart | None


def trends(request: HttpRequest) -> HttpResponse:
    """The page."""
    return page(request, "portal/trends.html", {"trends": read(), "section": "trends"})


def read() -> Trends:
    """The page's content out of stored counts, however many papers there are: three queries."""
    papers, with_code = _months()
    frameworks = _framework_months(within=papers)
    shown = sorted((name for name in frameworks if name != UNKNOWN), key=lambda name: (-sum(frameworks[name].values()), name))
    shown = shown[:FRAMEWORKS_SHOWN]
    newest = max(papers, default=0)
    recent = [month for month in papers if month // 12 > newest // 12 - YEARS_SHOWN]
    is_quarterly = sum(papers[month] for month in recent) >= MANY_PAPERS_A_QUARTER * 4 * YEARS_SHOWN
    period: Callable[[int], int] = (lambda month: month // 3) if is_quarterly else (lambda month: month // 12)
    times = range(period(min(recent)), period(newest) + 1) if recent else range(0)
    is_cut = len(times) >= FEWEST_PERIODS and not _is_over(newest, period)
    times = times[:-1] if is_cut else times
    labels = [_label(time, is_quarterly=is_quarterly) for time in times]
    all_of, code_of = _by(papers, period), _by(with_code, period)
    least = max((all_of[time] for time in times), default=0) / FEW
    least_with_code = max((code_of[time] for time in times), default=0) / FEW
    return Trends(
        totals=_totals(),
        frameworks=tuple(name_of(name) for name in shown),
        years=_years(papers, with_code, frameworks, shown),
        period="quarter" if is_quarterly else "year",
        left_out=_label(period(newest), is_quarterly=is_quarterly) if is_cut else "",
        code=line_chart.of_shares(
            labels, [("Papers with code", [_share(code_of[time], all_of[time], least=least) for time in times])]
        ),
        shares=line_chart.of_shares(
            labels,
            [
                (name_of(name), [_share(found[time], code_of[time], least=least_with_code) for time in times])
                for name in shown
                for found in [_by(frameworks[name], period)]
            ],
        ),
    )


def percent(part: int, whole: int) -> str:
    """A share in words, empty of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else ""


def _months() -> tuple[Counter[int], Counter[int]]:
    """Papers, and papers with code, by month, without months to come: slips of dates, of which archives have some."""
    today = timezone.now()
    rows = list(
        MonthCount.objects.filter(month__lte=12 * today.year + today.month - 1).values_list("month", "papers", "papers_with_code")
    )
    return Counter({month: number for month, number, _ in rows}), Counter({month: number for month, _, number in rows})


def _framework_months(*, within: Mapping[int, int]) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for month, framework, number in FrameworkMonth.objects.values_list("month", "framework", "papers"):
        if month in within:
            found[framework][month] = number
    return found


def _totals() -> tuple[tuple[str, int], ...]:
    known = counts.totals()
    words = {
        "papers": "papers", "papers_with_code": "papers with code", "tasks": "tasks", "datasets": "datasets",
        "methods": "methods", "boards": "boards", "results": "results",
    }  # fmt: skip
    return tuple((text, known.get(name, 0)) for name, text in words.items())


def _years(
    papers: Counter[int], with_code: Counter[int], frameworks: Mapping[str, Counter[int]], shown: Sequence[str]
) -> tuple[Year, ...]:
    all_of, code_of = _by(papers, _year), _by(with_code, _year)
    by_framework = [_by(frameworks[name], _year) for name in shown]
    unknown = _by(frameworks.get(UNKNOWN, Counter()), _year)
    newest = max(papers, default=0)
    return tuple(
        Year(
            year=year,
            until=MONTHS[newest % 12] if year == newest // 12 and not _is_over(newest, _year) else "",
            papers=all_of[year],
            with_code=code_of[year],
            unknown=unknown[year],
            frameworks=tuple(found[year] for found in by_framework),
        )
        for year in sorted(all_of, reverse=True)
    )


def _is_over(newest: int, period: Callable[[int], int]) -> bool:
    """Whether the period of the newest month with papers is over for them: the month is its last one, and has passed."""
    today = timezone.now()
    return period(newest) != period(newest + 1) and newest < 12 * today.year + today.month - 1


def _year(month: int) -> int:
    return month // 12


def _by(months: Counter[int], period: Callable[[int], int]) -> Counter[int]:
    """Counts of months as counts of longer times."""
    found: Counter[int] = Counter()
    for month, number in months.items():
        found[period(month)] += number
    return found


def _share(part: int, whole: int, *, least: float) -> float | None:
    """The share; None of nothing, and of so few that it would tell nothing."""
    return part / whole if whole and whole >= least else None


def _label(time: int, *, is_quarterly: bool) -> str:
    return f"{time // 4} Q{time % 4 + 1}" if is_quarterly else str(time)
