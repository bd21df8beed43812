"""The door to the catalogue's stored counts: count anew, compare, read totals.

All that the site changes is counted by triggers; only a bulk import has to ask, at its end and on the connection that it
wrote by. `using` is that connection. Counting takes the counts' lock until the transaction ends: other writers wait.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction

from papers import star_definitions, trend_definitions
from papers.count_definitions import STORED, TOTALS
from papers.count_models import Total
from papers.count_triggers import Stored, recount_everything

_ALL = [*STORED, *trend_definitions.STORED, *star_definitions.STORED]
_TOTALS = {**TOTALS, **star_definitions.TOTALS}


@dataclass(frozen=True)
class Difference:
    """A stored count that is not the true one; None where there is no row, which means zero."""

    table: str
    key: tuple[int | str, ...]
    stored: tuple[object, ...] | None
    counted: tuple[object, ...] | None

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        return f"{self.table} {key}: stored {_words(self.stored)}, counted {_words(self.counted)}"


def recount_all(*, using: str = "default") -> None:
    """Make every count true: of papers, tasks, methods, authors, repositories, areas, months, proceedings and stars.

    Tables that were just filled should be analyzed before.
    """
    settle(_ALL, _TOTALS, using=using)


def recount(
    *,
    papers: Iterable[int] = (),
    tasks: Iterable[int] = (),
    methods: Iterable[int] = (),
    authors: Iterable[int] = (),
    repositories: Iterable[int] = (),
    areas: Iterable[int] = (),
    using: str = "default",
) -> None:
    """Make the counts of these things, by their ids, true; for papers also those of all that hangs on them.

    The total of papers is not among them: triggers keep it, and `recount_all` counts it.
    """
    asked = [
        ("papers_recount_of_papers", papers),
        ("papers_recount_months_of", papers),
        ("papers_paperstars_recount", papers),
        ("papers_taskcount_recount", tasks),
        ("papers_methodcount_recount", methods),
        ("papers_methodyear_recount", methods),
        ("papers_authorcount_recount", authors),
        ("papers_repositorycount_recount", repositories),
        ("papers_recount_stars_of", repositories),
        ("papers_areacount_recount", areas),
    ]
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for function, ids in asked:
            cursor.execute(f"SELECT {function}(%s::bigint[])", [list(ids)])


def differences(*, using: str = "default") -> Iterator[Difference]:
    """Where what is stored is not what is there."""
    yield from compare(_ALL, _TOTALS, using=using)


def totals() -> Mapping[str, int]:
    """How many papers, papers with code and with stars, tasks, methods, datasets, boards and results the public sees.

    One query of a few rows; what there is none of may be missing.
    """
    return dict(Total.objects.values_list("name", "number"))


def settle(stored: Sequence[Stored], totals: Mapping[str, str], *, using: str) -> None:
    """Make all rows of these tables, and the totals, equal to their truths."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(recount_everything(stored, totals))


def compare(stored: Sequence[Stored], totals: Mapping[str, str], *, using: str) -> Iterator[Difference]:
    """The differences of these tables and totals; each table is compared by one statement, which sees one moment."""
    with connections[using].cursor() as cursor:
        for table in stored:
            cursor.execute(_comparison(table))
            yield from (_difference(table, row) for row in cursor.fetchall())
        for name, truth in totals.items():
            cursor.execute(f"SELECT coalesce((SELECT number FROM papers_total WHERE name = %s), 0), ({truth})", [name])
            number, counted = cursor.fetchone()
            if number != counted:
                yield Difference("papers_total", (name,), (number,), (counted,))


def _comparison(table: Stored) -> str:
    """Rows of: the key; whether there is a stored row, and its figures; whether there is a counted one, and its figures."""
    same = " AND ".join(f"kept.{key} = counted.{key}" for key in table.keys)
    keys = ", ".join(f"coalesce(kept.{key}, counted.{key})" for key in table.keys)
    kept, counted = (", ".join(f"{side}.{name}" for name in table.figures) for side in ("kept", "counted"))
    is_kept, is_counted = (f"{side}.{table.subject} IS NOT NULL" for side in ("kept", "counted"))
    return f"""
        SELECT {keys}, {is_kept}, {kept}, {is_counted}, {counted}
        FROM {table.table} kept FULL JOIN {table.table}_now() counted ON {same}
        WHERE ({kept}) IS DISTINCT FROM ({counted}) OR ({is_kept}) <> ({is_counted})
        ORDER BY {", ".join(str(place) for place, _ in enumerate(table.keys, start=1))}
    """


def _difference(table: Stored, row: tuple[Any, ...]) -> Difference:
    keys = len(table.keys)
    middle = keys + 1 + len(table.figures)
    (is_kept, *kept), (is_counted, *counted) = row[keys:middle], row[middle:]
    return Difference(table.table, row[:keys], tuple(kept) if is_kept else None, tuple(counted) if is_counted else None)


def _words(figures: tuple[object, ...] | None) -> str:
    return "no row" if figures is None else ", ".join(str(figure) for figure in figures)
