"""Reverting what was accepted: the catalogue equal to before, and the submissions say that they were undone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leaderboards import corrections, rerun_votes, submissions
from leaderboards.models import Claim, Submission
from leaderboards.submissions.undone import undone
from papers import reverting
from papers.models import Change, Paper
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
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
    paper = make_paper(title="Old title", arxiv_id="1810.04805")
    reader, reviewer = make_person(), make_person("reviewer")
    before = catalogue_tables()
    said = {"model_name": "BERT", "scores": [{"metric": "Accuracy", "value": "91.4"}], "paper": "1810.04805", "table": "Table 1"}
    wanted = [
        ("result", {**said, "board": board.slug}),
        ("result", {**said, "task": "A new task", "dataset": "A new set", "code_url": "https://example.org/bert"}),
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
