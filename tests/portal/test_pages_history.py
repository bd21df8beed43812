"""The past of things in the open: pages, recent changes, feeds, who may undo what; provenance of what people sent."""

from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from leaderboards import submissions
from leaderboards.models import Alert, Score, Submission
from leaderboards.submissions import notices
from papers import history
from papers.hidden_keys import hidden
from papers.models import Change, Paper, PaperTask, SlugHistory
from portal.pages import provenance
from portal.pages.links import Link
from tests.factories.catalogue import make_author, make_board, make_code_link, make_dataset, make_paper, make_result, make_task
from tests.portal.reading import in_order, read
from tests.portal.test_feeds import feed_of
from tests.portal.test_pages_publishing import measured  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """An owner of changes, a reviewer, a reader, and a stranger, each with a browser."""
    found = {"stranger": Client()}
    for name, role in (("ada", "contributor"), ("grace", "reviewer"), ("bo", "reader")):
        found[name] = Client()
        found[name].user = User.objects.create_user(name, role=role)
        found[name].force_login(found[name].user)
    return found


def acting(person, origin="/edit"):
    return history.acting(via=Change.Via.FORM, by=person.user.pk, origin=origin)


def changed_pieces(page):
    return [tag for tag, _ in page.elements if tag in {"ins", "del"}]


def test_a_papers_past_is_told_in_words(client, people):
    task = make_task(name="Parsing")
    paper = make_paper(title="Old title", abstract="The cat sat on the mat.")
    with acting(people["ada"], "/paper/x/edit"):
        Paper.objects.update(title="New title", abstract="The dog sat on the mat.")
        PaperTask.objects.create(paper=paper, task=task, position=0)
        make_code_link(paper, is_official=True)
    history.remove(paper, reason="A duplicate.")
    page = read(client.get(f"/history/paper/{paper.slug}"))
    in_order(
        page.main,
        ["History of New title", "removed", "directly in the database", "reason A duplicate.", "code link added", "ada", "by a form",
         "/paper/x/edit", "linked a task", "task Parsing", "changed", "title Old New title", "abstract The cat dog sat on the mat.", "added"],
    )  # fmt: skip
    assert "archive_raw" not in page.main
    assert (page.link("ada"), page.link("All changes")) == ("/changes/by/ada", "/changes")
    assert read(client.get(f"/history/paper/{paper.public_id}")).main == page.main
    assert f"/history/paper/{paper.slug}" in read(client.get(f"/paper/{paper.slug}")).hrefs()  # of a removed one
    assert ("meta", {"name": "robots", "content": "noindex"}) in page.elements


def test_the_past_moves_with_its_thing_and_says_what_became_of_it(client):
    kept = make_paper(title="Kept", slug="kept")
    double = make_paper(title="Double", slug="double", duplicate_of=kept)
    SlugHistory.objects.create(kind="paper", slug="old", target=kept.public_id)
    board = make_board(slug="qa")
    SlugHistory.objects.create(kind="sota", slug="question-answering", target=board.public_id)
    SlugHistory.objects.create(kind="paper", slug=hidden("secret"), target=kept.public_id)
    for old, today in (
        ("paper/old", "paper/kept"),
        ("paper/double", "paper/kept"),
        ("paper/old/feed.atom", "paper/kept/feed.atom"),
        ("sota/question-answering", "sota/qa"),
    ):
        answer = client.get(f"/history/{old}")
        assert (answer.status_code, answer["Location"]) == (301, f"/history/{today}")
    gone = client.get("/history/paper/secret")
    assert (gone.status_code, "What stood at this address was redacted." in read(gone).main) == (410, True)
    page = read(client.get(f"/history/paper/{double.public_id}"))
    assert "the same as another, which is shown in its place: Kept" in page.main
    assert page.link("Kept") == "/paper/kept"
    history.remove(board, reason="A double.")
    assert "The reason: A double." in read(client.get("/history/sota/qa")).main.partition("All changes")[2].partition("Newest")[0]


