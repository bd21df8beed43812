"""What one submission makes: its rows, noted as they come, the columns to be judged anew, and where new rows get addresses."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model as DatabaseModel

from leaderboards.corrections import rejudge
from leaderboards.models import MadeRow, Metric, Submission
from papers.models import SlugHistory
from papers.slugs import first_free, slugify_title

SOURCES = {Submission.Via.FORM: "form", Submission.Via.UPLOAD: "form", Submission.Via.API: "api"}


class Impossible(Exception):
    """What was accepted cannot be done as things are now; the message is a sentence that says why."""


@dataclass
class Columns:
    """The columns in which a cell came or changed; each is judged once, at the end, however many rows came."""

    keys: set[int] = field(default_factory=set)

    def judge(self) -> None:
        """Judge them as an import does."""
        for metric in Metric.objects.filter(pk__in=self.keys).order_by("pk"):
            rejudge(metric)
        self.keys.clear()


@dataclass
class Making:
    """What is made for one submission."""

    submission: Submission
    columns: Columns
    rows: list[MadeRow] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The source of new rows."""
        return SOURCES[Submission.Via(self.submission.via)]

    def note(self, row: Any, *, is_new: bool = True, external_id: str = "") -> None:
        """Remember a row that was made or changed."""
        if any(made.object_id == row.public_id for made in self.rows):
            return
        table = row._meta.db_table
        self.rows.append(
            MadeRow(submission=self.submission, table=table, object_id=row.public_id, is_new=is_new, external_id=external_id)
        )

    def make(self, table: type[DatabaseModel], **values: Any) -> Any:
        """A new row of the catalogue."""
        row: Any = table._default_manager.create(source=self.source, **values)
        self.note(row)
        return row


def free_slug(table: type[DatabaseModel], name: str, *, kind: SlugHistory.Kind, fallback: str) -> str:
    """An address for a new row: free now, and never anybody else's before."""
    base = slugify_title(name, fallback=fallback)
    taken = set(table._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= set(SlugHistory.objects.filter(kind=kind, slug__startswith=base).values_list("slug", flat=True))
    return first_free(base, taken)
