"""What was computed of which papers are near which; derived data, which can be computed anew at any time."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["RelatedPapers", "WordStatistics"]


class RealField(models.FloatField):  # type: ignore[type-arg]  # takes none at run time
    """A number of four bytes, half of what Django's own takes."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type."""
        return "real"


def _numbers(**options: Any) -> ArrayField[Any, Any]:
    return ArrayField(models.BigIntegerField(**options), default=list)


def _reals(**options: Any) -> ArrayField[Any, Any]:
    return ArrayField(RealField(**options), default=list)


class RelatedPapers(models.Model):
    """The papers near one paper, nearest first, with what they share; one row a paper.

    The arrays from `related_ids` to `dataset_ids` are of one length, a place for each related paper. Ids of things shared
    are those of the rarest task, method and dataset that both papers have, null where they have none in common; a
    similarity is null where the texts are not similar enough to be a reason.
    """

    paper = models.OneToOneField("papers.Paper", models.CASCADE, primary_key=True, related_name="related_row")
    related_ids = _numbers()
    scores = _reals()
    similarities = _reals(null=True)
    task_ids = _numbers(null=True)
    method_ids = _numbers(null=True)
    dataset_ids = _numbers(null=True)
    terms = ArrayField(models.IntegerField(), default=list, help_text="The paper's strongest words, as numbers.")
    weights = _reals()
    digest = models.BigIntegerField(help_text="Of the words and tags that this was computed from.")
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.paper_id}: {self.related_ids}"


class WordStatistics(models.Model):
    """In how many papers each word stands, as the last full computation found it; one row at most."""

    version = models.PositiveIntegerField(help_text="Of the rules that make words of text.")
    papers = models.PositiveIntegerField()
    frequencies = models.BinaryField(help_text="zlib over 32-bit integers, little-endian, one a word's number.")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "word statistics"

    def __str__(self) -> str:
        return f"words of {self.papers} papers"
