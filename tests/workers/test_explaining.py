"""What is said about the gap between two runs."""

import pytest

from workers.explaining import explain
from workers.paired import Flips
from workers.run_comparison import PromptPair, TaskPair
from workers.run_settings import BATCHES, DEVICE, MODEL, PROMPTS, PROTOCOL, SOFTWARE, Setting

NONE = PromptPair(0, 0)


def pair(alike, lost, gained, *, right=0, cut=0, cut_flips=0):
    return TaskPair("mmlu_anatomy", Flips(alike, lost, gained), right, cut, cut_flips)


def changed(*changes):
    return [Setting(change, "Something", "a", "b") for change in changes]


def reasons(pairs, prompts, *changes):
    return explain(pairs, prompts, changed(*changes)).reasons


def test_the_gap_is_said_with_its_interval_and_its_test():
    said = explain([pair(80, 5, 15, right=40)], NONE, changed(MODEL))
    assert said.gap == (
        "Of 100 items that both have, A has 40.00 % right and B 50.00 %: B is +10.00 points against A, and between +2.00 and +19.00 "
        "in 95 of 100 draws of as many items (paired bootstrap)."
    )
    assert said.surely == (
        "20 items flip: 5 right in A alone, 15 in B alone. If both were equally good, a split at least as uneven would come with "
        "probability 0.0414 (McNemar's exact test): so chance hardly made this gap."
    )
    assert said.reasons == ("Only the model differs between the runs: that explains the gap.",)


def test_a_gap_that_chance_may_have_made_is_said_to_be_one():
    said = explain([pair(99, 0, 1, right=40)], NONE, changed(PROTOCOL))
    assert said.surely.startswith("1 item flips: 0 right in A alone, 1 in B alone.")
    assert said.surely.endswith("1.0000 (McNemar's exact test): so chance may well have made this gap.")
    assert said.reasons == ("Only the protocol differs between the runs: that explains the gap, if it is one.",)


@pytest.mark.parametrize(
    ("flips", "changes", "sentence"),
    [
        ((10, 0, 0), [], "Nothing on record differs between the runs, and no item does."),
        ((8, 1, 1), [], "Nothing on record differs between the runs, and yet items flip: something that no record has must have changed."),
        ((10, 0, 0), [DEVICE], "What differs between the runs (the device) changes the verdict on no item."),
        ((8, 1, 1), [DEVICE], "Only the device differs: that moves last digits, and with them the items that were near a tie."),
        ((80, 0, 20), [DEVICE], "Only the device differs between the runs: that explains the gap."),
        (
            (80, 0, 20), [PROMPTS, DEVICE, SOFTWARE],
            "The prompts, the device and the software differ; of these only the prompts should move more than last digits.",
        ),
        (
            (80, 0, 20), [MODEL, PROMPTS],
            "The model and the prompts differ: which of them made the gap, only a run that changes one at a time can tell.",
        ),
        (
            (80, 0, 20), [DEVICE, BATCHES],
            "The device and how items were batched differ: which of them made the gap, only a run that changes one at a time can tell.",
        ),
    ],
)  # fmt: skip
def test_what_changed_explains_as_much_as_it_can(flips, changes, sentence):
    assert reasons([pair(*flips)], NONE, *changes) == (sentence,)


def test_flips_among_items_with_other_prompts_are_weighed():
    pairs = [pair(45, 2, 3), pair(45, 3, 2)]
    assert reasons(pairs, PromptPair(20, 8), PROMPTS)[1] == (
        "20 of 100 items were asked in other words, and 8 of the 10 flips are among them: more than their share, which would be 2."
    )
    assert reasons(pairs, PromptPair(50, 5), PROMPTS)[1].endswith("5 of the 10 flips are among them: no more than their share.")


def test_flips_among_prompts_that_were_cut_off_are_weighed():
    assert reasons([pair(90, 5, 5, cut=10, cut_flips=6)], NONE, MODEL)[1] == (
        "In 10 items a prompt was longer than the model reads, and 6 of the flips are among them: more than their share, "
        "which would be 1."
    )


def test_runs_without_a_common_item_say_so():
    said = explain([], NONE, [])
    assert (said.gap, said.surely) == ("The runs have no item in common that both have judged.", "")
