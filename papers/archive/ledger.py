"""Which rows of a table there are, by archive key: held in memory for the length of one import, so that a dump's rows are told
apart as new, changed and same without asking the database for each.
"""

from array import array
from collections.abc import Iterable, Iterator

import xxhash

from papers.hidden_keys import hidden, is_hidden

_SIGNED = 1 << 64
UNKNOWN_DIGEST = 0
"""Stands for a row that has to be looked at whatever the dump says: one without a digest, or a removed one that comes back."""

_SEEN, _STATED, _NAMED = 1, 2, 4
"""Marks of a row: met by this import, stated by the dump before it, named by a row that could not be used."""


def digest(text: bytes) -> int:
    """A digest of what the archive says of a row, as a signed 64-bit number that is not `UNKNOWN_DIGEST`.

    It tells rows that changed from rows that did not; whoever makes up a dump to fool it fools nobody else.
    """
    number: int = xxhash.xxh3_64_intdigest(text)
    return (number - _SIGNED if number >= _SIGNED // 2 else number) or 1


class Ledger:
    """Row ids and digests by archive key, and which keys this import has seen. A key that was redacted is known by its digest.

    `rows` are (key, id, digest, whether the dump that is loaded stated the row before): other dumps make rows of a table too,
    and tombstones are stated by none. About 220 bytes a row: the final archive's 576,261 papers take 130 MB.
    """

    def __init__(self, rows: Iterable[tuple[str, int, int | None, bool]] = ()) -> None:
        self._places: dict[str, int] = {}
        self._ids = array("q")
        self._digests = array("q")
        self._marks = bytearray()
        self._has_hidden = False
        for key, row_id, known, is_stated in rows:
            self._append(key, row_id, known or UNKNOWN_DIGEST, mark=_STATED if is_stated else 0)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._place(key) is not None

    def __len__(self) -> int:
        return len(self._places)

    def id_of(self, key: str) -> int | None:
        """The row's id; None where there is no such row."""
        place = self._place(key)
        return None if place is None else self._ids[place]

    def digest_of(self, key: str) -> int:
        """The digest that the row has; `UNKNOWN_DIGEST` where there is none."""
        place = self._place(key)
        return UNKNOWN_DIGEST if place is None else self._digests[place]

    def is_seen(self, key: str) -> bool:
        """Whether this import met the key before."""
        place = self._place(key)
        return place is not None and bool(self._marks[place] & _SEEN)

    def see(self, key: str, *, digest: int) -> tuple[int, bool] | None:
        """Meet a key that has a row: its id and whether the digest is another than before; None where it has none."""
        place = self._place(key)
        if place is None:
            return None
        is_other = self._digests[place] != digest
        self._digests[place] = digest
        self._marks[place] |= _SEEN
        return self._ids[place], is_other

    def add(self, key: str, row_id: int, *, digest: int) -> None:
        """Enter a row that this import makes."""
        self._append(key, row_id, digest, mark=_SEEN)

    def enter(self, key: str, row_id: int) -> None:
        """Enter a row that is there and gets its key by this import; it is to be looked at once it is met."""
        self._append(key, row_id, UNKNOWN_DIGEST, mark=0)

    def rename(self, key: str, new: str) -> None:
        """Have a row that was not met found by another key; it is to be looked at once it is met."""
        place = self._places[new] = self._places.pop(key)
        self._digests[place] = UNKNOWN_DIGEST

    def name(self, key: str) -> None:
        """Note that a row of the dump that could not be used names the key: it did not disappear."""
        place = self._place(key)
        if place is not None:
            self._marks[place] |= _NAMED

    def unseen(self) -> Iterator[int]:
        """Ids of the rows that this import neither met nor found named."""
        return (row_id for row_id, mark in zip(self._ids, self._marks, strict=True) if not mark & (_SEEN | _NAMED))

    def stated_before(self) -> tuple[int, int]:
        """How many rows the dump stated before this import: those that it states still, and those that it does not by now."""
        gone = self._marks.count(_STATED)
        return sum(1 for mark in self._marks if mark & _STATED) - gone, gone

    def _place(self, key: str) -> int | None:
        place = self._places.get(key)
        return self._places.get(hidden(key)) if place is None and self._has_hidden else place

    def _append(self, key: str, row_id: int, digest: int, *, mark: int) -> None:
        self._places[key] = len(self._ids)
        self._has_hidden |= is_hidden(key)
        self._ids.append(row_id)
        self._digests.append(digest)
        self._marks.append(mark)
