"""A real browser before the real web server, which serves the tests' database."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def site(django_db_setup):
    """The address of a web server over the tests' database."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen([*command, "portal.wsgi:application"], env={**os.environ, "ALLOWED_HOSTS": "127.0.0.1"})
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/about")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address):
    for _ in range(150):
        try:
            with urlopen(address):
                return
        except URLError:
            time.sleep(0.2)
    pytest.fail(f"no answer from {address}")


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for all tests."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright keeps an event loop in this thread; the tests' own queries beside it are not asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def visit(browser, site):
    """Opens pages that must not complain, break the policy, or ask any other host for anything; `status` is what they answer."""

    @contextmanager
    def opened(address, status=200, on_response=None, **options):
        context = browser.new_context(base_url=site, **{"viewport": DESKTOP, "color_scheme": "light", **options})
        page = context.new_page()
        complaints, strangers = [], []
        page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: strangers.append(request.url) if not request.url.startswith(site) else None)
        if on_response:
            page.on("response", on_response)
        response = page.goto(address)
        assert response.status == status
        yield page
        context.close()
        # The browser itself complains about a page that answers with an error.
        assert [text for text in complaints if status == 200 or f"status of {status}" not in text] == []
        assert strangers == []

    return opened
