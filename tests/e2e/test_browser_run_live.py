"""An open run's page in a real browser: it follows the database within two seconds, without being loaded again."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories.runs import make_planned_run
from tests.portal.test_pages_run_live import make_run_of
from workers.models import Run, RunEvent, Shard
from workers.states import RunState, ShardState

PHONE = {"width": 390, "height": 844}
LATEST = 2.0
"""Seconds within which the page shows what has happened."""


@pytest.fixture
def run(committed_db):
    return make_planned_run(samples=12, batch_size=2, shards=3)


def address(run):
    return f"/runs/{run.public_id}"


def shows_in_time(locator, words):
    """How many seconds it took until these words were to be seen."""
    began = time.monotonic()
    expect(locator).to_contain_text(words, timeout=LATEST * 1000)
    return time.monotonic() - began


def test_a_shard_s_state_shows_within_two_seconds_without_loading_anew(visit, run):
    with visit(address(run)) as page:
        page.evaluate("document.body.dataset.stays = 'yes'")
        kinds = page.locator(".heat-kinds")
        expect(kinds).to_contain_text("3 waiting")
        page.wait_for_timeout(2500)  # the page asks and nothing has changed: what follows is no first answer
        now = timezone.now()
        took = []
        Shard.objects.filter(run=run, index=0).update(
            state=ShardState.RUNNING, lease_owner="x@host", claimed_at=now, lease_expires_at=now + timedelta(seconds=90)
        )
        took.append(shows_in_time(kinds, "1 being scored"))
        Shard.objects.filter(run=run, index=0).update(batches_done=1)
        took.append(shows_in_time(page.locator("section[aria-labelledby=progress]"), "1 of 6 batches done"))
        Shard.objects.filter(run=run, index=0).update(state=ShardState.DONE, batches_done=2)
        took.append(shows_in_time(kinds, "1 done"))
        Shard.objects.filter(run=run, index=1).update(state=ShardState.FAILED)
        took.append(shows_in_time(kinds, "1 failed"))
        RunEvent.objects.create(run=run, state=RunState.SCORING, note="Something happened.")
        took.append(shows_in_time(page.locator(".event-list"), "Something happened."))
        assert page.evaluate("document.body.dataset.stays") == "yes"
        print(f"shown after {', '.join(f'{seconds:.2f}' for seconds in took)} s")
        assert max(took) < LATEST


def test_what_has_not_changed_stays_as_it_was_with_what_is_selected_in_it(visit, run):
    with visit(address(run)) as page:
        page.evaluate("getSelection().selectAllChildren(document.querySelector('#ran'))")
        Shard.objects.filter(run=run, index=0).update(batches_done=1)
        shows_in_time(page.locator("section[aria-labelledby=progress]"), "1 of 6 batches done")
        assert page.evaluate("getSelection().toString()") == "What will run"


def test_the_page_stops_asking_when_the_run_has_ended(visit, run):
    answers = []

    def heard(response):
        if response.url.endswith("/state"):
            answers.append(response.status)

    with visit(address(run), on_response=heard) as page:
        page.wait_for_timeout(3500)
        assert (answers[0], set(answers[1:])) == (200, {304})
        Run.objects.update(state=RunState.CANCELLED)
        shows_in_time(page.locator(".run-state"), "Cancelled")
        page.wait_for_timeout(300)
        heard_then = len(answers)
        page.wait_for_timeout(2500)
        assert len(answers) == heard_then
        assert "Should end" not in page.locator("main").inner_text()


@pytest.mark.parametrize("shards", [1, 10_000])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shards_fit_a_phone_in_both_themes(visit, committed_db, shards, scheme):
    run = make_run_of(shards)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workers_shard SET state = 'done', batches_done = 2 WHERE run_id = %s AND index < %s", [run.pk, shards / 2]
        )
    with visit(address(run), viewport=PHONE, color_scheme=scheme) as page:
        box = page.locator(".heat-map").first.bounding_box()
        assert 0 < box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        style = "getComputedStyle(document.querySelector('.heat-map path')).stroke"
        page_ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(style) not in {"none", page.evaluate(page_ground)}
