"""Verdicts: each rule, their order, the GPT-NeoX-20B story by its published numbers, and Holm's adjustment."""

import pytest

from leaderboards import intervals, verdicts
from leaderboards.comparable import Subject, of_board
from leaderboards.scores import half_of_last_place
from leaderboards.verdicts import Claimed, Found, Terms, Verdict, holm, judge

ITEMS = 14_042
MMLU = Terms(subject=Subject(benchmarks=["MMLU", "MML"], split="test", metric="acc"))


def percent(value, *, items=ITEMS, chance=25.0):
    """A measured percentage with its score interval."""
    low, high = intervals.wilson(value / 100, items=items)
    return Found(value=value, items=items, low=100 * low, high=100 * high, chance=chance, scale=100.0, is_proportion=True)


def claim(raw, value, **subject):
    return Claimed(raw=raw, value=value, subject=Subject(**subject))


NEOX = Claimed(raw='"33.6"', value=33.6, subject=of_board("MML", metric="Average (%)"))


@pytest.mark.parametrize(
    ("measured", "verdict", "covers_chance"),
    [
        (33.3, Verdict.CONSISTENT, False),
        (25.0, Verdict.DIFFERS, True),
        (25.1, Verdict.DIFFERS, True),
        (26.1, Verdict.DIFFERS, False),
        (25.6, Verdict.DIFFERS, True),
        (26.2, Verdict.DIFFERS, False),
    ],
)
def test_the_claim_of_gpt_neox_20b_holds_where_the_whole_answer_is_scored_and_not_where_letters_are(
    measured, verdict, covers_chance
):
    found = judge(NEOX, percent(measured), MMLU)
    assert found.verdict == verdict
    assert ("covers" in found.chance) == covers_chance
    assert found.chance.startswith("Guessing reaches 25")


def test_the_rules_are_tried_in_their_order():
    few = percent(50.0, items=100)  # 40.4 to 59.6
    tried = [
        (claim('"50.0"', 50.0, benchmarks=["HellaSwag"]), few),
        (claim('"50.0"', 50.0, benchmarks=["MMLU"]), None),
        (claim('"50.0"', 50.0), few),
        (claim('"55.0"', 55.0), few),
        (claim('"90.0"', 90.0), few),
        (claim('"50.5"', 50.5), percent(50.0)),
        (claim('"51.0"', 51.0), percent(50.0)),
    ]
    assert [judge(claimed, found, MMLU).verdict for claimed, found in tried] == [
        Verdict.NOT_COMPARABLE, Verdict.NOT_RUN, Verdict.EXACT, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.CONSISTENT,
        Verdict.DIFFERS,
    ]  # fmt: skip


def test_an_obstacle_comes_before_nobody_having_measured():
    assert judge(claim('"1"', 1.0, benchmarks=["PIQA"]), None, MMLU).verdict == Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("claimed", "measured", "verdict"),
    [
        (Claimed(raw='"33.6"', value=33.6), 33.55, Verdict.EXACT),
        (Claimed(raw='"33.6"', value=33.6), 33.65, Verdict.EXACT),
        (Claimed(raw='"33.6"', value=33.6), 33.66, Verdict.CONSISTENT),
        (Claimed(raw='"33.60"', value=33.6), 33.65, Verdict.CONSISTENT),
        (Claimed(raw='"34"', value=34.0), 33.5, Verdict.EXACT),
        (Claimed(raw="0.336", value=33.6, scale=100.0), 33.55, Verdict.EXACT),
        (Claimed(raw="0.3360", value=33.6, scale=100.0), 33.55, Verdict.CONSISTENT),
    ],
)
def test_what_the_claim_was_rounded_to_is_exact(claimed, measured, verdict):
    assert judge(claimed, percent(measured), Terms()).verdict == verdict


def test_the_noise_of_a_protocol_adds_to_the_rounding_on_the_boards_scale():
    noisy = Terms(noise=0.002)
    assert judge(NEOX, percent(33.36), noisy).verdict == Verdict.EXACT
    assert judge(NEOX, percent(33.34), noisy).verdict == Verdict.CONSISTENT
    assert judge(NEOX, percent(33.36), Terms()).verdict == Verdict.CONSISTENT
    reason = judge(NEOX, percent(33.4), noisy).reason
    assert reason == (
        "The measured value is 0.2 from the claim: no more than the claim’s rounding (0.05) and the noise between runs of this "
        "protocol (0.2) together make."
    )


