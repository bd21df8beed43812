"""What is measured, and how far it is: checkpoints, mappings, runs and their parts, and the workers that score them.

Only `lifecycle` writes a state, a fence or a lease.
"""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Func, IntegerField, Q, Sum
from django.db.models.functions import Now

from leaderboards.models import Claim, Metric, Model, Protocol
from workers.faults import FaultClass
from workers.states import ENDED, Priority, RunState, ShardState
from workers.worker_models import WORKER_SILENCE, Worker

__all__ = [
    "WORKER_SILENCE", "BenchmarkLicence", "Checkpoint", "ClaimMapping", "Fault", "Prompt", "Request", "Run", "RunEvent",
    "RunQuerySet", "Sample", "Shard", "ShardQuerySet", "Worker",
]  # fmt: skip

ENDED_VALUES = sorted(ENDED)


class Checkpoint(models.Model):
    """Weights that a worker can load: a hub repository of an allowed owner, or a folder under `CHECKPOINT_ROOTS`."""

    class Dtype(models.TextChoices):
        """The number format that the weights are loaded in."""

        FLOAT16 = "float16", "float16"
        BFLOAT16 = "bfloat16", "bfloat16"
        FLOAT32 = "float32", "float32"
        INT8 = "int8", "int8 (bitsandbytes, GPU)"

    class Device(models.TextChoices):
        """What it takes to score with it."""

        ANY = "any", "CPU or GPU"
        GPU = "gpu", "GPU only"

    class Recipe(models.TextChoices):
        """How a worker makes the weights itself when the folder is not there yet."""

        NONE = "", "None: the weights must be there"
        SELFTEST = "selftest", "Trained here for the self-test"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.TextField()
    model = models.ForeignKey(Model, models.PROTECT, related_name="checkpoints")
    hub_id = models.TextField(blank=True, default="", help_text="owner/name on the hub; its owner must be in CHECKPOINT_OWNERS.")
    folder = models.TextField(blank=True, default="", help_text="A folder below one of CHECKPOINT_ROOTS, relative to it.")
    revision = models.TextField(blank=True, default="", help_text="Commit of the hub repository; empty for a folder.")
    dtype = models.CharField(max_length=10, choices=Dtype)
    parameter_count = models.BigIntegerField(help_text="How many numbers the weights are.")
    memory_bytes = models.BigIntegerField(help_text="Memory that loading and scoring need, in bytes.")
    device = models.CharField(max_length=3, choices=Device, default=Device.ANY)
    recipe = models.CharField(max_length=8, choices=Recipe, default=Recipe.NONE, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hub_id="") ^ Q(folder=""), name="checkpoint_from_hub_or_folder"),
            models.CheckConstraint(condition=Q(memory_bytes__gt=0, parameter_count__gt=0), name="checkpoint_sizes_positive"),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def location(self) -> str:
        """Where the weights are, as an admin wrote it."""
        return self.hub_id or self.folder

    @property
    def needs_gpu(self) -> bool:
        """Whether only a worker with a GPU may take it."""
        return self.device == self.Device.GPU


class ClaimMapping(models.Model):
    """What can test a claim: this checkpoint, measured under that protocol, read as this metric of the board.

    `scale` takes the harness's unit to the board's: 100 where the harness says 0.25 and the board 25.0. A mapping
    without a claim puts the measurement on the metric's board as a row of its own.
    """

    claim = models.ForeignKey(Claim, models.CASCADE, null=True, blank=True, related_name="mappings")
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="mappings")
    checkpoint = models.ForeignKey(Checkpoint, models.CASCADE, related_name="mappings")
    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="mappings")
    scale = models.FloatField(default=1.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "metric", "checkpoint", "protocol"], nulls_distinct=False, name="mapping_once"
            ),
            models.CheckConstraint(condition=Q(scale__gt=0), name="mapping_scale_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint} under {self.protocol}"


class RunQuerySet(models.QuerySet["Run"]):
    """Runs."""

    def open(self) -> Self:
        """Runs that have not ended."""
        return self.exclude(state__in=ENDED)


class Run(models.Model):
    """One request to measure a checkpoint under a protocol, from plan to score to reduce.

    `items_per_task` limits a trial run; such a run never stands beside a claim. `provenance` is what ran: revision,
    digests, dtype, device, package versions, task versions, seeds. `results` is what the harness computed.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="runs")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="runs")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    items_per_task = models.PositiveIntegerField(null=True, blank=True)
    token_budget = models.PositiveIntegerField(default=1024, help_text="Tokens a batch, about; halved where memory runs out.")
    shard_tokens = models.PositiveBigIntegerField(
        default=0, help_text="Tokens a shard, at most; 0 until planned, unless it was asked for."
    )
    threads = models.PositiveSmallIntegerField(
        default=0, help_text="CPU threads that every batch is scored with; 0 until planned."
    )
    seeds = models.JSONField(default=dict)
    plan_version = models.PositiveSmallIntegerField(default=0, help_text="0 until planned.")
    samples_total = models.PositiveIntegerField(default=0)
    requests_total = models.PositiveIntegerField(default=0)
    fence = models.BigIntegerField(default=0, help_text="Grows with every claim of the run's planning or reducing.")
    lease_owner = models.TextField(blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    activity = models.TextField(blank=True, default="", help_text="What is being done for it right now.")
    error_code = models.TextField(blank=True, default="")
    error_message = models.TextField(blank=True, default="", help_text="One sentence: what is wrong, where, what to do.")
    provenance = models.JSONField(default=dict, blank=True)
    results = models.JSONField(default=dict, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    repeats = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="repetitions",
        help_text="The run that this one was to repeat exactly.",
    )  # fmt: skip

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known")]
        indexes = [
            models.Index(fields=["-requested_at"], name="run_newest_first"),
            models.Index(fields=["-priority", "requested_at"], name="run_queue", condition=~Q(state__in=ENDED_VALUES)),
        ]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.checkpoint} under {self.protocol}"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


class RunEvent(models.Model):
    """What happened to a run, append-only: the runtime role may insert here and nothing else."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="events")
    at = models.DateTimeField(db_default=Now(), help_text="By the database's clock: a worker's may be wrong.")
    state = models.CharField(max_length=10, choices=RunState)
    note = models.TextField(blank=True, default="")
    actor = models.TextField(blank=True, default="", help_text="A user's or a worker's name.")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.state}: {self.note}"


