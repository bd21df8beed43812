"""Typed staging: rows go by COPY into a temporary table with the columns of the real one, then over in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from django.db import connections
from django.db.models import Model
from psycopg2.extensions import adapt

from papers.archive.copy_text import escaped, random_uuids
from papers.archive.session import A_VARIANT, COMES_BACK, OWNER, Session
from papers.catalogue_row import Source
from papers.hidden_keys import is_hidden_sql

KEYS = ("id", "archive_key", "archive_digest")


@dataclass(frozen=True, slots=True)
class Staged:
    """What went over: how many new rows, and the public ids of those in which something differed."""

    new: int
    changed: frozenset[str]


@dataclass
class Stage:
    """A staging table for `table`, a catalogue table; `columns` are those that the dump states, by database name.

    Columns in `kept_if_null` keep what they hold where the dump states nothing; those in `made_once` are given to new rows
    alone, such as an address, which stays for good.
    """

    session: Session
    table: type[Model]
    columns: Sequence[str]
    kept_if_null: frozenset[str] = frozenset()
    made_once: frozenset[str] = frozenset()
    label: str = ""
    _new: list[bytes] = field(default_factory=list)
    _held: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = ", ".join(f't."{name}"' for name in (*KEYS, *self.columns))
        self.session.run(f"DROP TABLE IF EXISTS {self.name}")
        self.session.run(f"CREATE TEMP TABLE {self.name} ON COMMIT DROP AS SELECT {columns} FROM {self.target} t WHERE false")
        # Rows stay here for a moment: compressing the long ones would cost more than it saves.
        self.session.run(f"ALTER TABLE {self.name} SET (toast_tuple_target = 8160)")

    @property
    def target(self) -> str:
        """The table that the rows are for."""
        return self.table._meta.db_table

    @property
    def name(self) -> str:
        """The staging table."""
        return f"stage_{self.target}{self.label}"

    def __len__(self) -> int:
        return len(self._new) + len(self._held)

    def add(self, row_id: int, *, is_new: bool, key: str, digest: int, text: bytes) -> None:
        """Take a row; `text` are its columns in COPY's form (copy_text.columns)."""
        lines = self._new if is_new else self._held
        # Bytes from the start: one letter beyond Latin-1 would make a batch as text two or four times as large.
        lines.append(b"%b%b\n" % (f"{row_id}\t{escaped(key)}\t{digest}\t".encode(), text))

    def take_lines(self) -> tuple[list[bytes], list[bytes]]:
        """The rows so far in COPY's form, new ones and those that are there; the stage begins anew."""
        taken = self._new, self._held
        self._new, self._held = [], []
        return taken

    def flush(self) -> Staged:
        """Bring the rows taken so far over into the real table, with their history."""
        return self.bring_over(*self.take_lines())

    def bring_over(self, new: Sequence[bytes], held: Sequence[bytes]) -> Staged:
        """Bring rows in COPY's form over; safe in another thread than the one that makes them."""
        changed = self._update(held) if held else frozenset[str]()
        return Staged(self._insert(new) if new else 0, changed)

    def _stage(self, lines: Sequence[bytes]) -> None:
        self.session.run(f"TRUNCATE {self.name}")
        self.session.copy_bytes(self.name, [*KEYS, *self.columns], b"".join(lines))

    def _insert(self, lines: Sequence[bytes]) -> int:
        """Add new rows; where indexes are away and nothing is recorded of them, straight into the table."""
        others = self._others()
        is_unrecorded = self.session.is_baseline or self.session.source == Source.DEMO
        if is_unrecorded and self.target in self.session.bare_tables:
            del others["public_id"]  # the server makes them one by one, at many times the price
            self.session.default(self.target, others)
            parts = chain.from_iterable(zip(random_uuids(len(lines)), repeat(b"\t"), lines))
            self.session.copy_bytes(self.target, ["public_id", *KEYS, *self.columns], b"".join(parts))
            return len(lines)
        self._stage(lines)
        columns = [*KEYS, *self.columns, *others]
        values = [*(f's."{name}"' for name in columns[: -len(others)]), *others.values()]
        names = ", ".join(f'"{name}"' for name in columns)
        insert = f"INSERT INTO {self.target} ({names}) SELECT {', '.join(values)} FROM {self.name} s ORDER BY s.id"
        if is_unrecorded:
            return self.session.run(insert)
        log = (
            f"WITH made AS ({insert} RETURNING public_id, papers_content(to_jsonb({self.target})) AS content) "
            f"{log_change(self.session)} SELECT {log_values(self.session, self.target)}, 'created', public_id, '{{}}', "
            "jsonb_strip_nulls(content) FROM made"
        )
        return self.session.run(log)

    def _others(self) -> dict[str, str]:
        """What a new row's other columns hold, as SQL."""
        values = {
            "public_id": "gen_random_uuid()",
            "source": literal(self.session.source.value),
            "archive_dumps": f"ARRAY[{literal(self.session.dump)}]",
            "created_at": "now()",
            "updated_at": "now()",
        }
        held = {*KEYS, *self.columns, *values}
        for column in self.table._meta.concrete_fields:
            if column.column not in held and not column.null and not column.generated:
                default = column.get_default()
                kind = str(column.db_type(connections[OWNER]))
                values[str(column.column)] = f"{literal('{}' if default in ([], {}) else default)}::{kind}"
        return values

    def _update(self, lines: Sequence[bytes]) -> frozenset[str]:
        """Bring rows up to date: people's edits win, rows made here are only filled. Public ids of those that changed."""
        self._stage(lines)
        wanted = {name: self._effective(name) for name in self.columns if name not in self.made_once}
        source, back = literal(self.session.source.value), comes_back("t")
        wanted["archive_key"] = f"CASE WHEN {is_hidden_sql('t.archive_key')} THEN t.archive_key ELSE s.archive_key END"
        wanted["source"] = f"CASE WHEN t.source = 'demo' THEN {source} ELSE t.source END"
        wanted["removed_at"] = f"CASE WHEN {back} THEN NULL ELSE t.removed_at END"
        wanted["removed_reason"] = f"CASE WHEN {back} THEN '' ELSE t.removed_reason END"
        names = ", ".join(f't."{name}"' for name in wanted)
        differs = f"({names}) IS DISTINCT FROM ({', '.join(wanted.values())})"
        dump = literal(self.session.dump)
        assignments = [f'"{name}" = {value}' for name, value in wanted.items()]
        assignments += [
            f"updated_at = CASE WHEN {differs} THEN now() ELSE t.updated_at END",
            "archive_digest = s.archive_digest",
            f"archive_dumps = array_remove(t.archive_dumps, {dump}) || {dump}::text",
        ]
        rows = self.session.rows(
            f"""
            WITH before AS (
                SELECT t.id, papers_content(to_jsonb(t)) AS content
                FROM {self.target} t JOIN {self.name} s USING (id)
            ), after AS (
                UPDATE {self.target} t SET {", ".join(assignments)} FROM {self.name} s WHERE t.id = s.id
                RETURNING t.id, t.public_id, t.created_at, papers_content(to_jsonb(t)) AS content
            ), differing AS (
                SELECT after.public_id, after.created_at, before.content AS old, after.content AS new
                FROM before JOIN after USING (id) WHERE before.content <> after.content
            ), noted AS (
                {log_change(self.session)}
                SELECT {log_values(self.session, self.target)},
                    CASE WHEN old ->> 'removed_at' IS NOT NULL AND new ->> 'removed_at' IS NULL
                        THEN 'restored' ELSE 'changed' END,
                    public_id, papers_json_less(old, new), papers_json_less(new, old)
                FROM differing WHERE {is_recorded(self.session, "differing")}
            )
            SELECT public_id FROM differing
            """
        )
        return frozenset(row[0] for row in rows)

    def _is_shut(self) -> str:
        """SQL: whether the import may not even fill what is empty: the demo never changes a row of the archive."""
        return "t.source = 'archive'" if self.session.source == Source.DEMO else "false"

    def _effective(self, name: str) -> str:
        """What a column of a row that is there shall hold."""
        field = name.removesuffix("_id")
        stated = f's."{name}"'
        if name in self.kept_if_null:
            stated = f'coalesce({stated}, t."{name}")'
        empty = "t.{0} IS NULL OR t.{0}::text IN ('', '{{}}', '[]')".format(f'"{name}"')
        return (
            f'CASE WHEN t.edited_fields && ARRAY[{literal(name)}, {literal(field)}] OR {self._is_shut()} THEN t."{name}" '
            f'WHEN {is_open(self.session, "t")} OR {empty} THEN {stated} ELSE t."{name}" END'
        )


