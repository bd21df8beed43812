"""The door to the stored counts of boards; what papers/counts.py says of its own holds here too."""

from collections.abc import Iterable, Iterator

from django.db import connections, transaction

from leaderboards.count_definitions import STORED, TOTALS
from papers.counts import Difference, compare, settle


def recount_all(*, using: str = "default") -> None:
    """Make every count of boards, and of tasks and datasets by their boards, true."""
    settle(STORED, TOTALS, using=using)


def recount(
    *, boards: Iterable[int] = (), tasks: Iterable[int] = (), datasets: Iterable[int] = (), using: str = "default"
) -> None:
    """Make the counts of these things, by their ids, true; for boards also those of their tasks and datasets."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        arrays = [list(boards), list(tasks), list(datasets)]
        cursor.execute("SELECT leaderboards_recount(%s::bigint[], %s::bigint[], %s::bigint[])", arrays)


def differences(*, using: str = "default") -> Iterator[Difference]:
    """Where what is stored is not what is there."""
    yield from compare(STORED, TOTALS, using=using)