class Prompt(models.Model):
    """The text before a continuation, stored once by content: the options of an item share it."""

    digest = models.BinaryField(unique=True, help_text="SHA-256 of the text in UTF-8.")
    text = models.TextField()

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:12]


class Sample(models.Model):
    """One benchmark item of a run: the document, its options and truth, and after reducing what was picked."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="samples")
    index = models.PositiveIntegerField(help_text="Place among the run's items, from 0, in the harness's order.")
    task = models.TextField(help_text="The lm-eval task that the item belongs to, e.g. mmlu_anatomy.")
    document_id = models.PositiveIntegerField()
    document = models.JSONField()
    choices = models.JSONField(help_text="The options, as texts.")
    target = models.TextField(help_text="What the harness holds true.")
    prediction = models.TextField(null=True, blank=True)
    is_correct = models.BooleanField(null=True)
    margin = models.FloatField(null=True, help_text="By how much the best two options differ, in log-likelihoods.")
    token_count = models.PositiveIntegerField(null=True, help_text="Tokens of its longest prompt with what is scored behind it.")
    tokens_cut = models.PositiveIntegerField(
        null=True, help_text="How many of them the model does not read, from the beginning: there are too many."
    )
    logged = models.JSONField(
        default=list, help_text="What the harness logged of it, once for each of the task's filters; empty in old runs."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="sample_once")]
        indexes = [
            models.Index(fields=["run", "task", "document_id"], name="sample_by_task"),
            models.Index(fields=["run", "margin", "index"], name="sample_by_margin"),
        ]

    def __str__(self) -> str:
        return f"{self.task}/{self.document_id}"


class BenchmarkLicence(models.Model):
    """Under which licence a benchmark's items stand, and whether that lets everybody read them here."""

    dataset = models.TextField(
        unique=True, help_text="As the task's definition names it, without its part: cais/mmlu. A run's page shows it."
    )
    name = models.TextField(help_text="What the licence is called: MIT.")
    url = models.URLField(max_length=500, blank=True, default="")
    allows_prompts = models.BooleanField(default=False, help_text="Whether everybody may read its items here, not only staff.")

    class Meta:
        ordering = ["dataset"]
        verbose_name = "licence of a benchmark"
        verbose_name_plural = "licences of benchmarks"

    def __str__(self) -> str:
        return f"{self.dataset}: {self.name}"


class ShardQuerySet(models.QuerySet["Shard"]):
    """Shards."""

    def batch_counts(self) -> dict[int, tuple[int, int]]:
        """Batches done and batches in all, over these shards of each run, by the run's key; one query."""
        sums = self.order_by().values("run_id").annotate(done=Sum("batches_done"), planned=Sum("batch_count"))
        return {run: (done, planned) for run, done, planned in sums.values_list("run_id", "done", "planned") if planned}


