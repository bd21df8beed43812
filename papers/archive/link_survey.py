"""What has to be known of a whole file of links before its first is stored. Pure."""

from collections.abc import Iterable

import msgspec

from papers.archive.fields import RowFault
from papers.archive.keys import joined, repository_key
from papers.archive.links import LinkRecord, parse
from papers.archive.report import FileReport
from papers.archive.row_decoding import decoded
from papers.archive.rows import ArchiveRow, RawRow, RejectedRow
from papers.slugs import slug_of_paper_url

Row = RawRow | ArchiveRow | RejectedRow


class _Said(msgspec.Struct, gc=False):
    """An ordinary row as far as `parse` looks at its types; keys beyond these are of no concern here."""

    paper_url: str
    repo_url: str
    framework: str | None = None
    paper_title: str | None = None
    paper_arxiv_id: str | None = None
    paper_url_abs: str | None = None
    paper_url_pdf: str | None = None
    is_official: bool | None = None
    mentioned_in_paper: bool | None = None
    mentioned_in_github: bool | None = None


_DECODER = msgspec.json.Decoder(_Said)


class Survey:
    """`repeated` are the keys of links that stand in several rows.

    `repositories` gives for each the spelling of its address that comes first, and the first framework that any row names.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.repeated: set[str] = set()
        self.repositories: dict[str, tuple[str, str | None]] = {}
        seen: set[int] = set()
        for row in rows:
            said = _quickly(row) or _carefully(row)
            if said is None:
                continue
            key, repository, url, framework = said
            # A hash instead of the key: a clash only makes a link wait for the end of the file.
            if hash(key) in seen:
                self.repeated.add(key)
            seen.add(hash(key))
            self._describe(repository, url, framework)

    def _describe(self, repository: str, url: str, framework: str | None) -> None:
        first, known = self.repositories.get(repository, (url, None))
        self.repositories[repository] = first, known or (framework if framework != "none" else None)


def record_of(row: Row, report: FileReport | None = None) -> tuple[LinkRecord, ArchiveRow] | None:
    """The record of a row, and the row decoded; None for one that cannot be used, which is counted where there is a report."""
    read = decoded(row) if isinstance(row, RawRow) else row
    try:
        if isinstance(read, ArchiveRow):
            return parse(read.values), read
        reason = read.reason
    except RowFault as fault:
        reason = str(fault)
    if report is not None:
        report.reject(read.number, reason)
    return None


Said = tuple[str, str, str, str | None]
"""The key of a link, the key of its repository, the repository's address, the framework."""


def _quickly(row: Row) -> Said | None:
    if not isinstance(row, RawRow) or b"\\u0000" in row.data:
        return None
    try:
        said = _DECODER.decode(row.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    slug, repository = slug_of_paper_url(said.paper_url), repository_key(said.repo_url)
    return (joined(slug, repository), repository, said.repo_url, said.framework) if slug and repository else None


def _carefully(row: Row) -> Said | None:
    found = record_of(row)
    return (found[0].key, found[0].repository_key, found[0].url, found[0].framework) if found else None
