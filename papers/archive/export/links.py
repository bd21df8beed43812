"""A link as the links-between-papers-and-code dump writes it. Pure."""

from dataclasses import KW_ONLY, dataclass

from papers.archive.export.papers import paper_url
from papers.archive.export.restored import NOTHING, Beside, restored
from papers.archive.export.written import Row


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link's columns, and those of its paper and its repository that the dump repeats."""

    key: str | None
    paper_key: str | None
    paper_slug: str
    paper_title: str | None
    paper_arxiv_id: str | None
    paper_url_abs: str | None
    paper_url_pdf: str | None
    repo_url: str
    is_official: bool | None
    mentioned_in_paper: bool | None
    mentioned_in_github: bool | None
    framework: str | None
    _: KW_ONLY
    beside: Beside = NOTHING


def render(link: LinkRow) -> list[Row]:
    """The link's row, then the further rows that the dump had about the same paper and repository."""
    is_own = link.key is None
    columns: Row = {
        "paper_url": paper_url(link.paper_key, slug=link.paper_slug),
        "paper_title": link.paper_title,
        "paper_arxiv_id": link.paper_arxiv_id,
        "paper_url_abs": link.paper_url_abs,
        "paper_url_pdf": link.paper_url_pdf,
        "repo_url": link.repo_url,
        # The dump has no nulls here, so a link that was made on this site says nothing as the dump does.
        "is_official": bool(link.is_official) if is_own else link.is_official,
        "mentioned_in_paper": bool(link.mentioned_in_paper) if is_own else link.mentioned_in_paper,
        "mentioned_in_github": bool(link.mentioned_in_github) if is_own else link.mentioned_in_github,
        "framework": link.framework or "none" if is_own else link.framework,
    }
    repeats = link.beside.raw.get("_repeats")
    further = [row for row in repeats if isinstance(row, dict)] if isinstance(repeats, list) else []
    # What the paper is known to be fills no key that the row itself lacked.
    lacked = set(link.beside.absent) - set(link.beside.edited)
    return [restored({key: value for key, value in columns.items() if key not in lacked}, link.beside), *further]
