"""Things that a dump knows by their names alone: people, venues, areas, and tasks and datasets as they are mentioned."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from papers.archive.keys import bounded
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Adopt, Incoming, upsert
from papers.catalogue_row import Source
from papers.models import Named, SlugHistory
from papers.slugs import slugify_title

NamedT = TypeVar("NamedT", bound=Named)

KINDS = {
    "author": SlugHistory.Kind.AUTHOR,
    "task": SlugHistory.Kind.TASK,
    "dataset": SlugHistory.Kind.DATASET,
    "method": SlugHistory.Kind.METHOD,
}


class NameDesk:
    """Finds or makes the rows of one table by name, and remembers them for the length of one import.

    With `is_mention`, a row that is there already is left as it is: the dump only mentions it.
    """

    def __init__(self, table: type[Named], *, source: Source, is_mention: bool = False) -> None:
        self._table = table
        self._source = source
        self._is_mention = is_mention
        self._ids: dict[str, int] = {}
        self.slugs = SlugDesk(table, kind=KINDS.get(str(table._meta.model_name)))

    def ids(self, names: Iterable[str]) -> Mapping[str, int]:
        """Row ids by name, for these names at least."""
        unknown = [name for name in dict.fromkeys(names) if name not in self._ids]
        if unknown and self._is_mention:
            unknown = self._recall(unknown)
        if unknown:
            self._make(unknown)
        return self._ids

    def learn(self, ids: Mapping[str, int]) -> None:
        """Remember rows that somebody else stored."""
        self._ids.update(ids)

    def _recall(self, names: Sequence[str]) -> list[str]:
        keys = {bounded(name): name for name in names}
        rows = self._table._default_manager.filter(archive_key__in=list(keys)).values_list("archive_key", "pk")
        self._ids.update((keys[str(key)], pk) for key, pk in rows)
        return [name for name in names if name not in self._ids]

    def _make(self, names: Sequence[str]) -> None:
        rows = [named(name, table=self._table) for name in names]
        stored = upsert(self._table, rows, source=self._source, slugs=self.slugs, adopt=adoption_by_name(self._table))
        self._ids.update((name, stored.rows[row.key].pk) for name, row in zip(names, rows, strict=True))


def named(name: str, *, table: type[Named], **fields: object) -> Incoming:
    """A row that its name makes; the name of the table stands in for an address that the name cannot give."""
    return Incoming(bounded(name), {"name": name, **fields}, slugify_title(name, fallback=str(table._meta.model_name)))


def adoption_by_name(table: type[NamedT]) -> Adopt[NamedT]:
    """Finds rows that were made here under a name that the archive brings now."""

    def adopt(missing: Sequence[Incoming]) -> dict[str, NamedT]:
        rows = table._default_manager.filter(
            archive_key__isnull=True, name__in=[item.fields["name"] for item in missing]
        ).order_by("-pk")
        return {bounded(row.name): row for row in rows}

    return adopt
