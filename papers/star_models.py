"""GitHub stars as somebody observed them on a day, and what is stored of them by the rules of papers/count_models.py."""

from django.db import models
from django.db.models import F

from papers.count_models import counted

__all__ = ["PaperStars", "RepositoryStars", "StarObservation"]


class StarObservation(models.Model):
    """How many stars a repository had on a day. The archive has none: they come by `manage.py import_stars`."""

    repository = models.ForeignKey("papers.Repository", models.CASCADE, related_name="star_observations")
    observed_on = models.DateField()
    stars = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "observed_on"], name="star_observation_once_a_day")]

    def __str__(self) -> str:
        return f"{self.repository_id} on {self.observed_on}: {self.stars}"


class RepositoryStars(models.Model):
    """The last observation of a repository; `a_day` is how many stars came a day since the one before, null where it is alone."""

    repository = counted("papers.Repository", related_name="star_count")
    stars = models.IntegerField()
    observed_on = models.DateField()
    a_day = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.repository_id}: {self.stars}"


class PaperStars(models.Model):
    """The stars of a paper's code: those of its official repository, else of the one with most. A paper without has no row."""

    paper = counted("papers.Paper", related_name="star_count")
    stars = models.IntegerField()
    observed_on = models.DateField()
    a_day = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(F("stars").desc(), F("paper_id").desc(), name="paper_stars_most_first"),
            models.Index(F("a_day").desc(nulls_last=True), F("paper_id").desc(), name="paper_stars_fastest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.paper_id}: {self.stars}"
