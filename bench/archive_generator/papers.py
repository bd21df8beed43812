"""The papers of an archive without their abstracts: what links, boards, methods and datasets need to name them."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bench.archive_generator.faults import Planter
from bench.archive_generator.prose import Oddities, Prose
from bench.archive_generator.randomness import Flags, Ints, Lists, Zipf, stream
from bench.archive_generator.sizes import AUTHORS_PER_PAPER, METHODS_LINKS_PER_PAPER, TASK_LINKS_PER_PAPER
from bench.archive_generator.tasks import Tasks
from bench.archive_generator.venues import VENUES, page_url, pdf_url
from papers.slugs import first_free, slugify_title

OLD_SITE = "https://paperswithcode.com"
BLOCK = 4096
"""Papers whose abstracts are written at once; a copy stands in its original's block."""

PAGES_PER_ARXIV_ID = 1_000
"""Later eras number their pages from millions on, and their papers in a month, which has five digits, by the thousandth of it."""

_FARTHEST_COPY = 50
_FIRST_YEAR, _LAST_DAY = 1995, np.datetime64("2025-07-24")
_GROWTH_PER_YEAR = 1.2
SHARE_WITH_TASKS, SHARE_WITH_METHODS = 0.61, 0.30

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class PaperKinds:
    """What papers are drawn from."""

    tasks: Tasks
    ordinary_methods: Ints
    spam_methods: Ints
    author_names: int


@dataclass(slots=True)
class Papers:
    """Papers in the order of the dump; `source[i]` is the row that row i copies, i itself for nearly all.

    `faults` holds flags by the fault's key; `conference` the slug of the conference's page by row. `primary_task` is the
    task that gives a paper its topic, whether or not the dump says so.
    """

    era: str
    first_number: int
    source: Ints
    primary_task: Ints
    topics: Ints
    days: Days
    venues: Ints
    titles: list[str]
    arxiv_ids: list[str | None]
    versions: list[int]
    slugs: list[str]
    faults: dict[str, Flags]
    conference: dict[int, str]
    authors: Lists
    tasks: Lists
    methods: Lists
    years: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.years = (self.days.astype("datetime64[Y]").astype(np.int64) + 1970).tolist()

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def has_arxiv(self) -> Flags:
        return np.array([arxiv_id is not None for arxiv_id in self.arxiv_ids], dtype=np.bool_)

    def own_url(self, paper: int) -> str:
        """The paper's address on the old site."""
        return f"{OLD_SITE}/paper/{self.slugs[paper]}"

    def abs_url(self, paper: int) -> str | None:
        """The address of the abstract; null where that is the fault."""
        arxiv_id = self.arxiv_ids[paper]
        if self.faults["papers.url_abs_null"][paper]:
            return None
        if arxiv_id is None:
            return self.conference_url(paper)
        version = self.versions[paper]
        scheme = "https" if version % 2 else "http"
        return f"{scheme}://arxiv.org/abs/{arxiv_id}{f'v{version}' if version < 5 else ''}"

    def pdf_url(self, paper: int) -> str | None:
        """The address of the PDF; null where that is the fault or the abstract has none."""
        page = self.abs_url(paper)
        if page is None or self.faults["papers.url_pdf_null"][paper]:
            return None
        if self.arxiv_ids[paper] is not None:
            return page.replace("/abs/", "/pdf/") + ".pdf"
        return self.conference_pdf_url(paper)

    def conference_url(self, paper: int) -> str | None:
        """The address of its page at the venue, null for a paper of none."""
        venue = int(self.venues[paper])
        if venue < 0:
            return None
        number = self.first_number + paper + 1
        return page_url(VENUES[venue], year=self.years[paper], slug=self.slugs[paper], number=number)

    def conference_pdf_url(self, paper: int) -> str | None:
        page = self.conference_url(paper)
        return pdf_url(VENUES[int(self.venues[paper])], page=page) if page else None

    def date(self, paper: int) -> str | None:
        """The date as the dump has it, faults and all."""
        if self.faults["papers.date_null"][paper]:
            return None
        if self.faults["papers.date_empty"][paper]:
            return ""
        if self.faults["papers.date_1900"][paper]:
            return "1900-01-01"
        day = str(self.days[paper])
        # All leap years, so that every day exists.
        return f"{2040 + paper % 15 * 4}{day[4:]}" if self.faults["papers.date_future"][paper] else day

    def oddities(self, first: int, end: int) -> Oddities:
        """What the abstracts of the rows from `first` up to `end` carry."""
        part = slice(first, end)
        names = ("latex", "accents", "line_breaks", "crlf")
        return Oddities(**{name: self.faults[f"papers.{name}"][part] for name in names})


