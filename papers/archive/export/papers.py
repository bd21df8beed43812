"""A paper as the papers-with-abstracts dump writes it. Pure."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from papers.archive.export.restored import NOTHING, Beside, is_still_said, restored
from papers.archive.export.written import Row, Value, Written
from papers.archive.papers_with_abstracts import OLD_SITE

_NAMES = {"conference": "conference_slug", "paper_url": "slug"}
_OWN = {"_known_from"}
"""Extra keys that the import notes for itself."""


@dataclass(frozen=True, slots=True)
class EmbeddedMethod:
    """A method as papers carry it, written once."""

    name: str
    written: Written


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper's columns, its lists in order, and what stands beside the columns. `date` is ISO text."""

    key: str | None
    slug: str
    arxiv_id: str | None
    nips_id: str | None
    openreview_id: str | None
    title: str | None
    abstract: str | None
    short_abstract: str | None
    url_abs: str | None
    url_pdf: str | None
    date: str | None
    conference_url_abs: str | None
    conference_url_pdf: str | None
    conference: str | None
    reproduces_paper: str | None
    proceeding: str | None
    abstract_by: str
    code_count: int | None
    _: KW_ONLY
    authors: Sequence[str] = ()
    tasks: Sequence[str] = ()
    methods: Sequence[EmbeddedMethod] = ()
    beside: Beside = NOTHING


def render(paper: PaperRow) -> Row:
    """The paper with the dump's keys in the dump's order; what this portal adds comes last, under keys with an underscore."""
    columns: Row = {
        "paper_url": paper_url(paper.key, slug=paper.slug),
        "arxiv_id": paper.arxiv_id,
        "nips_id": paper.nips_id,
        "openreview_id": paper.openreview_id,
        "title": paper.title,
        "abstract": paper.abstract,
        "short_abstract": paper.short_abstract,
        "url_abs": paper.url_abs,
        "url_pdf": paper.url_pdf,
        "proceeding": paper.proceeding,
        "authors": paper.authors,
        "tasks": paper.tasks,
        "date": paper.date,
        "conference_url_abs": paper.conference_url_abs,
        "conference_url_pdf": paper.conference_url_pdf,
        "conference": paper.conference,
        "reproduces_paper": paper.reproduces_paper,
        "methods": [method.written for method in paper.methods],
    }
    row = restored(columns, _beside(paper), names=_NAMES)
    if paper.abstract_by == "portal":
        row["_abstract_by"] = "portal"
    if paper.code_count is not None:
        row["_code_count"] = paper.code_count
    return row


def paper_url(key: str | None, *, slug: str) -> str:
    """The old site's address of a paper by its archive key; a key that is no slug comes with a raw paper_url, which wins."""
    return OLD_SITE + (key or slug)


def _beside(paper: PaperRow) -> Beside:
    """What the archive said, less the lists that say no more what the rows say."""
    beside = paper.beside
    if not (beside.raw or beside.extra):
        return beside
    now = {"authors": list(paper.authors), "tasks": list(paper.tasks), "methods": [method.name for method in paper.methods]}
    stale = {key for key in now.keys() & beside.raw.keys() if not _holds(beside.raw[key], now=now[key])}
    raw = {key: value for key, value in beside.raw.items() if key not in stale}
    return replace(beside, raw=raw, extra={key: value for key, value in beside.extra.items() if key not in _OWN})


def _holds(raw: Value, *, now: Sequence[str]) -> bool:
    items = raw if isinstance(raw, list) else None
    names = [item.get("name") if isinstance(item, dict) else item for item in items or ()]
    return is_still_said(items, names=names, now=now)
