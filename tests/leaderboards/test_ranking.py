"""Ranks with ties."""

from leaderboards.ranking import rank


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
