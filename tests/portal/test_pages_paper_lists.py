"""Lists of papers: their orders, filters and pages."""

from datetime import date

import pytest

from papers.models import StarObservation
from tests.factories.catalogue import make_paper, make_repository, make_task
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


def paper(title, *, code=0, year=2020, **values):
    return make_paper(title=title, date=date(year, 5, 1), repositories=[make_repository() for _ in range(code)], **values)


def titles(page):
    return [text for tag, text in page.headings if text.startswith("Paper ") and tag != "h1"]


def walked(client, address):
    """The titles of a list's pages, one after the other."""
    pages = []
    while address:
        page = read(client.get(address))
        pages.append(titles(page))
        following = [href for text, href, _ in page.links if text == "Next page"]
        address = following[0] if following else ""
    return pages


def test_latest_are_the_papers_with_code_newest_first(client):
    paper("Paper old", code=3, year=2019)
    paper("Paper new", code=1)
    paper("Paper without code")
    page = read(client.get("/latest"))
    assert titles(page) == ["Paper new", "Paper old"]
    assert "By the date of the paper, newest first." in page.main
    assert titles(read(client.get("/latest?year=2019"))) == ["Paper old"]


def test_greatest_are_those_with_most_code_and_the_page_says_by_what(client):
    paper("Paper small", code=1)
    paper("Paper great", code=3, year=2010)
    paper("Paper without code")
    page = read(client.get("/greatest"))
    assert titles(page) == ["Paper great", "Paper small"]
    assert "By the number of repositories that implement them: the archive has no GitHub stars" in page.main


@pytest.mark.parametrize("address", ["/greatest", "/papers?sort=greatest", "/task/t?sort=greatest"])
def test_those_with_most_code_come_page_by_page_each_once(client, address):
    task = make_task(name="T")
    expected = []
    for code in (3, 2, 1):
        expected += reversed([paper(f"Paper {code} {number}", code=code, tasks=[task]).title for number in range(25)])
    pages = walked(client, address)
    assert sum(pages, []) == expected
    assert [len(page) for page in pages] == [30, 30, 15]


@pytest.mark.parametrize("mark", ["nonsense", "1~", "~1", "1~1'--", "9999999999~1", "１~１", "2020-01-01~5"])
def test_a_mark_of_another_order_is_refused_in_a_sentence(client, mark):
    response = client.get("/greatest", {"after": mark})
    assert response.status_code == 404
    assert "There is no such place in this list" in read(response).main


def test_a_task_shows_its_papers_by_year_and_with_code(client):
    task = make_task(name="T")
    paper("Paper plain", tasks=[task])
    paper("Paper coded", code=1, tasks=[task])
    paper("Paper coded before", code=2, year=2018, tasks=[task])
    paper("Paper of another task", code=5)
    assert titles(read(client.get("/task/t"))) == ["Paper coded", "Paper plain", "Paper coded before"]
    assert titles(read(client.get("/task/t?code=1"))) == ["Paper coded", "Paper coded before"]
    assert titles(read(client.get("/task/t?code=1&year=2018"))) == ["Paper coded before"]
    assert titles(read(client.get("/task/t?sort=greatest"))) == ["Paper coded before", "Paper coded"]
    assert "3 papers" in read(client.get("/task/t")).main
    assert "2 papers with code" in read(client.get("/task/t?code=1")).main


def test_pages_keep_order_and_filters_and_first_page_does_too(client):
    for number in range(31):
        paper(f"Paper {number}", code=1)
    first = read(client.get("/papers?sort=greatest&year=2020"))
    following = first.link("Next page")
    assert following.startswith("/papers?year=2020&sort=greatest&after=1~")
    assert read(client.get(following)).link("First page") == "/papers?year=2020&sort=greatest"
    form = [
        attributes for tag, attributes in first.elements if attributes.get("name") in {"year", "code"} or "selected" in attributes
    ]
    assert [(field.get("value"), "checked" in field) for field in form] == [("greatest", False), ("2020", False), ("1", False)]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("year=soon", "“soon” is no year from 1800 to 2200: papers of all years are shown."),
        ("year=99999", "“99999” is no year"),
        ("year=２０２０", "is no year"),
        ("year=<b>", "“<b>” is no year"),
        ("sort=worst", "There is no order “worst”: the latest come first."),
        ("sort=%00", "There is no order"),
    ],
)
def test_what_cannot_be_understood_is_left_out_and_said(client, query, sentence):
    make_task(name="T")
    paper("Paper one")
    for address in ("/papers", "/task/t"):
        page = read(client.get(f"{address}?{query}"))
        assert sentence in page.main
    assert titles(read(client.get(f"/papers?{query}"))) == ["Paper one"]


