"""Stored counts of the catalogue: what pages show is read here, never counted while somebody waits.

Triggers keep them right (papers/count_triggers.py); the tables are of their own because a count is no change of a row's
content. Only what the public sees counts, and only it has a row: no row means zero. There are no constraints to the rows
counted, which each recount would have to lock.
"""

from typing import Any

from django.db import models
from django.db.models import F

__all__ = ["AreaCount", "AuthorCount", "MethodCount", "MethodYear", "PaperCount", "RepositoryCount", "TaskCount", "Total"]


def counted(to: str, *, related_name: str = "count") -> "models.OneToOneField[Any, Any]":
    """The key of a table of counts: the row that is counted for."""
    return models.OneToOneField(to, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name=related_name)


class PaperCount(models.Model):
    """A paper with code: its links to repositories, both shown. A paper without has no row."""

    paper = counted("papers.Paper")
    code_links = models.IntegerField()
    has_official = models.BooleanField()

    class Meta:
        indexes = [models.Index(F("code_links").desc(), F("paper_id").desc(), name="paper_count_most_code_first")]

    def __str__(self) -> str:
        return f"{self.paper_id}: {self.code_links}"


class TaskCount(models.Model):
    """The papers with a task as their tag; every task that is shown has a row."""

    task = counted("papers.Task")
    papers = models.IntegerField()
    papers_with_code = models.IntegerField()

    class Meta:
        indexes = [models.Index(F("papers").desc(), F("task_id"), name="task_count_largest_first")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.papers}"


class MethodCount(models.Model):
    """The papers that use a method; every method that is shown has a row."""

    method = counted("papers.Method")
    papers = models.IntegerField()

    class Meta:
        indexes = [models.Index(F("papers").desc(), F("method_id"), name="method_count_largest_first")]

    def __str__(self) -> str:
        return f"{self.method_id}: {self.papers}"


class MethodYear(models.Model):
    """The papers of one year that use a method; undated papers are of no year."""

    pk = models.CompositePrimaryKey("method_id", "year")
    method = models.ForeignKey("papers.Method", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="years")
    year = models.IntegerField()
    papers = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.method_id} in {self.year}: {self.papers}"


class AuthorCount(models.Model):
    """The papers of an author, each once; an author without has no row."""

    author = counted("papers.Author")
    papers = models.IntegerField()

    class Meta:
        indexes = [models.Index(F("papers").desc(), F("author_id"), name="author_count_largest_first")]

    def __str__(self) -> str:
        return f"{self.author_id}: {self.papers}"


class RepositoryCount(models.Model):
    """The papers of a repository; a repository without has no row."""

    repository = counted("papers.Repository")
    papers = models.IntegerField()

    class Meta:
        indexes = [models.Index(F("papers").desc(), F("repository_id"), name="repository_count_largest")]

    def __str__(self) -> str:
        return f"{self.repository_id}: {self.papers}"


class AreaCount(models.Model):
    """The tasks of an area; every area that is shown has a row."""

    area = counted("papers.Area")
    tasks = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.area_id}: {self.tasks}"


class Total(models.Model):
    """How many there are of something in the whole catalogue, e.g. "papers"; no row means none."""

    name = models.TextField(primary_key=True)
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
