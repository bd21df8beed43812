"""Stored counts stay equal to what is there, whatever is done to the catalogue."""

import threading
from collections import Counter
from datetime import date
from itertools import chain
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from leaderboards import counts as board_counts
from leaderboards.models import BoardCount, DatasetYear, Measurement, Score
from papers import counts
from papers.counts import Difference
from papers.models import MethodYear, Paper, PaperTask, Task, TaskCount, Total
from tests.factories.catalogue import (
    make_board,
    make_code_link,
    make_dataset,
    make_method,
    make_paper,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.chance import ACTIONS, Chance
from tests.factories.plain_counts import plain_counts, stored_counts
from tests.factories.runs import make_protocol

STEPS = 120


def differences():
    return list(chain(counts.differences(), board_counts.differences()))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_counts_stay_right_whatever_is_done_to_the_catalogue(seed):
    chance, done = Chance(seed), Counter()
    assert stored_counts() == plain_counts()
    for step in range(STEPS):
        done[action := chance.act()] += 1
        assert stored_counts() == plain_counts(), f"after step {step}, {action}"
    assert differences() == []
    assert len(done) > len(ACTIONS) * 0.9


@pytest.mark.django_db
def test_what_the_public_does_not_see_does_not_count():
    task, spam = make_task(name="T"), make_task(name="Call now", spam_reason="An address.")
    paper = make_paper(tasks=[task, spam], repositories=[make_repository()])
    make_paper(tasks=[task, spam], removed_at=timezone.now(), removed_reason="Spam.")
    make_paper(tasks=[task], duplicate_of=paper)
    make_paper(tasks=[task], repositories=[make_repository(removed_at=timezone.now(), removed_reason="Gone.")])
    code = make_code_link(make_paper(tasks=[task]), removed_at=timezone.now(), removed_reason="Wrong.")
    assert list(TaskCount.objects.values_list("task", "papers", "papers_with_code")) == [(task.pk, 3, 1)]
    assert {name: number for name, number in counts.totals().items() if number} == {
        "papers": 3,
        "papers_with_code": 1,
        "tasks": 1,
    }
    assert not hasattr(code.paper, "count")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metric", "direction", "scores", "best"),
    [
        ("Accuracy", "higher", ["1", "3", "2"], 1),
        ("Error", "lower", ["2", "1", "3"], 1),
        ("Accuracy", "higher", ["-", "words", "-5"], 2),
        ("Params", "none", ["1", "2", "3"], 0),
        ("Accuracy", "higher", ["-", "", "words"], None),
    ],
)
def test_the_best_result_is_that_of_the_metric_that_ranks(metric, direction, scores, best):
    board = make_board(metrics=(metric, "Other"))
    board.metrics.filter(name=metric).update(direction=direction)
    claims = [make_result(board, scores={metric: score, "Other": "99"}) for score in scores]
    count = BoardCount.objects.get()
    assert (count.results, count.best_claim_id) == (3, None if best is None else claims[best].pk)


@pytest.mark.django_db
def test_a_metric_that_only_describes_leaves_the_ranking_to_the_next():
    board = make_board(metrics=("Params (M)", "Error", "Accuracy"))
    worse, better = (make_result(board, scores={"Params (M)": "9", "Error": error, "Accuracy": "1"}) for error in ("5", "3"))
    assert (BoardCount.objects.get().best_claim_id, BoardCount.objects.get().best_value) == (better.pk, 3.0)
    board.metrics.filter(name="Params (M)").update(direction="higher")
    assert BoardCount.objects.get().best_claim_id == worse.pk
    board.metrics.update(direction="none")
    assert BoardCount.objects.get().best_claim_id is None


