"""The links-between-papers-and-code dump: one row to one `LinkRecord`, and rows of one (paper, repository) to one. Pure."""

from dataclasses import dataclass, field

from papers.archive import papers_with_abstracts
from papers.archive.fields import RowFault, RowFields
from papers.archive.keys import arxiv_id_without_version, joined, repository_key
from papers.archive.text import JsonObject

SCHEMA = (
    "paper_url", "paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf",
    "repo_url", "is_official", "mentioned_in_paper", "mentioned_in_github", "framework",
)  # fmt: skip

_PAPER_COLUMNS = {"paper_title": "title", "paper_arxiv_id": "arxiv_id", "paper_url_abs": "url_abs", "paper_url_pdf": "url_pdf"}
_FLAGS = ("is_official", "mentioned_in_paper", "mentioned_in_github")


@dataclass(slots=True)
class LinkRecord:
    """One row of the dump; `paper` is what it says about the paper, by the paper's columns.

    `repeats` are further rows about the same paper and repository, as they came; `raw` is what this row itself said where one
    of them said more.
    """

    key: str
    paper_key: str
    paper_slug: str
    paper_raw: JsonObject
    paper: dict[str, str | None]
    repository_key: str
    url: str
    is_official: bool | None
    mentioned_in_paper: bool | None
    mentioned_in_github: bool | None
    framework: str | None
    said_of_paper: JsonObject
    absent: list[str]
    extra: JsonObject
    repeats: list[JsonObject] = field(default_factory=list)
    raw: JsonObject = field(default_factory=dict)


def parse(values: JsonObject) -> LinkRecord:
    """One row of the dump; raises `RowFault` where it is none."""
    row = RowFields(values, schema=SCHEMA)
    url = row.text("repo_url")
    if not url or not (key := repository_key(url)):
        raise RowFault("has no repo_url")
    paper = {column: row.text(name) for name, column in _PAPER_COLUMNS.items()}
    titled = RowFields({"paper_url": row.value("paper_url"), "title": paper["title"]}, schema=("paper_url", "title"))
    paper_key, slug = papers_with_abstracts.identity(titled)
    said = {name: row.value(name) for name in _PAPER_COLUMNS if name in row}
    arxiv_id = paper["arxiv_id"]
    paper["arxiv_id"] = arxiv_id_without_version(arxiv_id) if arxiv_id is not None else None
    return LinkRecord(
        key=joined(paper_key, key),
        paper_key=paper_key,
        paper_slug=slug,
        paper_raw=titled.raw,
        paper=paper,
        repository_key=key,
        url=url,
        is_official=row.flag("is_official"),
        mentioned_in_paper=row.flag("mentioned_in_paper"),
        mentioned_in_github=row.flag("mentioned_in_github"),
        framework=row.text("framework"),
        said_of_paper=said,
        absent=row.absent,
        extra=row.extra,
    )


def key_of(values: JsonObject) -> str | None:
    """The archive key of a row's link, as far as it can be read: of a row too that cannot be used."""
    url, paper = values.get("repo_url"), papers_with_abstracts.key_of(values)
    repository = repository_key(url) if isinstance(url, str) else ""
    return joined(paper, repository) if paper and repository else None


def merge(first: LinkRecord, again: LinkRecord, *, values: JsonObject) -> None:
    """Add what a further row says to the first about the same paper and repository: a yes wins, and any framework over none."""
    own = {name: getattr(first, name) for name in (*_FLAGS, "framework")}
    for name in _FLAGS:
        setattr(first, name, _either(own[name], getattr(again, name)))
    if first.framework in {None, "", "none"}:
        first.framework = again.framework or first.framework
    for name, value in own.items():
        if getattr(first, name) != value:
            first.raw.setdefault(name, value)
    first.repeats.append(values)


def raw_beside(record: LinkRecord, *, paper: dict[str, str | None]) -> JsonObject:
    """What the columns of link, paper and repository cannot give back of the row, given the paper as it is known."""
    raw = {name: value for name, value in record.said_of_paper.items() if paper[_PAPER_COLUMNS[name]] != value}
    raw |= {**record.paper_raw, **record.raw}
    if record.repeats:
        raw["_repeats"] = list(record.repeats)
    return raw


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else (other if one is None else one)
