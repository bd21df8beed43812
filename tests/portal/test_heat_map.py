"""The picture of a run's shards: what it draws, what it says in words, and how much it may weigh."""

import random
import re

import pytest

from portal.pages import heat_map

LIMIT = 60_000


def cells(drawn):
    """The marks as they stand in the picture: a letter each, read back from the paths as SVG says."""
    rows = [["."] * drawn.across for _ in range(drawn.down)]
    letters = {"waits": "q", "done": "d", "failed": "f"} | {f"at-work-{quarter}": quarter for quarter in "0123"}
    for marks in drawn.marks:
        x, y = 0, 0
        assert marks.path.startswith("M0 .5")
        for right, down, length in re.findall(r"m(-?\d+) (-?\d+)h(\d+)", marks.path):
            x, y = x + int(right), y + int(down)
            for _ in range(int(length)):
                assert rows[y][x] == "."
                rows[y][x] = letters[marks.name]
                x += 1
    return "".join("".join(row) for row in rows).rstrip(".")


def weight(drawn):
    return sum(len(marks.path) for marks in drawn.marks)


def test_no_shards_are_no_picture():
    assert heat_map.draw("") is None


def test_one_shard_is_one_mark():
    drawn = heat_map.draw("2")
    assert (drawn.across, drawn.down, drawn.width, drawn.height) == (1, 1, 18, 18)
    assert [(marks.name, marks.path) for marks in drawn.marks] == [("at-work-2", "M0 .5m0 0h1")]
    assert drawn.summary == "1 shard: 1 being scored."


def test_marks_that_look_alike_are_one_line():
    drawn = heat_map.draw("dddd13qqqf")
    assert [(marks.name, marks.path) for marks in drawn.marks] == [
        ("done", "M0 .5m0 0h4"),
        ("waits", "M0 .5m6 0h3"),
        ("at-work-1", "M0 .5m4 0h1"),
        ("at-work-3", "M0 .5m5 0h1"),
        ("failed", "M0 .5m9 0h1"),
    ]
    assert [(kind.name, kind.words) for kind in drawn.kinds] == [
        ("done", "4 done"), ("at-work-2", "2 being scored"), ("waits", "3 waiting"), ("failed", "1 failed"),
    ]  # fmt: skip
    assert drawn.summary == "10 shards: 4 done, 2 being scored, 3 waiting, 1 failed."


@pytest.mark.parametrize("size", [1, 2, 20, 21, 57, 400, 7_000])
def test_every_shard_stands_in_its_place(size):
    states = "".join(random.Random(size).choices("dq03f", [60, 30, 1, 1, 1], k=size))
    assert cells(heat_map.draw(states)) == states


@pytest.mark.parametrize("kinds", ["d", "dq", "df", "dq0123f"])
@pytest.mark.parametrize("size", [10_000, 100_000])
def test_however_shards_stand_the_picture_weighs_little(kinds, size):
    in_turn = (kinds * size)[:size]
    at_random = "".join(random.Random(1).choices(kinds, k=size))
    for states in (in_turn, at_random):
        drawn = heat_map.draw(states)
        assert weight(drawn) < LIMIT
        assert drawn.across * drawn.down >= len(cells(drawn))


def test_ten_thousand_shards_as_workers_take_them_are_shown_one_by_one():
    states = "d" * 4_000 + "0123" * 16 + "q" * 5_935 + "f"
    drawn = heat_map.draw(states)
    assert drawn.shards_a_mark == 1
    assert cells(drawn) == states
    assert weight(drawn) < 3_000


def test_shards_that_share_a_mark_show_the_one_that_needs_most():
    drawn = heat_map.draw("d" * 10_000 + "qd" * 2 + "df" * 2 + "d2" + "d" * 9_990)
    assert drawn.shards_a_mark == 2
    assert cells(drawn)[4_999:5_006] == "dqqff2d"
