"""The things that have a past: what their tables belong to, what they are called, and where their pages are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model as DatabaseModel
from django.db.models import Q

from leaderboards.models import Claim, Leaderboard, Measurement, Metric, Model
from papers.hidden_keys import is_hidden
from papers.models import (
    Area,
    Author,
    Change,
    Conference,
    Dataset,
    Method,
    MethodCollection,
    Paper,
    PaperRepository,
    Proceeding,
    Repository,
    SlugHistory,
    Task,
)
from portal.pages.links import Link, address


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of thing: its word in addresses and for readers, the fields that its name needs, and where its page is.

    `placed_by` are fields that its name needs where others of its kind are not beside it: a model has results on many boards.
    """

    key: str
    word: str
    table: type[DatabaseModel]
    named_by: tuple[str, ...] = ("name",)
    placed_by: tuple[str, ...] = ()
    page: str = ""


_BOARD = ("leaderboard__task__name", "leaderboard__dataset_name")

KINDS = (
    Kind(key="paper", word="paper", table=Paper, named_by=("title",), page="papers:detail"),
    Kind(key="sota", word="board", table=Leaderboard, named_by=("task__name", "dataset_name"), page="boards:detail"),
    Kind(key="result", word="result", table=Claim, named_by=("model_name",), placed_by=_BOARD),
    Kind(key="metric", word="metric", table=Metric),
    Kind(key="task", word="task", table=Task, page="tasks:detail"),
    Kind(key="dataset", word="dataset", table=Dataset, page="datasets:detail"),
    Kind(key="method", word="method", table=Method, page="methods:detail"),
    Kind(key="model", word="model", table=Model),
    Kind(key="author", word="author", table=Author, page="authors:detail"),
    Kind(key="code", word="code link", table=PaperRepository, named_by=("repository__key",)),
    Kind(key="repository", word="repository", table=Repository, named_by=("key",)),
    Kind(key="area", word="area", table=Area, page="areas:detail"),
    Kind(key="collection", word="collection of methods", table=MethodCollection, page="methods:collection"),
    Kind(key="conference", word="conference", table=Conference, page="conferences:detail"),
    Kind(key="proceeding", word="proceeding", table=Proceeding),
    Kind(key="measurement", word="measurement", table=Measurement, named_by=("model_name",)),
)
BY_KEY: Mapping[str, Kind] = {kind.key: kind for kind in KINDS}
_BY_TABLE = {kind.table: kind for kind in KINDS}
_OWNERS: Mapping[str, type[DatabaseModel]] = {
    "papers_paperauthor": Paper,
    "papers_papertask": Paper,
    "papers_papermethod": Paper,
    "papers_taskedge": Task,
    "papers_task_areas": Task,
    "papers_dataset_tasks": Dataset,
    "papers_method_collections": Method,
    "leaderboards_score": Claim,
}
"""Whose past the changes of a table of links stand in."""
_BY_SLUG_KIND = {
    SlugHistory.Kind.PAPER: Paper,
    SlugHistory.Kind.TASK: Task,
    SlugHistory.Kind.DATASET: Dataset,
    SlugHistory.Kind.METHOD: Method,
    SlugHistory.Kind.AUTHOR: Author,
    SlugHistory.Kind.LEADERBOARD: Leaderboard,
}
TABLES: Mapping[str, type[DatabaseModel]] = {
    table._meta.db_table: table
    for label in ("papers", "leaderboards")
    for table in apps.get_app_config(label).get_models(include_auto_created=True)
}
_SAID = ("title", "name", "model_name", "dataset_name", "key", "slug")
"""Fields that say what a deleted thing was called."""


def tables_of(kind: Kind) -> list[str]:
    """The tables whose changes stand in the past of a kind."""
    return [kind.table._meta.db_table, *(name for name, owner in _OWNERS.items() if owner is kind.table)]


