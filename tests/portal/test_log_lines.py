"""What the site's log says of requests that are refused."""

import io
import logging

import pytest
from django.test import override_settings

from portal.log_lines import RefusalsInALine

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    """What the site's own handler writes."""
    (handler,) = (
        handler for handler in logging.getLogger().handlers if any(isinstance(kept, RefusalsInALine) for kept in handler.filters)
    )
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=10)
def test_too_many_parameters_are_a_warning_of_one_line(client, log):
    response = client.get("/papers?" + "&".join(["year=2020"] * 11))
    assert response.status_code == 400
    lines = [line for line in log.getvalue().splitlines() if "django.security" in line]
    assert len(lines) == 1
    assert " WARNING django.security.TooManyFieldsSent: The number of GET/POST parameters exceeded" in lines[0]
    assert "Traceback" not in log.getvalue()


def test_a_host_that_is_not_ours_is_a_warning_of_one_line(client, log):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert " WARNING django.security.DisallowedHost: " in log.getvalue()
    assert "ERROR" not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_an_error_of_our_own_keeps_its_traceback(log):
    try:
        raise RuntimeError("of our own")
    except RuntimeError:
        logging.getLogger("portal").exception("It failed.")
    assert " ERROR portal: It failed." in log.getvalue()
    assert "RuntimeError: of our own" in log.getvalue()


def test_a_page_for_staff_is_refused_in_a_line(log, client):
    assert client.get("/measurements").status_code == 403

    lines = log.getvalue().splitlines()
    assert [line for line in lines if "Forbidden (Permission denied): /measurements" in line]
    assert not any("Traceback" in line for line in lines)


def test_a_fault_of_our_own_keeps_its_traceback(log):
    try:
        raise ValueError("ours")
    except ValueError:
        logging.getLogger("django.request").error("Internal Server Error: /", exc_info=True, extra={"status_code": 500})

    assert "ValueError: ours" in log.getvalue()
