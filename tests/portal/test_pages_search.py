"""Search."""

from datetime import date

import pytest

from tests.factories.catalogue import make_author, make_board, make_dataset, make_method, make_paper, make_task
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


def found(client, query):
    page = read(client.get("/search", {"q": query}))
    return [text for tag, text in page.headings if tag == "h3"]


def test_the_very_title_comes_first_then_its_beginning_then_the_phrase_then_the_words(client):
    for title, day in [
        ("Models of language", 6), ("A study of language models", 5), ("Language models are few-shot learners", 4), ("Language models", 1),
        ("Vision models", 7),
    ]:  # fmt: skip
        make_paper(title=title, date=date(2020, 1, day))
    assert found(client, "language models") == [
        "Language models", "Language models are few-shot learners", "A study of language models", "Models of language",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["café society", "CAFE  SOCIETY", "Cafe\u0301 society", "society cafe"])
def test_accents_case_spaces_and_order_do_not_matter(client, query):
    make_paper(title="Café Society")
    assert found(client, query) == ["Café Society"]


@pytest.mark.parametrize("query", ["100%", "a_b", "back\\slash", "it's", "(x)"])
def test_signs_mean_themselves(client, query):
    make_paper(title=f"Title with {query} in it")
    make_paper(title="Title with 100 axb backslash its x in it")
    assert found(client, query) == [f"Title with {query} in it"]


def test_tasks_boards_datasets_methods_and_authors_are_found_by_name(client):
    task, dataset = make_task(name="Parsing"), make_dataset(name="Parsing Bank")
    make_board(task=task, dataset=dataset, slug="parsing-on-bank")
    make_method(name="Parsing trick")
    make_author(name="Ann Parsing")
    page = read(client.get("/search?q=parsing"))
    assert [text for tag, text in page.headings if tag == "h2"][:5] == ["Boards", "Tasks", "Datasets", "Methods", "Authors"]
    assert page.link("Parsing on Parsing Bank") == "/sota/parsing-on-bank"
    assert page.link("Ann Parsing") == "/author/ann-parsing"
    assert page.link("Parsing trick") == "/method/parsing-trick"


def test_more_papers_than_are_shown_are_said_to_be(client):
    for number in range(21):
        make_paper(title=f"Same {number}")
    page = read(client.get("/search?q=same"))
    assert len([tag for tag, _ in page.headings if tag == "h3"]) == 20
    assert "Papers 20+" in page.main
    assert "These are the first 20; more words find fewer." in page.main


def test_nothing_found_and_nothing_asked_say_what_to_do(client):
    assert "Nothing is called “<b>zebra</b>”" in read(client.get("/search", {"q": "<b>zebra</b>"})).main
    assert "Type words of a title" in read(client.get("/search")).main
    assert "Type words of a title" in read(client.get("/search", {"q": " \x00\x01 "})).main


def test_the_query_stays_in_the_field_as_words(client):
    response = client.get("/search", {"q": '"><script>alert(1)</script>'})
    values = [attributes.get("value") for tag, attributes in read(response).elements if attributes.get("name") == "q"]
    assert values == ['"><script>alert(1)</script>'] * 2


def test_a_very_long_query_is_cut(client):
    response = client.get("/search", {"q": "x " * 5000})
    assert response.status_code == 200
    assert len(read(response).text) < 2500
