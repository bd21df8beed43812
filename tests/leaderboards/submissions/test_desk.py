"""From what somebody sends to a row of the catalogue: who may, what waits, what is decided, and what is recorded of it."""

import threading

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections

from leaderboards import submissions
from leaderboards.models import Claim, Leaderboard, MadeRow, Metric, Notice, ReviewArea, Score, Submission, SubmissionEvent
from leaderboards.submissions import notices, reviewing, states
from leaderboards.tasks import mail_notice
from papers import history
from papers.models import Change, Dataset, Method, Paper, PaperRepository, Task
from tests.factories.catalogue import (
    make_area,
    make_board,
    make_collection,
    make_dataset,
    make_method,
    make_paper,
    make_result,
    make_task,
)
from tests.factories.people import make_person

FORM = Submission.Via.FORM


def result(place, **values):
    """A clean result for a board."""
    return {
        "board": place.slug, "model_name": "BERT", "scores": [{"metric": "Accuracy", "value": "91.4"}], "paper": "1810.04805",
        "table": "Table 1", "page": "5", "quote": "BERT reaches 91.4", **values,
    }  # fmt: skip


@pytest.fixture
def board(db):
    """A board with a few results."""
    area = make_area(name="Language")
    found = make_board(task=make_task(name="Parsing", areas=[area]), dataset=make_dataset(name="Trees"))
    for number in range(4):
        make_result(found, scores={"Accuracy": f"9{number}.0"})
    return found


def test_a_clean_result_of_a_trusted_person_is_on_the_board_at_once_and_recorded_as_theirs(board):
    paper = make_paper(title="BERT", arxiv_id="1810.04805", date="2018-10-11")
    someone = make_person("contributor")
    sent = submissions.submit("result", result(board, code_url="https://example.org/bert"), by=someone, via=FORM)
    assert (sent.state, sent.reviewer, sent.is_flagged) == ("accepted", None, False)
    claim = Claim.objects.get(model_name="BERT")
    assert (claim.paper, claim.paper_key, claim.paper_url) == (paper, "arxiv:1810.04805", "https://arxiv.org/abs/1810.04805")
    assert (claim.source, str(claim.paper_date), claim.code_links[0]["url"]) == ("form", "2018-10-11", "https://example.org/bert")
    assert list(claim.scores.values_list("raw", "value", "scale")) == [('"91.4"', 91.4, 1.0)]
    changes = Change.objects.filter(object_id=claim.public_id)
    assert {(change.actor_id, change.via, change.origin) for change in changes} == {
        (someone.pk, "form", f"/submissions/{sent.public_id}")
    }
    assert submissions.of_result(claim) == sent
    assert submissions.of_result(make_result(board)) is None
    told = submissions.told_of(sent)
    assert (told["table"], told["page"], told["quote"]) == ("Table 1", "5", "BERT reaches 91.4")
    assert list(sent.events.values_list("state", "actor")) == [("waiting", someone.pk), ("accepted", None)]
    assert list(sent.areas.values_list("name", flat=True)) == ["Language"]


def test_what_a_reader_sends_waits_and_a_reviewer_lets_it_in(board):
    reader, reviewer = make_person(), make_person("reviewer")
    sent = submissions.submit("result", result(board), by=reader, via=FORM)
    assert sent.state == "waiting"
    assert not Claim.objects.filter(model_name="BERT").exists()
    submissions.accept(sent, by=reviewer)
    claim = Claim.objects.get(model_name="BERT")
    assert Change.objects.filter(object_id=claim.public_id, actor=reader).exists()
    assert (sent.state, sent.reviewer) == ("accepted", reviewer)
    notice = Notice.objects.get()
    assert (notice.user, notice.href) == (reader, f"/submissions/{sent.public_id}")
    assert notice.sentence == "“BERT: Accuracy 91.4 on Parsing on Trees” was accepted."
    with pytest.raises(submissions.LostRace):
        submissions.refuse(sent, by=reviewer, reason="Too late.")
    with pytest.raises(submissions.Impossible):
        submissions.accept(sent, by=reviewer)
    assert Claim.objects.filter(model_name="BERT").count() == 1


