"""Ordered lists between two tables, such as the authors of papers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Model


def sync_places(through: type[Model], *, owner: str, item: str, wanted: Mapping[int, Sequence[int]]) -> set[int]:
    """Make the lists of these owners what is wanted (item ids in order); the owners whose list changed.

    One query where nothing changed. `through` has the columns `owner`, `item` and `position`.
    """
    rows = through._default_manager.filter(**{f"{owner}_id__in": list(wanted)})
    held: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for owner_id, position, item_id in rows.values_list(f"{owner}_id", "position", f"{item}_id").order_by("position"):
        held[owner_id].append((position, item_id))
    stale = {owner_id for owner_id, items in wanted.items() if held[owner_id] != list(enumerate(items))}
    through._default_manager.filter(**{f"{owner}_id__in": [owner_id for owner_id in stale if held[owner_id]]}).delete()
    through._default_manager.bulk_create(
        through(**{f"{owner}_id": owner_id, f"{item}_id": item_id, "position": position})
        for owner_id in sorted(stale)
        for position, item_id in enumerate(wanted[owner_id])
    )
    return stale