@pytest.mark.django_db
def test_of_equal_results_the_earliest_is_the_best_and_a_doubtful_one_says_so():
    board = make_board()
    undated, late, early, same = (
        make_result(board, scores={"Accuracy": "9"}, **values)
        for values in (
            {},
            {"paper_date": date(2021, 1, 1)},
            {"paper": make_paper(date=date(2020, 1, 1))},
            {"paper_date": date(2020, 1, 1)},
        )
    )
    count = BoardCount.objects.get()
    assert (count.best_claim_id, count.best_is_doubtful) == (early.pk, False)
    Score.objects.filter(claim=same).update(value=99.9, is_doubtful=True)
    count.refresh_from_db()
    assert (count.best_claim_id, count.best_value, count.best_is_doubtful) == (same.pk, 99.9, True)
    Score.objects.filter(claim=same).update(is_doubtful=False)
    count.refresh_from_db()
    assert count.best_is_doubtful is False


@pytest.mark.django_db
def test_measurements_that_stand_are_counted_and_as_results_where_they_test_no_claim():
    board = make_board()
    claim = make_result(board)
    common = {
        "leaderboard": board,
        "metric": board.metrics.get(),
        "model_name": "M",
        "protocol": make_protocol(),
        "value": 1.0,
        "items": 4,
    }
    now = timezone.now()
    measured = [
        Measurement.objects.create(**common, claim=tested, run_id=uuid4(), measured_at=now, published_at=now)
        for tested in (claim, None, None)
    ]

    def figures():
        return BoardCount.objects.values_list("results", "measurements").get()

    assert figures() == (3, 3)
    Measurement.objects.filter(pk=measured[1].pk).update(superseded_by=measured[2])
    assert figures() == (2, 2)
    Measurement.objects.filter(pk=measured[2].pk).update(retracted_at=now, retraction_reason="Wrong.")
    assert figures() == (1, 1)
    Measurement.objects.filter(pk=measured[0].pk).update(published_at=None)
    assert figures() == (1, 0)


@pytest.mark.django_db
def test_papers_with_a_result_are_counted_once_by_dataset_and_year():
    dataset, paper = make_dataset(), make_paper(date=date(2020, 5, 1))
    for task in (make_task(), make_task()):
        make_result(make_board(task=task, dataset=dataset), paper=paper)
        make_result(make_board(task=task, dataset=dataset, dataset_name="val"), paper=make_paper(date=date(2021, 1, 1)))
    assert list(DatasetYear.objects.order_by("year").values_list("dataset", "year", "papers")) == [
        (dataset.pk, 2020, 1),
        (dataset.pk, 2021, 2),
    ]
    assert dataset.count.papers == 3


@pytest.mark.django_db
def test_methods_are_counted_by_year_and_undated_papers_by_none():
    method = make_method()
    for day in (date(2019, 12, 31), date(2020, 1, 1), date(2020, 6, 1), None):
        make_paper(methods=[method], date=day)
    assert list(MethodYear.objects.order_by("year").values_list("year", "papers")) == [(2019, 1), (2020, 2)]
    assert method.count.papers == 4


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 50])
def test_a_statement_recounts_once_however_many_rows_it_changes(django_assert_num_queries, size):
    tasks = [make_task() for _ in range(size)]
    paper = make_paper()
    with django_assert_num_queries(1):
        PaperTask.objects.bulk_create(PaperTask(paper=paper, task=task, position=0) for task in reversed(tasks))
    assert set(TaskCount.objects.values_list("papers", flat=True)) == {1}


@pytest.mark.django_db
def test_a_change_of_words_counts_nothing_anew():
    make_paper(tasks=[make_task()])
    Total.objects.update(number=7)
    TaskCount.objects.update(papers=7)
    for paper in Paper.objects.all():
        paper.abstract = "New words."
        paper.save()
    assert TaskCount.objects.get().papers == 7
    assert set(counts.totals().values()) == {7}


