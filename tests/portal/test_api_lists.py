"""What lists of the API can be asked for beside their page: another order, some fields, a cursor, a table."""

import csv
import io
import json
from datetime import date
from uuid import UUID

import pytest

from tests.factories.catalogue import make_board, make_paper, make_repository, make_result
from tests.portal.api_reading import get, ids, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers():
    """Five papers, two of a day and one of none, two of them with code."""
    days = {"a": date(2001, 1, 1), "b": date(2001, 1, 1), "c": date(2003, 1, 1), "d": None, "e": date(1999, 1, 1)}
    codes = {"b": [make_repository(), make_repository()], "e": [make_repository()]}
    for slug, day in days.items():
        make_paper(slug=slug, date=day, title=f"Title {slug}", repositories=codes.get(slug, ()))


def by_cursor(client, address, *, size):
    """Every page's ids from the beginning."""
    pages, following = [], f"http://testserver/api/v1{address}&cursor=&items_per_page={size}"
    while following:
        body = client.get(following.removeprefix("http://testserver")).json()
        pages.append(ids(body))
        following = body["next"]
    return pages


@pytest.mark.parametrize(
    ("ordering", "order"),
    [("published", "eabcd"), ("-published", "cbaed"), ("-repositories", "bedca"), ("added", "abcde"), ("-added", "edcba")],
)
def test_an_order_is_the_same_by_number_and_by_cursor(client, papers, ordering, order):
    assert ids(get(client, f"/papers/?ordering={ordering}")) == list(order)
    by_number = [ids(get(client, f"/papers/?ordering={ordering}&items_per_page=2&page={page}")) for page in (1, 2, 3)]
    assert by_number == [list(order[:2]), list(order[2:4]), list(order[4:])]
    assert by_cursor(client, f"/papers/?ordering={ordering}", size=2) == by_number


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "WzEsMiwzXQ", "WyJ4IiwxXQ", "A" * 401, "é"])
def test_a_cursor_that_no_page_gave_is_no_place(client, papers, cursor):
    sentence = "There is no such place in this list: take `next` of the page before it, or begin with an empty cursor."
    assert refusal(client, f"/papers/?cursor={cursor}", status=404) == sentence


def test_some_fields_alone_come_as_a_type_of_their_own(client, papers):
    response = client.get("/api/v1/papers/?fields=title,id&items_per_page=1")
    assert response.headers["Content-Type"] == "application/vnd.papers.sparse+json"
    assert json.loads(response.content)["results"] == [{"title": "Title e", "id": "e"}]
    assert client.get("/api/v1/papers/a/?fields=id").json() == {"id": "a"}


def test_an_abstract_is_found_by_a_part_of_it(client):
    make_paper(slug="one", abstract="A bidirectional encoder, trained.")
    make_paper(slug="two", abstract="An encoder that is not bidirectional.")
    assert ids(get(client, "/papers/?abstract=bidirectional encoder")) == ["one"]


def test_results_are_a_table_for_spreadsheets_and_lines_for_programs(client):
    board = make_board(slug="b")
    for number, name in enumerate(["=HYPERLINK(1)", 'M "2", large', "third"], start=1):
        make_result(board, model_name=name, scores={"Accuracy": f"{number}0%"}, public_id=UUID(int=number))
    table = client.get("/api/v1/evaluations/b/results/?format=csv&items_per_page=2&fields=methodology,metrics,paper")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(table.content.decode()))) == [
        ["methodology", "metrics", "paper"],
        ["'=HYPERLINK(1)", '{"Accuracy":"10%"}', ""],
        ['M "2", large', '{"Accuracy":"20%"}', ""],
    ]
    following = table.headers["Link"].partition(">")[0].removeprefix("<http://testserver")
    assert client.get(following).content.decode().splitlines()[1].startswith("third,")
    lines = client.get("/api/v1/evaluations/b/results/?format=ndjson")
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["methodology"] for line in lines.content.splitlines()] == ["=HYPERLINK(1)", 'M "2", large', "third"]
    assert client.get("/api/v1/evaluations/gone/results/?format=csv").headers["Content-Type"] == "application/json"
