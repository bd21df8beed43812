"""Stored counts over time and by venue; the rules of papers/count_models.py hold here too."""

from django.db import models

from papers.count_models import counted

__all__ = ["FrameworkMonth", "MonthCount", "ProceedingCount"]


class MonthCount(models.Model):
    """The papers of one month by their date, and those of them with code; a month without papers has no row.

    A month is a number: twelve times the year, and 0 for January to 11 for December.
    """

    month = models.IntegerField(primary_key=True)
    papers = models.IntegerField()
    papers_with_code = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.month // 12}-{self.month % 12 + 1:02}: {self.papers}"


class FrameworkMonth(models.Model):
    """The papers of one month with code in a framework; "none" is code of which no framework is known.

    A paper with code in several frameworks counts once in each.
    """

    pk = models.CompositePrimaryKey("month", "framework")
    month = models.IntegerField()
    framework = models.TextField()
    papers = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.framework} in {self.month // 12}-{self.month % 12 + 1:02}: {self.papers}"


class ProceedingCount(models.Model):
    """The papers of one meeting of a conference; a meeting without has no row."""

    proceeding = counted("papers.Proceeding")
    papers = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.proceeding_id}: {self.papers}"
