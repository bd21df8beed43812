"""Search."""

from datetime import date

import pytest
from django.utils import timezone

from tests.factories.catalogue import (
    make_author,
    make_board,
    make_dataset,
    make_method,
    make_paper,
    make_repository,
    make_result,
    make_task,
)
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


def test_tasks_boards_datasets_methods_models_and_authors_are_found_by_name(client):
    task, dataset = make_task(name="Parsing"), make_dataset(name="Parsing Bank")
    board = make_board(task=task, dataset=dataset, slug="parsing-on-bank")
    make_result(board, model_name="Parsing Net (large)")
    make_method(name="Parsing trick")
    make_author(name="Ann Parsing")
    page = read(client.get("/search?q=parsing"))
    assert [text for tag, text in page.headings if tag == "h2"][:5] == ["Boards", "Tasks", "Datasets", "Methods", "Models"]
    assert page.link("Parsing on Parsing Bank") == "/sota/parsing-on-bank"
    assert page.link("Ann Parsing") == "/author/ann-parsing"
    assert page.link("Parsing trick") == "/method/parsing-trick"
    assert page.link("Parsing Net (large)") == "/model/parsing-net-large"


def test_more_papers_than_are_shown_are_said_to_be(client):
    for number in range(21):
        make_paper(title=f"Same {number}")
    page = read(client.get("/search?q=same"))
    assert len([tag for tag, _ in page.headings if tag == "h3"]) == 20
    assert "Papers 1 to 20 of 21" in page.main
    assert page.link("Next page") == "/search?q=same&page=2"
    second = read(client.get(page.link("Next page")))
    assert "Papers 21 to 21 of 21" in second.main
    assert second.link("Previous page") == "/search?q=same"
    assert "Next page" not in second.main


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
    page = read(client.get("/search", {"q": "parsing on bank", "type": "boards"}))
    hrefs = [href for href in page.hrefs() if href.startswith("/sota/")]
    assert hrefs == ["/sota/both"]


def test_papers_are_found_by_names_of_authors_together_with_words(client):
    one = make_paper(title="Attention is all you need", authors=["Ashish Vaswani", "Noam Shazeer"], date=date(2017, 6, 12))
    make_paper(title="Scaling", abstract="Attentions of every kind.", authors=["Ashish Vaswani"], date=date(2019, 1, 1))
    make_paper(title="Attention for others", authors=["Somebody Else"])
    make_paper(title="Speech", authors=["Ashish Vaswani"])
    make_paper(title="Attention removed", authors=["Ashish Vaswani"], removed_at=timezone.now(), removed_reason="Spam.")
    said = "No paper has all of these words in its title and abstract: with these, some are names of authors."
    for query in ("vaswani attention", "ATTENTION Ashish Väswani"):
        page = read(client.get("/search", {"q": query}))
        assert [text for tag, text in page.headings if tag == "h3"] == ["Scaling", "Attention is all you need"]
        assert "1 to 2 of 2" in page.main
        assert said in page.main
    assert found(client, "shazeer attention") == [one.title]
    assert found(client, "the attention of noam shazeer") == [one.title]
    assert said not in read(client.get("/search", {"q": "attention others"})).main
    for query in (
        "vaswani -attention",
        '"vaswani attention"',
        "vaswani OR shazeer",
        "vaswani zebra",
        "vaswani",
        "a b",
        "vaswani attention " * 9,
    ):
        assert found(client, query) == [], query


def test_boards_of_most_results_come_first(client):
    for slug, number in [("a", 1), ("b", 3), ("c", 2)]:
        board = make_board(task=make_task(name="Zebra"), dataset=make_dataset(name=f"Stripes {slug}"), slug=slug)
        for place in range(number):
            make_result(board, occurrence=place, model_name="Net")
    for address in ("/search?q=zebra", "/search?q=zebra&type=boards"):
        hrefs = [href for href in read(client.get(address)).hrefs() if href.startswith("/sota/")]
        assert hrefs == ["/sota/b", "/sota/c", "/sota/a"]
    suggested = client.get("/search/suggest?q=zebra").json()["suggestions"]
    assert [found["href"] for found in suggested if found["kind"] == "Board"] == ["/sota/b", "/sota/c", "/sota/a"]


def test_a_word_that_is_wanted_and_left_out_is_said(client):
    make_paper(title="Zebra and quagga")
    page = read(client.get("/search", {"q": "zebra quagga -Quagga"}))
    assert "No paper has “Quagga” and lacks it too: leave one of the two out." in page.main
    assert [text for tag, text in page.headings if tag == "h3"] == []


def test_words_of_abstracts_find_papers(client):
    make_paper(title="One", abstract="About zebras.")
    make_paper(title="Two", abstract="About horses.")
    assert found(client, "zebra") == ["One"]


@pytest.mark.parametrize("query", ["the", "-", "-zebra", ":*&|!", '"'])
def test_a_query_without_words_to_look_for_finds_nothing(client, query):
    make_paper(title="Zebra", abstract="With the rest.")
    assert "Nothing is called" in read(client.get("/search", {"q": query})).main


