import pytest

from workers.evaluation.batching import plan_batches, token_lengths
from workers.evaluation.contract import Plan, PlannedRequest, PlannedSample


@pytest.mark.parametrize(
    ("lengths", "batch_size", "batches"),
    [
        ([], 4, ()),
        ([7], 4, ((0,),)),
        ([1, 9, 5], 2, ((1, 2), (0,))),
        ([3, 3, 3, 3, 3], 2, ((0, 1), (2, 3), (4,))),
        ([5, 8, 5, 8, 1], 3, ((1, 3, 0), (2, 4))),
    ],
)
def test_batches_hold_the_longest_samples_first_and_equal_ones_in_order(lengths, batch_size, batches):
    assert plan_batches(lengths, batch_size=batch_size) == batches


def test_every_sample_is_in_one_batch():
    lengths = [(index * 7919) % 101 for index in range(500)]

    batches = plan_batches(lengths, batch_size=7)

    assert sorted(index for batch in batches for index in batch) == list(range(500))
    assert [lengths[index] for batch in batches for index in batch] == sorted(lengths, reverse=True)


def test_a_batch_size_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        plan_batches([1], batch_size=0)


def test_a_sample_is_as_long_as_its_longest_request(trained):
    from workers.evaluation.checkpoints import CheckpointSource
    from workers.evaluation.loading import load_tokenizer

    samples = tuple(PlannedSample(index, "t", index, {}, ("A", "B"), "A") for index in range(2))
    requests = (
        PlannedRequest(0, 0, 0, "loglikelihood", "What colour is", " red"),
        PlannedRequest(1, 0, 1, "loglikelihood", "What colour is", " red blue green"),
        PlannedRequest(2, 1, 0, "loglikelihood", "Answer:", " A"),
    )
    tokenizer = load_tokenizer(CheckpointSource(str(trained), True, None, "float32"))

    assert token_lengths(Plan(samples, requests, ()), tokenizer) == (6, 3)
