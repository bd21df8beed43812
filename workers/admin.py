"""The registry and the queue in the admin: staff keep checkpoints and mappings, and ask for runs."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from papers.admin import ReadOnlyAdmin
from papers.admin_fields import OneLine
from workers import checkpoints, lifecycle, passes, registry
from workers.models import BenchmarkLicence, Checkpoint, ClaimMapping, Fault, Run, RunEvent, Worker
from workers.states import Priority


class CheckpointForm(ModelForm):
    """Refuses a checkpoint that may not be loaded when it is entered, not when it is run."""

    class Meta:
        model = Checkpoint
        fields = (
            "name", "slug", "model", "hub_id", "revision", "folder", "dtype",
            "parameter_count", "memory_bytes", "device", "recipe",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        memory = self.fields["memory_bytes"]
        memory.required = False
        memory.help_text = "Memory that loading and scoring need, in bytes; empty: reckoned from parameters and number format."

    def clean(self) -> dict[str, Any]:
        """Say in one sentence why a location is not allowed."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if bool(cleaned.get("hub_id")) == bool(cleaned.get("folder")):
            raise ValidationError("Name either a hub id or a folder, and not both.")
        named = Checkpoint(hub_id=cleaned["hub_id"], folder=cleaned["folder"], revision=cleaned["revision"])
        try:
            checkpoints.location_of(named)
        except checkpoints.CheckpointRefused as refused:
            raise ValidationError(str(refused)) from refused
        if not cleaned.get("memory_bytes"):
            cleaned["memory_bytes"] = registry.memory_needed(cleaned["parameter_count"], bytes_each=BYTES_EACH[cleaned["dtype"]])
        return cleaned


BYTES_EACH = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}


@admin.register(Checkpoint)
class CheckpointAdmin(OneLine, admin.ModelAdmin):
    """Checkpoints: the weights that workers may load."""

    form = CheckpointForm
    list_display = ("name", "location", "dtype", "device", "parameter_count", "memory_bytes")
    search_fields = ("name", "slug", "hub_id", "folder")
    prepopulated_fields = {"slug": ("name",)}
    one_line = ("name", "hub_id", "revision", "folder")
    autocomplete_fields = ("model",)
    readonly_fields = ("public_id",)


class ClaimMappingForm(ModelForm):
    """Refuses a column of another board than the claim's."""

    class Meta:
        model = ClaimMapping
        fields = ("claim", "metric", "checkpoint", "protocol", "scale")

    def clean(self) -> dict[str, Any]:
        """Say in a sentence what does not belong together."""
        cleaned = super().clean() or self.cleaned_data
        claim, metric = cleaned.get("claim"), cleaned.get("metric")
        if claim and metric and claim.leaderboard_id != metric.leaderboard_id:
            raise ValidationError(f"The claim stands on {claim.leaderboard}, and the metric is a column of {metric.leaderboard}.")
        return cleaned


@admin.register(ClaimMapping)
class ClaimMappingAdmin(admin.ModelAdmin):
    """What can test a claim, and the action that asks for it."""

    form = ClaimMappingForm

    list_display = ("claim", "board", "checkpoint", "protocol", "scale")
    list_select_related = ("claim", "checkpoint", "protocol", "metric__leaderboard__task")
    raw_id_fields = ("claim", "metric")
    autocomplete_fields = ("checkpoint", "protocol")
    actions = ("ask_for_runs",)

    @admin.display(description="Board")
    def board(self, mapping: ClaimMapping) -> str:
        """The board that the measurement goes to."""
        return str(mapping.metric.leaderboard)

    @admin.action(description="Ask for the runs that test these", permissions=["change"])
    def ask_for_runs(self, request: HttpRequest, queryset: QuerySet[ClaimMapping]) -> None:
        """Ask for one run a checkpoint and protocol; a run that is open already is joined."""
        assert isinstance(request.user, User)
        runs = {lifecycle.request(passes.leader(mapping), by=request.user) for mapping in queryset.select_related("protocol")}
        for run in runs:
            line = format_html('<a href="{}">{}</a>: {}', link_to(run), run, run.get_state_display())
            self.message_user(request, line, messages.SUCCESS)


