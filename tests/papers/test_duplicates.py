"""Second rows of one paper, and the addresses of venues' versions."""

from datetime import date

import pytest
from django.utils import timezone

from papers.archive.duplicates import alias_conference_slugs, mark_duplicates
from papers.models import Change, Paper, SlugHistory
from tests.factories.catalogue import make_paper
from tests.factories.importing import everything, importing

pytestmark = pytest.mark.usefixtures("committed_db")


def paper(slug, **values):
    return make_paper(**{"title": f"About {slug}", "slug": slug, "archive_key": slug, **values})


def mark(**options):
    with importing(**options) as session:
        return mark_duplicates(session)


def pairs():
    return dict(Paper.objects.exclude(duplicate_of=None).values_list("slug", "duplicate_of__slug"))


def test_rows_with_one_arxiv_id_are_one_paper_and_the_older_stands():
    paper("young", arxiv_id="2204.06745", date="2022-04-15")
    paper("undated", arxiv_id="2204.06745")
    paper("old", arxiv_id="2204.06745", date="2022-04-14")
    paper("other", arxiv_id="2204.06746")
    assert mark() == 2
    assert pairs() == {"young": "old", "undated": "old"}


def test_a_row_with_an_arxiv_id_stands_for_its_venues_page():
    paper("preprint", arxiv_id="2204.06745", date="2022-04-15", conference_slug="page-1")
    paper("page", archive_key="page-1", date="2021-01-01")
    paper("made", conference_slug="by-rule")
    paper("by-rule", archive_key="https://example.org/x")
    paper("itself", conference_slug="itself")
    assert mark() == 2
    assert pairs() == {"page": "preprint", "by-rule": "made"}


def test_an_empty_id_or_venue_makes_no_two_rows_one():
    paper("one", arxiv_id="", conference_slug="", date="2022-04-15")
    paper("other", arxiv_id="", conference_slug="", date="2022-04-14")
    preprint = paper("preprint", arxiv_id="2204.06745", title="The same", authors=["Ada"], date="2022-04-14")
    paper("without", arxiv_id="", title="The same", authors=["Ada"], date="2021-01-01")
    assert mark() == 1
    assert pairs() == {"without": preprint.slug}


def test_rows_with_one_title_and_the_same_authors_in_order_are_one_paper():
    first = paper("first", title="A  Paper\tof Ours", authors=["Ada", "Bob"])
    second = paper("second", title="a paper of OURS ", authors=["Ada", "Bob"])
    paper("turned", title="A paper of ours", authors=["Bob", "Ada"])
    paper("fewer", title="A paper of ours", authors=["Ada"])
    paper("nobody", title="A paper of ours")
    paper("nobody-1", title="A paper of ours")
    assert mark() == 1
    assert pairs() == {"second": "first"}
    assert (first.pk < second.pk, Paper.objects.get(slug="first").title) == (True, "A  Paper\tof Ours")


def test_groups_that_meet_are_one_and_one_row_stands_for_all():
    paper("a", title="Same title here", authors=["Ada"], date="2020-01-01")
    paper("b", title="Same title here", authors=["Ada"], conference_slug="c")
    paper("c", conference_slug="d")
    paper("d", arxiv_id="2204.06745")
    paper("e", arxiv_id="2204.06745")
    assert mark() == 4
    assert pairs() == {"a": "d", "b": "d", "c": "d", "e": "d"}


def test_a_long_chain_ends_at_one_row():
    for number in range(30):
        paper(f"p{number:02}", conference_slug=f"p{number + 1:02}", date=date(2020, 1, 30 - number))
    assert mark() == 29
    assert set(pairs().values()) == {"p29"}


def test_a_second_run_changes_nothing_and_what_is_none_any_more_is_freed():
    first, second = paper("first", arxiv_id="2204.06745"), paper("second", arxiv_id="2204.06745")
    mark()
    before = everything(Paper, Change)
    assert mark() == 0
    assert everything(Paper, Change) == before
    change = Change.objects.filter(object_id=second.public_id, via="import").get()
    assert (change.action, change.old, change.new) == (
        "changed",
        {"duplicate_of_id": None},
        {"duplicate_of_id": first.pk},
    )
    Paper.objects.filter(slug="second").update(arxiv_id="2204.00001")
    assert mark() == 1
    assert pairs() == {}


def test_a_baseline_records_what_became_of_rows_that_stood_before_it_alone():
    first = paper("first", arxiv_id="2204.06745", conference_slug="venue-1")
    second = paper("second", arxiv_id="2204.06745")
    with importing(is_baseline=True) as session:
        paper("third", arxiv_id="2204.06746", conference_slug="venue-2")
        paper("fourth", arxiv_id="2204.06746")
        assert (mark_duplicates(session), alias_conference_slugs(session)) == (2, 2)
    assert list(Change.objects.filter(via="import").values_list("action", "object_id", "new")) == [
        ("created", first.public_id, {"kind": "paper", "slug": "venue-1", "target": str(first.public_id)}),
        ("changed", second.public_id, {"duplicate_of_id": first.pk}),
    ]


def test_what_a_person_said_stays():
    paper("first", arxiv_id="2204.06745")
    paper("second", arxiv_id="2204.06745", edited_fields=["duplicate_of"])
    third = paper("third", arxiv_id="2204.06745")
    paper("fourth", duplicate_of=third, edited_fields=["duplicate_of"])
    assert mark() == 1
    assert pairs() == {"third": "first", "fourth": "third"}


def test_a_row_that_a_person_told_apart_stands_for_itself_alone():
    paper("apart", arxiv_id="2204.06745", date="2020-01-01", edited_fields=["duplicate_of"])
    paper("second", arxiv_id="2204.06745", date="2021-01-01")
    paper("third", arxiv_id="2204.06745", date="2022-01-01")
    assert mark() == 1
    assert pairs() == {"third": "second"}


def test_a_removed_row_stands_for_none():
    paper("first", arxiv_id="2204.06745")
    paper("second", arxiv_id="2204.06745")
    paper("third", arxiv_id="2204.06745")
    mark()
    Paper.objects.filter(slug="first").update(removed_at=timezone.now(), removed_reason="Spam.")
    mark()
    assert pairs() == {"third": "second"}


def test_the_address_of_a_venues_version_redirects_where_no_row_has_it():
    first = paper("first", conference_slug="page")
    paper("second", conference_slug="page")
    paper("third", conference_slug="owned")
    paper("owned")
    paper("fourth", conference_slug="x" * 5000)
    paper("fifth", conference_slug="not an/address")
    SlugHistory.objects.create(kind="paper", slug="held", target=first.public_id)
    paper("sixth", conference_slug="held")
    with importing() as session:
        assert alias_conference_slugs(session) == 1
    with importing() as session:
        assert alias_conference_slugs(session) == 0
    assert list(SlugHistory.objects.order_by("pk").values_list("kind", "slug", "target")) == [
        ("paper", "held", first.public_id),
        ("paper", "page", first.public_id),
    ]
    made = Change.objects.get(table="papers_slughistory", via="import")
    assert (made.action, made.object_id, made.new["slug"]) == ("created", first.public_id, "page")
