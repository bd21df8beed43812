"""Boards, claims, protocols and measurements in the admin."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from django.contrib import admin
from django.db.models import Model as DatabaseModel
from django.forms import ModelForm
from django.http import HttpRequest

from leaderboards import measurements
from leaderboards.admin_forms import ClaimForm, MetricForm, MetricFormSet, ScoreForm, ScoreFormSet
from leaderboards.corrections import rejudge
from leaderboards.models import Claim, Leaderboard, Measurement, Metric, Model, Protocol, ReviewArea, Score
from papers.admin import CatalogueAdmin, ReadOnlyAdmin
from papers.admin_fields import OneLine, PlainFields
from papers.catalogue_row import Source
from papers.slugs import first_free, slugify_title


class MetricInline(PlainFields, admin.TabularInline):
    """A board's columns; correcting a direction makes it a person's word."""

    model = Metric
    form = MetricForm
    formset = MetricFormSet  # type: ignore[assignment]  # the stubs take no formset of one kind of form
    extra = 0
    fields = ("position", "name", "direction", "direction_source")


class ScoreInline(PlainFields, admin.TabularInline):
    """A claim's cells; what a cell means as a number is read from it."""

    model = Score
    form = ScoreForm
    formset = ScoreFormSet  # type: ignore[assignment]  # as above
    extra = 0
    fields = ("metric", "raw", "value", "scale", "is_doubtful")
    readonly_fields = ("value", "scale", "is_doubtful")


@admin.register(Leaderboard)
class LeaderboardAdmin(CatalogueAdmin):
    """Boards."""

    list_display = ("__str__", "slug", "source")
    list_select_related = ("task",)
    search_fields = ("slug", "dataset_name", "task__name")
    raw_id_fields = ("task", "dataset")
    inlines = (MetricInline,)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Iterable[Any], change: bool) -> None:
        """Judge anew the columns that were added or changed."""
        formsets = list(formsets)
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            for metric in [*formset.new_objects, *(metric for metric, _ in formset.changed_objects)]:
                rejudge(metric)


@admin.register(Metric)
class MetricAdmin(ReadOnlyAdmin):
    """Columns, to choose from where a mapping names one; they are edited with their board."""

    list_display = ("name", "leaderboard", "direction")
    list_select_related = ("leaderboard__task",)
    search_fields = ("name", "leaderboard__slug", "leaderboard__dataset_name", "leaderboard__task__name")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not in the index."""
        return False


@admin.register(Claim)
class ClaimAdmin(CatalogueAdmin):
    """Claims."""

    form = ClaimForm
    list_display = ("model_name", "leaderboard", "paper_title", "paper_date", "source")
    list_select_related = ("leaderboard__task",)
    search_fields = ("model_name", "paper_title", "leaderboard__slug")
    raw_id_fields = ("model", "paper")
    made_once = ("leaderboard", "paper_key", "occurrence")
    marked_lists = {Score: "scores"}
    inlines = (ScoreInline,)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Iterable[Any], change: bool) -> None:
        """Judge anew the columns in which a cell was added, changed, deleted, or came or went with the claim."""
        formsets = list(formsets)
        super().save_related(request, form, formsets, change)
        cells: list[Score] = []
        for formset in formsets:
            cells += [*formset.new_objects, *(cell for cell, _ in formset.changed_objects), *formset.deleted_objects]
        if "removed_at" in form.changed_data:
            cells += form.instance.scores.all()
        for metric in Metric.objects.filter(pk__in={cell.metric_id for cell in cells}):
            rejudge(metric)


@admin.register(Model)
class ModelAdmin(CatalogueAdmin):
    """Models. One can be added: a checkpoint needs the model whose weights it is."""

    list_display = ("name", "slug", "source")
    search_fields = ("name",)
    raw_id_fields = ("paper",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever has the right."""
        return admin.ModelAdmin.has_add_permission(self, request)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Store what was edited; a new model gets its source and the address of its name."""
        if change:
            super().save_model(request, obj, form, change)
            return
        base = slugify_title(obj.name, fallback="model")
        taken = Model.objects.filter(slug__startswith=base).values_list("slug", flat=True)
        obj.source, obj.slug = Source.FORM, first_free(base, set(taken))
        obj.save()


@admin.register(Protocol)
class ProtocolAdmin(OneLine, admin.ModelAdmin):
    """Protocols: one that measured something is frozen, since its numbers depend on every word of it."""

    list_display = ("name", "task", "num_fewshot", "scoring", "aggregation")
    search_fields = ("name", "task", "slug")
    fields = (
        "name", "slug", "task", "num_fewshot", "scoring", "aggregation", "metric", "rules", "dataset_names", "split",
        "prompt_family", "versions", "margin", "noise", "noise_seen", "description", "is_selftest", "public_id",
    )  # fmt: skip
    one_line = ("name", "task", "metric", "split", "prompt_family")
    prepopulated_fields = {"slug": ("name",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new protocol is one of the harness that is installed here: a run under any other is refused."""
        return {"versions": {"lm_eval": version("lm-eval")}, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Store it; where nobody named the prompts' family it is the task's."""
        obj.prompt_family = obj.prompt_family or obj.task
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: DatabaseModel | None = None) -> bool:
        """Only a protocol that measured nothing."""
        return obj is not None and not Measurement.objects.filter(protocol_id=obj.pk).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Protocol | None = None) -> Any:
        """What the numbers depend on, once there are numbers."""
        if obj is None or not obj.measurements.exists():
            return ("public_id", "noise_seen")
        return (
            "public_id", "noise_seen", "slug", "task", "num_fewshot", "prompt_family", "split", "scoring", "aggregation",
            "metric", "versions", "rules", "is_selftest",
        )  # fmt: skip

    @admin.display(description="Noise seen here")
    def noise_seen(self, protocol: Protocol) -> str:
        """What the field above it should say at least, by the runs that were repeated."""
        seen = measurements.noise_seen(protocol) if protocol.pk else None
        return "Nothing was run twice under it." if seen is None else f"{seen:.6g}: the largest difference of repeated runs."

    def get_prepopulated_fields(self, request: HttpRequest, obj: Protocol | None = None) -> Any:
        """None for a frozen slug."""
        return {} if obj is not None else self.prepopulated_fields


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    """Measurements: to read; a number that a run obtained is not edited but superseded or retracted."""

    list_display = ("model_name", "leaderboard", "value", "items", "protocol", "measured_at")
    list_select_related = ("leaderboard__task", "protocol")


@admin.register(ReviewArea)
class ReviewAreaAdmin(admin.ModelAdmin):
    """The areas that reviewers are limited to; a reviewer without any decides about everything."""

    list_display = ("reviewer", "area")
    list_select_related = ("reviewer", "area")
    raw_id_fields = ("reviewer", "area")
