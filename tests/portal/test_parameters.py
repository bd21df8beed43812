"""Parameters that no page reads: a page does not see them, and is not kept by them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.parameters import READ, read_of
from portal.urls import urlpatterns
from tests.factories.catalogue import make_paper
from tests.portal.reading import read


@pytest.mark.parametrize(
    ("path", "query", "kept"),
    [
        ("/", "utm_source=x&q=1", ""),
        ("/papers", "utm=x&after=2020-01-01~1&year=2020&&year=2021&x", "after=2020-01-01~1&year=2020&year=2021"),
        ("/task/parsing", "sort=stars&%63ode=1&code[]=1&co+de=1", "sort=stars&%63ode=1"),
        ("/search", "q=a%26b%3Dc&fbclid=1", "q=a%26b%3Dc"),
        ("/search/suggest", "q=a&_=1", "q=a"),
        ("/paper/a.bib", "after=1", ""),
        ("/sota/a", "metrics=F1&metrics=EM&gclid=1&apply=1", "metrics=F1&metrics=EM&apply=1"),
        ("/api/v1/papers/", "page=2&anything=1", "page=2&anything=1"),
        ("/runs", "state=x", "state=x"),
        ("/nowhere", "a=1", "a=1"),
        ("//evil/papers", "a=1", ""),
        ("", "a=1", ""),
    ],
)
def test_only_what_a_page_reads_is_left(path, query, kept):
    assert read_of(path, query) == kept


def test_every_part_of_an_address_that_is_named_is_one_of_ours():
    known = {str(pattern.pattern).split("/")[0] for pattern in _patterns(urlpatterns)}
    assert set(READ) <= known


def _patterns(found):
    for pattern in found:
        inner = getattr(pattern, "url_patterns", None)
        yield from _patterns(inner) if inner is not None and str(pattern.pattern) == "" else [pattern]


@pytest.mark.django_db
def test_a_page_does_not_see_what_it_does_not_read(client):
    make_paper(title="Zebra")
    plain, odd = client.get("/papers"), client.get("/papers?utm_source=x&q=zebra")
    assert odd.content == plain.content
    canonical = [at["href"] for tag, at in read(client.get("/?after=1")).elements if at.get("rel") == "canonical"]
    assert canonical == ["http://testserver/"]
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/papers?" + "&".join(f"p{number}=1" for number in range(1500))).content == plain.content
    assert len(asked) > 0
