"""Verdicts in a real browser: a word opens on its reason by the keyboard alone, and nothing scrolls sideways on a phone."""

from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leaderboards.models import Measurement
from tests.factories.catalogue import make_board, make_paper, make_result
from tests.factories.runs import make_protocol

pytestmark = pytest.mark.long

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def tested(committed_db):
    """A paper whose claim was measured under two protocols, one of which found it again."""
    claim = make_result(make_board(slug="b"), model_name="M", scores={"Accuracy": "33.6"}, paper=make_paper(slug="p"))
    for name, value in (("whole answers", 33.3), ("letters", 25.0)):
        Measurement.objects.create(
            leaderboard=claim.leaderboard, metric=claim.leaderboard.metrics.get(), claim=claim, model_name="M",
            protocol=make_protocol(name=name), value=value, items=14_042, interval_low=value - 0.75, interval_high=value + 0.75,
            chance_level=25.0, scale=100.0, run_id=uuid4(), measured_at=timezone.now(), published_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize("address", ["/sota/b", "/paper/p", "/model/m"])
def test_a_verdict_opens_on_its_reason_by_the_keyboard(visit, tested, address):
    with visit(address) as page:
        mark = page.locator("details.verdict summary").filter(has_text="differs")
        reason = page.locator("details.verdict .verdict-reason").filter(has_text="luck alone rarely makes a difference of 8.6")
        expect(reason).to_be_hidden()
        mark.focus()
        page.keyboard.press("Enter")
        expect(reason).to_be_visible()
        expect(reason).to_contain_text("Guessing reaches 25, which the interval covers")
        page.keyboard.press("Enter")
        expect(reason).to_be_hidden()


@pytest.mark.parametrize("address", ["/paper/p", "/model/m"])
def test_the_table_of_protocols_fits_a_phone_and_says_which_makes_the_claim_true(visit, tested, address):
    with visit(address, viewport=PHONE) as page:
        table = page.get_by_role("region", name="Claims by protocol")
        expect(table).to_contain_text("Found again under 1 of 2 protocols: whole answers.")
        for mark in table.locator("details.protocol-about summary").all():
            mark.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert table.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
