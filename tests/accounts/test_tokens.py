"""API tokens: what is kept of them, when they count, whose they are, and what the API lets them do."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import erasure, tokens
from accounts.models import ApiToken, User
from papers.models import Change
from portal.urls import urlpatterns as of_site
from tests.factories.catalogue import make_paper
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


class Writing(APIView):
    """A view that writes, as those of the API do."""

    def get(self, request):
        return Response({"who": request.user.get_username()})

    def post(self, request):
        make_paper(title="By a program")
        return Response({"who": request.user.get_username()})


class Running(Writing):
    scope = "runs"


urlpatterns = [path("api/v1/writing/", Writing.as_view()), path("api/v1/running/", Running.as_view()), *of_site]


@pytest.fixture
def ada():
    return User.objects.create(username="ada")


@pytest.fixture
def three(ada):
    """The owner, a reviewer and a stranger who is signed in, each with a browser; and nobody."""
    people = {"owner": ada}
    people["reviewer"] = User.objects.create(username="rosa", role="reviewer")
    people["stranger"] = User.objects.create(username="bob")
    browsers = {who: Client() for who in people}
    for who, person in people.items():
        browsers[who].force_login(person)
    return {**browsers, "nobody": Client()}


@pytest.fixture
def api(settings, client):
    settings.ROOT_URLCONF = __name__

    def called(method, address, secret=None, scheme="Token"):
        headers = {} if secret is None else {"authorization": f"{scheme} {secret}"}
        return getattr(client, method)(f"/api/v1/{address}/", content_type="application/json", headers=headers)

    return called


def test_a_token_is_told_once_and_its_digest_is_kept(ada):
    token, secret = tokens.make(ada, name="  my\n script ", scopes=["write"])
    assert (token.name, token.scopes, token.beginning) == ("my script", ["read", "write"], secret[:8])
    assert len(secret) == 44
    kept = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(kept)
    assert tokens.find(secret) == token
    assert tokens.find(kept["digest"]) is None


def test_only_live_tokens_of_active_people_count(ada):
    token, secret = tokens.make(ada, name="script", scopes=[])
    now = timezone.now()
    for ended in ({"revoked_at": now}, {"expires_at": now - timedelta(seconds=1)}):
        ApiToken.objects.update(revoked_at=None, expires_at=None)
        assert tokens.find(secret) is not None
        ApiToken.objects.update(**ended)
        assert tokens.find(secret) is None
    ApiToken.objects.update(revoked_at=None, expires_at=now + timedelta(hours=1))
    assert tokens.find(secret) is not None
    User.objects.update(is_active=False)
    assert tokens.find(secret) is None


@pytest.mark.parametrize("secret", ["", "pwc_", "é" * 44, "x" * 101, "pwc_\x00", "pwc_' OR 1=1 --"])
def test_what_is_no_token_finds_none(ada, secret):
    tokens.make(ada, name="script", scopes=[])
    assert tokens.find(secret) is None


def test_use_is_noted_to_the_minute_and_written_once_a_minute(ada, django_assert_num_queries):
    _, secret = tokens.make(ada, name="script", scopes=[])
    with django_assert_num_queries(2):
        used = tokens.find(secret).last_used_at
    assert (used.second, used.microsecond) == (0, 0)
    ApiToken.objects.update(last_used_at=timezone.now() + timedelta(minutes=1))
    with django_assert_num_queries(1):
        tokens.find(secret)


def test_what_a_token_is_refused_for(ada):
    for bad in ({"name": " "}, {"name": "x" * 81}, {"name": "a\x00b"}, {"name": "script", "scopes": ["admin"]}):
        with pytest.raises(tokens.Refused):
            tokens.make(ada, **{"scopes": [], **bad})
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.create(user=ada, name="x", digest="d", beginning="b", scopes=["admin"])
    for number in range(tokens.MOST):
        tokens.make(ada, name=f"{number}", scopes=[])
    with pytest.raises(tokens.Refused, match="^You have 20 tokens already: revoke one that you no longer need.$"):
        tokens.make(ada, name="one more", scopes=[])
    tokens.revoke(ada, ApiToken.objects.first().public_id)
    tokens.make(ada, name="one more", scopes=[])


def test_the_page_makes_a_token_shows_it_once_and_revokes_it(three):
    owner = three["owner"]
    response = owner.post("/accounts/tokens/make", {"name": "my script", "scope": ["write", "runs"], "days": "30"})
    assert response["Cache-Control"] == "private, no-store"
    (secret,) = (word for word in read(response).main.split() if word.startswith("pwc_") and len(word) == 44)
    token = ApiToken.objects.get()
    assert (token.scopes, (token.expires_at - timezone.now()).days) == (["read", "write", "runs"], 29)
    page = read(owner.get("/accounts/tokens"))
    assert secret not in page.text
    assert page.tables[0][1][:2] == [f"my script {secret[:8]}…", "read, write, runs"]
    assert owner.post(f"/accounts/tokens/{token.public_id}/revoke")["Location"] == "/accounts/tokens"
    assert tokens.find(secret) is None
    assert read(owner.get("/accounts/tokens")).tables[0][1][-1] == "Revoked"
    assert owner.post("/accounts/tokens/make", {"name": "", "days": "30"}).status_code == 400
    assert owner.post("/accounts/tokens/make", {"name": "x", "days": "9999"}).status_code == 400
    assert owner.get("/accounts/generate_api_token")["Location"] == "/accounts/tokens"
    assert owner.get("/accounts/generate_api_token/")["Location"] == "/accounts/generate_api_token"


@pytest.mark.parametrize(
    ("who", "status", "is_live"), [("owner", 302, False), ("reviewer", 404, True), ("stranger", 404, True), ("nobody", 302, True)]
)
def test_only_its_owner_revokes_a_token(three, ada, who, status, is_live):
    token, secret = tokens.make(ada, name="mine", scopes=[])
    response = three[who].post(f"/accounts/tokens/{token.public_id}/revoke")
    assert response.status_code == status
    assert (tokens.find(secret) is not None) is is_live
    if who != "owner":
        assert "mine" not in three[who].get("/accounts/tokens").content.decode()


def test_nobody_makes_a_token_without_signing_in_or_from_another_site(three, ada):
    assert three["nobody"].post("/accounts/tokens/make", {"name": "x", "days": ""})["Location"].startswith("/accounts/login?")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/accounts/tokens/make", {"name": "x", "days": ""}).status_code == 403
    assert not ApiToken.objects.exists()


def test_the_api_lets_a_token_do_what_its_scopes_say(api, ada):
    staff = User.objects.create(username="grace", is_staff=True)
    secrets = {
        "read": tokens.make(ada, name="r", scopes=[])[1],
        "write": tokens.make(ada, name="w", scopes=["write"])[1],
        "runs": tokens.make(ada, name="x", scopes=["runs"])[1],
        "staff": tokens.make(staff, name="s", scopes=["runs"])[1],
        "unknown": "pwc_" + "x" * 40,
        None: None,
    }
    statuses = {
        who: [
            api(*call, secret).status_code
            for call in (("get", "writing"), ("post", "writing"), ("get", "running"), ("post", "running"))
        ]
        for who, secret in secrets.items()
    }
    assert statuses == {
        "read": [200, 403, 200, 403],
        "write": [200, 200, 200, 403],
        "runs": [200, 403, 200, 403],
        "staff": [200, 403, 200, 200],
        "unknown": [401, 401, 401, 401],
        None: [200, 401, 200, 401],
    }


def test_a_refusal_of_the_api_says_what_to_do(api, ada):
    response = api("post", "writing")
    said = "This needs a token: make one at /accounts/tokens and send it as “Authorization: Token …”."
    assert (response.json(), response["WWW-Authenticate"]) == ({"detail": said, "error": said, "message": said}, "Token")
    _, secret = tokens.make(ada, name="r", scopes=[])
    assert api("post", "writing", secret).json()["error"].startswith("This token lacks the scope “write”")
    assert api("get", "writing", secret, scheme="bearer").json() == {"who": "ada"}
    assert api("get", "writing", secret, scheme="Basic").json() == {"who": ""}


def test_what_a_program_changes_is_recorded_under_the_owner_of_its_token_alone(api, client, ada):
    client.force_login(User.objects.create(username="in-the-browser"))  # a session says nothing to the API
    _, secret = tokens.make(ada, name="w", scopes=["write"])
    assert api("post", "writing").status_code == 401
    assert api("post", "writing", secret).status_code == 200
    change = Change.objects.get(action="created", table="papers_paper")
    assert (change.actor_id, change.via, change.origin) == (ada.pk, "api", "/api/v1/writing/")
    make_paper()
    assert Change.objects.filter(action="created", table="papers_paper").latest("pk").actor_id is None


def test_a_token_of_staff_counts_only_with_their_second_factor(api, settings):
    staff = User.objects.create(username="grace", is_staff=True)
    _, secret = tokens.make(staff, name="s", scopes=["runs"])
    settings.STAFF_SECOND_FACTOR = True
    response = api("get", "running", secret)
    assert (response.status_code, response.json()["error"]) == (
        401,
        "Staff need a second factor here: set one up at /accounts/2fa first.",
    )


def test_erasing_an_account_ends_its_tokens(ada):
    _, secret = tokens.make(ada, name="mine", scopes=[])
    erasure.erase(ada)
    assert tokens.find(secret) is None
