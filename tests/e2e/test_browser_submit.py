"""From a form to the board in a real browser: somebody submits with the checks beside, a reviewer decides by keyboard."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from leaderboards import corrections, submissions
from leaderboards.models import Claim, Submission
from papers.models import Change
from tests.e2e.axe import NONE, faults_in_both_themes
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.people import make_person
from tests.factories.whole_tables import catalogue_tables


@pytest.fixture
def board(committed_db):
    """A board with four results, and a paper that has none."""
    found = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Trees"), slug="parsing-on-trees")
    for number in range(4):
        make_result(found, scores={"Accuracy": f"9{number}.0"})
    corrections.rejudge(found.metrics.get())  # as an import does
    make_paper(title="Deep Parsers", slug="deep-parsers", arxiv_id="2401.00001")
    return found


def as_person(role):
    """A browser's state in which that person is signed in."""
    person, client = make_person(role), Client()
    client.force_login(person)
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "domain": "127.0.0.1",
        "path": "/",
    }
    return {
        "storage_state": {
            "cookies": [{**cookie, "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}],
            "origins": [],
        }
    }


def test_a_result_goes_from_the_form_by_the_reviewers_keyboard_to_the_board_and_off_it_by_a_revert(visit, board):
    before = catalogue_tables()
    with visit("/submit/result", **as_person("reader")) as page:
        page.get_by_label("Board", exact=True).press_sequentially("pars")
        expect(page.locator("#field-board-list option")).to_have_attribute("value", "Parsing on Trees")
        page.get_by_label("Board", exact=True).fill("Parsing on Trees")
        page.get_by_label("Model (needed)").fill("DeepParser")  # leaving the board's field fetches its metrics
        expect(page.get_by_label("Metric").first).to_have_value("Accuracy")
        page.get_by_label("Value, as printed").first.fill("0.925")
        expect(page.locator("[data-found=scores]")).to_contain_text("0.925 stands among values of 90 to 93")
        page.get_by_label("Value, as printed").first.fill("92.5")
        page.get_by_label("Paper", exact=True).fill("2401.00001")
        page.get_by_label("Table or figure").fill("Table 2")
        expect(page.locator("[data-outlook]")).to_have_text(
            "It would rank 2 of 5 by Accuracy on Parsing on Trees. A reviewer will look at it."
        )
        expect(page.locator("[data-found=scores] li")).to_have_count(0)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("h1")).to_have_text("DeepParser: Accuracy 92.5 on Parsing on Trees")
        page.goto("/sota/parsing-on-trees")
        expect(page.get_by_role("row").filter(has_text="DeepParser")).to_have_count(0)
    with visit("/review", **as_person("reviewer")) as page:
        expect(page.get_by_role("article")).to_contain_text("Table 2")
        page.keyboard.press("j")
        expect(page.get_by_role("article")).to_be_focused()
        page.keyboard.press("r")
        expect(page.get_by_placeholder("Why it is refused")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("article")).to_be_focused()
        page.keyboard.press("a")
        expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert Claim.objects.get(model_name="DeepParser").paper.slug == "deep-parsers"
    with visit("/sota/parsing-on-trees", java_script_enabled=False) as page:
        row = page.get_by_role("row").filter(has_text="DeepParser")
        expect(row.get_by_role("cell").first).to_have_text("2")
        expect(row).to_contain_text("Deep Parsers")
    with visit("/sota/parsing-on-trees", java_script_enabled=False, **as_person("reviewer")) as page:
        row = page.get_by_role("row").filter(has_text="DeepParser")
        row.get_by_role("button", name="form: Sent by a form").click()
        story = row.locator(".provenance-story")
        expect(story).to_contain_text("Table 2")
        submission = story.get_by_role("link", name="What was sent").get_attribute("href")
        story.get_by_role("link").first.click()
        page.get_by_role("button", name="Show what would be undone").click()
        page.get_by_role("button", name=re.compile("^Undo [0-9]+ change")).click()
        expect(page.get_by_role("status")).to_contain_text("undone")
        page.goto("/sota/parsing-on-trees")
        expect(page.get_by_role("row").filter(has_text="DeepParser")).to_have_count(0)
        page.goto(submission)
        expect(page.locator(".steps")).to_contain_text("Its result was deleted as a revert by reviewer-")
    assert catalogue_tables() == before


def test_without_script_the_check_button_checks(visit, board):
    with visit("/submit/result?board=parsing-on-trees", java_script_enabled=False, **as_person("contributor")) as page:
        page.get_by_label("Model (needed)").fill("DeepParser")
        page.get_by_label("Value, as printed").first.fill("92.5")
        page.get_by_label("Paper", exact=True).fill("2401.00001")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_role("status")).to_contain_text(
            "It would rank 2 of 5 by Accuracy on Parsing on Trees. It will be published at once."
        )
        page.get_by_role("button", name="Send").click()
        expect(page).to_have_url(re.compile("/submissions/"))
        expect(page.locator("main")).to_contain_text("by the checks, of a trusted contributor")


ADDRESSES = [
    "/submit",
    "/submit/result?board=parsing-on-trees",
    "/submit/paper",
    "/submit/upload",
    "/review",
    "/edit/sota/parsing-on-trees",
    "/submissions",
    "/notices",
    "/watching",
    "/changes",
    "/history/sota/parsing-on-trees",
    "/sota/parsing-on-trees",
]


def test_no_page_of_a_reviewers_shuts_readers_out_or_scrolls_sideways(visit, board):
    for model in ("A", "B" * 200):
        values = {
            "board": board.slug,
            "model_name": model,
            "scores": [{"metric": "Accuracy", "value": "0.925"}],
            "paper": "2401.00001",
            "quote": "so " * 100,
        }
        sent = submissions.submit("result", values, by=(sender := make_person()), via=Submission.Via.FORM)
    made = submissions.submit("result", {**values, "model_name": "C"}, by=sender, via=Submission.Via.FORM)
    submissions.accept(made, by=make_person("staff"))
    change = Change.objects.filter(actor=sender).latest("pk")
    of_changes = [f"/changes/{change.pk}", f"/changes/by/{sender}", f"/users/{sender}"]
    who = as_person("reviewer")
    for address in [*ADDRESSES, *of_changes, f"/submissions/{sent.public_id}", f"/review/{sent.public_id}/amend"]:
        with visit(address, reduced_motion="reduce", **who) as page:
            assert faults_in_both_themes(page) == NONE, address
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, address
