"""The catalogue's past, and the files that hold all of it: `/changes/` and `/exports/`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from papers import models
from portal.api.pagination import Order
from portal.api.shapes.records import Change, Export, read_changes, read_exports
from portal.api.viewsets import Asked, ReadingViewSet, reader
from portal.shown_changes import shown


class ChangesAsked(Asked):
    """What the history can be narrowed by."""

    object = serializers.UUIDField(required=False, help_text="The public id of the thing that changed.")
    action = serializers.ChoiceField(models.Change.Action.choices, required=False, allow_blank=True, help_text="What was done.")
    via = serializers.ChoiceField(models.Change.Via.choices, required=False, allow_blank=True, help_text="Which way it came.")


class ChangeViewSet(ReadingViewSet):
    """Changes of the catalogue's rows, the last first; by cursor alone they can be read to the beginning in good time."""

    noun = "change"
    row = Change
    asked = ChangesAsked
    order = Order(descending=True)
    is_live = True
    lookup_field = "pk"
    lookup_value_regex = r"\d{1,18}"

    def rows(self) -> QuerySet[models.Change]:
        """Those that the reader sees on the pages of the past too."""
        return shown(models.Change.objects.all(), is_staff=reader(self.request).is_staff)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of this thing, of this kind, that came this way."""
        columns = {"object": "object_id", "action": "action", "via": "via"}
        return rows.filter(**{column: asked[name] for name, column in columns.items() if asked.get(name)})

    def read(self, keys: Sequence[int]) -> Sequence[Change]:
        """By keys."""
        return read_changes(keys)


class ExportViewSet(ReadingViewSet):
    """The exports of the whole catalogue that may be downloaded, the newest first."""

    noun = "export"
    row = Export
    order = None
    is_live = True

    def rows(self) -> QuerySet[models.ArchiveExport]:
        """Finished exports that are listed."""
        return models.ArchiveExport.objects.filter(is_public=True, finished_at__isnull=False).order_by("-started_at", "-pk")

    def read(self, keys: Sequence[int]) -> Sequence[Export]:
        """By keys."""
        return read_exports(keys, origin=self.request.build_absolute_uri("/").rstrip("/"))
