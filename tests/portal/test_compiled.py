"""Reads that are compiled once."""

from datetime import date

import msgspec
import pytest
from django.db import connection, models
from django.db.models import F

from papers.models import Paper
from portal.pages import compiled
from tests.factories.catalogue import make_paper

pytestmark = pytest.mark.django_db

HOSTILE = "'; DROP TABLE papers_paper; -- %s %% $1 \\ \" é"


class Title(msgspec.Struct):
    title: str | None
    date: date | None


@compiled.read(Title, title=models.TextField())
def titled(title):
    return Paper.objects.published().filter(title=title).exclude(slug="50%").order_by("pk").values("title", "date")


@compiled.read(Title, since=models.DateField(), title=models.TextField())
def since(since, title):
    return Paper.objects.filter(date__gte=since).exclude(title=title).order_by("-date").values("title", "date")


@compiled.read(Title)
def everything():
    return Paper.objects.exclude(title__contains="50% of %s").order_by("title").values("title", "date")


numbers = compiled.read_sql(
    msgspec.defstruct("Number", [("number", int)]),
    "SELECT n AS number FROM generate_series(%(first)s, %(last)s, CASE WHEN 7 %% 2 = 1 THEN %(first)s END) n",
    last=models.IntegerField(),
    first=models.IntegerField(),
)


def test_a_read_gives_the_queryset_s_rows_in_its_order():
    make_paper(title="B", date=date(2020, 1, 2))
    make_paper(title="A", date=None)
    make_paper(title="50% of %s")
    assert everything() == [Title("A", None), Title("B", date(2020, 1, 2))]


def test_a_read_without_rows_is_empty():
    assert titled(title="Nothing") == []


def test_arguments_go_where_their_names_stand_and_differ_from_call_to_call():
    for day in (1, 2, 3):
        make_paper(title=f"Day {day}", date=date(2020, 1, day))
    assert [row.title for row in since(since=date(2020, 1, 2), title="Day 3")] == ["Day 2"]
    assert [row.title for row in since(title="Day 1", since=date(2020, 1, 1))] == ["Day 3", "Day 2"]


@pytest.mark.parametrize("title", [HOSTILE, "%(title)s", "", "\\'", "\n\t\u2028"])
def test_an_argument_is_a_value_and_never_part_of_the_statement(title):
    make_paper(title=title or "x", slug="hostile")
    Paper.objects.update(title=title)
    make_paper(title="Another")
    assert titled(title=title) == [Title(title, None)]


def test_sql_takes_named_parameters_in_any_order_and_more_than_once():
    assert [row.number for row in numbers(first=2, last=6)] == [2, 4, 6]
    assert [row.number for row in numbers(last=6, first=3)] == [3, 6]


def test_a_read_is_one_query_the_first_time_too(django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(1):
            since(since=date(2020, 1, 1), title="Never asked for before")


def test_a_connection_prepares_a_statement_once():
    for title in ("x", "y", "z"):
        titled(title=title)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, generic_plans + custom_plans FROM pg_prepared_statements")
        used = dict(cursor.fetchall())
    assert used.keys() == connection.prepared
    assert max(used.values()) >= 3


def test_a_row_of_another_shape_is_refused():
    class Wrong(msgspec.Struct):
        title: int

    wrong = compiled.read(Wrong)(lambda: Paper.objects.values("title"))
    make_paper(title="Words")
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        wrong()


def test_columns_may_be_renamed():
    class Named(msgspec.Struct):
        venue: str

    make_paper(title="Words")
    assert compiled.read(Named)(lambda: Paper.objects.values(venue=F("title")))() == [Named("Words")]
