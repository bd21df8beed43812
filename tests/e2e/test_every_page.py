"""What holds on every type of page in a real browser: it fits a phone, weighs little, nothing jumps, and axe finds nothing.

That no page asks another host, breaks the policy or complains in the console is what `visit` itself checks.
"""

import gzip
from urllib.parse import urlsplit

import pytest

from tests.e2e.axe import OF_LOOKS, PHONE, faults
from tests.e2e.page_types import PAGE_TYPES
from tests.factories.whole_catalogue import make_whole

pytestmark = pytest.mark.long

HEAVIEST = 150_000
"""Bytes of a page with its styles and scripts, compressed, before charts."""

A_JUMP = 0.005
"""Of layout shift: a line that moves by its height counts 0.01 and more, what a slow machine paints of half a table 0.002."""

every_page = pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)

SCROLLING_SIDEWAYS = """() => [...document.querySelectorAll("body *")]
    .filter(element => element.scrollWidth > element.clientWidth + 1
        && ["auto", "scroll"].includes(getComputedStyle(element).overflowX)
        && !element.matches(".table-frame, .prose table, .prose pre, math"))
    .map(element => element.className || element.tagName)"""
SETTLES = 300
"""Milliseconds in which a page that has loaded is still watched."""

SHIFTS = """patience => new Promise(resolve => {
    const found = [];
    new PerformanceObserver(list => found.push(...list.getEntries().map(entry =>
        [entry.value, ...entry.sources.map(source => source.node && (source.node.outerHTML || source.node.textContent).slice(0, 80))])))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => resolve(found), patience);
})"""


def assert_that_nothing_jumped(page, patience=SETTLES):
    shifts = page.evaluate(SHIFTS, patience)
    assert sum(shift for shift, *_ in shifts) < A_JUMP, shifts


@pytest.fixture(scope="module")
def made(committed_db_of_module):
    """A catalogue, committed."""
    return make_whole()


@every_page
def test_a_page_fits_a_phone_and_nothing_jumps_while_it_loads(visit, made, kind):
    options = {"viewport": PHONE, "color_scheme": "dark", "reduced_motion": "reduce"}
    with visit(kind.address(made), status=kind.status, **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert page.evaluate(SCROLLING_SIDEWAYS) == []
        assert_that_nothing_jumped(page)
        assert faults(page, OF_LOOKS) == []


@every_page
def test_a_page_with_all_that_it_loads_weighs_little_and_nothing_jumps_on_a_desk(visit, made, kind):
    weights = {}

    def weigh(response):
        weights[urlsplit(response.url).path] = len(gzip.compress(response.body()))

    with visit(kind.address(made), status=kind.status, on_response=weigh, reduced_motion="reduce") as page:
        page.wait_for_load_state("networkidle")  # half a second without a request
        assert_that_nothing_jumped(page, patience=20)
        assert faults(page) == []
    assert len([path for path in weights if path.endswith(".css")]) > 3
    assert sum(weights.values()) < HEAVIEST, weights


def test_a_chosen_theme_is_there_before_the_first_paint(visit, made):
    with visit("/about", color_scheme="light") as page:
        page.get_by_role("button", name="Dark theme").click()
        page.goto("/papers")
        while not page.evaluate("performance.getEntriesByName('first-paint').length"):
            page.wait_for_timeout(20)
        paint = page.evaluate("performance.getEntriesByName('first-paint')[0].startTime")
        script = page.evaluate("performance.getEntriesByType('resource').find(entry => /theme.*js/.test(entry.name)).responseEnd")
        assert script < paint
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"
        assert_that_nothing_jumped(page)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_phone_opens_the_menu_and_escape_closes_it(visit, made, has_script):
    with visit("/about", viewport=PHONE, java_script_enabled=has_script) as page:
        menu = page.locator(".site-nav")
        assert not menu.is_visible()
        page.get_by_role("button", name="Menu").focus()
        page.keyboard.press("Enter")
        assert menu.is_visible()
        page.keyboard.press("Escape")
        assert not menu.is_visible()
        page.get_by_role("button", name="Menu").click()
        menu.get_by_role("link", name="Datasets").click()
        page.wait_for_url("**/datasets")


def test_a_desk_has_no_menu_button(visit, made):
    with visit("/about") as page:
        assert page.locator(".site-nav").get_by_role("link", name="Datasets").is_visible()
        assert not page.locator(".menu-button").is_visible()


def test_formulas_are_laid_out_by_the_browser(visit, made):
    with visit(f"/method/{made.method.slug}", java_script_enabled=False) as page:
        fraction = page.locator("math mfrac").first
        top, bottom = (fraction.locator("> *").nth(place).bounding_box() for place in (0, 1))
        assert top["y"] + top["height"] <= bottom["y"] + 2
        assert page.locator(".formula-source").inner_text() == r"\unknown{x}"


def test_back_leads_to_the_same_search(visit, made):
    with visit("/search") as page:
        page.locator("#page-search").fill("image")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=image")
        page.get_by_role("main").get_by_role("link", name="Image Classification").first.click()
        page.wait_for_url(lambda address: "/search" not in address)
        page.go_back()
        page.wait_for_url("**/search?q=image")
        assert page.locator("#page-search").input_value() == "image"
