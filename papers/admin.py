"""The catalogue in the admin: to look at and to correct; rows are removed with a reason, never deleted."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from papers.models import Area, Author, Conference, Dataset, Method, MethodCollection, Paper, Proceeding, Repository, Task

ARCHIVE_FIELDS = ("public_id", "source", "archive_key", "archive_raw", "archive_absent", "archive_extra", "edited_fields")


class CatalogueAdmin(admin.ModelAdmin):
    """A catalogue table: what the archive said is shown and stays, and what a person edits is marked as edited."""

    list_filter = ("source", "removed_at")
    readonly_fields: ClassVar[tuple[str, ...]] = (*ARCHIVE_FIELDS, "slug", "created_at", "updated_at")
    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: removal is a date and a reason."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Mark the edited fields, so that an import keeps them."""
        if change:
            obj.edited_fields = sorted({*obj.edited_fields, *form.changed_data})
        super().save_model(request, obj, form, change)


@admin.register(Paper)
class PaperAdmin(CatalogueAdmin):
    """Papers."""

    list_display = ("title", "date", "arxiv_id", "source")
    search_fields = ("title", "slug", "arxiv_id")
    raw_id_fields = ("proceeding",)


@admin.register(Area, Author, Conference, Dataset, Method, MethodCollection, Proceeding, Task)
class NamedAdmin(CatalogueAdmin):
    """Rows with a name."""

    list_display = ("name", "slug", "source")
    search_fields = ("name", "slug")

    @property
    def raw_id_fields(self) -> list[str]:  # type: ignore[override]
        """Foreign keys and plain many-to-many fields of the model at hand."""
        plain = [field.name for field in self.model._meta.many_to_many if field.remote_field.through._meta.auto_created]
        return [field.name for field in self.model._meta.fields if field.many_to_one] + plain


@admin.register(Repository)
class RepositoryAdmin(CatalogueAdmin):
    """Code."""

    list_display = ("key", "framework", "source")
    search_fields = ("key",)
    readonly_fields = (*ARCHIVE_FIELDS, "key", "created_at", "updated_at")
