"""An account's first days in a real browser: made without script, given a second factor and a token, and erased."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import expect

from accounts import tokens
from accounts.models import User
from tests.e2e.axe import NONE, faults_in_both_themes
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.long
DESK = {"width": 1280, "height": 900}


def press(page, name):
    page.get_by_role("button", name=name).click()


def check(page):
    """Nothing shuts readers out, and the page fits a phone."""
    assert faults_in_both_themes(page) == NONE, page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(DESK)


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_an_account_is_made_without_script(visit, committed_db):
    with visit("/", java_script_enabled=False) as page:
        page.get_by_role("link", name="Sign in", exact=True).click()
        page.get_by_role("link", name="Make an account").click()
        for _ in range(10):  # a form that comes back at once is refused; the same one counts a little later
            page.get_by_label("Username").fill("grace")
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_label("Password (again)").fill(PASSWORD)
            press(page, "Make the account")
            if page.get_by_text("Signed in as grace").count():
                break
            page.wait_for_timeout(1000)
        page.get_by_role("link", name="grace").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def test_second_factor_token_and_erasure(visit, committed_db):
    User.objects.create_user("ada", password=PASSWORD, role="contributor")
    with visit("/accounts/login?next=/accounts/2fa/totp/activate", reduced_motion="reduce") as page:
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        page.wait_for_url("**/accounts/reauthenticate**")
        expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
        check(page)
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Confirm")
        page.wait_for_url("**/2fa/totp/activate")
        check(page)
        secret = page.get_by_label("Authenticator secret").input_value()
        page.get_by_label("Authenticator code").fill(code_of(secret))
        press(page, "Activate")
        page.wait_for_url("**/2fa/recovery-codes")
        check(page)
        recovery = re.findall(r"\d{8}", page.get_by_label("Unused codes").input_value())
        assert len(recovery) == 10

        page.goto("/accounts/tokens")
        page.get_by_label("What it is for").fill("A script")
        page.get_by_label("Write:").check()
        press(page, "Make the token")
        told = page.locator(".account-secret").text_content()
        assert tokens.find(told).scopes == ["read", "write"]
        check(page)
        press(page, "Revoke A script")
        expect(page.get_by_role("cell", name="Revoked")).to_be_visible()
        assert tokens.find(told) is None
        for address in ("/accounts/profile", "/users/ada", "/accounts/2fa", "/accounts/password/change"):
            page.goto(address)
            check(page)

        press(page, "Sign out")
        page.goto("/accounts/login")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Sign in")
        page.wait_for_url("**/2fa/authenticate")
        check(page)
        page.get_by_label("Code").fill(recovery[0])
        press(page, "Sign in")
        page.wait_for_url("**/accounts/profile")

        page.get_by_role("link", name="Erase the account").click()
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Confirm")
        page.wait_for_url("**/accounts/erase")
        check(page)
        page.get_by_label("Your username").fill("ada")
        press(page, "Erase the account for good")
        expect(page.get_by_role("heading", level=1)).to_have_text("The account is erased")
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
