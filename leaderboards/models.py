"""What is said about results: claims on boards, and the measurements that stand beside them."""

import json
import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from leaderboards.answer_models import Answer
from leaderboards.count_models import BoardCount, DatasetCount, DatasetYear, TaskBoards
from leaderboards.submission_models import MadeRow, Notice, RerunVote, ReviewArea, Submission, SubmissionEvent
from leaderboards.verdicts import DEFAULT_MARGIN
from leaderboards.watch_models import Alert, Watch
from papers.catalogue_row import CatalogueQuerySet, CatalogueRow, Source
from papers.models import Dataset, Paper, Task

__all__ = [
    "Alert",
    "Answer",
    "BoardCount",
    "Claim",
    "DatasetCount",
    "DatasetYear",
    "Leaderboard",
    "MadeRow",
    "Measurement",
    "Metric",
    "Model",
    "Notice",
    "Protocol",
    "RerunVote",
    "ReviewArea",
    "Score",
    "Source",
    "Submission",
    "SubmissionEvent",
    "TaskBoards",
    "Watch",
    "cell_text",
    "shown",
]


def shown(board: str = "") -> Q:
    """Whether the public sees a board; `board` is the lookup that leads to it, e.g. "claim__leaderboard__".

    A board of a task or a dataset that was removed or is spam is not shown.
    """
    is_there = {f"{board}{thing}removed_at__isnull": True for thing in ("", "task__", "dataset__")}
    return Q(**is_there, **{f"{board}{thing}spam_reason": "" for thing in ("task__", "dataset__")})


def cell_text(raw: str) -> str:
    """What a reader sees in a cell that is stored as JSON; empty for null."""
    if raw[:1] == '"' and "\\" not in raw:
        return raw[1:-1]  # most cells, and boards have thousands
    value = json.loads(raw)
    return "" if value is None else str(value)


class LeaderboardQuerySet(CatalogueQuerySet["Leaderboard"]):
    """Boards."""

    def published(self) -> Self:
        """Boards that the public sees: neither they nor their tasks and datasets are removed or spam."""
        return self.filter(shown())

    def with_task_and_dataset(self) -> Self:
        """Join what every board page prints in its title."""
        return self.select_related("task", "dataset")


class Leaderboard(CatalogueRow):
    """One task on one dataset: the place where claims and measurements are compared."""

    slug = models.TextField(unique=True)
    task = models.ForeignKey(Task, models.PROTECT, related_name="leaderboards")
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="leaderboards")
    dataset_name = models.TextField(blank=True, help_text='As the board says it, e.g. "COCO minival"; `dataset` is the whole.')
    description = models.TextField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0, help_text="Order among the boards of its task.")
    note = models.TextField(blank=True, default="", help_text="Shown above the table, e.g. that a board is a self-test.")
    mirror_url = models.TextField(
        blank=True, default="", db_default="", help_text="The board elsewhere that this one mirrors, where it mirrors one."
    )

    objects = LeaderboardQuerySet.as_manager()

    class Meta:
        constraints = [
            *CatalogueRow.row_constraints("board"),
            models.UniqueConstraint(fields=["task", "dataset_name"], name="board_once"),
        ]
        # Type-ahead asks for the boards of hundreds of tasks: their keys without the rows, which are wide.
        indexes = [models.Index(fields=["task"], include=["id"], name="board_keys_by_task")]

    def __str__(self) -> str:
        return f"{self.task} on {self.dataset_name}"


