"""What search fields suggest while somebody types."""

import pytest
from django.utils import timezone

from tests.factories.catalogue import make_author, make_board, make_dataset, make_method, make_paper, make_result, make_task

pytestmark = pytest.mark.django_db


def suggested(client, query):
    answer = client.get("/search/suggest", {"q": query}).json()
    return [(found["kind"], found["text"], found["href"]) for found in answer["suggestions"]]


def test_a_few_things_of_each_kind_are_suggested_in_a_fixed_order(client):
    board = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Parsing Bank"), slug="parsing-on-bank")
    for number in range(4):
        make_result(board, model_name="ParsingNet (large)", occurrence=number)
        make_method(name=f"Parsing trick {number}")
    make_author(name="Ann Parsing")
    make_paper(title="About parsing", slug="about-parsing")
    assert suggested(client, "parsin") == [
        ("Task", "Parsing", "/task/parsing"),
        ("Board", "Parsing on Parsing Bank", "/sota/parsing-on-bank"),
        ("Dataset", "Parsing Bank", "/dataset/parsing-bank"),
        ("Method", "Parsing trick 0", "/method/parsing-trick-0"),
        ("Method", "Parsing trick 1", "/method/parsing-trick-1"),
        ("Method", "Parsing trick 2", "/method/parsing-trick-2"),
        ("Author", "Ann Parsing", "/author/ann-parsing"),
        ("Model", "ParsingNet (large)", "/model/parsingnet-large"),
        ("Paper", "About parsing", "/paper/about-parsing"),
    ]


def test_a_browser_is_told_the_same_in_its_own_form(client):
    make_task(name="Parsing")
    make_result(make_board(), model_name="Parsing & Net")
    response = client.get("/search/complete", {"q": "parsing"})
    assert response["Content-Type"] == "application/x-suggestions+json"
    assert response.json() == [
        "parsing",
        ["Parsing", "Parsing & Net"],
        ["Task", "Model: 1 result"],
        ["http://testserver/task/parsing", "http://testserver/model/parsing-net"],
    ]


def test_two_letters_begin_words_of_tasks_datasets_and_methods_and_are_words_of_the_rest(client):
    make_board(task=make_task(name="Image Parsing"), dataset=make_dataset(name="Parade"))
    make_method(name="Paradigm")
    make_method(name="PA")
    make_author(name="Ann Parsing")
    make_author(name="Wu Pa")
    assert suggested(client, "pa") == [
        ("Method", "PA", "/method/pa"),
        ("Task", "Image Parsing", "/task/image-parsing"),
        ("Dataset", "Parade", "/dataset/parade"),
        ("Method", "Paradigm", "/method/paradigm"),
        ("Author", "Wu Pa", "/author/wu-pa"),
    ]
    assert suggested(client, "p") == []


def test_the_very_name_comes_first_whatever_it_names(client):
    make_task(name="Graph Attention Networks")
    make_method(name="Graph Attention")
    make_paper(title="graph attention", slug="the-paper")
    assert [kind for kind, _, _ in suggested(client, "Graph Attention")] == ["Method", "Paper", "Task"]


def test_what_is_not_shown_is_not_suggested(client):
    gone = {"removed_at": timezone.now(), "removed_reason": "A test."}
    make_task(name="Zebra", **gone)
    make_method(name="Zebra trick", spam_reason="A test.")
    make_paper(title="Zebra paper", **gone)
    board = make_board(task=make_task(name="Stripes"), **gone)
    make_result(board, model_name="ZebraNet")
    make_result(make_board(), model_name="ZebraNet two", **gone)
    assert suggested(client, "zebra") == []


@pytest.mark.parametrize("query", ["", " ", "a", "\x00", "'", "%", ":*&|!", "x" * 5000, "\ud800", "日"])
def test_odd_and_short_queries_are_answered_with_nothing(client, query):
    make_task(name="Parsing")
    response = client.get("/search/suggest", {"q": query.encode("utf-8", "surrogatepass")})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["suggestions"] == []
    assert client.get("/search/complete", {"q": query.encode("utf-8", "surrogatepass")}).json()[1:] == [[], [], []]


def test_suggestions_take_as_many_queries_for_much_as_for_little(client, django_assert_num_queries):
    for size in (1, 9):
        for number in range(size):
            name = f"Zebra {size} {number}"
            make_result(make_board(task=make_task(name=name), dataset=make_dataset(name=name)), model_name=name)
            make_method(name=name)
            make_paper(title=name, authors=[name])
        with django_assert_num_queries(3):
            assert len(suggested(client, "zebra")) == min(12, 7 * size)


def test_words_of_every_length_and_the_word_between_task_and_dataset_mean_themselves(client):
    make_board(task=make_task(name="Go by AI"), dataset=make_dataset(name="Big Board"), slug="go-on-board")
    make_method(name="Standin0 of %s")
    assert suggested(client, "go on big") == [("Board", "Go by AI on Big Board", "/sota/go-on-board")]
    assert [text for _, text, _ in suggested(client, "go")] == ["Go by AI", "Go by AI on Big Board"]
    assert [text for _, text, _ in suggested(client, "standin0")] == ["Standin0 of %s"]
    assert [text for _, text, _ in suggested(client, "%s of")] == ["Standin0 of %s"]
    assert suggested(client, "on") == []
