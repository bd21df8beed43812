"""A run's batches cut into shards: whole batches, about so much work, cut where least is computed again."""

import pytest

from workers import shards
from workers.evaluation.contract import Batch


def subject(first, batches, *, trunk=300, own=100):
    """Batches of one item each on one trunk of their own."""
    return [Batch((first + n,), (trunk,), tokens=own, kept=trunk if n else 0) for n in range(batches)]


def sizes(cut):
    return [len(shard) for shard in cut]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (10**9, [12]),
        (1400, [8, 4]),  # two subjects of 700 each are a shard
        (1200, [4, 4, 4]),  # one is, without the next one's first batch, which would fit
        (699, [3, 1, 3, 1, 3, 1]),  # a subject that does not fit is cut inside
        (500, [2, 2, 2, 2, 2, 2]),
        (1, [1] * 12),
    ],
)
def test_a_shard_ends_between_subjects_where_it_can(tokens, expected):
    batches = [*subject(0, 4), *subject(4, 4), *subject(8, 4)]
    cut = shards.cut(batches, tokens=tokens)
    assert sizes(cut) == expected
    assert [batch for shard in cut for batch in shard] == batches


def test_no_shard_is_larger_than_its_size_unless_one_batch_is():
    batches = [*subject(0, 5), *subject(5, 1, own=5000), *subject(6, 9, trunk=900)]
    cut = shards.cut(batches, tokens=1500)
    assert all(shards.work(shard) <= 1500 or len(shard) == 1 for shard in cut)
    assert sum(shards.work(shard) for shard in cut) >= shards.work(batches)


def test_nested_trunks_are_cut_where_the_shortest_is_shared():
    inner = [Batch((n,), (50, 300), tokens=100, kept=kept) for n, kept in enumerate([0, 300, 300, 50, 300, 300])]
    assert sizes(shards.cut(inner, tokens=900)) == [3, 3]


def test_work_counts_a_trunk_once_and_anew_where_a_shard_begins_inside():
    batches = subject(0, 3)
    assert shards.work(batches) == 300 + 3 * 100
    assert shards.work(batches[1:]) == 300 + 2 * 100
    assert shards.work(batches[1:], is_first=False) == 2 * 100
    assert shards.work([]) == 0


def test_no_batches_are_no_shards():
    assert shards.cut([], tokens=10) == ()


def test_a_shard_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 token, not 0"):
        shards.cut(subject(0, 2), tokens=0)


def test_what_was_stored_before_batches_knew_their_costs_is_read_too():
    assert shards.batch_of({"samples": [3, 1], "cuts": [7]}) == Batch((3, 1), (7,))
    assert shards.batch_of({"samples": [3], "cuts": [], "tokens": 5, "kept": 2}) == Batch((3,), (), 5, 2)