def kind_of(change: Change) -> Kind | None:
    """The kind of the thing that a change is about."""
    if change.table == "papers_slughistory":
        owner = _BY_SLUG_KIND.get(str({**change.old, **change.new}.get("kind")))  # type: ignore[call-overload]
    else:
        owner = _OWNERS.get(change.table) or TABLES.get(change.table)
    return _BY_TABLE.get(owner) if owner else None


def linked_to(table: str, column: str) -> type[DatabaseModel] | None:
    """What a column that is a key leads to."""
    model = TABLES.get(table)
    if model is None:
        return None
    found = next((field for field in model._meta.concrete_fields if field.attname == column), None)
    return found.related_model if found is not None else None


class Names:
    """What the things are called that some changes are about, or name: one query a kind.

    `are_placed`: with where they stand, as among the changes of everything.
    """

    def __init__(self, changes: Iterable[Change], *, are_placed: bool = True) -> None:
        self._are_placed = are_placed
        keys: dict[type[DatabaseModel], set[Any]] = defaultdict(set)
        for change in changes:
            kind = kind_of(change)
            if kind is not None and change.object_id is not None:
                keys[kind.table].add(change.object_id)
            for column, value in [*change.old.items(), *change.new.items()]:
                to = linked_to(change.table, column) if value is not None else None
                if to in _BY_TABLE:
                    keys[to].add(value if isinstance(value, int) else UUID(value))
        self._links: dict[tuple[type[DatabaseModel], Any], Link] = {}
        for table, wanted in keys.items():
            self._read(_BY_TABLE[table], wanted)
        self._recall({key: table for table, wanted in keys.items() for key in wanted if isinstance(key, UUID)})

    def _read(self, kind: Kind, keys: set[Any]) -> None:
        ids, public = {key for key in keys if isinstance(key, int)}, {key for key in keys if not isinstance(key, int)}
        columns = {field.name for field in kind.table._meta.concrete_fields}
        more = [name for name in ("slug", "removed_at", "spam_reason") if name in columns]
        rows = kind.table._default_manager.filter(Q(pk__in=ids) | Q(public_id__in=public))
        named_by = (*kind.named_by, *kind.placed_by) if self._are_placed else kind.named_by
        for row in rows.values("pk", "public_id", *more, *named_by):
            name = " on ".join(str(row[field]) for field in named_by if row[field])
            is_shown = kind.page and not row.get("removed_at") and not row.get("spam_reason") and not is_hidden(row.get("slug"))
            text = name or str(row.get("slug") or row["public_id"])
            link = Link(text=text, href=address(kind.page, row["slug"]) if is_shown else "")
            self._links[kind.table, row["pk"]] = self._links[kind.table, row["public_id"]] = link

    def _recall(self, keys: Mapping[UUID, type[DatabaseModel]]) -> None:
        """What things were called that are gone, by the changes that deleted them."""
        gone = [key for key, table in keys.items() if (table, key) not in self._links]
        deleted = Change.objects.filter(object_id__in=gone, action=Change.Action.DELETED) if gone else ()
        for change in deleted:
            if (table := keys[change.object_id]) is TABLES.get(change.table):  # type: ignore[index]  # asked for by its key
                self._links[table, change.object_id] = _as_it_was(change)

    def of(self, table: type[DatabaseModel] | None, key: Any) -> Link | None:
        """The thing of that id or public id; None where it is gone."""
        if table is None or key is None:
            return None
        return self._links.get((table, key if isinstance(key, int | UUID) else UUID(key)))

    def of_change(self, change: Change) -> Link:
        """What a change is about."""
        kind = kind_of(change)
        found = self.of(kind.table, change.object_id) if kind else None
        return found if found is not None else _as_it_was(change)


def _as_it_was(change: Change) -> Link:
    """What the thing was called that a change deleted."""
    said = next((change.old[name] for name in _SAID if change.old.get(name)), "")
    return Link(text=str(said) if said and not is_hidden(str(said)) else "something that is gone")
