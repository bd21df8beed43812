"""Pages in a real browser, served by the real web server from the real database."""

import json
from datetime import date

import pytest
from playwright.sync_api import expect

from papers.models import Paper
from tests.factories.catalogue import (
    make_board,
    make_dataset,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_checkpoint, make_planned_run
from workers.models import Run, Shard
from workers.states import RunState

PHONE = {"width": 390, "height": 844}
TABLET = {"width": 720, "height": 960}
PAPER = "/paper/gpt-neox-20b-an-open-source-autoregressive-1"


@pytest.fixture
def paper(committed_db):
    """A paper as wide and long as they come."""
    task = make_task(name="Multi-task Language Understanding", slug="multi-task-language-understanding")
    made = make_paper(
        title="GPT-NeoX-20B: An Open-Source Autoregressive Language Model",
        slug=PAPER.removeprefix("/paper/"),
        date=date(2022, 4, 14),
        proceeding=make_proceeding(name="BigScience (ACL) 2022 5", conference="BigScience (ACL)"),
        authors=[f"Author Number {number}" for number in range(17)],
        tasks=[task],
        repositories=[
            make_repository(url=f"https://github.com/owner/{'a-very-long-name-of-a-repository-' * 3}{n}") for n in range(3)
        ],
        abstract=f"Words and one {'unbreakable' * 30} word.",
        url_abs="https://arxiv.org/abs/2204.06745v1",
    )
    board = make_board(task=task, dataset=make_dataset(name="MML"), slug="mml")
    make_result(board, model_name="GPT-NeoX 20B (5-shot)", scores={"Accuracy": "33.6"}, paper=made)
    return made


def sideways(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(
    "address", [PAPER, "/sota/mml", "/", "/papers", "/tasks", "/sota", "/runs", "/about", "/downloads", "/search?q=neox"]
)
def test_nothing_scrolls_sideways_on_a_phone(visit, paper, address):
    with visit(address, viewport=PHONE) as page:
        expect(page.locator("h1")).to_be_visible()
        assert sideways(page) == 0


def test_a_wide_table_scrolls_inside_its_frame_by_keyboard(visit, paper):
    with visit(PAPER, viewport=TABLET) as page:
        frame = page.locator(".table-frame")
        assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
        frame.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(500)  # scrolling is animated; the policy forbids the evaluation that waiting for it would need
        assert frame.evaluate("frame => frame.scrollLeft") > 0
        assert page.evaluate("window.scrollX") == 0


@pytest.mark.parametrize("address", [PAPER, "/sota/mml"])
def test_a_phone_shows_a_result_as_a_card_without_scrolling(visit, paper, address):
    with visit(address, viewport=PHONE) as page:
        frame = page.locator(".table-frame")
        assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0
        for words in ("GPT-NeoX 20B (5-shot)", "33.6"):
            expect(frame.get_by_text(words, exact=True)).to_be_visible()


def test_the_theme_follows_the_system_until_the_switch_is_used_and_is_remembered(visit, paper):
    with visit(PAPER, color_scheme="dark") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(ground)
        page.get_by_role("button", name="Light theme").click()
        light = page.evaluate(ground)
        assert (dark, light) == ("rgb(15, 20, 26)", "rgb(247, 248, 249)")
        page.goto("/papers")
        assert page.evaluate(ground) == light
        page.get_by_role("button", name="Dark theme").click()
        assert page.evaluate(ground) == dark


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(visit, paper):
    with visit(PAPER) as page:
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        first = page.locator(".breadcrumb a").first
        expect(first).to_be_focused()
        assert first.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def test_a_search_by_keyboard_finds_the_paper(visit, paper):
    with visit("/") as page:
        page.locator("#site-search").fill("neox autoregressive")
        page.keyboard.press("Enter")
        page.get_by_role("link", name=paper.title).click()
        expect(page).to_have_url(f"{page.url.split('/paper')[0]}{PAPER}")
        expect(page.locator("h1")).to_have_text(paper.title)


def test_the_page_reads_without_script(visit, paper):
    with visit(PAPER, java_script_enabled=False) as page:
        expect(page.locator("h1")).to_have_text(paper.title)
        expect(page.get_by_role("cell", name="33.6")).to_be_visible()
        expect(page.locator(".theme-switch")).to_be_hidden()


def test_what_is_said_to_machines_breaks_no_policy_and_runs_nothing(visit, paper):
    attack = "</script><script>document.title = 'run'</script><!--"
    Paper.objects.filter(pk=paper.pk).update(title=attack)
    with visit(PAPER) as page:
        said = [json.loads(text) for text in page.locator("script[type='application/ld+json']").all_text_contents()]
        assert [data["@type"] for data in said] == ["ScholarlyArticle", "BreadcrumbList"]
        assert said[0]["name"] == attack
        assert page.title().startswith(attack)
        page.get_by_text("Cite", exact=True).click()
        expect(page.locator(".cite-entry").first).to_contain_text("@inproceedings{0")
        with page.expect_download() as saved:
            page.get_by_role("link", name="BibTeX").click()
        assert saved.value.suggested_filename == "02018script.bib"


def test_an_open_run_keeps_its_page_up_to_date_and_stops_when_it_ends(visit, committed_db):
    run = make_planned_run(samples=8, batch_size=2, checkpoint=make_checkpoint(name="Weights"))
    with visit(f"/runs/{run.public_id}") as page:
        expect(page.locator(".run-now", has_text="batches done")).to_contain_text("0 of 4 batches done")
        Shard.objects.update(batches_done=3)
        expect(page.locator(".run-now", has_text="batches done")).to_contain_text("3 of 4 batches done, 75 %")
        Run.objects.update(state=RunState.CANCELLED)
        expect(page.locator(".state")).to_have_text("Cancelled")
        expect(page.get_by_role("link", name="Reload")).to_have_count(0)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(2500)
        assert asked == []
