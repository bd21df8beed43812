"""The site as docs/deployment.md has it behind a proxy: what the documented environment makes of it."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from portal.security import has_public_name

DOCUMENT = (settings.BASE_DIR / "docs/deployment.md").read_text()
PROGRAM = """
import json, logging
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client

logging.disable()
call_command("check", deploy=True, fail_level="WARNING")
site = Client(headers={"host": "papers.example.org", "x-forwarded-proto": "https"})
policy = lambda response: response["Content-Security-Policy"].split("form-action ")[1].split(";")[0]
login, begin = site.get("/accounts/login"), site.post("/accounts/github/login")
print(json.dumps({
    "second factor": settings.STAFF_SECOND_FACTOR,
    "in the clear": site.get("/accounts/login", headers={"x-forwarded-proto": "http"})["Location"],
    "another host": site.get("/accounts/login", headers={"host": "evil.example", "x-forwarded-host": "papers.example.org"}).status_code,
    "hsts": login["Strict-Transport-Security"],
    "secure": [settings.SESSION_COOKIE_SECURE, bool(login.cookies["csrftoken"]["secure"])],
    "offered": ["/accounts/%s/login" % name in login.content.decode() for name in ("github", "orcid")],
    "github": begin["Location"].split("&state")[0],
    "policies": [policy(login), policy(site.get("/about"))],
    "asks for an address": 'name="email"' in site.get("/accounts/signup").content.decode(),
    "mail": [settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS, settings.ACCOUNT_EMAIL_VERIFICATION],
}))
"""
GITHUB = """
import json, logging, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit
import django
django.setup()
from django.db import transaction
from django.test import Client
from django.test.utils import setup_test_environment
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from accounts.models import User

logging.disable()
setup_test_environment()
SAID = {
    "/token": {"access_token": "theirs", "token_type": "bearer"},
    "/user": {"id": 7, "login": "root", "name": "Grace Hopper", "email": None},
    "/emails": [{"email": "grace@example.org", "primary": True, "verified": True}],
}

class GitHub(BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(SAID[urlsplit(self.path).path]).encode())
    do_POST = do_GET
    def log_message(self, *words): pass

server = HTTPServer(("127.0.0.1", 0), GitHub)
threading.Thread(target=server.serve_forever, daemon=True).start()
place = "http://127.0.0.1:%d" % server.server_port
for name, path in (("access_token_url", "/token"), ("profile_url", "/user"), ("emails_url", "/emails")):
    setattr(GitHubOAuth2Adapter, name, place + path)

with transaction.atomic():
    site = Client(headers={"host": "papers.example.org", "x-forwarded-proto": "https"})
    steps = []
    def come_back():
        state = parse_qs(urlsplit(site.post("/accounts/github/login")["Location"]).query)["state"][0]
        response = site.get("/accounts/github/callback?code=c&state=" + state)
        steps.append(response["Location"])
    come_back()
    steps.append(site.post("/accounts/connections/signup", {"username": "root", "email": "grace@example.org"}).status_code)
    steps.append(site.post("/accounts/connections/signup", {"username": "grace", "email": "grace@example.org"})["Location"])
    user = User.objects.get()
    steps.append([user.username, user.first_name, user.role, user.is_staff, user.has_usable_password()])
    site.post("/sign-out")
    steps.append(site.get("/accounts/github/callback?code=c&state=made-up").status_code)
    steps.append("_auth_user_id" in site.session)
    come_back()
    steps.append(User.objects.count())
    transaction.set_rollback(True)
print(json.dumps(steps))
"""
BY_OTHERS = {f"{name}_CLIENT_{part}": f"{name} {part}" for name in ("GITHUB", "ORCID") for part in ("ID", "SECRET")}


def documented():
    """The environment that the document shows."""
    (block,) = (block for block in re.findall(r"```\n(.*?)```", DOCUMENT, re.DOTALL) if "SECRET_KEY=" in block)
    return dict(line.split("=", 1) for line in block.splitlines())


def run(program, environment):
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=os.environ | environment, capture_output=True, text=True, timeout=200
    )


def test_the_documented_environment_passes_the_deployment_check_and_holds(django_db_setup):
    done = run(PROGRAM, {**documented(), **BY_OTHERS})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "second factor": True,
        "in the clear": "https://papers.example.org/accounts/login",
        "another host": 400,
        "hsts": "max-age=31536000; includeSubDomains; preload",
        "secure": [True, True],
        "offered": [True, True],
        "github": "https://github.com/login/oauth/authorize?client_id=GITHUB+ID"
        "&redirect_uri=https%3A%2F%2Fpapers.example.org%2Faccounts%2Fgithub%2Fcallback&scope=user%3Aemail&response_type=code",
        "policies": ["'self' https://github.com https://orcid.org", "'self'"],
        "asks for an address": True,
        "mail": ["mail.example.org", 587, True, "mandatory"],
    }


def test_who_comes_by_github_chooses_a_name_and_is_known_the_next_time(django_db_setup):
    """GitHub's part is a server of our own here: what it would say is said over real connections."""
    done = run(GITHUB, {**documented(), **BY_OTHERS})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        "/accounts/connections/signup",
        200,  # the name is kept for the site
        "/accounts/profile",
        ["grace", "Grace", "reader", False, False],
        401,  # nobody is signed in by an answer that was not asked for
        False,
        "/accounts/profile",
        1,
    ]


def test_every_name_of_the_document_is_one_that_the_settings_read():
    from portal.environment import VARIABLES

    named = set(documented()) | set(BY_OTHERS) | {"SIGN_UP", "STAFF_SECOND_FACTOR"}
    assert named <= set(VARIABLES)
    assert all(name in DOCUMENT for name in named)


@pytest.mark.parametrize(
    ("hosts", "is_public"),
    [
        ("localhost 127.0.0.1 [::1] 0.0.0.0 portal.localhost 127.8.9.1", False),
        ("localhost papers.example.org", True),
        ("192.168.1.7", True),
        ("*", True),
        (".example.org", True),
    ],
)
def test_a_second_factor_is_needed_where_others_can_reach_the_site(hosts, is_public):
    assert has_public_name(hosts.split()) is is_public
