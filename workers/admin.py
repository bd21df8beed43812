"""The registry and the queue in the admin: staff keep checkpoints and mappings, and ask for runs."""

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
from workers import checkpoints, lifecycle
from workers.models import BenchmarkLicence, Checkpoint, ClaimMapping, Run, RunEvent, Worker


class CheckpointForm(ModelForm):
    """Refuses a checkpoint that may not be loaded when it is entered, not when it is run."""

    class Meta:
        model = Checkpoint
        fields = (
            "slug", "name", "model", "hub_id", "folder", "revision", "dtype",
            "parameter_count", "memory_bytes", "device", "recipe",
        )  # fmt: skip

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
        return cleaned


@admin.register(Checkpoint)
class CheckpointAdmin(admin.ModelAdmin):
    """Checkpoints: the weights that workers may load."""

    form = CheckpointForm
    list_display = ("name", "location", "dtype", "device", "parameter_count", "memory_bytes")
    prepopulated_fields = {"slug": ("name",)}
    raw_id_fields = ("model",)
    readonly_fields = ("public_id",)


@admin.register(ClaimMapping)
class ClaimMappingAdmin(admin.ModelAdmin):
    """What can test a claim, and the action that asks for it."""

    list_display = ("claim", "board", "checkpoint", "protocol", "scale")
    list_select_related = ("claim", "checkpoint", "protocol", "metric__leaderboard__task")
    raw_id_fields = ("claim", "metric")
    actions = ("ask_for_runs",)

    @admin.display(description="Board")
    def board(self, mapping: ClaimMapping) -> str:
        """The board that the measurement goes to."""
        return str(mapping.metric.leaderboard)

    @admin.action(description="Ask for the runs that test these", permissions=["change"])
    def ask_for_runs(self, request: HttpRequest, queryset: QuerySet[ClaimMapping]) -> None:
        """Ask for one run a checkpoint and protocol; a run that is open already is joined."""
        assert isinstance(request.user, User)
        runs = {lifecycle.request(mapping, by=request.user) for mapping in queryset.select_related("protocol")}
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


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the machinery writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs: to look at; they are asked for on boards, from mappings and by `manage.py reproduce`."""

    list_display = ("__str__", "state", "page", "requested_by", "requested_at")
    list_filter = ("state",)
    list_select_related = ("checkpoint", "protocol", "requested_by")
    inlines = (RunEventInline,)

    @admin.display(description="Page")
    def page(self, run: Run) -> SafeString:
        """A link to the run's page."""
        return format_html('<a href="{}">{}</a>', link_to(run), str(run.public_id)[:8])


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers: to look at; they register themselves."""

    list_display = ("name", "device", "device_name", "memory_bytes", "last_seen_at")


@admin.register(BenchmarkLicence)
class BenchmarkLicenceAdmin(admin.ModelAdmin):
    """Licences of benchmarks: they decide who may read the items of runs."""

    list_display = ("dataset", "name", "allows_prompts")
    list_filter = ("allows_prompts",)


def link_to(run: Run) -> str:
    """The address of the run's page."""
    return reverse("runs:detail", args=[run.public_id])