def test_a_decision_is_mailed_where_mail_is_configured(board, settings, mailoutbox, django_capture_on_commit_callbacks):
    reviewer, reader, silent = make_person("reviewer"), make_person(email="reader@example.org"), make_person()
    for has_mail, person, asked in ((False, reader, 0), (True, silent, 0), (True, reader, 1)):
        settings.HAS_MAIL = has_mail
        sent = submissions.submit("result", result(board, model_name=f"{has_mail} {person}"), by=person, via=FORM)
        with django_capture_on_commit_callbacks() as callbacks:
            submissions.refuse(sent, by=reviewer, reason="No such table.")
        assert len(callbacks) == asked
    notice = Notice.objects.latest("pk")
    mail_notice(notice.pk)
    assert [(mail.to, mail.body) for mail in mailoutbox] == [(["reader@example.org"], notice.sentence)]
    notices.mark_read([notice])
    mail_notice(notice.pk)
    assert len(mailoutbox) == 1


def test_a_reviewer_refuses_with_a_reason_and_amends_with_one(board):
    reader, reviewer = make_person(), make_person("reviewer")
    first = submissions.submit("result", result(board), by=reader, via=FORM)
    second = submissions.submit("result", result(board, model_name="Other"), by=reader, via=FORM)
    with pytest.raises(submissions.Rejected, match="Say why it is refused"):
        submissions.refuse(first, by=reviewer, reason="  ")
    submissions.refuse(first, by=reviewer, reason="The table says 90.1.")
    amended = result(board, model_name="Other", scores=[{"metric": "Accuracy", "value": "90.1"}])
    with pytest.raises(submissions.Rejected, match="Say what you changed"):
        submissions.amend(second, amended, by=reviewer, note="")
    submissions.amend(second, amended, by=reviewer, note="The table says 90.1.")
    assert list(Claim.objects.filter(source="form").values_list("model_name", "scores__value")) == [("Other", 90.1)]
    assert (second.state, second.payload["scores"][0]["value"]) == ("amended", "91.4")
    assert submissions.told_of(second)["scores"][0]["value"] == "90.1"
    assert [notice.sentence.split("” ")[1] for notice in Notice.objects.order_by("pk")] == [
        "was refused: The table says 90.1.",
        "was accepted with changes: The table says 90.1.",
    ]


def test_who_may_do_what(board):
    owner, stranger, contributor = make_person(), make_person(), make_person("contributor")
    reviewer, boss = make_person("reviewer"), make_person("staff")
    with pytest.raises(submissions.NotAllowed):
        submissions.submit("result", result(board), by=AnonymousUser(), via=FORM)
    with pytest.raises(submissions.NotAllowed):
        submissions.submit("result", result(board), by=make_person(is_active=False), via=FORM)
    sent = submissions.submit("result", result(board), by=owner, via=FORM)
    for person in (owner, stranger, contributor, AnonymousUser()):
        assert not reviewing.may_decide(person, sent)
        assert list(reviewing.queue_of(person)) == []
        for decide in (
            lambda by=person: submissions.accept(sent, by=by),
            lambda by=person: submissions.amend(sent, result(board), by=by, note="x"),
            lambda by=person: submissions.refuse(sent, by=by, reason="x"),
        ):
            with pytest.raises(submissions.NotAllowed):
                decide()
    for person in (stranger, reviewer, boss):
        with pytest.raises(submissions.NotAllowed):
            submissions.withdraw(sent, by=person)
    assert [reviewing.may_see(person, sent) for person in (owner, reviewer, boss, stranger, AnonymousUser())] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert Submission.objects.get().state == "waiting"
    submissions.withdraw(sent, by=owner)
    assert (sent.state, sent.reviewer) == ("withdrawn", None)
    own = submissions.submit(
        "result", result(board, model_name="Far", scores=[{"metric": "Accuracy", "value": "0.914"}]), by=reviewer, via=FORM
    )
    assert (own.state, reviewing.may_decide(reviewer, own), reviewing.may_decide(boss, own)) == ("waiting", False, True)