def plan_papers(
    seed: int, count: int, *, era: str, first_number: int, kinds: PaperKinds, prose: Prose, planter: Planter, taken: set[str]
) -> Papers:
    """The papers of one era: "base", or later ones, whose slugs stay clear of those that are `taken`, which grows."""
    rng = stream(seed, era, "papers")
    is_copy = planter.choose("papers.duplicate", among=np.arange(count) % BLOCK >= _FARTHEST_COPY)
    source = _sources(rng, is_copy)
    primary = kinds.tasks.ordinary[Zipf(len(kinds.tasks.ordinary), exponent=0.85).draw(rng, count)][source]
    topics = kinds.tasks.topics[primary]
    days = _days(rng, count, era)[source]
    has_arxiv = (rng.random(count) < 0.87) & ~is_copy
    titles = prose.titles(topics, rng=rng)
    titles = [titles[row] for row in source.tolist()]
    arxiv_ids = _arxiv_ids(days, has_arxiv, first=first_number // PAGES_PER_ARXIV_ID)
    alone = ~is_copy
    alone[source[is_copy]] = False
    venues = np.where(has_arxiv & (rng.random(count) > 0.25), -1, rng.integers(0, len(VENUES), count))
    slugs = _slugs(titles, arxiv_ids, alone=alone, planter=planter, taken=taken)
    return Papers(
        era=era,
        first_number=first_number,
        source=source,
        primary_task=primary,
        topics=topics,
        days=days,
        venues=venues,
        titles=titles,
        arxiv_ids=arxiv_ids,
        versions=rng.integers(1, 7, count).tolist(),
        slugs=slugs,
        faults=_faults(alone, venues, planter),
        conference=_conference_pages(slugs, source, alone=alone, planter=planter),
        authors=_authors(rng, count, kinds, planter).rows(source),
        tasks=_tasks(rng, primary, kinds.tasks, planter).rows(source),
        methods=_methods(rng, topics, kinds, planter).rows(source),
    )


def _sources(rng: np.random.Generator, is_copy: Flags) -> Ints:
    source = np.arange(len(is_copy))
    for row in np.flatnonzero(is_copy).tolist():
        original = row - int(rng.integers(1, _FARTHEST_COPY))
        source[row] = source[original]
    return source


def _days(rng: np.random.Generator, count: int, era: str) -> Days:
    if era != "base":
        return _LAST_DAY + rng.integers(1, 60, count).astype("timedelta64[D]")
    years = np.arange(_FIRST_YEAR, 2026)
    weights = _GROWTH_PER_YEAR ** (years - _FIRST_YEAR).astype(np.float64)
    weights[-1] *= 0.55
    drawn = rng.choice(years, count, p=weights / weights.sum())
    within = rng.integers(0, np.where(drawn == 2025, 205, 365))
    days: Days = (drawn - 1970).astype("datetime64[Y]").astype("datetime64[D]") + within.astype("timedelta64[D]")
    return days


def _arxiv_ids(days: Days, has_arxiv: Flags, *, first: int) -> list[str | None]:
    """Ids by month and number in the month; the old kind before April 2007, four digits before 2015."""
    ids: list[str | None] = [None] * len(days)
    months = days.astype("datetime64[M]").astype(np.int64)
    used: dict[int, int] = {}
    for row in np.flatnonzero(has_arxiv).tolist():
        month = int(months[row])
        number = used.get(month, first) + 1
        used[month] = number
        year, stamp = 1970 + month // 12, f"{(1970 + month // 12) % 100:02}{month % 12 + 1:02}"
        if (year, month % 12) < (2007, 3):
            ids[row] = f"cs/{stamp}{number:03}"
        else:
            ids[row] = f"{stamp}.{number:0{5 if year >= 2015 else 4}}"
    return ids


def _slugs(titles: list[str], arxiv_ids: list[str | None], *, alone: Flags, planter: Planter, taken: set[str]) -> list[str]:
    new_ids = np.array([arxiv_id is not None and "/" not in arxiv_id for arxiv_id in arxiv_ids], dtype=np.bool_)
    by_arxiv = planter.choose("papers.slug_arxiv", among=alone & new_ids)
    frozen = planter.choose("papers.slug_frozen", among=alone & ~by_arxiv)
    slugs = []
    for row, title in enumerate(titles):
        wanted = slugify_title(title)
        if by_arxiv[row]:
            wanted = (arxiv_ids[row] or "").replace(".", "")
        elif frozen[row]:
            wanted = slugify_title(f"On {title.split(' ', 1)[1]}")
        slugs.append(first_free(wanted, taken))
        taken.add(slugs[-1])
    return slugs


def _faults(alone: Flags, venues: Ints, planter: Planter) -> dict[str, Flags]:
    count = len(alone)
    faults = {"papers.title_null": planter.choose("papers.title_null", among=alone)}
    undated = np.zeros(count, dtype=np.bool_)
    for key in ("papers.date_null", "papers.date_empty", "papers.date_1900", "papers.date_future"):
        faults[key] = planter.choose(key, among=~undated)
        undated |= faults[key]
    for name in ("abstract_null", "url_abs_null", "url_pdf_null", "latex", "accents", "crlf"):
        faults[f"papers.{name}"] = planter.choose_any(f"papers.{name}", count)
    faults["papers.proceeding_slug"] = planter.choose("papers.proceeding_slug", among=venues >= 0)
    faults["papers.line_breaks"] = planter.choose("papers.line_breaks", among=~faults["papers.crlf"])
    return faults


def _conference_pages(slugs: list[str], source: Ints, *, alone: Flags, planter: Planter) -> dict[int, str]:
    copies = np.flatnonzero(source != np.arange(len(source)))
    pages = {int(source[copy]): slugs[copy] for copy in copies.tolist()}
    missing = planter.choose("papers.conference_page_missing", among=alone)
    return pages | {row: f"{slugs[row]}-1" for row in np.flatnonzero(missing).tolist()}


def _authors(rng: np.random.Generator, count: int, kinds: PaperKinds, planter: Planter) -> Lists:
    nobody = planter.choose_any("papers.no_authors", count)
    lengths = np.where(nobody, 0, 1 + rng.negative_binomial(2.5, 2.5 / (1.5 + AUTHORS_PER_PAPER), count))
    people = Zipf(kinds.author_names, exponent=0.5, resolution=1 << 22).draw(rng, int(lengths.sum()))
    # The popular numbers lie side by side in the list of names; spread them over it.
    return Lists.grouped(np.repeat(np.arange(count), lengths), people * 7919 % kinds.author_names, size=count)


def _tasks(rng: np.random.Generator, primary: Ints, tasks: Tasks, planter: Planter) -> Lists:
    count, size = len(primary), len(tasks.ordinary)
    owners = np.flatnonzero(rng.random(count) < SHARE_WITH_TASKS)
    # A few draws repeat what the paper has already.
    more = np.repeat(owners, rng.poisson(1.06 * (TASK_LINKS_PER_PAPER / SHARE_WITH_TASKS - 1), len(owners)))
    rank = np.searchsorted(tasks.ordinary, primary[more])
    near = (rank + rng.integers(-6, 7, len(more))).clip(0, size - 1)
    anywhere = Zipf(size, exponent=0.85).draw(rng, len(more))
    others = tasks.ordinary[np.where(rng.random(len(more)) < 0.55, near, anywhere)]
    nameless = np.flatnonzero(planter.choose_any("papers.task_nameless", count))
    vandal = np.flatnonzero(planter.choose_any("papers.task_vandal", count))
    odd = tasks.vandals[rng.integers(1, len(tasks.vandals), len(vandal))]
    return Lists.grouped(
        np.concatenate((owners, more, nameless, vandal)),
        np.concatenate((primary[owners], others, np.full(len(nameless), tasks.vandals[0]), odd)),
        size=count,
    )


def _methods(rng: np.random.Generator, topics: Ints, kinds: PaperKinds, planter: Planter) -> Lists:
    count, size = len(topics), len(kinds.ordinary_methods)
    owners = np.flatnonzero(rng.random(count) < SHARE_WITH_METHODS)
    each = 1 + rng.poisson(1.07 * METHODS_LINKS_PER_PAPER / SHARE_WITH_METHODS - 1, len(owners))
    owners = np.repeat(owners, each)
    popular = Zipf(size, exponent=0.8).draw(rng, len(owners))
    of_topic = (topics[owners] * 7 + rng.integers(0, 9, len(owners))) % size
    methods = kinds.ordinary_methods[np.where(rng.random(len(owners)) < 0.4, of_topic, popular)]
    innocent = np.flatnonzero(planter.choose_any("papers.spam_method", count))
    spam = kinds.spam_methods[np.arange(len(innocent)) % len(kinds.spam_methods)]
    return Lists.grouped(np.concatenate((owners, innocent)), np.concatenate((methods, spam)), size=count)