@pytest.mark.django_db
def test_recounting_mends_what_is_wrong_and_says_what_it_was():
    task = make_task()
    make_paper(tasks=[task])
    board = make_board(task=task)
    TaskCount.objects.update(papers=5)
    BoardCount.objects.all().delete()
    Total.objects.filter(name="papers").update(number=8)
    assert differences()[:3] == [
        Difference("papers_taskcount", (task.pk,), (5, 0), (1, 0)),
        Difference("papers_total", ("papers",), (8,), (1,)),
        Difference("leaderboards_boardcount", (board.pk,), None, (0, 0, 0, None, None, None, None)),
    ]
    counts.recount_all()
    board_counts.recount_all()
    assert differences() == []
    assert stored_counts() == plain_counts()


@pytest.mark.django_db
def test_recounting_some_things_leaves_the_others():
    one, other = make_task(), make_task()
    board, dataset = make_board(task=one), make_dataset()
    TaskCount.objects.update(papers=5)
    BoardCount.objects.update(results=5)
    counts.recount(tasks=[one.pk])
    board_counts.recount(boards=[board.pk], datasets=[dataset.pk])
    assert dict(TaskCount.objects.values_list("task", "papers")) == {one.pk: 0, other.pk: 5}
    assert BoardCount.objects.get().results == 0


def test_a_bulk_import_is_counted_at_its_end(committed_db, owner_connection):
    task, method = make_task(), make_method()
    paper = make_paper(tasks=[task], date=date(2020, 1, 1))
    board = make_board(task=task)
    with owner_connection, owner_connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.bulk = 'on'")
        cursor.execute("INSERT INTO papers_papermethod (paper_id, method_id, position) VALUES (%s, %s, 0)", [paper.pk, method.pk])
        cursor.execute("UPDATE papers_paper SET removed_at = NULL, date = '2021-01-01'")
        cursor.execute("DELETE FROM papers_papertask")
        cursor.execute("UPDATE leaderboards_leaderboard SET removed_at = now(), removed_reason = 'Gone.'")
    assert (task.count.papers, method.count.papers, board.count.results) == (1, 0, 0)
    counts.recount_all(using="owner")
    board_counts.recount_all(using="owner")
    connections["owner"].close()
    assert differences() == []
    assert list(MethodYear.objects.values_list("year", "papers")) == [(2021, 1)]
    assert counts.totals()["boards"] == 0
    assert stored_counts() == plain_counts()


@pytest.mark.django_db
def test_the_runtime_role_cannot_slip_past_the_counts():
    task = make_task()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.bulk = 'on'")
        make_paper(tasks=[task])
    assert task.count.papers == 1


def in_threads(*jobs):
    """Run each job in a thread with a connection of its own; what they raised."""
    raised = []

    def run(job):
        try:
            job()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_two_transactions_that_meet_in_opposite_orders_neither_lock_up_nor_lose_a_count(committed_db):
    tasks = [make_task(), make_task()]
    papers = [make_paper(), make_paper()]
    both_began = threading.Barrier(2)

    def tag(paper, order):
        def job():
            for place in range(10):
                with transaction.atomic():
                    if place == 0:
                        both_began.wait(timeout=30)
                    for task in order:
                        PaperTask.objects.create(paper=paper, task=task, position=place)
                if place < 9:
                    PaperTask.objects.filter(paper=paper).delete()

        return job

    assert in_threads(tag(papers[0], tasks), tag(papers[1], tasks[::-1])) == []
    assert [TaskCount.objects.get(task=task).papers for task in tasks] == [2, 2]
    assert differences() == []


def test_a_paper_removed_while_it_is_tagged_is_not_counted(committed_db):
    task, paper = make_task(), make_paper()
    is_tagged, may_commit = threading.Event(), threading.Event()

    def tag():
        with transaction.atomic():
            PaperTask.objects.create(paper=paper, task=task, position=0)
            is_tagged.set()
            may_commit.wait(timeout=30)

    def remove():
        is_tagged.wait(timeout=30)
        threading.Timer(0.3, may_commit.set).start()
        Paper.objects.filter(pk=paper.pk).update(removed_at=timezone.now(), removed_reason="Spam.")

    assert in_threads(tag, remove) == []
    assert TaskCount.objects.get().papers == 0
    assert Task.objects.get().paper_places.count() == 1
    assert differences() == []