class Shard(models.Model):
    """Whole batches of a run's plan, the unit that a worker claims.

    `batches` is [{"samples": [index, ...], "cuts": [tokens, ...], ...}, ...], as workers.evaluation.contract.Batch says. A claim
    raises `fence` by one; every write carries the fence it was claimed with, so that a worker that lost its lease can no
    longer write.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="shards", db_index=False)
    index = models.PositiveIntegerField()
    plan_version = models.PositiveSmallIntegerField(default=1)
    batches = models.JSONField()
    # Kept by the database, so that counting over ten thousand shards need not unpack what batches say.
    batch_count = models.GeneratedField(
        expression=Func(F("batches"), function="jsonb_array_length"), output_field=IntegerField(), db_persist=True
    )
    batches_done = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that scoring all its batches computes.")
    state = models.CharField(max_length=7, choices=ShardState, default=ShardState.QUEUED)
    fence = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True, help_text="When it may be tried again after a fault.")
    lease_owner = models.TextField(blank=True, default="")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    scored_by = models.JSONField(default=list, blank=True, help_text="Each scorer's facts, and the batch it began at.")
    device = models.TextField(blank=True, default="", help_text="Where it was last scored, e.g. 2 × NVIDIA H200.")
    device_tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that were computed there.")
    device_seconds = models.FloatField(default=0.0, help_text="How long that took, without loading the model.")
    device_joules = models.FloatField(
        null=True, help_text="Energy that its devices used while it was scored, wherever that was; null where no device tells it."
    )
    error_code = models.TextField(blank=True, default="")
    error_message = models.TextField(blank=True, default="")

    objects = ShardQuerySet.as_manager()

    class Meta:
        constraints = [
            # By an expression that nobody sorts by: PostgreSQL takes the first queued shard of a run from the index below, which
            # holds no more than what is left, and never walks past all that is done.
            models.UniqueConstraint("run", F("index") + 0, name="shard_once"),
            models.CheckConstraint(condition=Q(state__in=ShardState.values), name="shard_state_known"),
        ]
        # What is done leaves the index, so that a claim's cost does not grow with it; a heartbeat changes no index at all.
        indexes = [models.Index(fields=["run", "state", "index"], name="shard_queue", condition=~Q(state=ShardState.DONE))]

    def __str__(self) -> str:
        return f"shard {self.index}"


class Fault(models.Model):
    """A piece of work that ended badly on a worker, append-only: what a shard's attempts and a worker's trust are told by."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="faults")
    shard = models.ForeignKey(Shard, models.PROTECT, null=True, blank=True, related_name="faults")
    worker = models.TextField(help_text="The worker's name.")
    fault_class = models.CharField(max_length=15, choices=FaultClass)
    code = models.TextField()
    message = models.TextField()
    claimed_at = models.DateTimeField(null=True, help_text="When the worker had claimed the shard.")
    log_tail = models.TextField(blank=True, default="", help_text="What the worker had logged last about this work.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(fault_class__in=FaultClass.values), name="fault_class_known")]
        indexes = [models.Index(fields=["worker", "-at"], name="fault_by_worker")]
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_fault_class_display()}: {self.message}"


class Request(models.Model):
    """One thing to ask a model. Unique by ordinal, never by text: MMLU repeats items.

    The prompt is what the continuation follows, the whole of a running text, or what is written on. A response is what its kind
    has, as workers.evaluation.contract.Response says; before there is one, all three are null.
    """

    class Kind(models.TextChoices):
        """What is asked of the model."""

        LOGLIKELIHOOD = "loglikelihood", "Log-likelihood of a continuation"
        LOGLIKELIHOOD_ROLLING = "loglikelihood_rolling", "Log-likelihood of a whole text"
        GENERATE_UNTIL = "generate_until", "Text that the model writes"

    run = models.ForeignKey(Run, models.CASCADE, related_name="requests")
    ordinal = models.PositiveIntegerField(help_text="Place among the run's requests, from 0, in the harness's order.")
    sample = models.ForeignKey(Sample, models.CASCADE, related_name="requests")
    choice = models.PositiveSmallIntegerField(help_text="Which option of its item, from 0; from 10,000 on a scoring rule's.")
    kind = models.CharField(max_length=24, choices=Kind, default=Kind.LOGLIKELIHOOD)
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="requests")
    continuation = models.TextField(blank=True)
    settings = models.JSONField(default=dict, blank=True, help_text="Where writing ends, in the harness's words.")
    log_likelihood = models.FloatField(null=True, help_text="Natural logarithm, summed over the tokens that are scored.")
    is_greedy = models.BooleanField(null=True, help_text="Whether greedy decoding gives just this continuation.")
    response_text = models.TextField(null=True, blank=True, help_text="What the model wrote, up to where writing ends.")
    tokens = models.PositiveIntegerField(null=True, help_text="How many tokens the continuation has, as they were scored.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="request_once"),
            models.CheckConstraint(
                condition=Q(kind="loglikelihood", response_text__isnull=True)
                | Q(kind="loglikelihood_rolling", is_greedy__isnull=True, response_text__isnull=True)
                | Q(kind="generate_until", log_likelihood__isnull=True, is_greedy__isnull=True),
                name="request_answered_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.ordinal}"
