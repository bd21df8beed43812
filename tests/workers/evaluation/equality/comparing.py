"""Whether two models gave lm-eval the same answers, up to the rounding of float32; how close they came."""

import math
from dataclasses import dataclass

import numpy as np

ABSOLUTE = 2e-5
"""How far the log-likelihood of a single token may be off."""
RELATIVE = 2e-6
"""How far a sum over several tokens may be off, where that is more."""
SHOWN = 5


@dataclass(frozen=True)
class Agreement:
    """What was compared, and how close it was: `share` is the part of what is allowed that the worst value took.

    `near_ties` counts the items whose two best choices lie closer than a single token may be off: their picks are left to chance.
    """

    requests: int
    items: int
    largest: float
    mean: float
    share: float
    greedy: int
    near_ties: int
    metrics: int


def compare(wanted, found, tokens_of):
    """The agreement of two models' answers. Raises AssertionError that names what differs, and by how much.

    `tokens_of(context, continuation)` counts the continuation's tokens: more than one make a sum.
    """
    assert found.requests == wanted.requests, "the two were not asked the same"
    assert found.kinds == wanted.kinds
    faults = []
    differences = [0.0]
    shares = [0.0]
    for place, (kind, request, one, other) in enumerate(
        zip(wanted.kinds, wanted.requests, wanted.answers, found.answers, strict=True)
    ):
        if kind == "generate_until":
            if one != other:
                faults.append(f"request {place} was answered {other!r} in place of {one!r}")
            continue
        (expected, is_greedy), (value, is_other_greedy) = _pair(one), _pair(other)
        difference = abs(value - expected)
        allowed = _allowed(kind, request, expected, tokens_of)
        differences.append(difference)
        shares.append(difference / allowed)
        if not difference <= allowed:
            faults.append(f"request {place}: a log-likelihood of {value} in place of {expected} is off by {difference:.3g}")
        if is_greedy != is_other_greedy:
            faults.append(f"request {place}: is_greedy is {is_other_greedy} in place of {is_greedy}")
    faults.extend(_pick_faults(wanted.picks, found.picks))
    faults.extend(_number_faults("item", wanted.items, found.items))
    faults.extend(_number_faults("all", {"metrics": wanted.metrics}, {"metrics": found.metrics}))
    assert not faults, "\n".join([f"{len(faults)} differences:", *faults[:SHOWN]])
    return Agreement(
        requests=len(wanted.requests),
        items=len(wanted.items),
        largest=max(differences),
        mean=sum(differences) / len(differences),
        share=max(shares),
        greedy=sum(1 for answer in wanted.answers if isinstance(answer, tuple) and answer[1]),
        near_ties=sum(1 for values in wanted.picks.values() if _margin(values) <= ABSOLUTE),
        metrics=len(wanted.metrics),
    )


def _pair(answer):
    return answer if isinstance(answer, tuple) else (answer, None)


def _allowed(kind, request, expected, tokens_of):
    as_a_sum = RELATIVE * abs(expected)
    if as_a_sum <= ABSOLUTE:
        return ABSOLUTE
    return as_a_sum if kind == "loglikelihood_rolling" or tokens_of(*request) > 1 else ABSOLUTE


def _pick_faults(wanted, found):
    for item, values in wanted.items():
        one, other = int(np.argmax(values)), int(np.argmax(found[item]))
        if one != other:
            yield f"item {item}: choice {other} was picked in place of {one}, with a margin of {_margin(values):.3g}"


def _number_faults(what, wanted, found):
    assert list(found) == list(wanted)
    for key, numbers in wanted.items():
        assert list(found[key]) == list(numbers)
        for name, one in numbers.items():
            if not _is_same(str(name), one, found[key][name]):
                yield f"{what} {key}: {name} is {found[key][name]} in place of {one}"


def _is_same(name, one, other):
    """Numbers that are made of log-likelihoods share their rounding; all others are counts of what is right."""
    if isinstance(one, tuple):  # a log-likelihood and the words or bytes that it is about
        return one[1:] == other[1:] and _is_close(one[0], other[0])
    if "perplexity" in name and one > 0 and other > 0:  # aggregated; one item's is its log-likelihood
        return _is_close(math.log(one), math.log(other))
    if "perplexity" in name or "bits_per_byte" in name:
        return _is_close(one, other)
    return one == other


def _is_close(one, other):
    return abs(one - other) <= max(ABSOLUTE, RELATIVE * abs(one))


def _margin(values):
    best, second = sorted(values, reverse=True)[:2]
    return best - second
