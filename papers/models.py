"""The catalogue: papers, the people and places behind them, and what they are about."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import F, Q

from papers.brake_models import BrakeKind, BrakeLift, BrakeTrip
from papers.catalogue_row import CatalogueQuerySet, CatalogueRow, Screened, ScreenedQuerySet, Source
from papers.changes import Change
from papers.count_models import (
    AreaCount,
    AuthorCount,
    MethodCount,
    MethodYear,
    PaperCount,
    RepositoryCount,
    TaskCount,
    Total,
)
from papers.related_models import RelatedPapers, WordStatistics
from papers.repository_names import NAME, OWNER, key_part
from papers.star_models import PaperStars, RepositoryStars, StarObservation
from papers.transfers import ArchiveExport, ArchiveImport, ExportedFile
from papers.trend_models import FrameworkMonth, MonthCount, ProceedingCount

__all__ = [
    "ArchiveExport", "ArchiveImport", "Area", "AreaCount", "Author", "AuthorCount", "BrakeKind",
    "BrakeLift", "BrakeTrip", "CatalogueRow", "Change", "Conference",
    "Dataset", "ExportedFile", "FrameworkMonth", "Method", "MethodCollection", "MethodCount", "MethodYear", "MonthCount",
    "Paper", "PaperAuthor", "PaperCount", "PaperMethod", "PaperRepository", "PaperStars", "PaperTask", "Proceeding",
    "ProceedingCount", "RelatedPapers", "Repository", "RepositoryCount", "RepositoryStars", "SlugHistory", "Source",
    "StarObservation", "Task", "TaskCount", "TaskEdge", "Total", "WordStatistics",
]  # fmt: skip


class SlugHistory(models.Model):
    """An address that a thing once had; it redirects to the thing's address of today."""

    class Kind(models.TextChoices):
        """The noun of the address: `/paper/...`, `/task/...`, `/sota/...`."""

        PAPER = "paper", "Paper"
        TASK = "task", "Task"
        DATASET = "dataset", "Dataset"
        METHOD = "method", "Method"
        AUTHOR = "author", "Author"
        LEADERBOARD = "sota", "Leaderboard"

    kind = models.CharField(max_length=8, choices=Kind)
    slug = models.TextField()
    target = models.UUIDField(help_text="The public id of the thing that the address now means.")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="slug_history_once")]

    def __str__(self) -> str:
        return f"/{self.kind}/{self.slug}"


class Named(CatalogueRow):
    """A catalogue row with a name and an address."""

    name = models.TextField(blank=True)
    slug = models.TextField(unique=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Area(Named):
    """A field such as Natural Language Processing; tasks belong to areas."""

    objects = CatalogueQuerySet["Area"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("area")
        ordering = ["name"]


class Task(Screened, Named):
    """Something that models do, such as Question Answering.

    Tasks form a graph, not a tree: the archive's has cycles and nodes with several parents (see `TaskEdge`), so
    whatever walks it remembers where it has been.
    """

    description = models.TextField(null=True, blank=True)
    synonyms = ArrayField(models.TextField(), default=list, blank=True)
    areas = models.ManyToManyField(Area, related_name="tasks", blank=True)
    children = models.ManyToManyField("self", through="TaskEdge", symmetrical=False, related_name="parents", blank=True)

    objects = ScreenedQuerySet["Task"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("task")
        ordering = ["name"]


class TaskEdge(models.Model):
    """One task named as a sub-task of another; `position` keeps the archive's order."""

    parent = models.ForeignKey(Task, models.CASCADE, related_name="edges_down")
    child = models.ForeignKey(Task, models.CASCADE, related_name="edges_up")
    position = models.PositiveIntegerField(default=0)
    is_bare = models.BooleanField(
        default=False, help_text="The archive names the sub-task here without its boards and sub-tasks."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="task_edge_once"),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="task_edge_not_to_itself"),
        ]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.parent_id} > {self.child_id}"


