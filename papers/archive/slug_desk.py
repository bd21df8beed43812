"""Giving new rows their addresses."""

from collections.abc import Callable, Container, Iterable

from django.db.models import Model

from papers.archive.session import Session
from papers.models import SlugHistory
from papers.slugs import first_free

_NOTHING: Container[str] = ()


class SlugDesk:
    """Hands out the free addresses of one table, at most one import long.

    Addresses that things had before stay taken, and so do `harvested` ones: addresses that the dumps state, for whoever
    they state them; where it is a function, it is asked when an address first has to be made. Correct only while no one
    else adds rows, which the import's lock sees to among imports. Addresses are held as hashes (a clash costs a number
    behind an address, no more), since there may be a million of them; where most are archive keys too, `also_taken` is the
    ledger that holds those. `taken` are the hashes, where somebody read them already.
    """

    def __init__(
        self,
        table: type[Model],
        *,
        session: Session,
        kind: SlugHistory.Kind | None = None,
        harvested: Iterable[str] | Callable[[], Iterable[str]] = (),
        also_taken: Container[str] = _NOTHING,
        taken: set[int] | None = None,
    ) -> None:
        self._also_taken = also_taken
        self._taken = _read(table, session, but_keys=also_taken is not _NOTHING) if taken is None else taken
        if kind:
            rows = session.rows("SELECT slug FROM papers_slughistory WHERE kind = %s", [kind.value])
            self._taken.update(hash(row[0]) for row in rows)
        self._harvest = harvested if callable(harvested) else None
        self._harvested = set() if callable(harvested) else set(harvested)
        self._next: dict[str, int] = {}

    def __contains__(self, slug: object) -> bool:
        return hash(slug) in self._taken or slug in self._also_taken or slug in self._harvested

    def give(self, wanted: str, *, is_stated: bool = False) -> str:
        """The wanted address if it is free, else the first free numbered one; `is_stated` where the archive gives it."""
        if is_stated:
            self._harvested.discard(wanted)  # its owner has come
        if self._harvest is not None and not (is_stated and wanted not in self):
            # Of those that are taken there is no need to remember that they are stated too: they are nearly all.
            self._harvested = {slug for slug in self._harvest() if slug not in self}
            self._harvest = None
        slug = first_free(wanted, self, start=self._next.get(wanted, 1))
        if slug != wanted:
            # Thousands of names can fold to one address, so the next search goes on where this one stopped.
            self._next[wanted] = int(slug.removeprefix(f"{wanted}-")) + 1
        if not (is_stated and slug == wanted and self._also_taken is not _NOTHING):
            self._taken.add(hash(slug))
        return slug


def _read(table: type[Model], session: Session, *, but_keys: bool) -> set[int]:
    """Hashes of the addresses of a table, without those that are archive keys where `but_keys`."""
    odd = " WHERE slug IS DISTINCT FROM archive_key" if but_keys else ""
    return {hash(row[0]) for row in session.stream(f"SELECT slug FROM {table._meta.db_table}{odd}")}