def test_a_reviewer_of_an_area_decides_about_that_area_and_what_belongs_to_none(board):
    reader, reviewer = make_person(), make_person("reviewer")
    other = make_board(task=make_task(name="Segmentation", areas=[make_area(name="Vision")]))
    mine = submissions.submit("result", result(board), by=reader, via=FORM)
    theirs = submissions.submit("result", result(other), by=reader, via=FORM)
    nobodys = submissions.submit("dataset", {"name": "Alone", "description": "A set."}, by=reader, via=FORM)
    assert list(reviewing.queue_of(reviewer)) == [mine, theirs, nobodys]
    ReviewArea.objects.create(reviewer=reviewer, area=board.task.areas.get())
    assert list(reviewing.queue_of(reviewer)) == [mine, nobodys]
    with pytest.raises(submissions.NotAllowed):
        submissions.accept(theirs, by=reviewer)
    assert list(reviewing.queue_of(make_person("staff"))) == [mine, theirs, nobodys]


def test_what_has_errors_is_not_stored_and_says_all_of_them(board):
    with pytest.raises(submissions.Rejected) as refused:
        submissions.submit(
            "result",
            result(board, code_url="ftp://x", scores=[{"metric": "Accuracy", "value": "123"}]),
            by=make_person(),
            via=FORM,
        )
    assert [finding.code for finding in refused.value.findings] == ["link_malformed", "value_out_of_range"]
    assert not Submission.objects.exists()


def test_a_new_board_comes_with_its_first_result(board):
    boss = make_person("staff")
    values = result(
        board,
        board="",
        task="parsing",
        dataset="New Trees",
        scores=[{"metric": "F1", "value": "88.2"}, {"metric": "WER", "value": "3.1"}],
    )
    sent = submissions.submit("result", values, by=make_person("contributor"), via=FORM)
    assert sent.state == "waiting"
    submissions.accept(sent, by=boss)
    made = Leaderboard.objects.get(dataset_name="New Trees")
    assert (made.slug, made.dataset.variants, made.source) == ("parsing-on-new-trees", ["New Trees"], "form")
    assert list(made.metrics.values_list("name", "direction")) == [("F1", "higher"), ("WER", "lower")]
    assert {row.table for row in sent.made_rows.filter(is_new=True)} == {
        "papers_dataset", "leaderboards_leaderboard", "leaderboards_metric", "leaderboards_claim",
    }  # fmt: skip


def test_a_value_on_another_scale_is_flagged_and_once_accepted_read_on_the_columns(board):
    sent = submissions.submit(
        "result", result(board, scores=[{"metric": "Accuracy", "value": "0.9134"}]), by=make_person("contributor"), via=FORM
    )
    assert (sent.state, [each["code"] for each in sent.findings]) == ("waiting", ["paper_unknown", "scale_other"])
    submissions.accept(sent, by=make_person("reviewer"))
    assert list(Score.objects.filter(claim__model_name="BERT").values_list("raw", "value", "scale")) == [
        ('"0.9134"', 91.34, 100.0)
    ]


def test_the_same_external_id_of_the_same_sender_means_the_same_result(board):
    program, other = make_person("contributor"), make_person("contributor")
    first = submissions.submit("result", result(board, external_id="run-1"), by=program, via=Submission.Via.API)
    again = submissions.submit(
        "result",
        result(board, external_id="run-1", evaluated_on="2020-01-02", scores=[{"metric": "Accuracy", "value": "91.9"}]),
        by=program,
        via=Submission.Via.API,
    )
    assert (first.state, again.state) == ("accepted", "accepted")
    claim = Claim.objects.get(model_name="BERT")
    assert (claim.source, str(claim.paper_date), claim.scores.get().value) == ("api", "2020-01-02", 91.9)
    assert submissions.of_result(claim) == first
    submissions.submit("result", result(board, external_id="run-1", model_name="Theirs"), by=other, via=Submission.Via.API)
    assert Claim.objects.filter(source="api").count() == 2


