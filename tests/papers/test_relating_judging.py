"""Judging related papers by held-out shared tasks."""

from dataclasses import replace

import numpy as np
import pytest

from papers.relating.features import SHIPPED, Weights
from papers.relating.judging import Catalogue, Questions, _hits, _nearest, ask, choose_weights, judge, newest_of_same_task
from tests.papers.relating_corpus import make_features

PARSING, IMAGES, SPEED = 70, 71, 72
TITLES = [
    "Parsing sentences with graphs",  # 0
    "Graphs for parsing sentences quickly",  # 1
    "Segmenting medical images",  # 2
    "Medical images of lungs",  # 3
    "Winning at chess",  # 4
    "Something else",  # 5
]
TASKS = [(0, PARSING), (1, PARSING), (1, SPEED), (2, IMAGES), (3, IMAGES), (4, SPEED), (5, SPEED)]
TEXT_ALONE = Weights(1.0, 0.0, 0.0, 0.0)


def make_catalogue(*, tasks=TASKS, datasets=(), uses=(), dates=(5, 4, 3, 2, 1, -1)):
    features = make_features(TITLES, tasks=tasks, datasets=datasets)
    return Catalogue(features, np.array(dates), np.array(list(uses), np.int64).reshape(-1, 3))


def hide(paper, task):
    """One question: this task of this paper, by its column."""
    return Questions(np.array([paper]), np.array([{PARSING: 0, IMAGES: 1, SPEED: 2}[task]]))


def listed(answers):
    return [place for place in answers[0].tolist() if place >= 0]


def test_the_old_way_goes_by_the_tasks_that_are_left_newest_first_undated_last():
    catalogue = make_catalogue()
    assert listed(newest_of_same_task(catalogue, hide(1, PARSING))) == [4, 5]
    assert listed(newest_of_same_task(catalogue, hide(1, SPEED))) == [0]
    assert listed(newest_of_same_task(catalogue, hide(0, PARSING))) == []


def test_a_hidden_task_brings_nobody_and_the_words_still_do():
    catalogue = make_catalogue()
    assert listed(_nearest(catalogue, hide(4, SPEED), SHIPPED)) == []
    assert listed(_nearest(catalogue, hide(0, PARSING), SHIPPED)) == [1]
    assert listed(_nearest(catalogue, hide(0, PARSING), replace(SHIPPED, text=0.0))) == []


def test_the_tasks_that_are_left_still_count():
    catalogue = make_catalogue()
    assert listed(_nearest(catalogue, hide(1, PARSING), replace(SHIPPED, text=0.0))) == [4, 5]


def test_datasets_that_came_with_the_hidden_task_alone_are_hidden_with_it():
    pairs = [(1, 9), (4, 9), (1, 8), (5, 8)]
    uses = [(1, 9, SPEED), (4, 9, SPEED), (1, 8, SPEED), (1, 8, PARSING), (5, 8, SPEED)]
    catalogue = make_catalogue(datasets=pairs, uses=uses)
    assert listed(_nearest(catalogue, hide(1, SPEED), Weights(0.0, 0.0, 0.0, 1.0))) == [5]
    assert listed(_nearest(catalogue, hide(1, PARSING), Weights(0.0, 0.0, 0.0, 1.0))) == [4, 5]


def test_answers_that_have_the_hidden_task_are_hits():
    catalogue = make_catalogue()
    hits = _hits(catalogue, hide(1, SPEED), np.array([[0, 4, 5, 2] + [-1] * 6]))
    assert hits.tolist() == [[False, True, True, False] + [False] * 6]


def test_only_tasks_that_another_paper_has_are_hidden():
    catalogue = make_catalogue(tasks=[*TASKS, (2, 99), (3, 98)])
    asked = ask(catalogue, sample=100, seed=3)
    assert sorted(asked.papers.tolist()) == [0, 1, 2, 3, 4, 5]
    assert set(asked.hidden.tolist()) <= {0, 1, 2}
    assert len(ask(catalogue, sample=4, seed=3)) == 4


def test_weights_are_chosen_for_precision_and_the_shipped_ones_where_nothing_differs():
    catalogue = make_catalogue()
    assert choose_weights(catalogue, hide(4, SPEED)) == SHIPPED
    only_tags_help = make_catalogue(tasks=[*TASKS, (2, SPEED), (4, IMAGES)])
    assert choose_weights(only_tags_help, hide(2, SPEED)).tasks > 0


def test_a_judgement_is_exact_and_repeats_itself():
    tasks = [(0, PARSING), (1, PARSING), (2, IMAGES), (3, IMAGES)]
    found = judge(make_catalogue(tasks=tasks), sample=100)
    assert (found.chosen_on, found.asked, found.asked_with_tasks_left) == (2, 2, 0)
    ways = {score.way: (score.precision_page.mean, score.precision.mean, score.recall.mean) for score in found.all_papers}
    assert ways == {
        "newest of the same task": (0, 0, 0),
        "text alone": (0.125, 0.1, 1),
        "tags alone": (0, 0, 0),
        "the mix, as shipped": (0.125, 0.1, 1),
        "the mix, as chosen": (0.125, 0.1, 1),
    }
    assert judge(make_catalogue(tasks=tasks), sample=100) == found


def test_a_catalogue_whose_papers_share_nothing_cannot_be_judged():
    with pytest.raises(ValueError, match="too few papers"):
        judge(make_catalogue(tasks=[(0, PARSING), (1, IMAGES)]), sample=100)
