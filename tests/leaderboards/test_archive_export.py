"""Which trees of tasks are written, whatever the graph looks like."""

import pytest

from leaderboards.archive.export import DEEPEST, MOST_PLACES, BoardRow, TaskRow, plan, render, tasks_of
from leaderboards.archive.export import datasets as datasets_of
from papers.archive.export.restored import Beside


def drawn(place):
    """A tree in brackets; a bare task in lower case."""
    below = "".join(drawn(child) for child in place.below)
    name = chr(ord("a" if place.is_bare else "A") + place.task)
    return f"{name}({below})" if below else name


@pytest.mark.parametrize(
    ("tops", "others", "edges", "trees"),
    [
        ([0, 1], [], {}, ["A", "B"]),
        ([0], [1, 2], {0: [(1, False), (2, True)], 2: [(1, True)]}, ["A(Bc)", "C(b)"]),
        ([0], [1, 2], {0: [(1, False)], 1: [(2, False)], 2: [(0, False)]}, ["A(B(C(a)))"]),
        ([], [0, 1], {0: [(1, False)], 1: [(0, False)]}, ["A(B(a))"]),
        ([0, 1], [2], {0: [(2, False)], 1: [(2, False)]}, ["A(C)", "B(C)"]),
    ],
)  # fmt: skip
def test_every_task_stands_whole_once_at_least_and_no_cycle_goes_round(tops, others, edges, trees):
    assert [drawn(place) for place in plan(tops, others, edges)] == trees


def test_tasks_that_share_many_parents_do_not_multiply_without_end():
    edges = {level * 2 + side: [(level * 2 + 2, False), (level * 2 + 3, False)] for level in range(30) for side in (0, 1)}
    found = list(plan([0], range(1, 62), edges))
    whole = [place for tree in found for place in _places(tree) if not place.is_bare]
    assert {place.task for place in whole} >= set(range(2, 62))
    assert len(whole) <= 62 * MOST_PLACES


def test_a_chain_of_any_length_is_cut_to_trees_that_can_be_read():
    edges = {task: [(task + 1, False)] for task in range(200)}
    found = list(plan([0], range(1, 201), edges))
    assert max(_depth(tree) for tree in found) == DEEPEST + 1
    assert set().union(*(tasks_of(tree) for tree in found)) == set(range(201))
    assert sum(place.task == 0 for tree in found for place in _places(tree)) == 1


def test_a_part_whose_whole_is_gone_stands_under_one_that_is_only_a_name():
    task = TaskRow("T", None, [], [])
    part = BoardRow("Whole / Part", None, 0, metrics=["A"], beside=Beside(raw={"_part_of": "Whole"}))
    (place,) = plan([0], [], {})
    (dataset,) = render(place, tasks={0: task}, boards={0: [part]})["datasets"]
    assert (dataset["dataset"], [found["subdataset"] for found in dataset["subdatasets"]]) == ("Whole", ["Part"])
    assert [(found.name, found.above) for found in datasets_of(task, [part])] == [("Whole / Part", "Whole")]


def test_metrics_that_came_later_are_written_and_declared_ones_kept_otherwise():
    def metrics(board):
        (place,) = plan([0], [], {})
        return render(place, tasks={0: TaskRow("T", None, [], [])}, boards={0: [board]})["datasets"][0]["sota"].get(
            "metrics", "-"
        )

    said = Beside(raw={"sota": {"metrics": ["A", "A"]}})
    assert metrics(BoardRow("D", None, 0, metrics=["A", "B"], scored=frozenset("B"), beside=said)) == ["A", "A"]
    assert metrics(BoardRow("D", None, 0, metrics=["A", "B"], scored=frozenset("A"), beside=said)) == ["A", "B"]
    assert (
        metrics(BoardRow("D", None, 0, metrics=["B"], scored=frozenset("B"), beside=Beside(raw={"_sota_absent": ["metrics"]})))
        == "-"
    )


def _places(tree):
    found, waiting = [], [tree]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(found[-1].below)
    return found


def _depth(tree):
    return 1 + max((_depth(child) for child in tree.below), default=0)