def test_the_page_takes_as_many_queries_for_much_as_for_little(client, django_assert_num_queries):
    task = make_task(name="Stripes")
    for size in (1, 7):
        for number in range(size):
            name = f"Zebra {size} {number}"
            make_result(make_board(task=task, dataset=make_dataset(name=name)), model_name=name)
            make_method(name=name)
            make_paper(title=name, authors=[name], tasks=[task], repositories=[make_repository()], date=date(2020, 1, 1))
            make_task(name=name)
        for address, queries in [
            ("/search?q=zebra", 9), ("/search?q=zebra&type=papers", 2), ("/search?q=zebra&type=models", 1),
            ("/search?q=zebra&code=1&year=2020", 2), ("/search?q=zebra&task=stripes", 3),
        ]:  # fmt: skip
            with django_assert_num_queries(queries):
                assert "Zebra" in read(client.get(address)).main


def test_papers_can_be_narrowed_down_by_task_year_and_code(client):
    task, code = make_task(name="Stripes"), [make_repository()]
    make_paper(title="Zebra one", date=date(2019, 5, 1), tasks=[task], repositories=code)
    make_paper(title="Zebra two", date=date(2020, 5, 1), tasks=[task])
    make_paper(title="Zebra three", date=date(2020, 5, 1), repositories=code)
    make_method(name="Zebra trick")
    assert found(client, "zebra") == ["Zebra three", "Zebra two", "Zebra one"]
    for narrowed, expected in [
        ({"task": "stripes"}, ["Zebra two", "Zebra one"]), ({"code": "1"}, ["Zebra three", "Zebra one"]),
        ({"year": "2020"}, ["Zebra three", "Zebra two"]), ({"task": "stripes", "code": "1", "year": "2019"}, ["Zebra one"]),
        ({"task": "stripes", "code": "1", "year": "2020"}, []),
    ]:  # fmt: skip
        page = read(client.get("/search", {"q": "zebra", **narrowed}))
        assert [text for tag, text in page.headings if tag == "h3"] == expected
        assert "Zebra trick" not in page.main
        assert page.link("Show all") == "/search?q=zebra"
    assert "No paper of that kind has these words." in page.main
    field = next(attributes for tag, attributes in page.elements if attributes.get("name") == "task")
    assert (field["type"], field["value"]) == ("text", "Stripes")
    assert [attributes["value"] for tag, attributes in page.elements if tag == "option"] == ["Stripes"]


def test_any_task_can_be_typed(client):
    make_paper(title="Zebra one", tasks=[make_task(name="Stripes of Zebras")])
    make_paper(title="Zebra two")
    response = client.get("/search?q=zebra&task=Stripes+of&year=&type=")
    assert (response.status_code, response["Location"]) == (302, "/search?q=zebra&task=Stripes+of")
    response = client.get(response["Location"])
    assert (response.status_code, response["Location"]) == (302, "/search?q=zebra&task=stripes-of-zebras")
    assert [text for tag, text in read(client.get(response["Location"])).headings if tag == "h3"] == ["Zebra one"]


def test_pages_keep_the_filters(client):
    for number in range(21):
        make_paper(title=f"Zebra {number}", date=date(2020, 5, 1), repositories=[make_repository()])
    address = read(client.get("/search?q=zebra&year=2020&code=1&type=papers")).link("Next page")
    assert address == "/search?q=zebra&type=papers&year=2020&code=1&page=2"
    assert "21 to 21 of 21" in read(client.get(address)).main


def test_one_kind_alone_can_be_looked_for(client):
    for number in range(9):
        make_task(name=f"Zebra {number}")
    make_method(name="Zebra trick")
    page = read(client.get("/search?q=zebra"))
    assert page.link("More tasks") == "/search?q=zebra&type=tasks"
    alone = read(client.get("/search?q=zebra&type=tasks"))
    assert [href for href in alone.hrefs() if href.startswith("/task/")] == [f"/task/zebra-{number}" for number in range(9)]
    assert "Zebra trick" not in alone.main
    assert "Zebra trick" in read(client.get("/search?q=zebra&type=nonsense")).main


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("task=none", "There is no task “none” here: papers of all tasks are shown."),
        ("task=%00", "Zebra"),
        ("year=soon", "“soon” is no year from 1800 to 2200: papers of all years are shown."),
    ],
)
def test_filters_that_cannot_be_understood_are_left_out_and_said(client, query, sentence):
    make_paper(title="Zebra")
    page = read(client.get(f"/search?q=zebra&{query}"))
    assert sentence in page.main
    assert "Zebra" in [text for tag, text in page.headings if tag == "h3"]


@pytest.mark.parametrize("number", ["0", "2", "171", "99999", "-1", "x", "２"])
def test_pages_that_are_not_there_are_refused_in_a_sentence(client, number):
    make_paper(title="Zebra")
    response = client.get("/search", {"q": "zebra", "page": number})
    assert response.status_code == 404
    assert "There is no such place in this list" in read(response).main
