"""In a real browser, without script: a reviewer reverts what somebody did, and a mark says by keyboard where a number comes from."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from leaderboards.models import Leaderboard
from papers import history
from papers.models import Change
from tests.factories.catalogue import make_board, make_dataset, make_result, make_task
from tests.factories.whole_tables import whole_tables


@pytest.fixture
def reviewer(committed_db):
    """The session of a reviewer."""
    client = Client()
    client.force_login(User.objects.create_user("grace", role="reviewer"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_reviewer_reverts_what_somebody_did_and_the_board_is_back(visit, reviewer, site):
    board = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="PTB"), slug="parsing-on-ptb")
    make_result(board, model_name="Parser", scores={"Accuracy": "91.5"})
    vandal, before = User.objects.create_user("vandal"), whole_tables()
    with history.acting(via=Change.Via.FORM, by=vandal.pk, origin="/edit"):
        history.remove(board, reason="Ha.")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": reviewer, "url": site}
    with visit("/sota/parsing-on-ptb", status=410, java_script_enabled=False) as page:
        page.context.add_cookies([cookie])
        page.get_by_role("link", name="Its history").click()
        page.get_by_role("link", name="vandal").first.click()
        page.get_by_role("button", name="Show what would be undone").click()
        assert page.get_by_role("status").inner_text() == "1 change would be undone."
        assert Leaderboard.objects.get().removed_at is not None
        page.get_by_role("button", name="Undo 1 change").click()
        assert page.get_by_role("status").inner_text() == "1 change was undone."
        page.goto("/sota/parsing-on-ptb")
        mark = page.get_by_role("button", name="archive: From the PWC Archive")
        story = page.locator("#from-archive")
        assert not story.is_visible()
        mark.focus()
        page.keyboard.press("Enter")
        assert "Nobody here has checked it" in story.inner_text()
        page.keyboard.press("Escape")
        assert not story.is_visible()
    assert whole_tables() == before