def test_a_boards_past_has_its_results_even_those_that_are_gone(client, people):
    board = make_board(task=make_task(name="QA"), dataset=make_dataset(name="PIQA"), slug="qa")
    kept, gone = (
        make_result(board, model_name="Kept", scores={"Accuracy": "28.4"}),
        make_result(board, model_name="Gone", scores={"Accuracy": "7"}),
    )
    with acting(people["ada"]):
        Score.objects.filter(claim=kept).update(raw='"29.5"', value=29.5)
        gone.delete()
    page = read(client.get("/history/sota/qa"))
    in_order(
        page.main,
        [
            "History of QA on PIQA",
            "Gone result",
            "deleted",
            "unlinked a cell",
            "Kept result",
            "changed a cell",
            "value 28.4 29.5",
            "metric Accuracy",
        ],
    )
    assert "Gone" in read(client.get(f"/history/result/{gone.public_id}")).main
    assert "Kept on QA on PIQA result changed a cell" in read(client.get("/changes")).main
    assert "/history/sota/qa" in read(client.get("/sota/qa")).hrefs()
    parsed = feed_of(client.get("/history/sota/qa/feed.atom"))
    assert [entry.title for entry in parsed.entries][:2] == ["Gone: deleted", "Gone: unlinked a cell"]
    assert "value: [-28.4-] [+29.5+]" in parsed.entries[2].summary
    assert [entry.title for entry in feed_of(client.get(f"/history/task/{board.task.slug}/feed.atom")).entries] == [
        "QA on PIQA: added",
        "QA: added",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "/history/nothing/x",
        "/history/paper/no-such",
        "/history/paper/00000000-0000-4000-8000-000000000000",
        "/history/result/x",
        "/changes/999999",
        "/changes?after=x",
        "/changes/by/nobody",
    ],
)
def test_what_has_no_past_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_what_was_redacted_stays_away_and_the_event_says_so(client):
    paper = make_paper(title="Secret words", slug="secret-words")
    Change.objects.create(
        table="papers_paper",
        object_id=paper.public_id,
        action="changed",
        via="form",
        redacted_at=timezone.now(),
        redaction_reason="Asked by a court.",
    )
    Change.objects.create(
        table="papers_paper",
        object_id=paper.public_id,
        action="changed",
        via="import",
        old={"archive_key": "a b"},
        new={"archive_key": "redacted:deadbeef"},
    )
    page = read(client.get("/history/paper/secret-words"))
    in_order(page.main, ["by an import", "[redacted]", "What it said was redacted: Asked by a court."])
    assert "deadbeef" not in page.main


def test_a_measurement_that_nobody_published_is_in_no_readers_past(client, admin_client, measured):  # noqa: F811
    measured.note = "A note"
    measured.save()
    assert "A note" not in read(client.get("/changes")).main + read(client.get("/history/sota/qa-on-piqa")).main
    assert "A note" in read(admin_client.get("/changes")).main
    change = Change.objects.get(table="leaderboards_measurement")
    assert (
        client.get(f"/changes/{change.pk}").status_code,
        client.get(f"/history/measurement/{measured.public_id}").status_code,
    ) == (404, 200)
    admin_client.post(f"/measurements/{measured.public_id}/publish")
    assert "A note" in read(client.get("/history/sota/qa-on-piqa")).main


