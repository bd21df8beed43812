"""WCAG 2.2 AA, as far as axe-core can tell, on every type of page of a bare catalogue and on what only staff see.

On a full catalogue test_every_page.py asks it, in both themes and on a phone, of the pages that it has open anyway.
"""

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.e2e.axe import NONE, OF_LOOKS, PHONE, faults, faults_in_both_themes
from tests.e2e.page_types import PAGE_TYPES, PageType
from tests.factories.whole_catalogue import make_bare, make_whole

pytestmark = pytest.mark.long
bare = pytest.mark.parametrize("made", [make_bare], ids=["bare"], indirect=True, scope="module")
filled = pytest.mark.parametrize("made", [make_whole], ids=["filled"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=[make_whole, make_bare], ids=["filled", "bare"])
def made(request, committed_db_of_module):
    """A catalogue, committed."""
    from tests.conftest import empty_tables

    empty_tables()
    return request.param()


@pytest.fixture
def staff_cookie(made):
    """The session of somebody who may do everything."""
    user, _ = get_user_model().objects.get_or_create(username="staff", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


OF_STAFF = [
    *(kind for kind in PAGE_TYPES if kind.name in {"paper", "board", "run"}),
    PageType("measurements that wait", lambda made: "/measurements"),
    PageType("campaign of a paper", lambda made: f"/campaigns?paper={made.paper.slug}"),
    PageType("measurements that stand", lambda made: "/measurements?state=standing"),
]


@pytest.mark.parametrize("kind", OF_STAFF, ids=lambda kind: kind.name)
def test_axe_finds_nothing_on_the_pages_of_staff(visit, made, staff_cookie, kind):
    with visit("/about", reduced_motion="reduce") as page:
        page.context.add_cookies([{**staff_cookie, "url": page.url}])
        page.goto(kind.address(made))
        assert page.locator(".staff-bar").is_visible()
        assert faults_in_both_themes(page) == NONE


@filled
def test_axe_finds_nothing_with_the_menu_open(visit, made):
    with visit("/papers", reduced_motion="reduce", viewport=PHONE) as page:
        page.get_by_role("button", name="Menu").click()
        assert page.locator(".site-nav").is_visible()
        assert faults(page) == []


@filled
def test_axe_would_find_what_is_wrong(visit, made):
    with visit("/about") as page:
        page.evaluate("document.querySelector('h1').innerHTML = '<img src=\"data:,\">'")
        assert any(fault.startswith("image-alt") for fault in faults(page))
        page.emulate_media(color_scheme="dark")
        page.evaluate("document.querySelector('main p').style.color = '#223'")
        assert any(fault.startswith("color-contrast") for fault in faults(page, OF_LOOKS))


@bare
@pytest.mark.parametrize("kind", [kind for kind in PAGE_TYPES if not kind.is_fixed], ids=lambda kind: kind.name)
def test_axe_finds_nothing_where_there_is_next_to_nothing(visit, made, kind):
    with visit(kind.address(made), reduced_motion="reduce", status=kind.status) as page:
        assert faults(page) == []