def test_the_margin_is_a_setting_of_the_protocol_in_the_harness_unit():
    few = percent(50.0, items=1000)  # reaches 3.1 to a side
    far = claim('"60.0"', 60.0)
    assert judge(far, few, Terms()).verdict == Verdict.INCONCLUSIVE
    assert judge(far, few, Terms(margin=0.04)).verdict == Verdict.DIFFERS
    assert judge(far, few, Terms(margin=0.03)).verdict == Verdict.INCONCLUSIVE
    assert judge(far, few, Terms(margin=None)).verdict == Verdict.DIFFERS
    fraction = Found(value=0.5, items=ITEMS, low=0.4917, high=0.5083, is_proportion=True)
    assert judge(Claimed(raw="0.6", value=0.6), fraction, Terms()).verdict == Verdict.DIFFERS


def test_too_few_items_says_how_far_it_reaches_and_where_the_claim_lies():
    assert judge(claim('"60.0"', 60.0), percent(50.0, items=1000), Terms()).reason == (
        "Too few items to tell: with 1,000 items the 95 % interval reaches 3.1 to each side of the measured value, further than "
        "this protocol’s margin of 1. The claim lies outside the interval."
    )


def test_a_measurement_without_an_interval_is_inconclusive_unless_it_is_exact():
    bare = Found(value=3.65, items=5153)
    assert judge(claim('"3.66"', 3.66), bare, Terms()).verdict == Verdict.INCONCLUSIVE
    assert judge(claim('"3.65"', 3.65), bare, Terms()).verdict == Verdict.EXACT


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (None, ""),
        (25.0, "Guessing reaches 25; the interval lies above it."),
        (33.0, "Guessing reaches 33, which the interval covers: the model may be guessing."),
        (50.0, "Guessing reaches 50; the interval lies below it."),
    ],
)
def test_what_guessing_reaches_is_always_said(chance, words):
    assert judge(NEOX, percent(33.3, chance=chance), MMLU).chance == words


def test_a_claim_outside_of_the_interval_is_one_with_a_p_value_under_a_twentieth():
    for claimed in (32.4, 32.5, 32.6, 33.0, 34.0, 34.1, 34.2):
        found = percent(33.3)
        p = verdicts.p_value(claimed, found)
        assert (p < 0.05) == (not found.covers(claimed)), claimed
    assert verdicts.p_value(33.6, percent(33.3)) == pytest.approx(0.4516, abs=1e-3)
    assert verdicts.p_value(33.6, percent(25.0)) < 1e-90
    # By the error that the claim would have, 5.0, not by that of what was measured, 4.9: z = 2
    assert verdicts.p_value(50.0, percent(60.0, items=100)) == pytest.approx(0.0455, abs=1e-4)


def test_a_p_value_of_another_metric_goes_by_its_standard_error_or_is_none():
    found = Found(value=3.6, items=5153, standard_error=0.1, low=3.404, high=3.796)
    assert verdicts.p_value(3.796, found) == pytest.approx(0.05, abs=1e-3)
    assert verdicts.p_value(3.7, Found(value=3.6, items=5153)) is None


def test_holm_adjusts_for_how_many_claims_a_table_has():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.5]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("raw", "half"),
    [
        ('"33.6"', 0.05), ('"33.60"', 0.005), ("33.6", 0.05), ("34", 0.5), ('"34%"', 0.5), ('"0.336"', 0.0005), ('"82,5"', 0.05),
        ('"1,234"', 0.5), ('"1,234.5"', 0.05), ('"1.234,5"', 0.05), ('"1.82M"', 5000.0), ('"93.1 ± 0.25"', 0.05),
        ('"**28.4**"', 0.05), ("1e-3", 0.0005), ('".5"', 0.05), ('"yes"', None), ("null", None), ('"93.0/90.7"', None), ("true", None),
    ],
)  # fmt: skip
def test_how_far_a_cell_may_be_from_what_it_was_rounded_from(raw, half):
    assert half_of_last_place(raw) == (None if half is None else pytest.approx(half))