def is_open(session: Session, row: str) -> str:
    """SQL: whether the import may rewrite a row: one of its own source, and the archive also the demo's."""
    sources = ["archive", "demo"] if session.source == Source.ARCHIVE else [session.source.value]
    return f"{row}.source IN ({', '.join(map(literal, sources))})"


def comes_back(row: str) -> str:
    """SQL: whether a row was removed by an import, which takes it back when the archive has the row again."""
    reasons = ", ".join(map(literal, COMES_BACK))
    return f"({row}.removed_reason IN ({reasons}) OR starts_with({row}.removed_reason, {literal(A_VARIANT)}))"


def is_recorded(session: Session, row: str) -> str:
    """SQL: whether a change of a row goes into the history; in a baseline that of a row that stood before it alone."""
    began = f"(SELECT started_at FROM papers_archiveimport WHERE id = {session.import_id})"
    return f"{row}.created_at < {began}" if session.is_baseline else "true"


def literal(value: object) -> str:
    """A value as an SQL literal; for words of our own code, never for a dump's."""
    adapted = adapt(value)
    if isinstance(value, str):
        adapted.encoding = "utf-8"
    return str(adapted.getquoted().decode())


def log_change(session: Session) -> str:
    """The head of a statement that writes history in bulk; `log_values` begins what follows."""
    return 'INSERT INTO papers_change ("table", via, origin, archive_import_id, action, object_id, old, new)'


def log_values(session: Session, table: str) -> str:
    """The values of `log_change` that one import's changes share."""
    return f"{literal(table)}, 'import', {literal(session.origin)}, {session.import_id}"