class RunEventInline(admin.TabularInline):
    """What happened to a run."""

    model = RunEvent
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: history is appended to."""
        return False


class FaultInline(admin.TabularInline):
    """What went wrong, on which worker."""

    model = Fault
    fields = readonly_fields = ("at", "fault_class", "shard", "worker", "message")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: history is appended to."""
        return False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs: to look at and to control; they are asked for on boards, from mappings and by `manage.py reproduce`."""

    list_display = ("__str__", "state", "priority", "page", "requested_by", "requested_at")
    list_filter = ("state", "priority")
    list_select_related = ("checkpoint", "protocol", "requested_by")
    inlines = (FaultInline, RunEventInline)
    actions = ("pause", "resume", "retry", "cancel", "put_first", "put_last")

    @admin.display(description="Page")
    def page(self, run: Run) -> SafeString:
        """A link to the run's page."""
        return format_html('<a href="{}">{}</a>', link_to(run), str(run.public_id)[:8])

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whoever may change runs: states change by these actions alone."""
        return request.user.has_perm("workers.change_run")

    @admin.action(description="Pause", permissions=["control"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Hold runs up."""
        self._each(request, queryset, lifecycle.pause, done="Paused")

    @admin.action(description="Resume", permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Let paused runs go on."""
        self._each(request, queryset, lifecycle.resume, done="Resumed")

    @admin.action(description="Try again what failed", permissions=["control"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Let failed runs go on where they stood."""
        self._each(request, queryset, lifecycle.retry, done="Tried again")

    @admin.action(description="Cancel", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """End runs."""
        self._each(request, queryset, lifecycle.cancel, done="Cancelled")

    @admin.action(description="High priority", permissions=["control"])
    def put_first(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Put runs before others."""
        first = partial(lifecycle.set_priority, priority=Priority.HIGH)
        self._each(request, queryset, first, done="Put before others")

    @admin.action(description="Low priority", permissions=["control"])
    def put_last(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Put runs behind others."""
        last = partial(lifecycle.set_priority, priority=Priority.LOW)
        self._each(request, queryset, last, done="Put behind others")

    def _each(self, request: HttpRequest, queryset: QuerySet[Run], do: Callable[..., object], *, done: str) -> None:
        """Do it to every run that it can be done to, and say which are left."""
        for run in queryset:
            try:
                do(run, by=request.user)
            except lifecycle.LostRace:
                line, level = f"{run} is {run.get_state_display().lower()}: nothing was done.", messages.WARNING
            else:
                line, level = f"{done}: {run}.", messages.SUCCESS
            self.message_user(request, line, level)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers: they register themselves; staff set them aside and put them back."""

    list_display = (
        "name",
        "device",
        "device_name",
        "memory_bytes",
        "warm_checkpoint",
        "last_seen_at",
        "set_aside_at",
        "set_aside_reason",
    )
    list_select_related = ("warm_checkpoint",)
    actions = ("put_back", "set_aside")

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whoever may change workers."""
        return request.user.has_perm("workers.change_worker")

    @admin.action(description="Give work again", permissions=["control"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[Worker]) -> None:
        """Trust workers again that were set aside."""
        back = [worker.name for worker in queryset if lifecycle.put_back(worker)]
        self.message_user(request, f"Given work again: {', '.join(back) or 'none, since none was set aside'}.")

    @admin.action(description="Give no more work", permissions=["control"])
    def set_aside(self, request: HttpRequest, queryset: QuerySet[Worker]) -> None:
        """Set workers aside; what they have in hand they finish."""
        reason = "Set aside by the staff."
        aside = [worker.name for worker in queryset if lifecycle.set_aside(worker, reason=reason)]
        self.message_user(request, f"Set aside: {', '.join(aside) or 'none, since none had work'}.")


@admin.register(BenchmarkLicence)
class BenchmarkLicenceAdmin(admin.ModelAdmin):
    """Licences of benchmarks: they decide who may read the items of runs."""

    list_display = ("dataset", "name", "allows_prompts")
    list_filter = ("allows_prompts",)


def link_to(run: Run) -> str:
    """The address of the run's page."""
    return reverse("runs:detail", args=[run.public_id])
