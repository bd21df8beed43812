"""A board's chart: places on the picture, the frontier, axes, and odd boards."""

from datetime import date

import pytest

from leaderboards.charts import BOTTOM, LEFT, RIGHT, TOP, Line, Point, chart


def point(day, value, **values):
    return Point(**{"day": day, "value": value, "label": f"{value:g}", "href": "/paper/x", **values})


def drawn(*points, direction="higher"):
    return chart(points, metric="Accuracy", direction=direction)


def places(found):
    return {mark.label: (mark.x, mark.y) for mark in found.marks}


A, B, C = date(2018, 1, 1), date(2019, 1, 1), date(2020, 1, 1)


def test_a_board_without_dated_numbers_has_no_chart():
    assert drawn() is None


def test_the_best_so_far_goes_in_steps_to_the_end_and_lies_above_the_others():
    found = drawn(point(C, 15.0), point(A, 10.0), point(B, 20.0))
    middle = pytest.approx((LEFT + RIGHT) / 2, abs=0.1)
    assert found.frontier == (
        Line(x1=LEFT, y1=BOTTOM, x2=middle, y2=BOTTOM),
        Line(x1=middle, y1=BOTTOM, x2=middle, y2=TOP),
        Line(x1=middle, y1=TOP, x2=RIGHT, y2=TOP),
    )
    assert [(mark.label, mark.is_best) for mark in found.marks] == [("15", False), ("10", True), ("20", True)]
    assert found.label == "Accuracy of 3 results from 2018 to 2020; the best so far is 20, since 2019-01-01."


def test_where_lower_is_better_the_frontier_goes_down():
    found = drawn(point(A, 10.0), point(B, 12.0), point(C, -5.0), direction="lower")
    assert [mark.label for mark in found.marks if mark.is_best] == ["10", "-5"]
    assert places(found)["-5"] == (RIGHT, BOTTOM)


def test_a_metric_that_ranks_nothing_has_points_and_no_frontier():
    found = drawn(point(A, 1.0), point(B, 2.0), direction="none")
    assert (len(found.marks), found.frontier) == (2, ())


def test_doubtful_numbers_and_tests_of_a_claim_do_not_lead():
    found = drawn(point(A, 10.0), point(B, 99.0, is_doubtful=True), point(B, 50.0, kind="beside"), point(C, 11.0))
    assert [mark.label for mark in found.marks if mark.is_best] == ["10", "11"]
    assert found.has_measurements
    assert found.label.startswith("Accuracy of 3 results")


def test_one_point_stands_in_the_middle():
    found = drawn(point(A, 33.0))
    assert places(found) == {"33": ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2)}
    assert found.across and found.up


def test_a_number_far_from_all_others_stays_on_the_edge_and_squeezes_nothing():
    usual = [point(date(2010 + n, 1, 1), 70.0 + n) for n in range(9)]
    found = drawn(*usual, point(C, 1e9, label="slip"))
    slip = next(mark for mark in found.marks if mark.label == "slip")
    assert (slip.beyond, slip.y, found.beyond) == ("up", TOP, 1)
    assert places(found)["78"][1] == TOP and places(found)["70"][1] == BOTTOM


def test_a_paper_of_another_age_stays_on_the_edge():
    found = drawn(*[point(date(2015 + n, 6, 1), 70.0 + n) for n in range(8)], point(date(202, 1, 1), 75.0, label="typo"))
    assert next(mark for mark in found.marks if mark.label == "typo").beyond == "left"
    assert [tick.text for tick in found.across] == [str(year) for year in range(2016, 2023)]


def test_numbers_that_spread_evenly_are_all_inside():
    found = drawn(*[point(date(2000 + n, 1, 1), 10.0 * n) for n in range(20)])
    assert found.beyond == 0


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (60.0, 90.0, ["60", "65", "70", "75", "80", "85", "90"]),
        (-1.0, 1.0, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0.97, 0.99, ["0.970", "0.975", "0.980", "0.985", "0.990"]),
        (1000.0, 5000.0, ["1,000", "2,000", "3,000", "4,000", "5,000"]),
        (0.0, 2e10, ["0", "5B", "10B", "15B", "20B"]),
        (0.0, 2e6, ["0", "0.5M", "1.0M", "1.5M", "2.0M"]),
        (0.0, 9e5, ["0", "200,000", "400,000", "600,000", "800,000"]),
        (-3e12, 0.0, ["-3.0T", "-2.5T", "-2.0T", "-1.5T", "-1.0T", "-0.5T", "0"]),
        (0.0, 4e16, ["0", "1e+16", "2e+16", "3e+16", "4e+16"]),
        (-1.7e308, 1.7e308, []),
        (1e15, 1e15 + 1, []),
    ],
)
def test_the_axis_has_round_numbers(low, high, texts):
    assert [tick.text for tick in drawn(point(A, low), point(B, high)).up] == texts


def test_the_ends_of_time_and_of_numbers_are_inside():
    found = drawn(point(date.min, -1.7e308), point(date.max, 1.7e308))
    assert list(places(found).values()) == [(LEFT, BOTTOM), (RIGHT, TOP)]
    assert len(found.across) <= 13


def test_a_short_time_is_told_in_quarters_and_a_long_one_in_few_years():
    short = drawn(point(date(2020, 3, 1), 1.0), point(date(2020, 11, 1), 2.0))
    assert [tick.text for tick in short.across] == ["2020-04", "2020-07", "2020-10"]
    long = drawn(point(date(1990, 1, 1), 1.0), point(date(2025, 1, 1), 2.0))
    assert [tick.text for tick in long.across] == [str(year) for year in range(1992, 2026, 3)]


def test_many_ticks_say_which_a_phone_leaves_out():
    found = drawn(*[point(date(2010 + n, 1, 1), float(n)) for n in range(10)])
    assert [tick.text for tick in found.across if not tick.is_minor] == ["2010", "2012", "2014", "2016", "2018"]


def test_of_many_points_those_on_another_are_left_out_and_counted_but_none_that_leads_or_was_measured():
    crowd = [point(date(2019, 1 + number % 12, 1), 50.0) for number in range(500)]
    leaders = [point(date(2019, 1 + number, 1), 51.0 + number, label=f"leads {number}") for number in range(12)]
    measured = [point(date(2019, 6, 1), 50.0, kind="beside", label="beside"), point(date(2019, 6, 1), 50.0, kind="measured")]
    found = drawn(*crowd, *leaders, *measured)
    assert len(found.marks) + found.covered == 514
    assert len(found.marks) < 60
    assert sum(mark.kind != "claim" for mark in found.marks) == 2
    assert {mark.label for mark in found.marks} >= {f"leads {number}" for number in range(12)}
    assert found.label.startswith("Accuracy of 513 results")


def test_of_few_points_none_is_left_out():
    found = drawn(*(point(A, 50.0) for _ in range(200)))
    assert (len(found.marks), found.covered) == (200, 0)