def test_recent_changes_by_kind_person_and_way_page_by_page(client, people):
    with acting(people["ada"]):
        papers = [make_paper(title=f"Paper {number}") for number in range(33)]
        make_task(name="Parsing")
    Change.objects.create(
        table="papers_paper",
        object_id=papers[0].public_id,
        action="changed",
        via="import",
        old={"title": "x"},
        new={"title": "y"},
    )
    make_author(name="Lovelace")
    first = read(client.get("/changes?kind=paper&way=form"))
    following = first.link("Next page")
    assert following.startswith("?kind=paper&way=form&after=") or "after=" in following
    titles = [text for text, href, _ in first.links if (href or "").startswith("/paper/")]
    assert (len(titles), titles[0]) == (30, "Paper 32")
    rest = read(client.get(following if following.startswith("/") else f"/changes{following}"))
    assert [text for text, href, _ in rest.links if (href or "").startswith("/paper/")] == ["Paper 2", "Paper 1", "Paper 0"]
    everything = read(client.get("/changes"))
    assert "Lovelace" in everything.main and "by an import" not in everything.main.partition("Show")[2]
    assert "title x y" in read(client.get("/changes?way=import")).main
    by_ada = read(client.get("/changes/by/ada"))
    assert "Parsing" in by_ada.main and "Lovelace" not in by_ada.main
    assert feed_of(client.get("/changes/by/ada/feed.atom")).entries[0].title == "Parsing: added"
    assert feed_of(client.get("/changes.atom")).entries[0].title == "Lovelace: added"
    User.objects.filter(username="ada").delete()
    assert "an account that was erased" in read(client.get("/changes?way=form")).main


def test_the_number_of_queries_does_not_grow_with_the_changes(client, people):
    counts = []
    for _ in range(2):
        with acting(people["ada"]):
            for _ in range(6):
                make_result(make_board(), scores={"Accuracy": "1"}, paper=make_paper(tasks=[make_task()]))
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get("/changes")
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 8


def test_one_change_is_undone_by_its_author_or_a_reviewer_and_nobody_else(people):
    paper = make_paper(title="Old")
    with acting(people["ada"]):
        Paper.objects.update(title="New")
    address = f"/changes/{Change.objects.latest('id').pk}"
    for name in ("stranger", "bo"):
        assert people[name].post(address).status_code == 403
        assert "Undo this change" not in read(people[name].get(address)).main
    assert "Undo this change" in read(people["ada"].get(address)).main
    assert "1 change was undone." in read(people["grace"].post(address)).main
    paper.refresh_from_db()
    revert = history.of(paper).latest("id")
    assert (paper.title, revert.via, revert.actor) == ("Old", "revert", people["grace"].user)
    assert people["ada"].post(f"/changes/{revert.pk}").status_code == 403  # it is a reviewer's
    Paper.objects.update(title="Newer")
    again = people["ada"].post(address)
    assert (again.status_code, "changed since: title" in read(again).main) == (409, True)


def test_a_persons_span_is_reverted_by_reviewers_alone(people):
    with acting(people["ada"]):
        make_paper(title="Spam")
    span = {"since": "2000-01-01T00:00", "until": "2100-01-01T00:00", "confirm": "yes"}
    for name in ("stranger", "bo", "ada"):
        assert people[name].post("/changes/by/ada/revert", span).status_code == 403
    assert Paper.objects.exists()
    for wrong in ({"since": "x"}, {"until": "1999-01-01T00:00"}):
        answer = people["grace"].post("/changes/by/ada/revert", span | wrong)
        assert (answer.status_code, "Say from when to when" in read(answer).main) == (400, True)
    assert "1 change was undone." in read(people["grace"].post("/changes/by/ada/revert", span)).main
    assert not Paper.objects.exists()


def test_a_row_that_somebody_sent_says_who_and_on_what_evidence(client, people, monkeypatch, django_assert_num_queries):
    board = make_board(slug="qa")
    make_result(board, model_name="Old", scores={"Accuracy": "1"})
    with django_assert_num_queries(2):
        client.get("/sota/qa")
    with acting(people["ada"]):
        sent = make_result(board, model_name="Sent", scores={"Accuracy": "2"}, source="form")
    evidence = (("Where", Link(text="Table 3, page 7")), ("Paper", Link(text="arXiv", href="https://arxiv.org/abs/1")))
    monkeypatch.setattr(provenance, "TELLERS", [lambda results, viewer: {sent.public_id: evidence}])
    page = read(client.get("/sota/qa"))
    stories = {at["id"]: at for tag, at in page.elements if "popover" in at and at["id"].startswith("from-")}
    opened = [
        at["popovertarget"] for tag, at in page.elements if tag == "button" and at.get("popovertarget", "").startswith("from-")
    ]
    assert opened == [f"from-{sent.public_id}", "from-archive"]
    assert set(opened) <= set(stories)
    in_order(
        page.main,
        ["Sent by a form by ada", "Sent by", "ada", "Where", "Table 3, page 7", "Paper", "arXiv", "History of this result"],
    )
    assert page.link("History of this result") == f"/history/result/{sent.public_id}"


