"""Things that a dump knows by their names alone: people, venues, areas, and tasks and datasets as they are mentioned."""

from collections.abc import Iterator, Mapping, Sequence

from papers.archive.copy_text import columns
from papers.archive.keys import bounded
from papers.archive.screening import judge_task
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.staging import Stage, Staged, comes_back
from papers.hidden_keys import hidden, is_hidden_sql
from papers.models import Named, SlugHistory, Task
from papers.slugs import slugify_title

KINDS = {
    "author": SlugHistory.Kind.AUTHOR,
    "task": SlugHistory.Kind.TASK,
    "dataset": SlugHistory.Kind.DATASET,
    "method": SlugHistory.Kind.METHOD,
}

NAME_ALONE = 1
"""The digest of a row of which the archive says no more than its name."""


class NameDesk:
    """Finds or makes the rows of one table by name, and remembers them for the length of one import.

    New rows are only taken; `take` hands them out for storing. A row that people made under the name is taken for it, and one
    that an import removed comes back.
    `addresses` are those that the archive states, by name.
    """

    def __init__(self, table: type[Named], *, session: Session, addresses: Mapping[str, str] | None = None) -> None:
        self._session = session
        self._table = table
        self._addresses = addresses if addresses is not None else {}
        self._fallback = str(table._meta.model_name)
        taken: set[int] = set()
        self._removed: dict[str, int] = {}
        self._ids = dict(_held(table, session, taken=taken, removed=self._removed))
        hidden_rows = f"SELECT archive_key, id FROM {table._meta.db_table} WHERE {is_hidden_sql('archive_key')}"
        self._hidden: dict[str, int] = dict(session.rows(hidden_rows))
        kind = KINDS.get(self._fallback)
        self.slugs = SlugDesk(table, session=session, kind=kind, harvested=self._addresses.values(), taken=taken)
        self._by_hand = made_by_people(table, session)
        extra = ("spam_reason",) if hasattr(table, "spam_reason") else ()
        self._stage = Stage(session, table, ("name", "slug", *extra), made_once=frozenset({"slug", *extra}))
        self._extra = extra

    def id_of(self, name: str) -> int:
        """The row's id; a row that is not there yet is taken."""
        key = bounded(name)
        found = self._ids.get(key)
        return found if found is not None else self._make(name, key)

    def ids(self, names: Sequence[str]) -> list[int]:
        """Row ids in the order of the names; the loop over millions of authors, so that it looks short names up itself."""
        found = list(map(self._ids.get, names))
        return [self.id_of(name) for name in names] if None in found else found  # type: ignore[return-value]

    def take(self) -> tuple[list[bytes], list[bytes]]:
        """The rows taken since the last call, for `store`."""
        return self._stage.take_lines()

    def store(self, new: Sequence[bytes], held: Sequence[bytes]) -> Staged:
        """Store rows that were taken."""
        return self._stage.bring_over(new, held)

    def flush(self) -> None:
        """Store what was taken."""
        self.store(*self.take())

    def _make(self, name: str, key: str) -> int:
        if self._hidden and (redacted := self._hidden.get(hidden(key))) is not None:
            self._ids[key] = redacted
            return redacted
        held = self._removed.get(key, self._by_hand.get(name))
        row_id = held if held is not None else self._session.fresh_id(self._table)
        self._ids[key] = row_id
        stated = self._addresses.get(name)
        wanted = stated or slugify_title(name, fallback=self._fallback)
        slug = self.slugs.give(wanted, is_stated=stated is not None) if held is None else wanted
        text = columns((name, slug, *self._judgement(name)))
        self._stage.add(row_id, is_new=held is None, key=key, digest=NAME_ALONE, text=text)
        return row_id

    def _judgement(self, name: str) -> Sequence[str]:
        return [judge_task(name) if self._table is Task else ""] if self._extra else []


def _held(table: type[Named], session: Session, *, taken: set[int], removed: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The rows of the archive; the addresses of all rows go into `taken`, as `SlugDesk` holds them.

    Those that an import removed go into `removed` instead.
    """
    query = f"SELECT archive_key, id, slug, {comes_back('t')} FROM {table._meta.db_table} t ORDER BY id"
    for key, row_id, slug, is_removed in session.stream(query):
        taken.add(hash(slug))
        if is_removed and key is not None:
            removed[key] = row_id
        elif key is not None:
            yield key, row_id


def made_by_people(table: type[Named], session: Session) -> dict[str, int]:
    """Rows without an archive key by name; of several the oldest."""
    rows = session.rows(f"SELECT name, id FROM {table._meta.db_table} WHERE archive_key IS NULL ORDER BY id DESC")
    return dict(rows)
