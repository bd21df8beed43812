"""McNemar's exact test and the paired bootstrap, held to scipy's and numpy's answers."""

import time

import numpy as np
import pytest

from workers.paired import Flips, interval, mcnemar

CASES = [
    (0, 0, 0), (5, 0, 0), (0, 1, 0), (90, 0, 10), (90, 10, 0), (0, 3, 7), (50, 20, 30), (13_900, 71, 71), (13_000, 1000, 42), (0, 7000, 7042),
    (10_000, 4000, 42), (2000, 42, 12_000), (14_041, 1, 0), (0, 0, 30),
]  # fmt: skip


@pytest.mark.parametrize(("alike", "lost", "gained"), CASES)
def test_mcnemar_is_the_exact_binomial_test_of_the_flips(alike, lost, gained):
    from scipy.stats import binomtest  # heavy, and imported where it is needed as everywhere

    wanted = binomtest(gained, lost + gained).pvalue if lost + gained else 1.0
    assert mcnemar(Flips(alike, lost, gained)) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("alike", "lost", "gained"), CASES)
def test_the_interval_is_what_drawing_many_resamples_comes_to(alike, lost, gained):
    flips = Flips(alike, lost, gained)
    if not flips.items:
        assert interval(flips) == (0.0, 0.0)
        return
    generator = np.random.default_rng(0)
    shares = np.array([alike, lost, gained]) / flips.items
    drawn = generator.multinomial(flips.items, shares, size=200_000)
    differences = (drawn[:, 2] - drawn[:, 1]) / flips.items
    wanted = np.quantile(differences, [0.025, 0.975], method="inverted_cdf")
    # An end may fall one step of 1/n, or a hundredth of the spread, beside what chance drew.
    assert interval(flips) == pytest.approx(wanted, abs=max(1 / flips.items, 0.01 * differences.std()) * 1.01)


@pytest.mark.parametrize(("alike", "lost", "gained"), CASES)
def test_sides_that_change_places_change_the_sign(alike, lost, gained):
    low, high = interval(Flips(alike, lost, gained))
    other_low, other_high = interval(Flips(alike, gained, lost))
    step = 1 / max(1, alike + lost + gained)
    assert (other_low, other_high) == pytest.approx((-high, -low), abs=step * 1.01)
    assert low <= Flips(alike, lost, gained).difference <= high


def test_all_of_mmlu_takes_no_time():
    started = time.process_time()
    flips = Flips(10_000, 2000, 2042)
    mcnemar(flips)
    interval(flips)
    assert time.process_time() - started < 1