def test_a_submitted_row_says_its_evidence_and_leads_those_to_its_submission_who_may_see_it(
    client, people, django_assert_num_queries
):
    board = make_board(slug="qa")
    for number in range(3):
        make_result(board, scores={"Accuracy": f"9{number}"})
    said = {
        "board": "qa",
        "paper": "1810.04805",
        "table": "Table 1",
        "page": "5",
        "quote": "reaches 91.4",
        "evaluated_on": "2026-01-02",
    }
    send = partial(submissions.submit, "result", by=people["ada"].user, via=Submission.Via.FORM)
    for model, source in (("BERT", "https://example.org/leaderboard"), ("GPT", ""), ("T5", "")):
        sent = send({**said, "model_name": model, "source_url": source, "scores": [{"metric": "Accuracy", "value": "91.4"}]})
        assert sent.state == Submission.State.ACCEPTED
    Submission.objects.filter(pk=sent.pk).update(payload={**sent.payload, "page": 5})
    board.claims.filter(model_name="T5").update(source_url="javascript:alert(1)")
    with django_assert_num_queries(4):  # as for one row: the board, its claims, who sent them, on what evidence
        page = read(client.get("/sota/qa"))
    assert "Mirror of" not in page.main
    story = ["In the paper", "Table 1, page 5", "Quote", "“reaches 91.4”", "Evaluated", "2026-01-02"]
    in_order(
        page.main,
        [
            "Source",
            "https://example.org/leaderboard",
            *story,
            *story,
            "Source",
            "javascript:alert(1)",
            "In the paper",
            "Table 1",
            "Quote",
        ],
    )
    assert "javascript:alert(1)" not in page.hrefs()
    links = [at for tag, at in page.elements if tag == "a" and at.get("href") == "https://example.org/leaderboard"]
    assert [at["rel"] for at in links] == ["nofollow noopener"]
    seen = {name: f"/submissions/{sent.public_id}" in (client if name == "nobody" else people[name]).get("/sota/qa").text
            for name in ("nobody", "stranger", "bo", "ada", "grace")}  # fmt: skip
    assert seen == {"nobody": False, "stranger": False, "bo": False, "ada": True, "grace": True}


def test_the_header_counts_what_is_unread_for_who_is_signed_in_and_asks_nothing_for_strangers(
    client, people, django_assert_num_queries
):
    bo, grace = people["bo"], people["grace"]
    notices.tell(bo.user, "One.")
    notices.mark_read([notices.tell(bo.user, "Two.")])
    Alert.objects.create(person=bo.user, kind="best", about="1", words="New best.")
    Alert.objects.create(person=grace.user, kind="best", about="1", words="New best.", read_at=timezone.now())
    with django_assert_num_queries(0):
        assert "Notices" not in read(client.get("/about")).text
    with django_assert_num_queries(3):  # session, account, and what is unread
        page = read(bo.get("/about"))
    in_order(page.text, ["Signed in as", "bo", "Notices (1 unread)", "Watching (1 unread)", "Sign out"])
    assert "/review" not in page.hrefs()
    page = read(grace.get("/about"))
    in_order(page.text, ["Notices", "Watching", "Review", "Changes", "Sign out"])
    assert "unread" not in page.text
    assert {"/notices", "/watching", "/review", "/changes"} <= set(page.hrefs())
