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


def test_boards_are_found_by_words_of_task_and_dataset_together(client):
    task, dataset = make_task(name="Image Parsing"), make_dataset(name="Bank of Images")
    make_board(task=task, dataset=dataset, slug="both")
    make_board(task=task, slug="task-alone")
    make_board(task=make_task(name="Parsing spam", spam_reason="A test."), dataset=dataset, slug="spam")
    make_board(task=task, dataset=make_dataset(name="Spam bank", spam_reason="A test."), slug="spam-too")
    hrefs = [href for href in read(client.get("/search", {"q": "parsing on bank"})).hrefs() if href.startswith("/sota/")]
    assert hrefs == ["/sota/both"]


def test_words_of_abstracts_find_papers(client):
    make_paper(title="One", abstract="About zebras.")
    make_paper(title="Two", abstract="About horses.")
    assert found(client, "zebra") == ["One"]


@pytest.mark.parametrize("query", ["the", "-", "-zebra", ":*&|!", '"'])
def test_a_query_without_words_to_look_for_finds_nothing(client, query):
    make_paper(title="Zebra", abstract="With the rest.")
    assert "Nothing is called" in read(client.get("/search", {"q": query})).main


def test_the_page_takes_as_many_queries_for_much_as_for_little(client, django_assert_num_queries):
    for size in (1, 7):
        for number in range(size):
            name = f"Zebra {size} {number}"
            make_board(task=make_task(name=name), dataset=make_dataset(name=name))
            make_method(name=name)
            make_paper(title=name, authors=[name])
        with django_assert_num_queries(7):
            client.get("/search?q=zebra")