class Metric(models.Model):
    """A column of a board. The archive does not say which way is better: it is inferred, and people can correct it."""

    class Direction(models.TextChoices):
        """Which way is better."""

        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"
        NONE = "none", "Not ranked"

    class DirectionSource(models.TextChoices):
        """Who says so."""

        INFERRED = "inferred", "Inferred from the name"
        PERSON = "person", "Said by a person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    leaderboard = models.ForeignKey(Leaderboard, models.CASCADE, related_name="metrics")
    name = models.TextField()
    position = models.PositiveIntegerField(help_text="The first that has a direction ranks the board.")
    direction = models.CharField(max_length=6, choices=Direction)
    direction_source = models.CharField(max_length=8, choices=DirectionSource, default=DirectionSource.INFERRED)
    canonical_name = models.TextField(blank=True, default="", help_text='One name for "ACC", "accuracy" and "Accuracy (%)".')
    description = models.TextField(blank=True, default="", db_default="", help_text="What people say it measures.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["leaderboard", "name"], name="metric_once"),
            models.CheckConstraint(condition=Q(direction__in=["higher", "lower", "none"]), name="metric_direction_known"),
        ]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Model(CatalogueRow):
    """One model, such as GPT-NeoX-20B, with the claims about it and the measurements of it."""

    name = models.TextField()
    slug = models.TextField(unique=True)
    paper = models.ForeignKey(Paper, models.SET_NULL, null=True, blank=True, related_name="introduced_models")

    objects = CatalogueQuerySet["Model"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("model")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ClaimQuerySet(CatalogueQuerySet["Claim"]):
    """Claims."""

    def for_table(self) -> Self:
        """Join what a board's row prints."""
        return self.published().select_related("paper", "model").prefetch_related("scores")


class Claim(CatalogueRow):
    """A result that a paper or a person states: one row of a board.

    Its identity is (board, model name, paper key, occurrence): real boards repeat (model, paper). The paper key is what
    the row itself says about its paper (`arxiv:2204.06745`, a folded URL or title), so that it holds before and after
    the paper is known here.
    """

    leaderboard = models.ForeignKey(Leaderboard, models.CASCADE, related_name="claims")
    model_name = models.TextField()
    model = models.ForeignKey(Model, models.SET_NULL, null=True, blank=True, related_name="claims")
    paper = models.ForeignKey(Paper, models.SET_NULL, null=True, blank=True, related_name="claims")
    paper_key = models.TextField(blank=True, default="")
    occurrence = models.PositiveIntegerField(default=0)
    paper_title = models.TextField(null=True, blank=True)
    paper_url = models.TextField(null=True, blank=True)
    paper_date = models.DateField(null=True, blank=True)
    uses_additional_data = models.BooleanField(null=True)
    code_links = models.JSONField(default=list, blank=True, help_text="[{title, url}] as the archive has them.")
    model_links = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0, help_text="Order in the archive's table.")
    source_url = models.TextField(
        blank=True, default="", db_default="", help_text="Where the number stands, where that is not in the paper."
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            *CatalogueRow.row_constraints("claim"),
            models.UniqueConstraint(fields=["leaderboard", "model_name", "paper_key", "occurrence"], name="claim_once"),
        ]

    def __str__(self) -> str:
        return self.model_name