def test_every_other_kind_of_thing_is_made(board):
    someone = make_person("contributor")
    area, collection = make_area(name="Vision"), make_collection(name="Adapters")
    method = make_method(name="LoRA")
    sent = [
        submissions.submit(kind, values, by=someone, via=FORM)
        for kind, values in [
            (
                "paper",
                {
                    "title": "A New Paper",
                    "arxiv_id": "2401.00001v2",
                    "authors": ["Ada", "Bob"],
                    "tasks": ["Parsing", "Nope"],
                    "methods": ["LoRA"],
                    "code_url": "https://github.com/a/b.git",
                },
            ),
            ("task", {"name": "Depth Guessing", "area": "vision", "parent_task": "parsing", "description": "Guess."}),
            ("dataset", {"name": "Cities", "homepage": "https://example.org", "tasks": ["Parsing"], "languages": ["German"]}),
            ("method", {"name": "Adapter X", "collection": "Adapters", "introduced_year": 2021, "paper": "2401.00001"}),
            ("board", {"task": "Parsing", "dataset": "Cities", "metrics": [{"metric": "F1", "value": "-"}]}),
            ("metric", {"board": board.slug, "name": "Speed", "direction": "lower"}),
            ("code", {"paper": "A new  paper", "url": "https://gitlab.com/c/d", "is_official": True, "framework": "jax"}),
        ]
    ]
    assert [each.state for each in sent] == ["accepted"] * len(sent)
    paper = Paper.objects.get(title="A New Paper")
    assert (paper.arxiv_id, paper.url_abs, paper.slug) == ("2401.00001", "https://arxiv.org/abs/2401.00001", "a-new-paper")
    assert list(paper.authors.order_by("paper_places__position").values_list("name", flat=True)) == ["Ada", "Bob"]
    assert list(paper.tasks.all()) == [board.task]
    assert list(paper.methods.all()) == [method]
    assert list(PaperRepository.objects.order_by("pk").values_list("repository__key", "is_official", "framework")) == [
        ("github.com/a/b", None, None), ("gitlab.com/c/d", True, "jax"),
    ]  # fmt: skip
    task = Task.objects.get(name="Depth Guessing")
    assert (list(task.areas.all()), list(task.parents.all())) == ([area], [board.task])
    assert Dataset.objects.get(name="Cities").languages == ["German"]
    made = Method.objects.get(name="Adapter X")
    assert (made.main_collection, made.paper, made.introduced_year) == (collection, paper, 2021)
    assert Leaderboard.objects.get(dataset_name="Cities").metrics.get().name == "F1"
    assert (Metric.objects.get(name="Speed").direction, Metric.objects.get(name="Speed").direction_source) == ("lower", "person")


def edit(kind, row, fields, **was):
    return {"thing": kind, "id": str(row.public_id), "fields": fields, "was": was}


def test_an_edit_changes_what_it_says_marks_it_and_is_refused_where_the_thing_has_changed(board):
    someone, reviewer = make_person("contributor"), make_person("reviewer")
    task = board.task
    done = submissions.submit(
        "edit", edit("task", task, {"description": "Trees of words."}, description=None), by=someone, via=FORM
    )
    task.refresh_from_db()
    assert (done.state, done.target_id, task.description, task.edited_fields) == (
        "accepted",
        task.public_id,
        "Trees of words.",
        ["description"],
    )
    waiting = submissions.submit(
        "edit", edit("task", task, {"description": "Other words."}, description="Trees of words."), by=make_person(), via=FORM
    )
    Task.objects.filter(pk=task.pk).update(description="Changed meanwhile.")
    with pytest.raises(submissions.Impossible, match="Description has changed since this was proposed"):
        submissions.accept(waiting, by=reviewer)
    task.refresh_from_db()
    assert (task.description, Submission.objects.get(pk=waiting.pk).state) == ("Changed meanwhile.", "waiting")


