"""Ordered lists between two tables, such as the authors of papers, brought up to date in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from papers.archive.session import Session
from papers.archive.staging import is_open, is_recorded, log_change, log_values

MOST_WAITING = 5000


@dataclass
class ListStage:
    """The lists of one kind; `through` has the columns `owner`, `item` and, unless `position` is "", a position.

    New owners' lists go straight into the table; those of others are staged, compared and replaced where they differ. A
    list that a person edited (`field_name` in the owner's `edited_fields`) stays.
    """

    session: Session
    through: str
    owner: str
    item: str
    owner_table: str
    item_table: str
    field_name: str
    position: str = "position"
    label: str = "name"
    _new: list[str] = field(default_factory=list)
    _held: list[str] = field(default_factory=list)
    _owners: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.run(f"DROP TABLE IF EXISTS {self.name}, {self.name}_owner")
        self.session.run(f"CREATE TEMP TABLE {self.name} (owner bigint, item bigint, place int) ON COMMIT DROP")
        self.session.run(f"CREATE TEMP TABLE {self.name}_owner (owner bigint) ON COMMIT DROP")

    @property
    def name(self) -> str:
        """The staging table."""
        return f"stage_{self.through}"

    def add(self, owner: int, items: Sequence[int], *, is_new: bool) -> None:
        """Take one list, in order, each item once."""
        if is_new:
            if self.position:
                self._new += [f"{owner}\t{item}\t{place}\n" for place, item in enumerate(items)]
            else:
                self._new += [f"{owner}\t{item}\n" for item in items]
            return
        self._owners.append(f"{owner}\n")
        self._held.extend(f"{owner}\t{item}\t{place}\n" for place, item in enumerate(items))

    def take(self, *, is_last: bool = True) -> tuple[list[str], list[str], list[str]]:
        """The lists so far; the stage begins anew.

        Lists that are compared read the whole table where its indexes are away, so a few of them wait for the last call.
        """
        new, self._new = self._new, []
        if not is_last and len(self._owners) < MOST_WAITING:
            return new, [], []
        held, owners, self._held, self._owners = self._held, self._owners, [], []
        return new, held, owners

    def flush(self) -> frozenset[str]:
        """Bring the lists taken so far over; public ids of the owners whose list was there and changed."""
        return self.bring_over(*self.take())

    def bring_over(self, new: Sequence[str], held: Sequence[str], owners: Sequence[str]) -> frozenset[str]:
        """Bring lists over; safe in another thread than the one that takes them."""
        columns = [self.owner, self.item, *([self.position] if self.position else [])]
        self.session.copy(self.through, columns, new)
        if not owners:
            return frozenset()
        self.session.copy(f"{self.name}_owner", ["owner"], owners)
        self.session.copy(self.name, ["owner", "item", "place"], held)
        moved = [row[0] for row in self.session.rows(self._moved())]
        changed = self._replace(moved) if moved else frozenset[str]()
        self.session.run(f"TRUNCATE {self.name}, {self.name}_owner")
        return changed

    def _moved(self) -> str:
        order, place = ("t." + self.position, "place") if self.position else ("t." + self.item, "item")
        return f"""
            WITH wanted AS (SELECT owner, array_agg(item ORDER BY {place}) AS items FROM {self.name} GROUP BY owner),
            held AS (
                SELECT t.{self.owner} AS owner, array_agg(t.{self.item} ORDER BY {order}) AS items
                FROM {self.through} t JOIN {self.name}_owner o ON o.owner = t.{self.owner} GROUP BY t.{self.owner}
            )
            SELECT o.owner FROM {self.name}_owner o JOIN {self.owner_table} p ON p.id = o.owner
            LEFT JOIN wanted USING (owner) LEFT JOIN held USING (owner)
            WHERE {is_open(self.session, "p")} AND NOT '{self.field_name}' = ANY(p.edited_fields)
            AND wanted.items IS DISTINCT FROM held.items"""

    def _replace(self, moved: list[int]) -> frozenset[str]:
        order = f"t.{self.position}" if self.position else f"i.{self.label}"
        place = "s.place" if self.position else f"i.{self.label}"
        changed = self.session.rows(
            f"""
            WITH noted AS (
                {log_change(self.session)}
                SELECT {log_values(self.session, self.owner_table)}, 'changed', p.public_id,
                    jsonb_build_object('{self.field_name}', coalesce((
                        SELECT jsonb_agg(i.{self.label} ORDER BY {order}) FROM {self.through} t
                        JOIN {self.item_table} i ON i.id = t.{self.item} WHERE t.{self.owner} = p.id), '[]')),
                    jsonb_build_object('{self.field_name}', coalesce((
                        SELECT jsonb_agg(i.{self.label} ORDER BY {place}) FROM {self.name} s
                        JOIN {self.item_table} i ON i.id = s.item WHERE s.owner = p.id), '[]'))
                FROM {self.owner_table} p WHERE p.id = ANY(%(moved)s) AND {is_recorded(self.session, "p")}
            )
            SELECT public_id FROM {self.owner_table} WHERE id = ANY(%(moved)s)
            """,
            {"moved": moved},
        )
        self.session.run(f"DELETE FROM {self.through} WHERE {self.owner} = ANY(%s)", [moved])
        places = (f", {self.position}", ", place") if self.position else ("", "")
        self.session.run(
            f"INSERT INTO {self.through} ({self.owner}, {self.item}{places[0]})"
            f" SELECT owner, item{places[1]} FROM {self.name} WHERE owner = ANY(%s)",
            [moved],
        )
        self.session.run(f"UPDATE {self.owner_table} SET updated_at = now() WHERE id = ANY(%s)", [moved])
        return frozenset(row[0] for row in changed)
