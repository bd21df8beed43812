"""What recorded changes were about: for many changes at once, the words and the page of each thing."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.apps import apps

from leaderboards.models import Claim, Leaderboard, Metric, Model
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Area, Author, Change, Conference, Dataset, Method, MethodCollection, Paper, Task
from portal.pages.links import Link, address, model_address

_NAMED: Mapping[str, CatalogueQuerySet[Any]] = {
    "tasks:detail": Task.objects.published(),
    "datasets:detail": Dataset.objects.published(),
    "methods:detail": Method.objects.published(),
    "methods:collection": MethodCollection.objects.published(),
    "areas:detail": Area.objects.published(),
    "authors:detail": Author.objects.published(),
    "conferences:detail": Conference.objects.published(),
}


def things_of(changes: Iterable[Change]) -> dict[object, Link]:
    """By the changed thing's public id its link; words alone for what has no page, or none any more. At most eleven queries."""
    tables = {change.object_id: change.table for change in changes}
    wanted = {key for key in tables if key is not None}
    found: dict[object, Link] = {}
    for look_up in (_papers, _claims, _boards, _metrics, _models, _named):
        if missing := wanted - found.keys():
            found |= look_up(missing)
    return {key: Link(text=f"a {_noun(table)} that is not shown") for key, table in tables.items()} | found


def _papers(keys: set[UUID]) -> dict[object, Link]:
    rows = Paper.objects.published().filter(public_id__in=keys).values_list("public_id", "title", "slug")
    return {key: Link(text=title or "A paper without a title", href=address("papers:detail", slug)) for key, title, slug in rows}


def _claims(keys: set[UUID]) -> dict[object, Link]:
    rows = Claim.objects.published().filter(public_id__in=keys, leaderboard__removed_at=None)
    told = rows.values_list(
        "public_id", "model_name", "leaderboard__slug", "leaderboard__task__name", "leaderboard__dataset_name"
    )
    return {
        key: Link(text=f"{model} on {task} on {dataset}", href=address("boards:detail", slug))
        for key, model, slug, task, dataset in told
    }


def _boards(keys: set[UUID]) -> dict[object, Link]:
    rows = Leaderboard.objects.published().filter(public_id__in=keys)
    told = rows.values_list("public_id", "slug", "task__name", "dataset_name")
    return {key: Link(text=f"{task} on {dataset}", href=address("boards:detail", slug)) for key, slug, task, dataset in told}


def _metrics(keys: set[UUID]) -> dict[object, Link]:
    rows = Metric.objects.filter(public_id__in=keys, leaderboard__removed_at=None)
    told = rows.values_list("public_id", "name", "leaderboard__slug", "leaderboard__task__name", "leaderboard__dataset_name")
    return {
        key: Link(text=f"{name} on {task} on {dataset}", href=address("boards:detail", slug))
        for key, name, slug, task, dataset in told
    }


def _models(keys: set[UUID]) -> dict[object, Link]:
    rows = Model.objects.published().filter(public_id__in=keys).values_list("public_id", "name", "slug")
    return {key: Link(text=name, href=model_address(slug)) for key, name, slug in rows}


def _named(keys: set[UUID]) -> dict[object, Link]:
    found: dict[object, Link] = {}
    for page, things in _NAMED.items():
        rows = things.filter(public_id__in=keys - found.keys()).values_list("public_id", "name", "slug")
        found |= {key: Link(text=name, href=address(page, slug)) for key, name, slug in rows}
    return found


def _noun(table: str) -> str:
    """What a row of a table is called; a table that is no longer there has only its name."""
    names = (
        str(model._meta.verbose_name) for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table
    )
    return next(names, "thing")