def test_an_edit_of_a_result_changes_its_cells_and_judges_the_column_anew(board):
    claim = board.claims.order_by("pk").first()
    someone = make_person("contributor")
    submissions.submit("edit", edit("result", claim, {"score:Accuracy": "99.9%", "model_name": "Renamed"}), by=someone, via=FORM)
    claim.refresh_from_db()
    assert (claim.model_name, claim.scores.get().raw, claim.scores.get().value) == ("Renamed", '"99.9%"', 99.9)
    assert claim.edited_fields == ["model_name", "scores"]
    metric = board.metrics.get()
    submissions.submit("edit", edit("metric", metric, {"direction": "lower"}), by=someone, via=FORM)
    metric.refresh_from_db()
    assert (metric.direction, metric.direction_source) == ("lower", "person")


def test_a_removal_always_waits_and_leaves_a_tombstone(board):
    claim = board.claims.order_by("pk").first()
    values = {"thing": "result", "id": str(claim.public_id), "reason": "Withdrawn by its authors."}
    sent = submissions.submit("removal", values, by=make_person("contributor"), via=FORM)
    assert sent.state == "waiting"
    submissions.accept(sent, by=make_person("reviewer"))
    claim.refresh_from_db()
    assert (claim.removed_reason, history.of(claim).first().action) == ("Withdrawn by its authors.", "removed")
    assert board.claims.published().count() == 3


@pytest.mark.parametrize(
    ("kind", "fields", "codes"),
    [
        ("task", {"name": ""}, ["value_unfit", "emptied"]),
        ("task", {"slug": "other"}, ["field_unknown"]),
        ("task", {"synonyms": "a"}, ["value_unfit"]),
        ("task", {"name": "Parsing"}, ["nothing_changed"]),
        ("result", {"score:Nope": "1"}, ["field_unknown"]),
        ("result", {"uses_additional_data": "yes"}, ["value_unfit"]),
        ("result", {"paper_date": "2999-01-01"}, ["value_unfit"]),
        ("result", {"paper_url": "javascript:alert(1)"}, ["value_unfit"]),
        ("metric", {"direction": "up"}, ["value_unfit", "direction"]),
        ("user", {"is_staff": True}, ["thing_unknown"]),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(board, kind, fields, codes):
    rows = {"task": board.task, "result": board.claims.first(), "metric": board.metrics.get(), "user": make_person()}
    with pytest.raises(submissions.Rejected):
        submissions.submit("edit", edit(kind, rows[kind], fields), by=make_person("staff"), via=FORM)
    assert [finding.code for finding in submissions.check("edit", edit(kind, rows[kind], fields)).findings] == codes


def test_the_site_cannot_rewrite_what_was_decided(board):
    sent = submissions.submit("result", result(board), by=make_person(), via=FORM)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'leaderboards_submissionevent', 'UPDATE, DELETE')")
        assert cursor.fetchone() == (False,)
    assert SubmissionEvent.objects.get().submission == sent


def test_of_two_reviewers_at_once_one_decides(committed_db):
    board = make_board()
    reviewers = [make_person("reviewer") for _ in range(4)]
    sent = submissions.submit("result", result(board), by=make_person(), via=FORM)
    start, outcomes = threading.Barrier(4), []

    def decide(reviewer):
        try:
            start.wait(30)
            submissions.accept(Submission.objects.get(pk=sent.pk), by=reviewer)
            outcomes.append("accepted")
        except (states.LostRace, submissions.Impossible):
            outcomes.append("lost")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=[reviewer]) for reviewer in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["accepted", "lost", "lost", "lost"]
    assert Claim.objects.count() == MadeRow.objects.filter(table="leaderboards_claim").count() == 1