def test_nothing_to_show_says_so_and_leads_on(client):
    paper("Paper one")
    page = read(client.get("/papers?year=1999"))
    assert "No paper is like that." in page.main
    assert page.link("Show all papers") == "/papers"
    assert "No paper with code has a date in 1999." in read(client.get("/greatest?year=1999")).main
    assert "No paper with code is here yet." in read(client.get("/greatest")).main


def test_home_shows_the_papers_with_most_code_among_the_newest(client, monkeypatch):
    monkeypatch.setattr("portal.pages.home.TRENDING_AMONG", 2)
    paper("Paper too old", code=9, year=2010)
    paper("Paper older", code=2, year=2019)
    paper("Paper newer", code=1)
    page = read(client.get("/"))
    assert titles(page) == ["Paper older", "Paper newer"]
    assert "Of the 2 newest papers with code, those with most repositories" in page.main


def test_an_empty_catalogue_has_no_papers_and_says_what_to_do(client):
    page = read(client.get("/papers"))
    assert "0 papers" in page.main
    assert "No paper is here. Import an archive with: manage.py import_archive PATH" in page.main


def starred(title, stars, *, before=None, **values):
    """A paper whose code had that many stars on 11 January 2024, and `before` that ten days earlier."""
    made = paper(title, **{"code": 1, **values})
    for day, number in ((date(2024, 1, 11), stars), (date(2024, 1, 1), before)):
        if number is not None:
            StarObservation.objects.create(repository=made.code_links.get().repository, observed_on=day, stars=number)
    return made


def test_with_stars_the_greatest_are_those_with_most_and_the_page_says_so(client):
    starred("Paper small", 5)
    starred("Paper great", 6800, year=2010)
    starred("Paper unloved", 0)
    paper("Paper with much code", code=9)
    page = read(client.get("/greatest"))
    assert titles(page) == ["Paper great", "Paper small", "Paper unloved", "Paper with much code"]
    assert "By the GitHub stars of their code, as last observed" in page.main
    assert "6,800 stars" in page.main
    assert titles(read(client.get("/greatest?year=2010"))) == ["Paper great"]


@pytest.mark.parametrize("address", ["/greatest", "/papers?sort=stars", "/task/t?sort=stars"])
def test_by_stars_they_come_page_by_page_each_once_and_those_without_last(client, address):
    task = make_task(name="T")
    expected = []
    for stars in (7, 0):
        expected += reversed([starred(f"Paper {stars} {number}", stars, tasks=[task]).title for number in range(20)])
    for code in (2, 1):
        expected += reversed([paper(f"Paper code {code} {number}", code=code, tasks=[task]).title for number in range(20)])
    pages = walked(client, address)
    assert sum(pages, []) == expected
    assert [len(page) for page in pages] == [30, 30, 20]


def test_stars_are_an_order_only_where_there_are_some(client):
    paper("Paper", code=1, tasks=[make_task(name="T")])
    assert "Most stars" not in client.get("/papers").content.decode() + client.get("/task/t").content.decode()
    starred("Paper two", 1)
    assert "Most stars" in client.get("/papers").content.decode()
    assert "Most stars" in client.get("/task/t").content.decode()


def test_trending_are_those_that_gained_most_stars_a_day(client):
    starred("Paper slow", 9000, before=8990)
    starred("Paper fast", 100, before=0)
    starred("Paper seen once", 50)
    page = read(client.get("/"))
    assert titles(page) == ["Paper fast", "Paper slow", "Paper seen once"]
    assert "By the GitHub stars that their code gained a day when it was last looked at." in page.main


@pytest.mark.parametrize("mark", ["s", "s~1", "s1~", "s1~x", "sx~1", "s-1~1", "s1~1~1"])
def test_a_mark_by_stars_that_nobody_made_is_no_place(client, mark):
    assert client.get("/papers", {"sort": "stars", "after": mark}).status_code == 404
