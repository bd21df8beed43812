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


def digest(text: bytes) -> int:
    """A digest of what the archive says of a row, as a signed 64-bit number that is not `UNKNOWN_DIGEST`.

    It tells rows that changed from rows that did not; whoever makes up a dump to fool it fools nobody else.
    """
    number: int = xxhash.xxh3_64_intdigest(text)
    return (number - _SIGNED if number >= _SIGNED // 2 else number) or 1


class Ledger:
    """Row ids and digests by archive key, and which keys this import has seen. A key that was redacted is known by its digest.

    About 220 bytes a row: the final archive's 576,261 papers take 130 MB.
    """

    def __init__(self, rows: Iterable[tuple[str, int, int | None]] = ()) -> None:
        self._places: dict[str, int] = {}
        self._ids = array("q")
        self._digests = array("q")
        self._seen = bytearray()
        self._has_hidden = False
        for key, row_id, known in rows:
            self._append(key, row_id, known or UNKNOWN_DIGEST)

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
        return place is not None and bool(self._seen[place])

    def see(self, key: str, *, digest: int) -> tuple[int, bool] | None:
        """Meet a key that has a row: its id and whether the digest is another than before; None where it has none."""
        place = self._place(key)
        if place is None:
            return None
        is_other = self._digests[place] != digest
        self._digests[place] = digest
        self._seen[place] = 1
        return self._ids[place], is_other

    def add(self, key: str, row_id: int, *, digest: int) -> None:
        """Enter a row that this import makes."""
        self._append(key, row_id, digest)
        self._seen[-1] = 1

    def unseen(self) -> Iterator[int]:
        """Ids of the rows that this import did not meet."""
        return (row_id for row_id, seen in zip(self._ids, self._seen, strict=True) if not seen)

    def _place(self, key: str) -> int | None:
        place = self._places.get(key)
        return self._places.get(hidden(key)) if place is None and self._has_hidden else place

    def _append(self, key: str, row_id: int, digest: int) -> None:
        self._places[key] = len(self._ids)
        self._has_hidden |= is_hidden(key)
        self._ids.append(row_id)
        self._digests.append(digest)
        self._seen.append(0)
