"""What has to be known of all files of links before the first link is stored. Pure."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from papers.archive.fields import RowFault
from papers.archive.keys import joined, repository_key
from papers.archive.ledger import Ledger
from papers.archive.links import LinkRecord, key_of, parse
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


class KeySet:
    """Which keys were met, as hashes in order: eight bytes a key. A key that is not there may be told for another that is."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def __contains__(self, key: object) -> bool:
        number = hash(key)
        place = bisect_left(self._hashes, number)
        return place < len(self._hashes) and self._hashes[place] == number

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def add(self, hashes: Iterable[int]) -> None:
        """Enter further keys, by their hashes."""
        self._hashes = array("q", sorted({*self._hashes, *hashes}) if self._hashes else sorted(hashes))


class Survey:
    """What several files of links say together, as if they were one.

    `repeated` are the keys of links that stand in several rows, with the number of the last file that has them: there they
    are stored, with all that the rows say. `waiting` are those of earlier files until then. `repositories` gives for each the
    spelling of its address that comes first, and the first framework that any row names. `links` are the keys of all links.
    """

    def __init__(self) -> None:
        self.repeated: dict[str, int] = {}
        self.waiting: dict[str, LinkRecord] = {}
        self.repositories: dict[str, tuple[str, str | None]] = {}
        self.links = KeySet()
        self._files = 0

    def add(self, rows: Iterable[Row]) -> int:
        """Take a file; its number. One that cannot be read to its end leaves nothing behind."""
        repeated: set[str] = set()
        repositories: dict[str, tuple[str, str | None]] = {}
        seen: set[int] = set()
        has_others = bool(self.links)
        for row in rows:
            said = _quickly(row) or _carefully(row)
            if said is None:
                continue
            key, repository, url, framework = said
            # A hash instead of the key: a clash only makes a link wait for the end of the file.
            if hash(key) in seen or (has_others and key in self.links):
                repeated.add(key)
            seen.add(hash(key))
            _describe(repositories, repository, url, framework)
        self.links.add(seen)
        self.repeated |= dict.fromkeys(repeated, self._files)
        self._describe_all(repositories)
        self._files += 1
        return self._files - 1

    def _describe_all(self, repositories: dict[str, tuple[str, str | None]]) -> None:
        if not self.repositories:
            self.repositories = repositories
            return
        for repository, (url, framework) in repositories.items():
            _describe(self.repositories, repository, url, framework)


def _describe(known: dict[str, tuple[str, str | None]], repository: str, url: str, framework: str | None) -> None:
    first, named = known.get(repository, (url, None))
    known[repository] = first, named or (framework if framework != "none" else None)


def record_of(
    row: Row, report: FileReport | None = None, *, ledger: Ledger | None = None
) -> tuple[LinkRecord, ArchiveRow] | None:
    """The record of a row, and the row decoded; None for one that cannot be used.

    Such a row is counted where there is a report, and what it names is noted where there is a ledger of links.
    """
    read = decoded(row) if isinstance(row, RawRow) else row
    try:
        if isinstance(read, ArchiveRow):
            return parse(read.values), read
        reason = read.reason
    except RowFault as fault:
        reason = str(fault)
        if ledger is not None and isinstance(read, ArchiveRow) and (key := key_of(read.values)):
            ledger.name(key)
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
