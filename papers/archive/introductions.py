"""Joining methods and datasets to the papers that introduced them, as their dumps name those."""

from collections.abc import Iterable

from papers.archive.fields import RowFields
from papers.archive.methods import Introduction, introduction
from papers.archive.paper_finder import Naming, PaperFinder, address_key
from papers.archive.references import point
from papers.archive.session import Session
from papers.archive.staging import is_open

_TABLES = ("papers_method", "papers_dataset")


def link_introductions(session: Session) -> int:
    """Point methods and datasets at the papers that their dumps name, as far as those are known; how many changed.

    A row that the import may not rewrite only gets a paper where it has none. To be called when papers are loaded.
    """
    said = {table: dict(_said(session, table)) for table in _TABLES}
    finder = PaperFinder(session, (naming for namings in said.values() for naming in namings.values()))
    return sum(_link(session, table, said[table], finder) for table in _TABLES)


def _said(session: Session, table: str) -> Iterable[tuple[int, Naming]]:
    rows = session.rows(f"SELECT id, archive_raw -> 'paper' FROM {table} WHERE archive_raw ? 'paper'")
    return ((row_id, _naming(introduction(RowFields({"paper": said}, schema=())))) for row_id, said in rows)


def _naming(paper: Introduction) -> Naming:
    key = f"paper:{paper.slug}" if paper.slug else address_key(paper.url) if paper.url else ""
    return key, paper.title


def _link(session: Session, table: str, said: dict[int, Naming], finder: PaperFinder) -> int:
    rows = session.rows(f"SELECT id, paper_id, {is_open(session, table)} FROM {table} WHERE archive_key IS NOT NULL")
    pairs = []
    for row_id, held, is_writable in rows:
        key, title = said.get(row_id, ("", None))
        wanted = finder.paper_id(key, title=title)
        if wanted != held and (is_writable or held is None):
            pairs.append((row_id, wanted))
    return point(session, table=table, column="paper_id", pairs=pairs) if pairs else 0
