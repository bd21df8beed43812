"""Stored counts of what is said about results; the rules of papers/count_models.py hold here too."""

from django.db import models
from django.db.models import F

from papers.count_models import counted

__all__ = ["BoardCount", "DatasetCount", "DatasetYear", "TaskBoards"]


class BoardCount(models.Model):
    """What stands on a board, and its best claim; every board that is shown has a row.

    `results` are claims and the measurements that test no claim; `measurements` are all that stand. `papers` have a claim.
    The best claim is that of the metric which ranks the board (the first with a direction); of equal ones that with the earliest
    date, then the one that came first. All its fields are null on a board that is not ranked. A doubtful value counts, and says
    so.
    """

    board = counted("leaderboards.Leaderboard")
    results = models.IntegerField()
    measurements = models.IntegerField()
    papers = models.IntegerField()
    best_claim = models.ForeignKey(
        "leaderboards.Claim", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    best_score = models.ForeignKey(
        "leaderboards.Score", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    best_value = models.FloatField(null=True)
    best_is_doubtful = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(F("results").desc(), F("board_id"), name="board_count_largest_first")]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.results}"


class TaskBoards(models.Model):
    """The boards of a task, what stands on them, and the papers with a claim there; every task that is shown has a row."""

    task = counted("papers.Task", related_name="board_count")
    boards = models.IntegerField()
    results = models.IntegerField()
    papers_with_result = models.IntegerField()

    class Meta:
        indexes = [models.Index(F("boards").desc(), F("task_id"), name="task_boards_most_first")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.boards}"


class DatasetCount(models.Model):
    """The boards on a dataset, what stands on them, and the papers with a claim there; every dataset that is shown has a row."""

    dataset = counted("papers.Dataset")
    boards = models.IntegerField()
    results = models.IntegerField()
    papers = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(F("papers").desc(), F("dataset_id"), name="dataset_count_largest_first"),
            models.Index(F("boards").desc(), F("dataset_id"), name="dataset_count_most_boards"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}: {self.boards}"


class DatasetYear(models.Model):
    """The papers of one year, by the paper's date, with a claim on any board of a dataset."""

    pk = models.CompositePrimaryKey("dataset_id", "year")
    dataset = models.ForeignKey("papers.Dataset", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="years")
    year = models.IntegerField()
    papers = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.dataset_id} in {self.year}: {self.papers}"
