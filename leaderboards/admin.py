"""Boards, claims, protocols and measurements in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model as DatabaseModel
from django.http import HttpRequest

from leaderboards.models import Claim, Leaderboard, Measurement, Metric, Model, Protocol, Score
from papers.admin import CatalogueAdmin


class MetricInline(admin.TabularInline):
    """A board's columns; correcting a direction makes it a person's word."""

    model = Metric
    extra = 0
    fields = ("position", "name", "direction", "direction_source")


class ScoreInline(admin.TabularInline):
    """A claim's cells."""

    model = Score
    extra = 0
    raw_id_fields = ("metric",)


@admin.register(Leaderboard)
class LeaderboardAdmin(CatalogueAdmin):
    """Boards."""

    list_display = ("__str__", "slug", "source")
    list_select_related = ("task",)
    search_fields = ("slug", "dataset_name", "task__name")
    raw_id_fields = ("task", "dataset")
    inlines = (MetricInline,)


@admin.register(Claim)
class ClaimAdmin(CatalogueAdmin):
    """Claims."""

    list_display = ("model_name", "leaderboard", "paper_title", "paper_date", "source")
    list_select_related = ("leaderboard__task",)
    search_fields = ("model_name", "paper_title", "leaderboard__slug")
    raw_id_fields = ("leaderboard", "model", "paper")
    made_once = ("paper_key", "occurrence")
    inlines = (ScoreInline,)


@admin.register(Model)
class ModelAdmin(CatalogueAdmin):
    """Models."""

    list_display = ("name", "slug", "source")
    search_fields = ("name",)
    raw_id_fields = ("paper",)


@admin.register(Protocol)
class ProtocolAdmin(admin.ModelAdmin):
    """Protocols: one that measured something is frozen, since its numbers depend on every word of it."""

    list_display = ("name", "task", "num_fewshot", "scoring", "aggregation")
    prepopulated_fields = {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: DatabaseModel | None = None) -> bool:
        """Only a protocol that measured nothing."""
        return obj is not None and not Measurement.objects.filter(protocol_id=obj.pk).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Protocol | None = None) -> Any:
        """What the numbers depend on, once there are numbers."""
        if obj is None or not obj.measurements.exists():
            return ("public_id",)
        return ("public_id", "slug", "task", "num_fewshot", "scoring", "aggregation", "metric", "versions", "is_selftest")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Protocol | None = None) -> Any:
        """None for a frozen slug."""
        return {} if obj is not None else self.prepopulated_fields


@admin.register(Measurement)
class MeasurementAdmin(admin.ModelAdmin):
    """Measurements: to read; a number that a run obtained is not edited."""

    list_display = ("model_name", "leaderboard", "value", "items", "protocol", "measured_at")
    list_select_related = ("leaderboard__task", "protocol")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DatabaseModel | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DatabaseModel | None = None) -> bool:
        """Nobody: it is superseded or retracted."""
        return False
