"""Finding named things (tasks, datasets, methods, authors) by the words of their names.

Each table has an index over the folded words of its names, as an expression, so that it is always right. Every word of the query
has to be a word of the name or, from three letters on, the beginning of one. Of names that fit as well, those come first that
most papers or results are about.
"""

from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, CharField, F, Func, IntegerField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

from papers.search_words import beginnings, clean

RowsT = TypeVar("RowsT", bound=QuerySet[Any])

CAP = 2000
"""Names among which the best are chosen: a common name of authors has tens of thousands."""


class _Vector(Func):
    """The words of a name, exactly as the indexes have it (papers/search_sql.py)."""

    template = "to_tsvector('simple', papers_search_text(%(expressions)s))"
    output_field = CharField()


class _Words(Func):
    """Operands of to_tsquery, folded."""

    template = "to_tsquery('simple', papers_without_accents(%(expressions)s))"
    output_field = CharField()


class _Key(Func):
    function = "papers_title_key"
    output_field = CharField()


class _Merit(Func):
    """How well a name fits a phrase, both folded: 0 is the very name, 1 begins so, 2 holds it, 3 is the rest.

    Folding is nearly all of what it costs: a name is folded once, and again only if it begins with the phrase.
    """

    template = (
        "CASE strpos(%(name)s, %(phrase)s) WHEN 0 THEN 3 WHEN 1 THEN CASE WHEN %(name)s = %(phrase)s THEN 0 ELSE 1 END ELSE 2 END"
    )
    output_field = IntegerField()

    def __init__(self, name: Combinable, phrase: str) -> None:
        super().__init__(_Key(name), _Key(Value(phrase)))

    def as_sql(  # type: ignore[override]  # nothing else is asked of it
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, list[Any]]:
        """The statement's text and its values, in the order in which the template asks for them."""
        (name, name_values), (phrase, phrase_values) = map(compiler.compile, self.get_source_expressions())
        return self.template % {"name": name, "phrase": phrase}, [*name_values, *phrase_values] * 2


def has_words(name: str | Combinable, words: str) -> Func:
    """The condition that a column's text has these words (in the language of to_tsquery)."""
    column = F(name) if isinstance(name, str) else name
    return Func(_Vector(column), _Words(Value(words)), template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())


def named(rows: RowsT, query: str, *, cap: int = CAP) -> RowsT:
    """Those of the rows whose `name` has every word of the query: the very name, what begins so, what holds it, the rest.

    Of equal ones those of most papers come first, as they are counted. The best are chosen among as many as `cap`.
    """
    words = beginnings(clean(query))
    if not words:
        return rows.none()
    inner = rows.filter(has_words("name", " & ".join(words))).order_by().values("pk")[:cap]
    found: RowsT = rows.model._default_manager.filter(pk__in=inner)
    return best_first(found, F("name"), weight=F("count__papers"), query=query)


def best_first(rows: RowsT, name: Combinable, *, weight: F, query: str) -> RowsT:
    """Rows that match by a name in the order of how well they do (their `merit`: 0 is the very name), then of their weight."""
    order = ("merit", weight.desc(nulls_last=True), "slug")
    ordered: RowsT = rows.annotate(merit=_Merit(name, clean(query))).order_by(*order)
    return ordered
