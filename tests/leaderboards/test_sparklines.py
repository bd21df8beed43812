"""Spark lines: a board's best over time."""

from datetime import date

import pytest
from django.utils import timezone

from leaderboards import sparklines
from leaderboards.models import Metric, Score
from tests.factories.catalogue import make_board, make_paper, make_result

START, END = date(2018, 1, 1), date(2020, 1, 1)
DAYS = (END - START).days


def line(board):
    return sparklines.of([board.pk]).get(board.pk)


def test_a_line_goes_in_steps_and_ends_where_the_board_does():
    middle = date(2019, 1, 1)
    drawn = sparklines.drawn([(START, 10.0), (middle, 20.0)], until=END, name="Accuracy")
    assert drawn.path == "M3 21H48V3H93"
    assert (drawn.end_x, drawn.end_y) == (93.0, 3.0)
    assert drawn.label == "Best Accuracy: 10 in 2018, 20 in 2019"


def test_a_best_that_was_never_beaten_is_flat_and_a_single_day_is_no_line():
    assert sparklines.drawn([(START, 10.0)], until=END, name="F1").path == "M3 12H93"
    assert sparklines.drawn([(START, 10.0)], until=START, name="F1") is None
    assert sparklines.drawn([], until=START, name="F1") is None


def test_numbers_as_large_as_they_come_stay_in_the_box():
    drawn = sparklines.drawn([(START, -1.7e308), (END, 1.7e308)], until=END, name="Reward")
    assert drawn.path == "M3 21H93V3H93"


@pytest.mark.django_db
def test_errors_go_down_by_the_metric_that_ranks_the_board():
    board = make_board(metrics=["Test error", "Accuracy"])
    make_result(board, scores={"Test error": "9", "Accuracy": "1"}, paper_date=START)
    make_result(board, scores={"Test error": "12", "Accuracy": "99"}, paper_date=date(2019, 1, 1))
    make_result(board, scores={"Test error": "4"}, paper=make_paper(date=END))
    assert line(board).path == "M3 3H93V21H93"
    assert line(board).label == "Best Test error: 9 in 2018, 4 in 2020"


@pytest.mark.django_db
def test_what_is_removed_doubtful_undated_or_a_text_is_left_out():
    board = make_board()
    make_result(board, scores={"Accuracy": "10"}, paper_date=START)
    make_result(board, scores={"Accuracy": "20"}, paper_date=END)
    plain = line(board)
    make_result(board, scores={"Accuracy": "90"}, paper_date=END, removed_at=timezone.now(), removed_reason="Spam.")
    make_result(board, scores={"Accuracy": "91"})
    make_result(board, scores={"Accuracy": "see paper"}, paper_date=date(2015, 1, 1))
    doubtful = make_result(board, scores={"Accuracy": "99"}, paper_date=END)
    Score.objects.filter(claim=doubtful).update(is_doubtful=True)
    assert line(board) == plain


@pytest.mark.django_db
def test_a_board_that_is_not_ranked_or_has_no_results_has_no_line():
    board = make_board(metrics=["Backbone"])
    Metric.objects.update(direction="none")
    make_result(board, scores={"Backbone": "1"}, paper_date=START)
    make_result(board, scores={"Backbone": "2"}, paper_date=END)
    assert sparklines.of([board.pk, make_board().pk, make_board(metrics=[]).pk]) == {}


@pytest.mark.django_db
def test_the_line_is_of_the_first_metric_with_a_direction():
    board = make_board(metrics=["Params", "Accuracy"])
    for params, accuracy, day in (("7", "10", START), ("8", "20", END)):
        make_result(board, scores={"Params": params, "Accuracy": accuracy}, paper_date=day)
    assert line(board).label.startswith("Best Accuracy: 10 in ")


@pytest.mark.django_db
def test_many_boards_cost_one_query(django_assert_num_queries):
    boards = []
    for _ in range(12):
        boards.append(make_board())
        for value, day in (("1", START), ("2", END)):
            make_result(boards[-1], scores={"Accuracy": value}, paper_date=day)
    for size in (2, 12):
        with django_assert_num_queries(1):
            assert len(sparklines.of([board.pk for board in boards[:size]])) == size
