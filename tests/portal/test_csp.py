"""The content security policy, and that no page needs what it forbids."""

from uuid import uuid4

import pytest

from tests.factories.catalogue import (
    make_area,
    make_author,
    make_board,
    make_dataset,
    make_method,
    make_paper,
    make_result,
    make_task,
)
from tests.factories.runs import make_mapping
from tests.portal.reading import read
from workers.models import Run

pytestmark = pytest.mark.django_db

LEADING = {"canonical", "alternate", "search", "manifest"}
"""Links that browsers do not load as part of a page."""

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    "object-src": "'none'",
}  # fmt: skip


@pytest.fixture
def every_page():
    """One thing of each kind, and the addresses of all kinds of pages."""
    area = make_area(name="Area")
    task = make_task(name="Task", areas=[area], description="Text with **marks**.")
    paper = make_paper(title="Paper", slug="paper", tasks=[task], methods=[make_method(name="Method")], authors=["Author"])
    board = make_board(task=task, dataset=make_dataset(name="Data"), slug="board")
    mapping = make_mapping(claim=make_result(board, scores={"Accuracy": "1"}, paper=paper))
    run = Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    make_author(name="Nobody")
    return [
        "/", "/papers", "/tasks", "/sota", "/benchmarks", "/datasets", "/methods", "/search?q=a", "/submit", "/about", "/downloads", "/runs",
        "/paper/paper", "/task/task", "/sota/board", "/dataset/data", "/method/method", "/author/author", "/author/nobody", "/area/area",
        f"/runs/{run.public_id}", f"/runs/{run.public_id}/state", "/nope", f"/runs/{uuid4()}",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["client", "admin_client"])
def test_every_page_has_the_policy_and_nothing_inline(request, every_page, who):
    browser = request.getfixturevalue(who)
    for address in every_page:
        response = browser.get(address)
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy == POLICY, address
        for tag, attributes in read(response).elements:
            assert tag != "style", address
            assert "style" not in attributes, address
            assert not any(name.startswith("on") for name in attributes), address
            if tag == "script":
                assert attributes["src"].startswith("/static/"), address
            if tag == "link" and attributes.get("rel") not in LEADING:
                assert attributes["href"].startswith("/static/"), address
            if tag == "img":
                assert attributes["src"].startswith(("/static/", "/badge/")), address
