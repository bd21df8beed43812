"""Finding the papers that rows of other dumps name: by arXiv id or old address, then by URL, then by title."""

from collections.abc import Iterable, Iterator

from papers.archive.keys import arxiv_id_of_url, bounded, folded_title, folded_url, url_spellings
from papers.archive.session import Session
from papers.hidden_keys import hidden
from papers.slugs import slug_of_paper_url

Naming = tuple[str, str | None]
"""How a row names its paper: an `address_key` ("" for none) and a title."""

_LONGEST_CHAIN = 10
_STANDING = """
SELECT second.id, second.duplicate_of_id FROM papers_paper second JOIN papers_paper first ON first.id = second.duplicate_of_id
WHERE first.removed_at IS NULL
"""
_PAPERS = """
SELECT id, slug, archive_key, arxiv_id, url_abs, conference_url_abs, title FROM papers_paper WHERE removed_at IS NULL
"""


def address_key(url: str) -> str:
    """What an address says about a paper, folded: `arxiv:2204.06745`, `paper:<slug>` for the old site's, or `url:...`."""
    if arxiv_id := arxiv_id_of_url(url):
        return f"arxiv:{arxiv_id}"
    slug = slug_of_paper_url(url)
    return f"paper:{slug}" if slug else bounded(f"url:{folded_url(url)}")


class PaperFinder:
    """Finds the papers that many rows name, in one pass over all papers that are not removed.

    Of several papers with one arXiv id or URL the oldest row counts, and the row that stands for it where it is a second
    row of a paper. A title counts only if one paper alone has it and that paper has no other arXiv id than the one named.
    """

    def __init__(self, session: Session, wanted: Iterable[Naming]) -> None:
        names = set(wanted)
        self._stands: dict[int, int] = dict(session.rows(_STANDING))
        self._by_key: dict[str, int] = {}
        self._by_title: dict[str, list[tuple[int, str | None]]] = {
            folded: [] for _, title in names if title and (folded := folded_title(title))
        }
        keys = {key for key, _ in names if key}
        if keys or self._by_title:
            self._read(session, keys)

    def paper_id(self, key: str, *, title: str | None) -> int | None:
        """The row id of the paper that a row names."""
        found = self._by_key.get(key)
        if found is not None:
            return self.standing(found)
        papers = self._by_title.get(folded_title(title), ()) if title else ()
        rows = {self.standing(row_id) for row_id, _ in papers}
        if len(rows) != 1 or (key.startswith("arxiv:") and any(arxiv_id for _, arxiv_id in papers)):
            return None
        return rows.pop()

    def standing(self, row_id: int) -> int:
        """The row that stands for the paper; the row itself for most."""
        for _ in range(_LONGEST_CHAIN):
            if row_id not in self._stands:
                break
            row_id = self._stands[row_id]
        return row_id

    def _read(self, session: Session, keys: set[str]) -> None:
        ids = {key.removeprefix("arxiv:"): key for key in keys if key.startswith("arxiv:")}
        slugs = {key.removeprefix("paper:"): key for key in keys if key.startswith("paper:")}
        urls = {spelling: key for key in keys if key.startswith("url:") for spelling in url_spellings(key.removeprefix("url:"))}
        owners: dict[str, int] = {}
        titles = self._by_title
        # The loop over all papers of the archive: what it looks up is found by what the paper says, unfolded where it can be.
        for row_id, slug, archive_key, arxiv_id, url, venue_url, title in session.stream(_PAPERS):
            if arxiv_id in ids:
                self._meet(ids[arxiv_id], row_id)
            if slug in slugs:
                self._meet(slugs[slug], row_id)
            if archive_key in slugs:
                owners[slugs[archive_key]] = row_id
            if url in urls:
                self._meet(urls[url], row_id)
            if venue_url in urls:
                self._meet(urls[venue_url], row_id)
            if title and (folded := folded_title(title)) in titles:
                titles[folded].append((row_id, arxiv_id))
        owners |= {slugs[slug]: row_id for row_id, slug in _redacted(session, slugs)}
        # An old address means the archive's paper, whatever has that address here.
        self._by_key.update(owners)

    def _meet(self, key: str, row_id: int) -> None:
        held = self._by_key.get(key)
        if held is None or row_id < held:
            self._by_key[key] = row_id


def _redacted(session: Session, slugs: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Papers whose address was redacted, as far as these slugs name them."""
    redacted = {hidden(slug): slug for slug in slugs}
    query = "SELECT id, archive_key FROM papers_paper WHERE removed_at IS NULL AND archive_key = ANY(%s)"
    for row_id, key in session.rows(query, [list(redacted)]) if redacted else ():
        yield row_id, redacted[key]
