"""Which papers are near which, and why."""

import numpy as np
import pytest

from papers.relating.features import Weights
from papers.relating.neighbours import Neighbourhood
from tests.papers.relating_corpus import make_features

TITLES = [
    "Parsing sentences with graphs",  # 0
    "Graphs for parsing sentences quickly",  # 1
    "Segmenting medical images",  # 2
    "Medical images of lungs",  # 3
    "Winning at chess",  # 4
]
EVEN = Weights(text=1.0, tasks=1.0, methods=1.0, datasets=1.0)


def lists(near, rows, **options):
    """{row: its related rows in order}."""
    found = {}
    for asked, nearest in near.nearest_in_blocks(np.array(rows), **options):
        for place, row in enumerate(asked.tolist()):
            found[row] = nearest.near[nearest.of == place].tolist()
    return found


def test_papers_of_like_words_are_near_each_other_and_the_odd_one_is_near_nobody():
    near = Neighbourhood(make_features(TITLES), weights=EVEN)
    assert lists(near, range(5)) == {0: [1], 1: [0], 2: [3], 3: [2], 4: []}


def test_a_shared_task_brings_papers_together_that_have_no_word_in_common():
    near = Neighbourhood(make_features(TITLES, tasks=[(4, 70), (2, 70)]), weights=EVEN)
    assert lists(near, [4, 2]) == {4: [2], 2: [4, 3]}


def test_the_weights_decide_between_words_and_tags():
    features = make_features(TITLES, tasks=[(4, 70), (2, 70)])
    words_first = Neighbourhood(features, weights=Weights(text=1.0, tasks=0.1, methods=1.0, datasets=1.0))
    assert lists(words_first, [2]) == {2: [3, 4]}


def test_the_reasons_are_the_similarity_and_the_rarest_tag_of_each_kind():
    features = make_features(
        TITLES,
        tasks=[(0, 70), (1, 70), (0, 71), (1, 71), (2, 70)],
        methods=[(0, 5), (1, 5)],
        datasets=[(0, 9), (2, 9)],
    )
    near = Neighbourhood(features, weights=EVEN).nearest(
        Neighbourhood(features, weights=EVEN).kinds[np.array([0])], own=np.array([0])
    )
    assert near.near.tolist() == [1, 2]
    assert near.similarities[0] == pytest.approx(0.7381, abs=1e-4)
    assert near.similarities[1] == 0
    assert features.tasks.ids[near.tasks].tolist() == [71, 70]
    assert near.methods.tolist() == [0, -1]
    assert near.datasets.tolist() == [-1, 0]


def test_equal_papers_stand_in_the_order_of_their_ids():
    near = Neighbourhood(make_features(["Winning at chess"] * 30), weights=EVEN)
    found = lists(near, [0, 12, 29], kept=4)
    assert found == {0: [1, 2, 3, 4], 12: [0, 1, 2, 3], 29: [0, 1, 2, 3]}


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5, 6, 100])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_size_of_blocks_changes_nothing(block, threads):
    features = make_features(TITLES * 3, tasks=[(row, 70 + row % 4) for row in range(15)])
    near = Neighbourhood(features, weights=EVEN)
    expected = {row: near.nearest(near.kinds[np.array([row])], own=np.array([row])).near.tolist() for row in range(15)}
    assert lists(near, range(15), block=block, threads=threads) == expected


def test_a_common_task_finds_nobody_but_counts_between_papers_that_were_found():
    features = make_features(TITLES, tasks=[(row, 70) for row in (0, 1, 2, 4)])
    near = Neighbourhood(features, weights=EVEN, common=3)
    assert lists(near, [0, 2, 4]) == {0: [1], 2: [3], 4: []}
    both = near.nearest(near.kinds[np.array([0])], own=np.array([0]))
    assert both.scores[0] == pytest.approx(1 + both.similarities[0], abs=1e-4)
    assert both.tasks.tolist() == [0]


def test_no_papers_have_no_neighbours():
    assert lists(Neighbourhood(make_features([]), weights=EVEN), []) == {}
