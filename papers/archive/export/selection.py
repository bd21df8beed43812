"""Which rows of the catalogue stand in which file of an export, as SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from papers.archive.export.restored import NOTHING, Beside
from papers.archive.export.written import from_text
from papers.catalogue_row import Source


class Dump(StrEnum):
    """The archive's five files by their names; a row's `archive_dumps` holds some of these."""

    PAPERS = "papers-with-abstracts"
    LINKS = "links-between-papers-and-code"
    TABLES = "evaluation-tables"
    METHODS = "methods"
    DATASETS = "datasets"


MADE_HERE = (Source.FORM, Source.API)
"""Sources whose rows people added: they belong into the archive's files as the archive's own do. Runs' rows do not."""

BESIDE = "nullif({0}.archive_raw, '{{}}')::text, {0}.archive_absent, nullif({0}.archive_extra, '{{}}')::text, {0}.edited_fields"
"""The four columns that `beside` takes, of the table that is named."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose rows an export writes: the archive's, or the demo's where there is no archive, and those that people added."""

    imported: Source

    def stated(self, table: str, dump: Dump, *, unmarked: str = "true") -> str:
        """A condition on a table's rows: not removed, and stated by the dump or added here.

        A row that names no dump at all counts as stated if `unmarked` holds.
        """
        here = ", ".join(f"'{source.value}'" for source in MADE_HERE)
        return (
            f"({table}.removed_at IS NULL AND ({table}.source IN ({here}) OR ({table}.source = '{self.imported.value}'"
            f" AND ({table}.archive_dumps @> ARRAY['{dump.value}'] OR ({table}.archive_dumps = '{{}}' AND {unmarked})))))"
        )


def beside(raw: str | None, absent: Collection[str], extra: str | None, edited: Collection[str]) -> Beside:
    """What stands beside a row's columns, from the columns of `BESIDE`."""
    if raw is None and extra is None and not absent:
        return NOTHING
    return Beside(raw=from_text(raw) or {}, absent=absent, extra=from_text(extra) or {}, edited=edited)
