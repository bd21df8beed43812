"""Storing what was computed: COPY into a passing table, from there in one statement, so that a repeat replaces."""

import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from papers.models import WordStatistics
from papers.relating.vectors import Frequencies
from papers.relating.words import BUCKETS, VERSION

_COLUMNS = "paper_id, related_ids, scores, similarities, task_ids, method_ids, dataset_ids, terms, weights, digest, computed_at"
_STAGE = "CREATE TEMP TABLE related_stage (LIKE papers_relatedpapers) ON COMMIT DROP"
_COPY = f"COPY related_stage ({_COLUMNS}) FROM STDIN"
# A paper that was deleted meanwhile gets no row.
_MOVE = f"""INSERT INTO papers_relatedpapers ({_COLUMNS}) SELECT {_COLUMNS} FROM related_stage
WHERE EXISTS (SELECT FROM papers_paper WHERE id = related_stage.paper_id)
ON CONFLICT (paper_id) DO UPDATE SET ({_COLUMNS.removeprefix("paper_id, ")})
    = ROW (excluded.{_COLUMNS.removeprefix("paper_id, ").replace(", ", ", excluded.")})"""
_LEFT_OVER = """DELETE FROM papers_relatedpapers stored USING papers_paper paper
WHERE paper.id = stored.paper_id AND (paper.removed_at IS NOT NULL OR paper.duplicate_of_id IS NOT NULL)"""

Number = int | float | None


class NoStatistics(Exception):
    """Nothing was computed for all papers yet, or by older rules, so that new papers cannot be compared alone."""


@dataclass(frozen=True)
class StoredRow:
    """A row of `RelatedPapers`, in the order of `_COLUMNS`."""

    paper: int
    related: Sequence[Number]
    scores: Sequence[Number]
    similarities: Sequence[Number]
    tasks: Sequence[Number]
    methods: Sequence[Number]
    datasets: Sequence[Number]
    terms: Sequence[Number]
    weights: Sequence[Number]
    digest: int


def store(rows: Iterable[StoredRow]) -> None:
    """Store these rows in one transaction in place of what stood for their papers; rows of other papers stay."""
    lines = "".join(_line(row, timezone.now()) for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STAGE)
        cursor.cursor.copy_expert(_COPY, io.StringIO(lines))
        cursor.execute(_MOVE)
        cursor.execute("DROP TABLE related_stage")


def drop_left_over() -> None:
    """Drop the rows of papers that are no longer published."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_OVER)


@transaction.atomic
def store_statistics(frequencies: Frequencies) -> None:
    """Keep what later comparisons of new papers need."""
    WordStatistics.objects.all().delete()
    packed = zlib.compress(frequencies.counts.astype("<i4").tobytes(), level=1)
    WordStatistics.objects.create(version=VERSION, papers=frequencies.papers, frequencies=packed, computed_at=timezone.now())


def read_statistics() -> Frequencies:
    """What `store_statistics` kept; raises `NoStatistics` where that is nothing, or of other rules."""
    stored = WordStatistics.objects.filter(version=VERSION).first()
    counts = np.frombuffer(zlib.decompress(stored.frequencies), "<i4") if stored else np.zeros(0, np.int32)
    if stored is None or len(counts) != BUCKETS:
        raise NoStatistics("Related papers were not computed for the whole catalogue yet; run relate_papers --all.")
    return Frequencies(stored.papers, counts.astype(np.int32))


def _line(row: StoredRow, now: datetime) -> str:
    paper, *arrays, digest = astuple(row)
    return "\t".join([str(paper), *map(_array, arrays), str(digest), now.isoformat()]) + "\n"


def _array(numbers: Sequence[Number]) -> str:
    return "{" + ",".join("NULL" if number is None else str(number) for number in numbers) + "}"
