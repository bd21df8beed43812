"""The task that a reader names in a list's filter: by its slug, as addresses have it, or by words of its name, as people type."""

from dataclasses import dataclass

from papers.models import Task
from papers.search_names import named
from papers.search_words import clean


@dataclass(frozen=True, kw_only=True)
class TaskChosen:
    """A task that a list is narrowed down to."""

    key: int
    name: str
    slug: str


def find(text: str) -> TaskChosen | None:
    """The task of that slug, else the one whose name fits the words best; None where none has them all. Two queries at most."""
    text = clean(text)
    if not text:
        return None
    shown = Task.objects.published()
    for rows in (shown.filter(slug=text), named(shown, text)):
        row = rows.values_list("pk", "name", "slug").first()
        if row:
            return TaskChosen(key=row[0], name=row[1], slug=row[2])
    return None