class Score(models.Model):
    """One cell of a board: the raw value as the archive wrote it, and the number it means where it means one."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="scores")
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="scores")
    raw = models.TextField(help_text='The cell as JSON, to the letter: "33.6" is text, 33.6 a number, null a null.')
    value = models.FloatField(null=True, blank=True, help_text="On the scale of its column.")
    scale = models.FloatField(
        default=1.0, help_text="What the number was multiplied by, e.g. 100 for 0.93 among percents; inferred."
    )
    is_doubtful = models.BooleanField(default=False, help_text="A best value so far ahead of the next that it may be a slip.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "metric"], name="score_once")]
        indexes = [models.Index(fields=["metric", "value"], name="score_by_value")]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """What a reader sees in the cell; empty for null."""
        return cell_text(self.raw)


class Protocol(models.Model):
    """How a number is measured: an lm-eval task, its shots, and what counts as the answer.

    `versions` pins what the numbers depend on, e.g. {"lm_eval": "0.4.13", "task": "2"}. Protocols of one `prompt_family` ask
    the same prompts, so that one pass over them gives the numbers of all. `margin` and `noise` decide verdicts
    (leaderboards/verdicts.py), no number depends on them.
    """

    class Scoring(models.TextChoices):
        """What of the model's is read: of options the likeliest, else how likely a text is, or what the model writes."""

        LETTER = "letter", "Log-likelihood of the option's letter"
        FULL_TEXT = "full_text", "Log-likelihood of the option's whole text"
        RUNNING_TEXT = "running_text", "Log-likelihood of whole texts"
        CHARACTERS = "characters", "Log-likelihood of the option's whole text by its length in characters"
        BYTES = "bytes", "Log-likelihood of the option's whole text by its length in bytes"
        TOKENS = "tokens", "Log-likelihood of the option's whole text by its length in tokens"
        UNCONDITIONAL = "unconditional", "Log-likelihood of the option's whole text less that without the question"
        WRITTEN = "written", "What the model writes, compared with the answer"

    class Aggregation(models.TextChoices):
        """How subjects make one number."""

        MICRO = "micro", "Mean over items"
        MACRO = "macro", "Mean over subjects"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.TextField()
    task = models.TextField(help_text="Name of the lm-eval task or group.")
    num_fewshot = models.PositiveSmallIntegerField()
    prompt_family = models.TextField(blank=True, default="", help_text="Protocols with the same name here ask the same prompts.")
    split = models.TextField(blank=True, default="", help_text="Part of the data that is scored, e.g. test or validation.")
    dataset_names = ArrayField(
        models.TextField(), default=list, blank=True,
        help_text="Names that boards have for its data, e.g. MMLU, MML; empty: claims of any board may be tested.",
    )  # fmt: skip
    scoring = models.CharField(max_length=16, choices=Scoring)
    aggregation = models.CharField(max_length=5, choices=Aggregation)
    metric = models.TextField(default="acc", help_text="The harness's name of the metric.")
    versions = models.JSONField(default=dict, blank=True)
    rules = models.JSONField(
        default=list, blank=True, help_text='Further scoring rules to be reported, e.g. ["letter", "full_text"].'
    )
    margin = models.FloatField(
        null=True, blank=True, default=DEFAULT_MARGIN,
        help_text="How far the 95 % interval may reach to a side before a verdict is inconclusive, in the harness's unit: "
        "0.01 is one percentage point of an accuracy. Empty: any interval will do.",
    )  # fmt: skip
    noise = models.FloatField(
        default=0.0,
        help_text="Largest difference seen between runs on the same items, in the harness's unit; 0: not measured.",
    )
    description = models.TextField(blank=True, default="")
    is_selftest = models.BooleanField(default=False, help_text="A check of this portal's own machinery, not a public benchmark.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "task",
                    "num_fewshot",
                    "scoring",
                    "aggregation",
                    "metric",
                    "versions",
                    "rules",
                    "prompt_family",
                    "split",
                ],
                name="protocol_once",
            ),  # fmt: skip
            models.CheckConstraint(
                condition=(Q(margin__isnull=True) | Q(margin__gt=0)) & Q(noise__gte=0), name="protocol_margin_and_noise"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    """Measurements."""

    def current(self) -> Self:
        """Those that stand: published, not superseded, not retracted."""
        return self.filter(published_at__isnull=False, superseded_by__isnull=True, retracted_at__isnull=True)


class Measurement(models.Model):
    """A number that a run of ours, or somebody else's published run, obtained under a known protocol.

    `value`, `standard_error` and the interval are in the metric's unit as the board prints it (percent where the board
    prints percent); `chance_level` is what guessing gives, in the same unit. `claim` may be empty: not every
    measurement tests a claim.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    leaderboard = models.ForeignKey(Leaderboard, models.PROTECT, related_name="measurements")
    metric = models.ForeignKey(Metric, models.PROTECT, related_name="measurements")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, blank=True, related_name="measurements")
    model = models.ForeignKey(Model, models.PROTECT, null=True, blank=True, related_name="measurements")
    model_name = models.TextField()
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="measurements")
    checkpoint = models.TextField(blank=True, default="", help_text="Name of the weights that were measured, where known.")
    value = models.FloatField()
    items = models.PositiveIntegerField(help_text="n: how many items were scored.")
    standard_error = models.FloatField(null=True, blank=True)
    interval_low = models.FloatField(null=True, blank=True, help_text="Lower end of the 95 % interval.")
    interval_high = models.FloatField(null=True, blank=True)
    chance_level = models.FloatField(null=True, blank=True)
    scale = models.FloatField(default=1.0, help_text="What the harness's number was multiplied by, e.g. 100 for percent.")
    note = models.TextField(blank=True, default="", help_text="What a reader has to know, e.g. that n is an assumption.")
    run_id = models.UUIDField(null=True, blank=True, help_text="Public id of the run that obtained it.")
    publication_title = models.TextField(blank=True, default="")
    publication_url = models.TextField(blank=True, default="")
    measured_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supersedes")
    retracted_at = models.DateTimeField(null=True, blank=True)
    retraction_reason = models.TextField(blank=True, default="")
    answer_count = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Answers that stand beside it.")

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(run_id__isnull=False, publication_url="") | (Q(run_id__isnull=True) & ~Q(publication_url="")),
                name="measurement_by_run_or_publication",
            ),
            models.UniqueConstraint(
                fields=["run_id", "metric", "claim", "protocol"],
                condition=Q(run_id__isnull=False),
                nulls_distinct=False,
                name="measurement_once_a_run",
            ),
            models.UniqueConstraint(
                fields=["publication_url", "protocol", "metric", "claim", "model_name", "checkpoint", "value"],
                condition=Q(run_id__isnull=True),
                nulls_distinct=False,
                name="measurement_once_a_publication",
            ),
            models.CheckConstraint(condition=Q(scale__gt=0), name="measurement_scale_positive"),
            models.CheckConstraint(
                condition=Q(interval_low__isnull=True) | Q(interval_low__lte=F("interval_high")), name="measurement_interval"
            ),
            models.CheckConstraint(
                condition=Q(retracted_at__isnull=True) | ~Q(retraction_reason=""), name="measurement_retracted_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["leaderboard", "claim"], name="measurement_by_board")]

    def __str__(self) -> str:
        return f"{self.model_name}: {self.value:g} (n = {self.items})"
