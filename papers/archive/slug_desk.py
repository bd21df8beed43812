"""Giving new rows their addresses."""

from django.db.models import Model

from papers.models import SlugHistory
from papers.slugs import first_free


class SlugDesk:
    """Hands out the free addresses of one table, at most one import long.

    Reads every address once, when the first is asked for; addresses that a thing had before stay taken. Correct only
    while no one else adds rows, which the import's lock sees to among imports.
    """

    def __init__(self, table: type[Model], *, kind: SlugHistory.Kind | None = None) -> None:
        self._table = table
        self._kind = kind
        self._taken: set[str] | None = None
        self._next: dict[str, int] = {}

    def give(self, wanted: str) -> str:
        """The wanted address, or the first free numbered one; it is taken from now on."""
        taken = self._load()
        slug = first_free(wanted, taken, start=self._next.get(wanted, 1))
        if slug != wanted:
            # Thousands of names can fold to one address, so the next search goes on where this one stopped.
            self._next[wanted] = int(slug.removeprefix(f"{wanted}-")) + 1
        taken.add(slug)
        return slug

    def _load(self) -> set[str]:
        if self._taken is None:
            self._taken = set(self._table._default_manager.values_list("slug", flat=True).iterator())
            if self._kind:
                self._taken.update(SlugHistory.objects.filter(kind=self._kind).values_list("slug", flat=True))
        return self._taken
