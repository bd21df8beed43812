"""Where else in the catalogue the content of a row stands: what rows of other tables keep of it word for word.

A redaction clears these copies, and so does every import, since a dump can bring them again (papers/redaction.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Model

from papers.archive.export.methods import EMBEDDED, EMBEDDED_ABSENT
from papers.catalogue_row import CatalogueRow
from papers.hidden_keys import hidden_sql
from papers.models import (
    Author,
    Dataset,
    Method,
    MethodCollection,
    Paper,
    PaperRepository,
    Repository,
    Task,
)

ADDRESS = "slug"
"""Stands among the redacted fields of a row whose address was redacted too."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Rows of `table` that repeat what a row of `of` says, once one of `fields` is redacted there; no fields stand for any.

    `where` finds them, as SQL over `t`, by the ids of the redacted rows (%(ids)s) or by the text that was taken out (%(text)s,
    null in an import). `raw` are keys to drop from `archive_raw`, `columns` what to set, as SQL over `t`; `has_address` where the
    rows' addresses are made of what was redacted. Fields in `kept` stay as they are against imports, as `columns` do.
    What `is_past` goes with the recorded past, even where no field is named.
    """

    of: type[CatalogueRow]
    table: type[Model]
    where: str
    fields: frozenset[str] = frozenset()
    raw: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    has_address: bool = False
    is_past: bool = False

    def hold(self, redacted: Collection[str]) -> bool:
        """Whether rows repeat any of these fields."""
        return self.is_past or (bool(redacted) if not self.fields else bool(self.fields & {*redacted}))

    @property
    def held(self) -> list[str]:
        """The fields that imports have to keep."""
        names = [*self.columns, *self.kept, *([ADDRESS] if self.has_address else [])]
        return [name for name in names if name not in {"archive_key", "removed_reason"}]


def emptied(column: str) -> str:
    """SQL: an empty text, or null as before."""
    return f"left(t.{column}, 0)"


def placeholder(row_id: str) -> str:
    """SQL: what stands for a redacted name; no two rows of a table have the same."""
    return f"'[redacted ' || {row_id} || ']'"


HIDDEN_KEY = {"archive_key": hidden_sql("t.archive_key")}
NAMED = frozenset({"name"})
SAID_OF_PAPER = frozenset({"title", "arxiv_id", "url_abs", "url_pdf", "conference_url_abs", "conference_url_pdf", ADDRESS})
"""What other dumps repeat of a paper."""

SELF = "t.id = ANY(%(ids)s)"
_OF_PAPER = "t.paper_id = ANY(%(ids)s)"
_WITH_METHOD = "t.id IN (SELECT paper_id FROM papers_papermethod WHERE method_id {})"

COPIES = (
    Copies(
        of=Paper,
        fields=SAID_OF_PAPER,
        table=PaperRepository,
        where=_OF_PAPER,
        raw=("paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf", "paper_url", "_repeats"),
        columns=HIDDEN_KEY,
    ),
    *(
        # Without the raw paper an import would know of none: the link to it is kept as a person's is.
        Copies(of=Paper, fields=SAID_OF_PAPER, table=table, where=_OF_PAPER, raw=("paper",), kept=("paper",))
        for table in (Method, Dataset)
    ),
    Copies(of=Paper, fields=frozenset({"arxiv_id"}), table=Paper, where=SELF, raw=("arxiv_id",)),
    *(
        Copies(of=table, fields=frozenset({ADDRESS}), table=table, where=SELF, raw=("url", "paper_url"))
        for table in (Paper, Method, Dataset)
    ),
    Copies(
        of=Author,
        fields=NAMED,
        table=Paper,
        where="(t.id IN (SELECT paper_id FROM papers_paperauthor WHERE author_id = ANY(%(ids)s))"
        " OR t.archive_raw -> 'authors' ? %(text)s)",
        raw=("authors",),
    ),
    Copies(
        of=Task,
        fields=NAMED,
        table=Paper,
        where="(t.id IN (SELECT paper_id FROM papers_papertask WHERE task_id = ANY(%(ids)s))"
        " OR t.archive_raw -> 'tasks' ? %(text)s)",
        raw=("tasks",),
    ),
    Copies(
        of=Task,
        fields=NAMED,
        table=Dataset,
        where="t.id IN (SELECT dataset_id FROM papers_dataset_tasks WHERE task_id = ANY(%(ids)s))",
        raw=("tasks",),
    ),
    Copies(of=Method, table=Paper, where=_WITH_METHOD.format("= ANY(%(ids)s)"), raw=("methods",)),
    Copies(of=Method, table=Method, where=SELF, raw=(EMBEDDED, EMBEDDED_ABSENT)),
    Copies(
        of=MethodCollection,
        table=Paper,
        where=_WITH_METHOD.format("IN (SELECT id FROM papers_method WHERE main_collection_id = ANY(%(ids)s))"),
        raw=("methods",),
    ),
    Copies(
        of=MethodCollection,
        table=Method,
        where="(t.main_collection_id = ANY(%(ids)s) OR t.id IN ("
        "SELECT method_id FROM papers_method_collections WHERE methodcollection_id = ANY(%(ids)s)))",
        raw=("collections", EMBEDDED, EMBEDDED_ABSENT),
    ),
    Copies(
        of=Dataset,
        fields=NAMED,
        table=Dataset,
        where="t.parent_name = %(text)s",
        raw=("parent_dataset",),
        columns={"parent_name": emptied("parent_name")},
    ),
    Copies(
        of=Dataset,
        fields=NAMED,
        table=Dataset,
        where="t.removed_reason = 'A variant of ' || %(text)s || '.'",
        columns={"removed_reason": "'A variant of another dataset.'"},
    ),
    Copies(
        of=Repository,
        fields=frozenset({"url"}),
        table=PaperRepository,
        where="t.repository_id = ANY(%(ids)s)",
        raw=("repo_url", "_repeats"),
        columns=HIDDEN_KEY,
    ),
)

LISTS: Mapping[type[CatalogueRow], str] = {Author: "authors", Task: "tasks", Method: "methods", MethodCollection: "collections"}
"""The lists of names that an import's events state, by what they name."""
