"""Ranks with ties, and the frontier."""

from datetime import date

from leaderboards.ranking import frontier, rank


def test_equal_values_share_a_rank_and_use_up_the_next():
    assert rank([90.0, 80.0, 80.0, 70.0], direction="higher") == [1, 2, 2, 4]


def test_order_of_the_values_does_not_matter():
    assert rank([70.0, 90.0, 80.0, 80.0], direction="higher") == [4, 1, 2, 2]


def test_errors_rank_upwards():
    assert rank([3.0, 1.0, 2.0], direction="lower") == [3, 1, 2]


def test_a_missing_value_has_no_rank_and_takes_none():
    assert rank([None, 5.0, None, 6.0], direction="higher") == [None, 2, None, 1]


def test_a_column_that_describes_ranks_nothing():
    assert rank([1.0, 2.0], direction="none") == [None, None]


def test_an_empty_board_has_no_ranks():
    assert rank([], direction="higher") == []


EARLY, MIDDLE, LATE = date(2018, 1, 1), date(2019, 1, 1), date(2020, 1, 1)


def test_the_frontier_has_the_days_on_which_the_best_was_beaten():
    dated = [(LATE, 70.0), (EARLY, 60.0), (MIDDLE, 50.0), (MIDDLE, 60.0), (LATE, 80.0)]
    assert frontier(dated, direction="higher") == [(EARLY, 60.0), (LATE, 80.0)]


def test_where_lower_is_better_the_frontier_goes_down():
    assert frontier([(EARLY, 3.0), (MIDDLE, -1.0), (LATE, 2.0)], direction="lower") == [(EARLY, 3.0), (MIDDLE, -1.0)]


def test_a_column_that_describes_has_no_frontier():
    assert frontier([(EARLY, 3.0)], direction="none") == []