class Dataset(Screened, Named):
    """Data that models are measured on; `variants` are the names that boards use for it."""

    full_name = models.TextField(null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    homepage = models.TextField(null=True, blank=True)
    introduced_date = models.DateField(null=True, blank=True)
    paper = models.ForeignKey("Paper", models.SET_NULL, null=True, blank=True, related_name="introduced_datasets")
    short_description = models.TextField(null=True, blank=True)
    warning = models.TextField(null=True, blank=True)
    parent_name = models.TextField(null=True, blank=True, help_text="The archive's `parent_dataset`.")
    image = models.TextField(null=True, blank=True)
    archive_paper_count = models.PositiveIntegerField(null=True, blank=True, help_text="The archive's `num_papers`.")
    data_loaders = models.JSONField(default=list, blank=True, help_text="[{url, repo, frameworks}] as the archive has them.")
    variants = ArrayField(models.TextField(), default=list, blank=True)
    modalities = ArrayField(models.TextField(), default=list, blank=True)
    languages = ArrayField(models.TextField(), default=list, blank=True)
    tasks = models.ManyToManyField(Task, related_name="datasets", blank=True)

    objects = ScreenedQuerySet["Dataset"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("dataset")
        ordering = ["name"]


class MethodCollection(Named):
    """A family of methods, such as Language Models; `area` is the methods' own taxonomy, not the tasks'."""

    description = models.TextField(null=True, blank=True)
    area = models.TextField(null=True, blank=True)
    parent_name = models.TextField(null=True, blank=True)

    objects = CatalogueQuerySet["MethodCollection"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("collection")
        ordering = ["name"]


class Method(Screened, Named):
    """A building block that papers use, such as LoRA."""

    full_name = models.TextField(null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    introduced_year = models.IntegerField(null=True, blank=True, help_text="2000 is the archive's word for unknown.")
    source_url = models.TextField(null=True, blank=True)
    source_title = models.TextField(null=True, blank=True)
    code_snippet_url = models.TextField(null=True, blank=True)
    archive_paper_count = models.PositiveIntegerField(null=True, blank=True, help_text="The archive's `num_papers`.")
    paper = models.ForeignKey("Paper", models.SET_NULL, null=True, blank=True, related_name="introduced_methods")
    main_collection = models.ForeignKey(MethodCollection, models.SET_NULL, null=True, blank=True, related_name="main_methods")
    collections = models.ManyToManyField(MethodCollection, related_name="methods", blank=True)

    objects = ScreenedQuerySet["Method"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("method")
        ordering = ["name"]


class Author(Named):
    """A person as named on papers; the archive knows people by their names alone."""

    objects = CatalogueQuerySet["Author"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("author")
        ordering = ["name"]


class Conference(Named):
    """A venue, such as NeurIPS."""

    objects = CatalogueQuerySet["Conference"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("conference")
        ordering = ["name"]


class Proceeding(Named):
    """One meeting of a conference; `name` is the archive's free text, e.g. "NeurIPS 2018 12" (year, then month)."""

    conference = models.ForeignKey(Conference, models.CASCADE, null=True, blank=True, related_name="proceedings")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    month = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = CatalogueQuerySet["Proceeding"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("proceeding")
        ordering = ["-year", "-month", "name"]


REPOSITORY_NAMES = {OWNER: key_part(2), NAME: key_part(3)}
"""The parts of a repository's key that people know it by, as expressions over its rows."""


class Repository(CatalogueRow):
    """Code somewhere; `url` as the archive gives it, `key` folded so that one repository is one row."""

    url = models.TextField()
    key = models.TextField(unique=True, help_text="Host and path in lower case, without scheme, trailing slash and .git.")
    framework = models.TextField(null=True, blank=True)

    objects = CatalogueQuerySet["Repository"].as_manager()

    class Meta:
        constraints = CatalogueRow.row_constraints("repository")
        verbose_name_plural = "repositories"
        indexes = [models.Index(key_part(2), key_part(3), name="repository_by_owner")]

    def __str__(self) -> str:
        return self.key


SHOWN = Q(removed_at__isnull=True, duplicate_of__isnull=True)
"""Papers that the public sees: neither removed nor a second row of a paper that is shown."""


class PaperQuerySet(CatalogueQuerySet["Paper"]):
    """Papers."""

    def published(self) -> Self:
        """Papers that the public sees: neither removed nor a second row of a paper that is shown."""
        return self.filter(SHOWN)

    def newest_first(self) -> Self:
        """By date, undated ones last."""
        return self.order_by(F("date").desc(nulls_last=True), "-pk")


class Paper(CatalogueRow):
    """A paper with its addresses, its words and what the archive knew of it."""

    class AbstractBy(models.TextChoices):
        """Whose words the abstract is."""

        AUTHORS = "authors", "The authors"
        PORTAL = "portal", "This portal's summary"

    slug = models.TextField(unique=True)
    title = models.TextField(null=True, blank=True)
    abstract = models.TextField(null=True, blank=True)
    abstract_by = models.CharField(max_length=8, choices=AbstractBy, default=AbstractBy.AUTHORS)
    short_abstract = models.TextField(null=True, blank=True)
    date = models.DateField(null=True, blank=True)
    arxiv_id = models.TextField(null=True, blank=True, help_text="Without version.")
    nips_id = models.TextField(null=True, blank=True)
    openreview_id = models.TextField(null=True, blank=True)
    url_abs = models.TextField(null=True, blank=True)
    url_pdf = models.TextField(null=True, blank=True)
    conference_url_abs = models.TextField(null=True, blank=True)
    conference_url_pdf = models.TextField(null=True, blank=True)
    conference_slug = models.TextField(null=True, blank=True, help_text="The archive's `conference`: a slug.")
    reproduces_paper = models.TextField(null=True, blank=True)
    proceeding = models.ForeignKey(Proceeding, models.SET_NULL, null=True, blank=True, related_name="papers")
    archive_code_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="Code links that the archive's page counted, where that is known."
    )

    duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="duplicates", help_text="The row that stands for both."
    )

    authors = models.ManyToManyField(Author, through="PaperAuthor", related_name="papers")
    tasks = models.ManyToManyField(Task, through="PaperTask", related_name="papers")
    methods = models.ManyToManyField(Method, through="PaperMethod", related_name="papers")
    repositories = models.ManyToManyField(Repository, through="PaperRepository", related_name="papers")

    objects = PaperQuerySet.as_manager()

    class Meta:
        constraints = [
            *CatalogueRow.row_constraints("paper"),
            models.CheckConstraint(condition=Q(abstract_by__in=["authors", "portal"]), name="paper_abstract_by_known"),
        ]
        indexes = [
            models.Index(F("date").desc(nulls_last=True), F("id").desc(), name="paper_newest_first"),
            models.Index(fields=["date", "id"], condition=SHOWN, name="paper_shown_oldest_first"),
            models.Index(fields=["arxiv_id"], name="paper_arxiv_id"),
            # Recounts join every link with its paper: this spares them the wide rows.
            models.Index(fields=["id"], include=["date"], condition=SHOWN, name="paper_shown"),
            HashIndex(fields=["url_abs"], name="paper_url_abs"),  # of any length, which a B-tree refuses
        ]

    def __str__(self) -> str:
        return self.title or self.slug


class PaperAuthor(models.Model):
    """An author's place in a paper's list of authors."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="author_places")
    author = models.ForeignKey(Author, models.CASCADE, related_name="paper_places")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="paper_author_place_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.paper_id}/{self.position}"


class PaperTask(models.Model):
    """A task tag of a paper, in the archive's order."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="task_places")
    task = models.ForeignKey(Task, models.CASCADE, related_name="paper_places")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "task"], name="paper_task_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.paper_id}/{self.task_id}"


class PaperMethod(models.Model):
    """A method that a paper uses, in the archive's order."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="method_places")
    method = models.ForeignKey(Method, models.CASCADE, related_name="paper_places")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "method"], name="paper_method_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.paper_id}/{self.method_id}"


class PaperRepository(CatalogueRow):
    """One row of the archive's links between papers and code."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="code_links")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="paper_links")
    is_official = models.BooleanField(null=True)
    mentioned_in_paper = models.BooleanField(null=True)
    mentioned_in_github = models.BooleanField(null=True)
    framework = models.TextField(null=True, blank=True)

    objects = CatalogueQuerySet["PaperRepository"].as_manager()

    class Meta:
        constraints = [
            *CatalogueRow.row_constraints("code_link"),
            models.UniqueConstraint(fields=["paper", "repository"], name="code_link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} - {self.repository_id}"
