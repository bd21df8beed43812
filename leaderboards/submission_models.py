"""What people submit: waiting, decided, and what came of it. leaderboards/submissions says how it is checked and decided."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from papers.models import Area

__all__ = ["MadeRow", "Notice", "RerunVote", "ReviewArea", "Submission", "SubmissionEvent"]


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Submissions."""

    def waiting(self) -> Self:
        """Those that nobody has decided about, oldest first."""
        return self.filter(state=Submission.State.WAITING).order_by("pk")

    def with_people(self) -> Self:
        """Join who sent and who decided."""
        return self.select_related("submitter", "reviewer")


class Submission(models.Model):
    """One thing that somebody says should stand in the catalogue, change or go.

    `payload` is what was sent, as `leaderboards.submissions.payloads` reads it in its `version`; `accepted_payload` is what a
    reviewer accepted in its place. `target_id` is the public id of the row that an edit or a removal is about, or of the board
    that a result would stand on, in the table `target_table`. `findings` are what the checks said when it came:
    [{severity, code, field, sentence}].
    """

    class Kind(models.TextChoices):
        """What it is."""

        RESULT = "result", "Result"
        PAPER = "paper", "Paper"
        CODE = "code", "Code link"
        DATASET = "dataset", "Dataset"
        TASK = "task", "Task"
        METHOD = "method", "Method"
        BOARD = "board", "Leaderboard"
        METRIC = "metric", "Metric"
        EDIT = "edit", "Edit"
        REMOVAL = "removal", "Removal"

    class Via(models.TextChoices):
        """Which way it came."""

        FORM = "form", "Form"
        UPLOAD = "upload", "Upload"
        API = "api", "API"

    class State(models.TextChoices):
        """Where it is; all but the first are final, and leaderboards/submissions/states.py alone writes them."""

        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        AMENDED = "amended", "Accepted with changes"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.TextField(choices=Kind)
    version = models.PositiveSmallIntegerField(default=1, help_text="Of the payload's shape.")
    payload = models.JSONField()
    accepted_payload = models.JSONField(null=True, help_text="What a reviewer accepted instead.")
    title = models.TextField(help_text="What it is in a line, for lists.")
    target_table = models.TextField(blank=True, default="")
    target_id = models.UUIDField(null=True)
    submitter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="submissions")
    via = models.TextField(choices=Via)
    batch = models.UUIDField(null=True, help_text="One upload's rows share it.")
    state = models.TextField(choices=State, default=State.WAITING)
    findings = models.JSONField(default=list)
    is_flagged = models.BooleanField(default=False, help_text="A check found something that a person has to look at.")
    areas = models.ManyToManyField(Area, related_name="+", help_text="Whose reviewers it concerns; none: everybody's.")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reviewed_submissions")
    reason = models.TextField(blank=True, default="", help_text="Why it was refused, or what was changed.")
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "accepted", "amended", "refused", "withdrawn"]), name="submission_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True) | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="submission_decided_with_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="submission_refused_with_reason"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="submission_queue"),
            models.Index(fields=["submitter", "-id"], name="submission_of_person"),
            models.Index(fields=["target_id"], condition=Q(target_id__isnull=False), name="submission_of_target"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="submission_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"


class SubmissionEvent(models.Model):
    """One step of a submission, append-only: who brought it to which state, when, and with what words."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="events")
    at = models.DateTimeField(db_default=Now())
    state = models.TextField(choices=Submission.State)
    # No constraint: an account can be erased, and what it did stays.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.submission_id}: {self.state}"


class MadeRow(models.Model):
    """A row of the catalogue that a submission made or changed, by its public id.

    `external_id` is what the sender calls a result: whoever sends it again means the same one.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="made_rows")
    table = models.TextField()
    object_id = models.UUIDField()
    is_new = models.BooleanField(default=True)
    external_id = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "object_id"], name="made_row_once")]
        indexes = [
            models.Index(fields=["object_id"], name="made_row_of_object"),
            models.Index(fields=["external_id"], condition=~Q(external_id=""), name="made_row_by_external_id"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.object_id}"


class Notice(models.Model):
    """Something that a person is told on the site."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    at = models.DateTimeField(db_default=Now())
    sentence = models.TextField()
    href = models.TextField(blank=True, default="", help_text="Where on the site it leads.")
    submission = models.ForeignKey(Submission, models.CASCADE, null=True, related_name="notices")
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="notice_of_person")]

    def __str__(self) -> str:
        return self.sentence


class ReviewArea(models.Model):
    """An area that a reviewer is limited to; a reviewer without any decides about everything."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="review_areas")
    area = models.ForeignKey(Area, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reviewer", "area"], name="review_area_once")]

    def __str__(self) -> str:
        return f"{self.reviewer_id}: {self.area_id}"


class RerunVote(models.Model):
    """A person's wish that a claim be measured."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rerun_votes")
    claim = models.ForeignKey("leaderboards.Claim", models.CASCADE, related_name="rerun_votes")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "user"], name="rerun_vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.claim_id}"
