"""Finding boards by the words of their tasks and datasets, and models by those of their names."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, TextField, Value
from django.db.models.functions import Concat

from leaderboards import model_names
from leaderboards.count_models import BoardCount
from leaderboards.models import Claim, Leaderboard, LeaderboardQuerySet, shown
from papers.keys_first import is_one_of
from papers.models import Task
from papers.search_names import CAP, best_first, has_words
from papers.search_words import beginnings, clean

JOINS = "'on'"
"""The word between task and dataset in a board's name, which neither of them has."""
_WORDS, _PHRASE = "standinwords", "standinphrase"
"""In a statement's place for a query's words, as to_tsquery reads them, and for the query itself."""


@dataclass(frozen=True, kw_only=True)
class FoundModel:
    """A model by its name, as claims have it, with its address and how many claims are about it; `merit` 0 is the very name."""

    name: str
    slug: str
    claims: int
    merit: int


def boards(rows: LeaderboardQuerySet, query: str, *, cap: int = CAP) -> LeaderboardQuerySet:
    """Those of the boards whose task or dataset has each word of the query, best first; none that the public does not see.

    Of those that fit as well, boards of most results come first; the best are chosen among the `cap` that have most.
    """
    words = [word for word in beginnings(clean(query)) if word.lower() != JOINS]
    if not words:
        return rows.none()
    # Boards that are shown have a row of counts, and those rows are narrow.
    among = BoardCount.objects.order_by("-results", "board")
    for word in words:
        by_task = Leaderboard.objects.filter(task__in=Task.objects.filter(has_words("name", word)))
        by_dataset = Leaderboard.objects.filter(has_words("dataset_name", word))
        among = among.filter(board__in=by_task.order_by().values("pk").union(by_dataset.order_by().values("pk"), all=True))
    name = Concat(F("task__name"), Value(" on "), F("dataset_name"), output_field=TextField())
    return best_first(rows.filter(is_one_of(among.values("board")[:cap])), name, weight=F("count__results"), query=query)


def models(query: str, *, limit: int, cap: int = CAP) -> tuple[FoundModel, ...]:
    """The models with every word of the query in their name, best first, chosen among `cap` claims on boards that are shown.

    Names that share an address are one model; claims beyond the cap are not counted.
    """
    words = beginnings(clean(query))
    if not words:
        return ()
    meant = {_WORDS: " & ".join(words), _PHRASE: clean(query)}
    statement, values = _models_statement(limit, cap)
    with connection.cursor() as cursor:
        cursor.execute(statement, [meant.get(value, value) if isinstance(value, str) else value for value in values])
        rows = cursor.fetchall()
    return tuple(FoundModel(name=name, slug=slug, claims=claims, merit=merit) for name, slug, claims, merit in rows)


@cache
def _models_statement(limit: int, cap: int) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a search for models, and its values with two that stand for the query's.

    To put the queryset into SQL takes longer than to answer it, and each key that is pressed asks.
    """
    found = Claim.objects.published().filter(has_words("model_name", _WORDS), shown("leaderboard__"))
    claims = Claim.objects.filter(pk__in=found.order_by().values("pk")[:cap]).annotate(slug=model_names.slug("model_name"))
    by_model = claims.exclude(slug="").order_by().values("slug").annotate(name=Min("model_name"), claims=Count("pk"))
    ordered = best_first(by_model, Min("model_name"), weight=F("claims"), query=_PHRASE)
    statement, values = ordered.values_list("name", "slug", "claims", "merit")[:limit].query.sql_with_params()
    return statement, tuple(values)
