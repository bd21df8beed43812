"""The catalogue in the admin: to look at and to correct; rows are removed with a reason, never deleted."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from papers.admin_fields import PlainFields
from papers.models import Area, Author, Conference, Dataset, Method, MethodCollection, Paper, Proceeding, Repository, Task


class CatalogueForm(ModelForm):
    """A catalogue row."""

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a removal."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("removed_at") and not cleaned.get("removed_reason"):
            self.add_error("removed_reason", "Say why the row is removed.")
        return cleaned


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to read: the machinery writes them, or another page does."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody by hand."""
        return False


class CatalogueAdmin(PlainFields, admin.ModelAdmin):
    """A catalogue table: what the archive said is shown and stays, and what a person edits is marked as edited.

    `marked_lists` names, for each table of an inline, the mark in `edited_fields` by which an import keeps that list.
    """

    form = CatalogueForm
    list_filter = ("source", "removed_at")
    made_once: ClassVar[tuple[str, ...]] = ("slug",)
    marked_lists: ClassVar[dict[type[Model], str]] = {}
    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Where the row comes from, what the archive said of it, and what is given once."""
        archive = [field.name for field in self.model._meta.fields if field.name.startswith("archive_") and field.editable]
        return ("public_id", "source", *archive, "edited_fields", *self.made_once, "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a row comes with a source, an address and an identity, which no form here gives."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: removal is a date and a reason."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Store the fields that were edited and no others, marked, so that an import keeps them.

        What the form only spelled anew (a date without its fractions of a second) stays as it is.
        """
        columns = {field.name for field in obj._meta.concrete_fields}
        _store(obj, [name for name in form.changed_data if name in columns], marks=form.changed_data)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Iterable[Any], change: bool) -> None:
        """Store the lists, and mark those in which something was added, changed or deleted."""
        formsets = list(formsets)
        super().save_related(request, form, formsets, change)
        _store(form.instance, [], marks=[self.marked_lists[each.model] for each in formsets if self._is_edited_list(each)])

    def _is_edited_list(self, formset: BaseModelFormSet[Any, Any]) -> bool:
        edits = (formset.new_objects, formset.changed_objects, formset.deleted_objects)
        return formset.model in self.marked_lists and any(edits)


class PaperForm(CatalogueForm):
    """A paper."""

    def clean_duplicate_of(self) -> Paper | None:
        """The row that stands for this one; rows that point at each other would lead readers in a circle."""
        first: Paper | None = self.cleaned_data["duplicate_of"]
        if first is not None and "duplicate_of" in self.changed_data:
            if first == self.instance:
                raise ValidationError("A paper is not a second row of itself.")
            if first.duplicate_of_id is not None:
                raise ValidationError(f"That paper is a second row itself: name {first.duplicate_of_id}, which stands for it.")
        return first


@admin.register(Paper)
class PaperAdmin(CatalogueAdmin):
    """Papers."""

    form = PaperForm
    list_display = ("title", "date", "arxiv_id", "source")
    search_fields = ("title", "slug", "arxiv_id")
    raw_id_fields = ("proceeding", "duplicate_of")


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
    made_once = ("key",)


def _store(row: Any, columns: Sequence[str], *, marks: Sequence[str]) -> None:
    """Store these columns of a row and add the marks; nothing to mark is nothing to store."""
    if marks:
        row.edited_fields = sorted({*row.edited_fields, *marks})
        row.save(update_fields=[*columns, "edited_fields", "updated_at"])
