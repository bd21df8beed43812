"""Signing up and in: the form's proof, the limits, the second factor, mail."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache

from accounts.models import User
from tests.factories.people import PASSWORD
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada", password=PASSWORD)


def sent(client, address, **values):
    """Send the form of a page as a browser does: with its hidden fields."""
    hidden = {
        attributes["name"]: attributes.get("value", "")
        for tag, attributes in read(client.get(address)).elements
        if tag == "input" and attributes.get("type") == "hidden"
    }
    return client.post(address, hidden | values)


def sign_in(client, password=PASSWORD, login="ada", **more):
    return client.post("/accounts/login", {"login": login, "password": password, **more})


NEW = {"username": "grace", "password1": PASSWORD, "password2": PASSWORD}


def test_an_account_is_made_in_one_step_and_without_mail_asks_for_no_address(client, settings):
    settings.FORM_PROOF_SECONDS = 0
    assert "sends no mail" in read(client.get("/accounts/signup")).main
    response = sent(client, "/accounts/signup", **NEW)
    assert (response.status_code, response["Location"]) == (302, "/accounts/profile")
    user = User.objects.get()
    assert (user.username, user.role, user.is_staff, user.email) == ("grace", "reader", False, "")
    assert read(client.get("/papers")).link("grace") == "/accounts/profile"


@pytest.mark.parametrize(
    ("values", "seconds", "said"),
    [
        ({}, 60, "quicker than anybody reads"),
        ({"proof": "made-up"}, 0, "open for too long"),
        ({"proof": ""}, 0, "open for too long"),
        ({"website": "https://spam.example"}, 0, "there for programs"),
        ({"username": "Ada"}, 0, "already exists"),
        ({"username": "admin"}, 0, "kept for the site"),
        ({"username": "erased-7"}, 0, "kept for the site"),
        ({"username": "аda"}, 0, "letters a to z"),
        ({"username": "a/b"}, 0, "letters a to z"),
        ({"password1": "short", "password2": "short"}, 0, "at least 12"),
    ],
)
def test_what_a_new_account_is_refused_for(client, settings, ada, values, seconds, said):
    settings.FORM_PROOF_SECONDS = seconds
    response = sent(client, "/accounts/signup", **NEW | values)
    assert response.status_code == 200
    assert said in read(response).main
    assert User.objects.count() == 1


def test_a_form_counts_once(client, settings):
    settings.FORM_PROOF_SECONDS = 0
    page = read(client.get("/accounts/signup"))
    (proof,) = (found["value"] for tag, found in page.elements if tag == "input" and found.get("name") == "proof")
    assert client.post("/accounts/signup", NEW | {"proof": proof}).status_code == 302
    client.post("/sign-out")
    again = client.post("/accounts/signup", NEW | {"proof": proof, "username": "grace2"})
    assert "sent before" in read(again).main
    assert User.objects.count() == 1


def test_strangers_make_no_accounts_where_the_portal_is_closed(client, settings):
    settings.SIGN_UP = False
    assert "makes its accounts" in read(client.get("/accounts/signup")).main
    assert client.post("/accounts/signup", NEW).status_code == 200
    assert User.objects.count() == 0


def test_sign_in_leads_back_and_never_elsewhere(client, ada):
    assert sign_in(client, next="/sota")["Location"] == "/sota"
    client.post("/sign-out")
    assert sign_in(client, next="https://evil.example/")["Location"] == "/accounts/profile"
    from_page = client.get("/accounts/login", headers={"referer": "http://testserver/sota?a=b"})
    assert from_page["Location"] == "/accounts/login?next=/sota%3Fa%3Db"
    for elsewhere in ("https://evil.example/sota", "http://testserver/accounts/signup", "http://[x", ""):
        assert client.get("/accounts/login", headers={"referer": elsewhere}).get("Location") in (None, "/accounts/profile")
    assert client.post("/sign-out")["Location"] == "/"
    assert client.get("/accounts/profile")["Location"] == "/accounts/login?next=/accounts/profile"


def test_an_account_is_guessed_at_five_times_in_five_minutes_from_wherever(client, ada):
    for _ in range(5):
        assert "not correct" in read(sign_in(client, "wrong")).main
    assert "Too many" in read(sign_in(client)).main
    elsewhere = client.post(
        "/accounts/login", {"login": "ADA", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9", HTTP_HOST="127.0.0.1"
    )
    assert "Too many" in read(elsewhere).main
    assert "_auth_user_id" not in client.session


def test_an_address_guesses_ten_times_a_minute_over_all_accounts(client, ada):
    for number in range(10):
        sign_in(client, "wrong", login=f"somebody{number}")
    assert "Too many" in read(sign_in(client)).main
    other = client.post("/accounts/login", {"login": "ada", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9")
    assert other.status_code == 302


@pytest.mark.parametrize(("trusted", "is_held"), [(0, True), (1, False)])
def test_a_forwarded_address_counts_only_where_a_proxy_is_ours(client, settings, ada, trusted, is_held):
    settings.TRUSTED_PROXIES = trusted
    for number in range(10):
        client.post("/accounts/login", {"login": f"x{number}", "password": "y"}, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    response = client.post("/accounts/login", {"login": "ada", "password": PASSWORD}, HTTP_X_FORWARDED_FOR="198.51.100.77")
    assert (response.status_code == 200) is is_held


def test_the_administration_has_no_sign_in_of_its_own(client, ada):
    assert client.get("/admin/login/?next=/admin/papers/")["Location"] == "/accounts/login?next=/admin/papers/"
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session
    sign_in(client)
    assert client.get("/admin/", follow=True).status_code == 403


def code(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_staff_do_nothing_before_they_have_a_second_factor_and_are_asked_for_it_then(client, settings, ada):
    settings.STAFF_SECOND_FACTOR = True
    User.objects.update(is_staff=True, is_superuser=True)
    sign_in(client)
    for address in ("/admin/", "/papers", "/measurements", "/accounts/tokens"):
        assert client.get(address)["Location"] == "/accounts/2fa"
    assert client.post("/campaigns/measure")["Location"] == "/accounts/2fa"
    assert client.get("/accounts/2fa/totp/activate")["Location"].startswith("/accounts/reauthenticate?")
    assert client.post("/accounts/reauthenticate", {"password": "wrong"}).status_code == 200
    client.post("/accounts/reauthenticate", {"password": PASSWORD})
    page = read(client.get("/accounts/2fa/totp/activate"))
    secret = next(found["value"] for tag, found in page.elements if found.get("id") == "authenticator_secret")
    assert client.post("/accounts/2fa/totp/activate", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/totp/activate", {"code": code(secret)}).status_code == 302
    assert client.get("/admin/").status_code == 200
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept
    codes = read(client.get("/accounts/2fa/recovery-codes")).main

    client.post("/sign-out")
    cache.clear()  # a code counts once
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate"
    assert client.get("/admin/").status_code == 302
    assert client.post("/accounts/2fa/authenticate", {"code": "123"}).status_code == 200
    assert client.post("/accounts/2fa/authenticate", {"code": code(secret)}).status_code == 302
    assert client.get("/admin/").status_code == 200

    client.post("/sign-out")
    sign_in(client)
    (recovery, *_) = re.findall(r"\b\d{8}\b", codes)
    assert client.post("/accounts/2fa/authenticate", {"code": recovery}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_readers_and_a_laptop_need_no_second_factor(client, settings, ada):
    sign_in(client)
    settings.STAFF_SECOND_FACTOR = True
    assert client.get("/papers").status_code == 200
    settings.STAFF_SECOND_FACTOR = False
    User.objects.update(is_staff=True, is_superuser=True)
    assert client.get("/admin/").status_code == 200


def test_passwords_are_changed_by_those_who_know_them(client, ada):
    sign_in(client)
    new = {"password1": "another long password", "password2": "another long password"}
    assert client.post("/accounts/password/change", {"oldpassword": "wrong", **new}).status_code == 200
    assert client.post("/accounts/password/change", {"oldpassword": PASSWORD, **new}).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("another long password")


def test_without_mail_pages_say_so(client, ada):
    assert "sends no mail" in read(client.get("/accounts/password/reset")).main
    sign_in(client)
    assert "sends no mail" in read(client.get("/accounts/email")).main
    assert client.post("/accounts/email", {"email": "a@example.org", "action_add": ""}).status_code == 405


@pytest.fixture
def with_mail(settings):
    settings.HAS_MAIL, settings.FORM_PROOF_SECONDS = True, 0
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
    settings.ACCOUNT_LOGIN_METHODS = {"username", "email"}


def link_in(mail):
    return re.search(r"http://testserver(/accounts/\S+)", mail.body)[1]


def test_with_mail_an_address_is_verified_before_the_first_sign_in(client, with_mail, mailoutbox):
    response = sent(client, "/accounts/signup", **NEW, email="grace@example.org")
    assert response["Location"] == "/accounts/confirm-email"
    assert "_auth_user_id" not in client.session
    assert sign_in(client, login="grace")["Location"] == "/accounts/confirm-email"
    (mail,) = mailoutbox
    assert mail.to == ["grace@example.org"]
    assert client.get(link_in(mail)).status_code == 200  # a mail program that looks at links confirms nothing
    assert client.post(link_in(mail)).status_code == 302
    assert sign_in(client, login="Grace@example.org")["Location"] == "/accounts/profile"
    # Whoever asks for an account with the same address learns nothing; its owner does.
    client.post("/sign-out")
    cache.clear()  # one mail to an address in three minutes
    again = sent(client, "/accounts/signup", **NEW | {"username": "other"}, email="grace@example.org")
    assert again["Location"] == "/accounts/confirm-email"
    assert User.objects.count() == 1
    assert "already" in mailoutbox[-1].body


def test_with_mail_accounts_without_an_address_still_sign_in(client, with_mail, ada):
    assert sign_in(client)["Location"] == "/accounts/profile"


def test_a_forgotten_password_is_set_anew_by_mail_once(client, with_mail, mailoutbox, ada):
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)
    for email in ("nobody@example.org", "ada@example.org"):
        assert client.post("/accounts/password/reset", {"email": email})["Location"] == "/accounts/password/reset/sent"
    link = link_in(mailoutbox[-1])
    form = client.get(link)["Location"]
    new = {"password1": "another long password", "password2": "another long password"}
    assert client.post(form, new)["Location"] == "/accounts/password/reset/key/done"
    ada.refresh_from_db()
    assert ada.check_password("another long password")
    assert "Bad Token" in read(client.get(link)).main


def test_an_address_is_changed_once_the_new_one_is_verified(client, with_mail, mailoutbox, ada):
    EmailAddress.objects.create(user=ada, email="old@example.org", verified=True, primary=True)
    sign_in(client)
    change = {"email": "new@example.org", "action_add": ""}
    assert client.post("/accounts/email", change)["Location"].startswith("/accounts/reauthenticate?")
    assert not [mail for mail in mailoutbox if mail.to == ["new@example.org"]]
    client.post("/accounts/reauthenticate", {"password": PASSWORD})
    assert client.post("/accounts/email", change).status_code == 302
    held = EmailAddress.objects.filter(user=ada, primary=True)
    assert held.get().email == "old@example.org"
    link = next(link_in(mail) for mail in mailoutbox if mail.to == ["new@example.org"])
    client.post(link)
    assert [found.email for found in EmailAddress.objects.filter(user=ada)] == ["new@example.org"]


def test_an_address_makes_twenty_attempts_at_an_account_an_hour(client):
    for _ in range(20):
        assert client.post("/accounts/signup", {"username": "a"}).status_code == 200
    response = client.post("/accounts/signup", NEW)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert "wait a few minutes" in read(response).main
    assert client.post("/accounts/signup", {"username": "a"}, REMOTE_ADDR="2001:db8::1").status_code == 200


def test_nobody_signs_in_uncounted_and_everybody_reads_while_redis_is_away(client, settings, ada):
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    response = sign_in(client)
    assert (response.status_code, "a part of the portal is away" in read(response).main) == (503, True)
    assert client.get("/papers").status_code == 200
    assert "_auth_user_id" not in client.session
