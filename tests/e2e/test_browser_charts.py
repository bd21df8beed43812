"""Charts in a real browser: the room that they have, letters that can be read, and points that can be hit."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from tests.e2e.test_browser_board import BOARD, board, expect_models  # noqa: F401  # a fixture
from tests.factories.catalogue import make_code_link, make_paper
from tests.factories.whole_catalogue import make_whole

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1000, "height": 900}
SMALLEST_LETTERS = 12
INSIDE = """([inner, outer]) => {
    const [one, other] = [inner, outer].map((name) => document.querySelector(name).getBoundingClientRect());
    return one.width / other.width;
}"""
OVERLAP = """details => {
    const bottom = Math.max(...[...details.querySelectorAll("*")].map(part => part.getBoundingClientRect().bottom));
    const following = [...document.querySelectorAll("main section")].map(part => part.getBoundingClientRect().top);
    const below = details.getBoundingClientRect().top;
    return Math.max(0, bottom - Math.min(...following.filter(top => top > below)));
}"""
LETTERS = """() => [...document.querySelectorAll("main svg[role=img] text")].map(text => {
    const scale = text.getScreenCTM().a;
    return parseFloat(getComputedStyle(text).fontSize) * scale;
})"""


@pytest.fixture(scope="module")
def made(committed_db_of_module):
    """A catalogue with one thing of every kind, with papers with code of several years."""
    whole = make_whole()
    for year in range(2015, 2021):
        make_code_link(make_paper(date=date(year, 3, 1)), framework="pytorch" if year % 2 else "tf")
    return whole


@pytest.mark.parametrize(("viewport", "least"), [({"width": 1280, "height": 900}, 0.9), (PHONE, 0.9)])
def test_a_boards_chart_has_the_width_of_its_frame(visit, board, viewport, least):  # noqa: F811
    with visit(BOARD, viewport=viewport) as page:
        assert page.evaluate(INSIDE, ["svg.chart", ".chart-frame"]) >= least
        assert page.evaluate(INSIDE, [".chart-figure", ".board-results"]) >= least
        assert page.locator("svg.chart").bounding_box()["height"] >= 240


@pytest.mark.parametrize("kind", ["dataset", "method", "paper", "board"])
def test_what_unfolds_lies_over_nothing_that_follows(visit, made, kind):
    address = {
        "dataset": f"/dataset/{made.dataset.slug}", "method": f"/method/{made.method.slug}", "paper": f"/paper/{made.paper.slug}",
        "board": f"/sota/{made.board.slug}",
    }[kind]  # fmt: skip
    with visit(address) as page:
        unfolding = page.locator("main details:not(.column-choice)").all()
        assert unfolding
        for details in unfolding:
            details.locator("summary").click()
            assert details.evaluate(OVERLAP) == 0
            expect(details).to_have_attribute("open", "")


def test_a_bar_chart_leaves_no_blank_space_below(visit, made):
    with visit(f"/dataset/{made.dataset.slug}") as page:
        picture, numbers = (page.locator(f".small-chart {name}").bounding_box() for name in ("svg", "summary"))
        assert numbers["y"] - picture["y"] - picture["height"] < 40


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}])
@pytest.mark.parametrize("kind", ["trends", "dataset", "method"])
def test_letters_of_charts_keep_their_size(visit, made, kind, viewport):
    address = {"trends": "/trends", "dataset": f"/dataset/{made.dataset.slug}", "method": f"/method/{made.method.slug}"}[kind]
    with visit(address, viewport=viewport) as page:
        sizes = page.evaluate(LETTERS)
        assert sizes
        assert set(sizes) == {SMALLEST_LETTERS}
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_pointer_need_not_hit_a_point_to_be_told_and_led(visit, board):  # noqa: F811
    with visit(BOARD) as page:
        point = page.get_by_role("link", name="Model B · EM 90 · 2019-03-01 · Paper 2019")
        at = point.locator("circle").bounding_box()
        assert at["width"] <= 12
        left, top = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        page.mouse.move(left + 15, top + 12)
        expect(page.locator(".chart-tip")).to_have_text("Model B · EM 90 · 2019-03-01 · Paper 2019")
        page.mouse.move(left + 60, top + 60)
        expect(page.locator(".chart-tip")).to_be_hidden()
        page.mouse.click(left + 60, top + 60)
        page.mouse.click(left - 15, top + 10)
        expect(page).to_have_url(re.compile("/paper/paper-2019$"))


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, LAPTOP, {"width": 660, "height": 900}])
def test_the_list_of_columns_opens_at_its_button(visit, board, viewport):  # noqa: F811
    with visit(BOARD, viewport=viewport) as page:
        button = page.get_by_text("Columns", exact=True)
        button.click()
        at, opened = button.bounding_box(), page.locator(".column-lists").bounding_box()
        assert 0 <= opened["y"] - at["y"] - at["height"] <= 8
        assert abs(opened["x"] + opened["width"] - at["x"] - at["width"]) <= 1
        assert opened["x"] >= 0
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_list_of_columns_closes_on_escape_on_a_click_beside_it_and_when_the_focus_leaves(visit, board):  # noqa: F811
    with visit(BOARD) as page:
        button, opened = page.get_by_text("Columns", exact=True), page.locator(".column-lists")
        button.click()
        page.get_by_label("Code", exact=True).focus()
        page.keyboard.press("Escape")
        expect(opened).to_be_hidden()
        expect(button).to_be_focused()
        button.click()
        page.locator("h1").click()
        expect(opened).to_be_hidden()
        button.click()
        page.get_by_label("From", exact=True).last.focus()
        expect(opened).to_be_visible()
        page.keyboard.press("Tab")
        expect(opened).to_be_hidden()


def test_on_a_phone_the_list_of_columns_stays_open_so_that_nothing_jumps(visit, board):  # noqa: F811
    with visit(BOARD, viewport=PHONE) as page:
        page.get_by_text("Columns", exact=True).click()
        page.locator("h1").click()
        expect(page.locator(".column-lists")).to_be_visible()
