"""Undoing what people did: the database equal to before, what others did since kept, and a revert that is history itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers import history, reverting
from papers.models import Change, Paper, PaperTask, Task
from tests.factories.catalogue import (
    make_area,
    make_board,
    make_collection,
    make_dataset,
    make_method,
    make_paper,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.whole_tables import whole_tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def vandal():
    return User.objects.create_user("vandal", role="contributor")


@pytest.fixture
def grace():
    return User.objects.create_user("grace", role="reviewer")


@pytest.fixture
def catalogue():
    """A paper with all kinds of links, a method, and a board with two results."""
    area, collection = make_area(name="Vision"), make_collection(name="Transformers")
    tasks = [make_task(name="Parsing", areas=[area]), make_task(name="Tagging")]
    tasks[0].children.add(tasks[1])
    method = make_method(name="LoRA")
    method.collections.add(collection)
    paper = make_paper(title="A paper", authors=["Ada", "Bo"], tasks=tasks, methods=[method], repositories=[make_repository()])
    dataset = make_dataset(name="PTB", paper=paper, variants=["PTB", 'PTB "dev"'])
    dataset.tasks.add(tasks[0])
    board = make_board(task=tasks[0], dataset=dataset, metrics=["F1", "Speed"])
    for cell in ("91.5", "88"):
        make_result(board, scores={"F1": cell, "Speed": "1.82 M"}, paper=paper, code_links=[{"url": "https://example.org"}])
    Claim.objects.update(archive_digest=7, archive_dumps=["evaluation-tables"])
    return board


def undo(account, grace, **options):
    span = {"since": timezone.now() - timedelta(hours=1), "until": timezone.now()}
    return reverting.undo(reverting.of_person(account=account.pk, **span), by=grace.pk, origin="/changes", **options)


def as_person(user):
    return history.acting(via=Change.Via.API, by=user.pk, origin="/api/v1/")


def wreck(board):
    """Everything that somebody can do to a catalogue: rows and links deleted, removed, edited, made, one after the other."""
    paper, task = board.claims.first().paper, board.task
    board.claims.first().scores.all().delete()
    board.claims.all().delete()
    board.metrics.all().delete()
    Leaderboard.objects.filter(pk=board.pk).delete()
    paper.title, paper.abstract, paper.edited_fields = "Owned", "Buy now", ["title"]
    paper.save()
    paper.title = "Owned twice"
    paper.save()
    PaperTask.objects.filter(paper=paper).delete()
    paper.author_places.all().delete()
    history.remove(task, reason="Ha.")
    task.areas.clear()
    spam = make_task(name="Cheap pills", description="x")
    PaperTask.objects.create(paper=paper, task=spam, position=0)
    make_result(make_board(task=spam), scores={"Accuracy": "1"})
    make_paper(title="Spam", authors=["Ada"], tasks=[spam])


def test_all_that_a_vandal_did_is_undone_by_one_action_and_every_table_is_as_before(catalogue, vandal, grace):
    before = whole_tables()
    with as_person(vandal):
        wreck(catalogue)
    assert whole_tables() != before
    wrecked = whole_tables()
    assert len(undo(vandal, grace, trial=True).undone) == Change.objects.filter(actor=vandal).count()
    assert whole_tables() == wrecked
    done = Change.objects.filter(actor=vandal).count()
    outcome = undo(vandal, grace)
    assert (outcome.kept, outcome.needless, len(outcome.undone)) == ([], 0, done)
    assert whole_tables() == before
    assert set(Change.objects.filter(actor=grace).values_list("via", "origin")) == {("revert", "/changes")}
    assert Change.objects.filter(actor=grace).count() >= done - 1  # two edits of one title are two reverts of it


def test_a_revert_is_undone_like_any_other_change(catalogue, vandal, grace):
    with as_person(vandal):
        wreck(catalogue)
    wrecked = whole_tables()
    undo(vandal, grace)
    assert undo(grace, vandal).kept == []
    assert whole_tables() == wrecked


def test_what_others_changed_since_stays_and_is_told(catalogue, vandal, grace):
    paper = Paper.objects.get()
    with as_person(vandal):
        Paper.objects.update(title="Owned", abstract="Buy", edited_fields=["abstract", "title"])
        spam = make_task(name="Pills")
        mine = make_paper(title="Mine")
        other = make_paper(title="Other")
        history.remove(catalogue, reason="Ha.")
        gone = make_method(name="Gone")
    with as_person(grace):
        Paper.objects.filter(pk=paper.pk).update(title="Better", edited_fields=["abstract", "date", "title"])
        PaperTask.objects.create(paper=paper, task=spam, position=9)
        Paper.objects.filter(pk=mine.pk).update(title="Edited")
        gone.delete()
    outcome = undo(vandal, grace)
    assert [(kept.why, kept.fields, kept.change.object_id) for kept in outcome.kept] == [
        (reverting.EDITED_SINCE, (), mine.public_id),
        (reverting.HANGS_ON_IT, (), spam.public_id),
        ("changed since", ("title",), paper.public_id),
    ]
    paper.refresh_from_db()
    assert (paper.title, paper.abstract, paper.edited_fields) == ("Better", None, ["date"])
    assert (outcome.needless, len(outcome.undone)) == (1, 3)
    assert not Paper.objects.filter(pk=other.pk).exists()
    assert Leaderboard.objects.get(pk=catalogue.pk).removed_at is None


def test_one_change_is_undone_alone(catalogue, vandal, grace):
    score = Score.objects.filter(metric__name="F1").first()
    with as_person(vandal):
        score.raw, score.value = '"99.9"', 99.9
        score.save()
        history.remove(catalogue.claims.first(), reason="Ha.")
        Metric.objects.filter(pk=score.metric_id).update(direction="lower")
    Score.objects.filter(pk=score.pk).update(value=9990, scale=100)  # judged anew since, with its column
    one = Change.objects.filter(actor=vandal, table="leaderboards_score")
    outcome = reverting.undo(one, by=grace.pk, origin="/changes")
    assert (len(outcome.undone), outcome.kept) == (1, [])
    score.refresh_from_db()
    assert (score.raw, score.value, score.scale) == ('"91.5"', 91.5, 1.0)
    assert Claim.objects.filter(removed_at=None).count() == 1


def test_what_cannot_come_back_says_why(catalogue, vandal, grace):
    task = make_task(name="Alone")
    slug, key = task.slug, task.public_id
    with as_person(vandal):
        task.delete()
        PaperTask.objects.filter(task__name="Tagging").delete()
    make_task(name="Taken", slug=slug)
    tagging = Task.objects.get(name="Tagging")
    tagging.edges_up.all().delete()
    tagging.delete()
    Change.objects.create(
        table="papers_task", object_id=key, action="changed", via="form", actor=vandal, old={"name": "a"}, new={"name": "b"}
    )
    outcome = undo(vandal, grace)
    assert sorted(kept.why for kept in outcome.kept) == sorted([reverting.TAKEN, reverting.HOMELESS, reverting.ELSEWHERE])
    assert outcome.undone == []


def test_no_more_than_can_be_seen_through_is_undone_at_once(vandal, grace, monkeypatch):
    monkeypatch.setattr(reverting, "MOST", 1)
    with as_person(vandal):
        make_paper()
        make_paper()
    with pytest.raises(reverting.TooManyError, match="shorter span"):
        undo(vandal, grace)
