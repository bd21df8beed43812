"""Atom feeds: read by a feed reader's parser, and held against the rules of RFC 4287."""

import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import feedparser
import pytest
from django.utils import timezone

from leaderboards.models import Claim, Measurement
from papers.models import Paper, SlugHistory, Task
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_repository, make_result, make_task
from tests.factories.runs import make_protocol
from tests.portal.reading import read

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = 'A & B <script>alert(1)</script> ]]> \x0b\x1b\uffff "quoted"'
SAID = 'A & B <script>alert(1)</script> ]]>  "quoted"'

pytestmark = pytest.mark.django_db


def feed_of(response):
    """The feed as a feed reader has it, after the rules of RFC 4287 were held against it."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert not response.cookies
    valid(ElementTree.fromstring(response.content))
    parsed = feedparser.parse(response.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return parsed


def valid(feed):
    """RFC 4287, 4.1.1 and 4.1.2: what has to be there, and once."""
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
        UUID(element.findtext(f"{ATOM}id").removeprefix("urn:uuid:"))
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated")).tzinfo is not None
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")]
        alternates = [link for link in links if link[0] in {None, "alternate"}]
        assert len(alternates) == len(set(alternates)) == 1
        for author in element.findall(f"{ATOM}author"):
            assert author.findtext(f"{ATOM}name")
    assert feed.find(f"{ATOM}author") is not None
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")].count("self") == 1
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))


def titles(parsed):
    return [entry.title for entry in parsed.entries]


def test_the_latest_papers_newest_first(client):
    task = make_task(name="Parsing")
    old = make_paper(title="Old", date=date(2020, 1, 2))
    new = make_paper(
        title="New", date=date(2024, 5, 6), authors=["Ada L", "Bo M"], tasks=[task], abstract="Words & more < words."
    )
    make_paper(title="Undated")
    make_paper(title="Gone", date=date(2025, 1, 1), removed_at=timezone.now(), removed_reason="Spam.")
    parsed = feed_of(client.get("/latest.atom"))
    assert titles(parsed) == ["New", "Old"]
    entry = parsed.entries[0]
    assert entry.id == f"urn:uuid:{new.public_id}"
    assert entry.link == f"http://testserver/paper/{new.slug}"
    assert [author.name for author in entry.authors] == ["Ada L", "Bo M"]
    assert [tag.term for tag in entry.tags] == ["Parsing"]
    assert entry.summary == "Words &amp; more &lt; words."
    assert entry.published_parsed[:3] == (2024, 5, 6)
    assert parsed.feed.title == "Latest papers | Papers With Code 2"
    assert parsed.feed.link == "http://testserver/papers"
    assert [link.href for link in parsed.feed.links if link.rel == "self"] == ["http://testserver/latest.atom"]
    assert old.slug in parsed.entries[1].link


def test_times_of_change_are_those_of_the_rows(client):
    papers = [make_paper(date=date(2024, 1, day)) for day in (1, 2)]
    for paper, when in zip(papers, (datetime(2025, 3, 4, 5, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)), strict=True):
        Paper.objects.filter(pk=paper.pk).update(updated_at=when)
    parsed = feed_of(client.get("/latest.atom"))
    assert [entry.updated for entry in parsed.entries] == ["2025-02-01T00:00:00+00:00", "2025-03-04T05:00:00+00:00"]
    assert parsed.feed.updated == "2025-03-04T05:00:00+00:00"


@pytest.mark.parametrize("address", ["/latest.atom", "/search.atom?q=nothing"])
def test_a_feed_without_entries_is_valid_and_always_the_same(client, address):
    first = client.get(address)
    assert titles(feed_of(first)) == []
    time.sleep(1.1)  # its times are to the second
    assert client.get(address).content == first.content


def test_the_papers_of_a_task(client):
    task = make_task(name="Parsing")
    make_paper(title="Of it", date=date(2024, 1, 1), tasks=[task])
    make_paper(title="Of another", date=date(2024, 1, 1), tasks=[make_task()])
    parsed = feed_of(client.get(f"/task/{task.slug}.atom"))
    assert titles(parsed) == ["Of it"]
    assert (parsed.feed.id, parsed.feed.link) == (f"urn:uuid:{task.public_id}", f"http://testserver/task/{task.slug}")


def test_a_task_whose_own_slug_ends_like_a_feed_has_its_page_there(client):
    make_task(name="Parsing", slug="parsing")
    make_task(name="Of dots", slug="parsing.atom")
    assert read(client.get("/task/parsing.atom")).title == "Of dots | Papers With Code 2"
    assert titles(feed_of(client.get("/task/parsing.atom.atom"))) == []
    Task.objects.filter(slug="parsing.atom").update(removed_at=timezone.now(), removed_reason="Spam.")
    assert client.get("/task/parsing.atom").status_code == 410


def test_a_slug_with_dots_has_a_feed_too(client):
    make_task(name="V1.5 tasks", slug="v1.5")
    assert feed_of(client.get("/task/v1.5.atom")).feed.title == "Papers on V1.5 tasks | Papers With Code 2"


def test_feeds_of_old_addresses_lead_on_and_those_of_removed_things_say_why(client):
    task = make_task(slug="new")
    SlugHistory.objects.create(kind="task", slug="old", target=task.public_id)
    make_task(slug="gone", removed_at=timezone.now(), removed_reason="It was spam.")
    moved = client.get("/task/old.atom")
    assert (moved.status_code, moved["Location"]) == (301, "/task/new.atom")
    assert client.get("/task/gone.atom").status_code == 410
    assert client.get("/task/never.atom").status_code == 404
    assert client.get("/sota/never.atom").status_code == 404


def test_the_new_results_of_a_board_claimed_and_measured(client):
    board = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Trees"), metrics=["Accuracy", "Loss"])
    paper = make_paper(title="A paper", date=date(2023, 1, 1))
    early = make_result(board, model_name="Early", scores={"Accuracy": "50%", "Loss": "2"}, paper=paper)
    late = make_result(board, model_name="Late", scores={"Accuracy": "60%"}, paper_date=date(2024, 1, 1))
    removed = make_result(board, model_name="Gone", removed_at=timezone.now(), removed_reason="Spam.")
    Claim.objects.filter(pk__in=[early.pk, late.pk, removed.pk]).update(created_at=datetime(2025, 1, 1, tzinfo=UTC))
    measurement = Measurement.objects.create(
        leaderboard=board, metric=board.metrics.first(), claim=late, model_name="Late", protocol=make_protocol(), value=58.25,
        items=1000, measured_at=timezone.now(), published_at=timezone.now(), publication_url="https://example.org/x",
    )  # fmt: skip
    Measurement.objects.create(
        leaderboard=board, metric=board.metrics.first(), model_name="Unpublished", protocol=make_protocol(), value=1, items=10,
        measured_at=timezone.now(), publication_url="https://example.org/y",
    )  # fmt: skip
    parsed = feed_of(client.get(f"/sota/{board.slug}.atom"))
    assert titles(parsed) == ["Late – measured Accuracy: 58.25", "Late – Accuracy: 60%", "Early – Accuracy: 50%"]
    assert [entry.id for entry in parsed.entries] == [f"urn:uuid:{row.public_id}" for row in (measurement, late, early)]
    assert {entry.link for entry in parsed.entries} == {f"http://testserver/sota/{board.slug}"}
    assert parsed.entries[2].summary == "Claimed; Accuracy: 50%; Loss: 2; Paper: A paper"
    related = [link.href for link in parsed.entries[2].links if link.rel == "related"]
    assert related == [f"http://testserver/paper/{paper.slug}"]
    assert "n = 1,000" in parsed.entries[0].summary


def test_what_a_search_finds_newest_first(client):
    make_paper(title="Neox parsing", date=date(2020, 1, 1))
    make_paper(title="Parsing by neox again", date=date(2024, 1, 1))
    make_paper(title="Something else", date=date(2024, 1, 1))
    parsed = feed_of(client.get("/search.atom?q=neox"))
    assert titles(parsed) == ["Parsing by neox again", "Neox parsing"]
    assert parsed.feed.link == "http://testserver/search?q=neox"


def test_ids_of_feeds_are_stable_and_differ_by_query_and_site(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]

    def feed_id(address, **headers):
        return feed_of(client.get(address, **headers)).feed.id

    ids = [feed_id(address) for address in ("/latest.atom", "/search.atom?q=a1", "/search.atom?q=a2")]
    assert ids == [feed_id(address) for address in ("/latest.atom", "/search.atom?q=a1", "/search.atom?q=a2")]
    assert len({*ids, feed_id("/latest.atom", headers={"host": "other.example"})}) == 4


@pytest.mark.parametrize("address", ["/search.atom", "/search.atom?q=", "/search.atom?q=%00%20"])
def test_a_search_feed_without_words_says_what_it_needs(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "This feed needs words to search for" in read(response).main


@pytest.mark.parametrize("query", ['"<>&\x0b', "%ff%fe", "a' OR 1=1 --", "]]>", "x" * 5000])
def test_hostile_queries_make_valid_feeds(client, query):
    feed_of(client.get("/search.atom", {"q": query}))


def test_hostile_words_stay_words(client):
    task = make_task(name=HOSTILE, slug="hostile")
    board = make_board(
        task=task, dataset=make_dataset(name=HOSTILE, slug="hostile-data"), metrics=[HOSTILE], slug="hostile-board"
    )
    make_paper(title=HOSTILE, slug="hostile-paper", date=date(2024, 1, 1), authors=[HOSTILE], tasks=[task], abstract=HOSTILE)
    make_result(board, model_name=HOSTILE, scores={HOSTILE: HOSTILE}, paper_title=HOSTILE)
    root = ElementTree.fromstring(client.get("/task/hostile.atom").content)
    entry = root.find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == SAID
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == SAID
    assert entry.find(f"{ATOM}category").get("term") == SAID
    assert "<" not in entry.findtext(f"{ATOM}summary")
    feed_of(client.get("/task/hostile.atom"))
    feed_of(client.get("/sota/hostile-board.atom"))


def test_the_feed_of_the_latest_with_code_has_those_alone_and_none_of_the_future(client):
    make_paper(title="Without", date=date(2024, 1, 2))
    make_paper(title="With", date=date(2024, 1, 1), repositories=[make_repository()])
    make_paper(title="To come", date=timezone.localdate() + timedelta(days=2), repositories=[make_repository()])
    parsed = feed_of(client.get("/latest-with-code.atom"))
    assert titles(parsed) == ["With"]
    assert parsed.feed.link == "http://testserver/latest"
    assert titles(feed_of(client.get("/latest.atom"))) == ["Without", "With"]


def test_pages_name_their_feeds(client):
    task = make_task(slug="a-task")
    make_board(task=task, slug="a-board")
    for address, feed in [
        ("/", "/latest.atom"), ("/papers", "/latest.atom"), ("/task/a-task", "/task/a-task.atom"), ("/sota/a-board", "/sota/a-board.atom"),
        ("/search?q=a%26b+c", "/search.atom?q=a%26b%20c"), ("/latest", "/latest-with-code.atom"),
    ]:  # fmt: skip
        links = [attributes for tag, attributes in read(client.get(address)).elements if tag == "link"]
        feeds = [link["href"] for link in links if link["rel"] == "alternate" and link["type"] == "application/atom+xml"]
        assert feed in feeds, address
        assert [client.get(found).status_code for found in feeds] == [200] * len(feeds)


@pytest.mark.parametrize(
    ("address", "most"), [("/latest.atom", 1), ("/task/many.atom", 3), ("/sota/many.atom", 5), ("/search.atom?q=word", 3)]
)
def test_queries_do_not_grow(client, django_assert_max_num_queries, django_assert_num_queries, address, most):
    task = make_task(slug="many")
    board = make_board(task=task, slug="many")

    def fill(count):
        for _ in range(count):
            paper = make_paper(title="A word", date=date(2024, 1, 1), tasks=[task, make_task()], authors=["Ada", "Bo"])
            make_result(board, scores={"Accuracy": "1"}, paper=paper)

    fill(2)
    with django_assert_max_num_queries(most) as counted:
        assert len(feed_of(client.get(address)).entries) == 2
    fill(20)
    with django_assert_num_queries(len(counted)):
        assert len(feed_of(client.get(address)).entries) == 22


def test_a_feed_holds_fifty_entries(client):
    for _ in range(55):
        make_paper(date=date(2024, 1, 1))
    assert len(feed_of(client.get("/latest.atom")).entries) == 50
