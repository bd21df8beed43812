"""After the decision: what was accepted is reverted, the catalogue equal to before; good readers become contributors."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from leaderboards import corrections, rerun_votes, submissions
from leaderboards.models import Claim, Notice, Submission
from leaderboards.submissions import promoting
from leaderboards.submissions.undone import undone
from papers import reverting
from papers.models import Change, Paper
from tests.factories.catalogue import make_board, make_code_link, make_dataset, make_paper, make_result, make_task
from tests.factories.people import make_person
from tests.factories.whole_tables import catalogue_tables

pytestmark = pytest.mark.django_db


def undo(account, by):
    span = {"since": timezone.now() - timedelta(hours=1), "until": timezone.now()}
    found = reverting.of_person(account=account.pk, **span)
    return reverting.undo(found, by=by.pk, origin="/changes", settle=corrections.settle)


def test_what_was_accepted_is_taken_back_whole_and_each_submission_says_so(client):
    board = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Trees"))
    for number in range(4):
        make_result(board, scores={"Accuracy": f"9{number}.0"})
    corrections.rejudge(board.metrics.get())  # as an import does
    make_dataset(name="Forest")
    paper = make_paper(title="Old title", arxiv_id="1810.04805")
    make_code_link(make_paper())  # as in any catalogue: with the first code the total of papers with code begins, and stays
    reader, reviewer = make_person(), make_person("reviewer")
    before = catalogue_tables()
    said = {"model_name": "BERT", "scores": [{"metric": "Accuracy", "value": "91.4"}], "paper": "1810.04805", "table": "Table 1"}
    wanted = [
        ("result", {**said, "board": board.slug}),
        ("result", {**said, "scores": [said["scores"][0] | {"direction": "higher"}], "task": "Parsing", "dataset": "Forest"}),
        ("paper", {"title": "A new paper", "authors": ["Ada"], "tasks": ["Parsing"], "url_abs": "https://example.org/paper"}),
        ("code", {"paper": "1810.04805", "url": "https://github.com/owner/code"}),
        ("edit", {"thing": "paper", "id": str(paper.public_id), "fields": {"title": "New title"}, "was": {"title": "Old title"}}),
    ]
    sent = [submissions.submit(kind, values, by=reader, via=Submission.Via.FORM) for kind, values in wanted]
    for each in sent:
        submissions.accept(each, by=reviewer)
    rerun_votes.vote(Claim.objects.get(leaderboard=board, model_name="BERT"), by=make_person())
    assert [undone(each) for each in sent] == [[]] * 5
    assert Paper.objects.get(pk=paper.pk).title == "New title"
    assert undo(reader, reviewer).kept == []
    assert catalogue_tables() == before
    told = [{(change.table, change.action, change.actor_id) for change in undone(each)} for each in sent]
    assert [("leaderboards_claim", "deleted", reviewer.pk) in each for each in told] == [True, True, False, False, False]
    assert told[4] == {("papers_paper", "changed", reviewer.pk)}
    assert all(told)
    client.force_login(reader)
    assert f"Its paper was changed as a revert by {reviewer}" in client.get(f"/submissions/{sent[4].public_id}").text
    assert undo(reviewer, reader).kept == []
    assert [undone(each) for each in sent[:4]] == [[]] * 4
    assert Change.objects.filter(via="revert", actor=reader).exists()


@pytest.fixture
def board():
    return make_board(task=make_task(), dataset=make_dataset())


@pytest.mark.parametrize(
    ("decided", "batch", "after", "role"),
    [
        ("aaaa", False, 5, "reader"),
        ("aaaaa", False, 5, "contributor"),
        ("aaraaa", False, 5, "reader"),
        ("aauaaa", False, 5, "reader"),
        ("aaaaa", True, 5, "reader"),
        ("a", True, 1, "contributor"),
        ("aaaaa", False, 0, "reader"),
    ],
)
def test_readers_whose_contributions_were_good_become_contributors(board, settings, decided, batch, after, role):
    settings.PROMOTED_AFTER = after
    reader, reviewer, together = make_person(), make_person("reviewer"), uuid4() if batch else None
    said = {"board": board.slug, "paper": "1810.04805", "table": "Table 1", "scores": [{"metric": "Accuracy", "value": "91.4"}]}
    for number, way in enumerate(decided):
        values = {**said, "model_name": f"Model {number}"}
        sent = submissions.submit("result", values, by=reader, via=Submission.Via.FORM, batch=together)
        if way == "r":
            submissions.refuse(sent, by=reviewer, reason="No.")
        else:
            submissions.accept(sent, by=reviewer)
        if way == "u":
            undo(reader, reviewer)
    reader.refresh_from_db()
    assert reader.role == role
    logged = LogEntry.objects.filter(object_id=str(reader.pk), user=reviewer).values_list("change_message", flat=True)
    is_told = Notice.objects.filter(user=reader, sentence=promoting.TOLD).count()
    wanted = [f"Contributor: {len(decided)} submissions were accepted and none refused."] if role == "contributor" else []
    assert (list(logged), is_told) == (wanted, len(wanted))
