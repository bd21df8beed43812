"""Form fields of the admin that tell null from "" and an edit from a browser's own spelling of what stood there."""

import json
import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest

from papers.archive.text import without_unstorable

_LINE_ENDS = re.compile(r"\r\n?")


class PlainText(forms.CharField):
    """Text. A browser sends each line end as CRLF, and space around a text says nothing: neither makes it another text."""

    def to_python(self, value: Any) -> Any:
        """Without space around it, each line end a single character."""
        text = super().to_python(value)
        return _LINE_ENDS.sub("\n", text) if isinstance(text, str) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it says something else; null and "" look the same in a form, so neither was changed into the other."""
        return bool(self.to_python(initial) != self.to_python(data))


class Lines(SimpleArrayField):
    """A list of texts, one a line: the names in it may have commas."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """The lines that are not blank."""
        if isinstance(value, str):
            value = [line for line in _LINE_ENDS.sub("\n", value).split("\n") if line.strip()]
        return super().to_python(value)


class ObjectList(forms.JSONField):
    """A list of objects as JSON; nothing entered is the empty list."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, to the letter: once it is decoded it may hold what no page can show."""
        return initial if self.disabled else InvalidJSONInput(data or "")

    def to_python(self, value: Any) -> Any:
        """The list; a list of anything else, and what the database cannot store, is refused."""
        found = super().to_python(value)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
            raise ValidationError('Write a list of objects, such as [{"title": "Code", "url": "https://example.org"}].')
        try:
            json.dumps(found, allow_nan=False)
        except ValueError as error:
            raise ValidationError("Write no number that is infinite or none at all.") from error
        if any(without_unstorable(part) != part for part in found):
            raise ValidationError("Write no NUL character and no half of a surrogate pair.")
        return found


class OneLine:
    """For admins: the texts named in `one_line` are names and addresses, and get a box of one line."""

    one_line: tuple[str, ...] = ()

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a column."""
        if db_field.name in self.one_line:
            kwargs |= {"widget": AdminTextInputWidget(attrs={"size": 60})}
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # of the admin beside it


class PlainFields:
    """For admins and their inlines: forms with these fields, where an empty text is null if the column may be null."""

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a column."""
        if isinstance(db_field, models.TextField):
            kwargs |= {"form_class": PlainText, "empty_value": None if db_field.null else ""}
        elif isinstance(db_field, models.JSONField):
            kwargs |= {"form_class": ObjectList}
        elif isinstance(db_field, ArrayField):
            kwargs |= {"form_class": Lines, "delimiter": "\n", "help_text": f"{db_field.help_text} One a line.".strip()}
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # of the admin beside it
