"""Search in a real browser: suggestions by keyboard, and everything without script."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories.catalogue import make_board, make_dataset, make_method, make_paper, make_repository, make_task


@pytest.fixture
def catalogue(committed_db):
    """Things whose names begin alike."""
    task = make_task(name="Graph Matching", slug="graph-matching")
    make_board(task=task, dataset=make_dataset(name="Pascal"), slug="graph-matching-on-pascal")
    make_method(name="Graph Attention", slug="graph-attention")
    return make_paper(title="Graph Networks", slug="graph-networks", tasks=[task], repositories=[make_repository()])


def field(page):
    """The field of the header, with suggestions."""
    return page.get_by_role("combobox", name="Search papers, tasks, boards, datasets, methods, models, authors").first


def test_a_slash_focuses_the_field_and_arrows_and_enter_follow_a_suggestion(visit, catalogue):
    with visit("/papers") as page:
        page.keyboard.press("/")
        expect(field(page)).to_be_focused()
        page.keyboard.type("graph")
        options = page.locator(".suggestions").get_by_role("option")
        expect(options).to_have_count(4)
        expect(options.first).to_contain_text("Graph Matching")
        expect(field(page)).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowUp")
        expect(page.locator("[aria-selected]")).to_have_count(0)
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        expect(options.last).to_have_id(field(page).get_attribute("aria-activedescendant"))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Graph Networks")


def test_escape_closes_the_suggestions_and_keeps_the_words_and_enter_searches(visit, catalogue):
    with visit("/papers") as page:
        field(page).fill("graph")
        expect(page.get_by_role("listbox")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("listbox")).to_have_count(0)
        expect(field(page)).to_have_value("graph")
        page.keyboard.press("ArrowDown")
        expect(page.locator(".suggestions").get_by_role("option").first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/search\?q=graph$"))
        expect(page.get_by_role("link", name="Graph Networks")).to_be_visible()


def test_a_suggestion_is_followed_by_a_click_and_the_way_back_keeps_the_search(visit, catalogue):
    with visit("/search?q=graph&code=1") as page:
        page.locator("#page-search").fill("graph att")
        page.get_by_role("option", name="Graph Attention").click()
        expect(page.locator("h1")).to_have_text("Graph Attention")
        page.go_back()
        expect(page.get_by_role("checkbox", name="With code")).to_be_checked()


def test_a_slash_in_a_field_is_a_slash(visit, catalogue):
    with visit("/papers") as page:
        page.get_by_label("Year").focus()
        page.keyboard.type("/")
        expect(page.get_by_label("Year")).to_have_value("/")


def test_home_and_search_read_without_script(visit, catalogue):
    with visit("/", java_script_enabled=False) as page:
        expect(page.get_by_role("link", name="Graph Networks")).to_be_visible()
        expect(page.get_by_role("combobox")).to_have_count(0)
        page.locator("#home-search").fill("networks")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Graph Networks")).to_be_visible()
        page.get_by_role("checkbox", name="With code").check()
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(re.compile(r"/search\?q=networks&code=1$"))
        expect(page.get_by_role("link", name="Graph Networks")).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/latest", "/greatest", "/papers", "/sota", "/task/graph-matching", "/search?q=graph"])
def test_nothing_scrolls_sideways_on_a_phone_with_suggestions_either(visit, catalogue, address):
    with visit(address, viewport={"width": 390, "height": 844}) as page:
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        field(page).fill("graph")
        expect(page.locator(".suggestions").get_by_role("option").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
