"""Papers found by names of their authors together with words."""

from datetime import date

import pytest

from papers import search_people
from papers.models import Paper
from tests.factories.catalogue import make_author, make_paper

pytestmark = pytest.mark.django_db


def titles(query, limit=20):
    names = dict(Paper.objects.values_list("pk", "title"))
    return [names[key] for key in search_people.papers(query, limit=limit)]


def test_who_has_more_of_the_words_in_the_name_is_meant():
    make_paper(title="Graphs one", authors=["Jane Li"], date=date(2020, 1, 1))
    make_paper(title="Graphs two", authors=["Wei Li"], date=date(2021, 1, 1))
    assert titles("li graphs") == ["Graphs two", "Graphs one"]
    assert titles("jane li graph") == ["Graphs one"]
    assert titles("li graphs", limit=1) == ["Graphs two"]


def test_a_removed_name_finds_nothing():
    make_paper(title="Graphs", authors=["Jane Li"])
    make_author(name="Jane Li").__class__.objects.update(removed_at="2024-01-01T00:00:00Z", removed_reason="A test.")
    assert titles("jane graphs") == []


def test_only_the_newest_papers_of_people_are_looked_at(monkeypatch):
    monkeypatch.setattr(search_people, "MOST_PAPERS", 2)
    for year in (2018, 2019, 2020):
        make_paper(title=f"Graphs of {year}", authors=["Jane Li"], date=date(year, 1, 1))
    assert titles("li graphs") == ["Graphs of 2020", "Graphs of 2019"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "li",
        "'",
        "li ' graphs",
        "li :*&|! graphs",
        "li\x00 graphs",
        "% %",
        "li %s zebra",
        "日本 語",
        "the of",
        "x y",
        "li \ud800",
        "a" * 5000,
    ],
)
def test_hostile_queries_are_answered_and_one_word_finds_nothing(query):
    make_paper(title="Plain", authors=["Jane Li"])
    assert titles(query) == []


def test_it_is_one_query(django_assert_num_queries):
    for number in range(12):
        make_paper(title=f"Graphs {number}", authors=["Jane Li", "Wei Li"])
        if number in {0, 11}:
            with django_assert_num_queries(1):
                search_people.papers("li graphs", limit=20)
