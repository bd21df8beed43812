"""Which change explains that two runs' numbers differ, in sentences; and when no change need explain it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workers import paired
from workers.paired import Flips
from workers.run_comparison import PromptPair, TaskPair
from workers.run_settings import NUMERIC, Setting, changes

SURE = 0.05
"""Below this probability a split of flips is held not to be chance."""


@dataclass(frozen=True)
class Explained:
    """The gap in words, how surely there is one, and what explains it; each a sentence or two."""

    gap: str
    surely: str
    reasons: tuple[str, ...]


def explain(pairs: Sequence[TaskPair], prompts: PromptPair, settings: Iterable[Setting]) -> Explained:
    """What can be said from flips and settings alone."""
    flips = total(pairs)
    probability = paired.mcnemar(flips)
    return Explained(
        gap=_gap(pairs, flips),
        surely=_surely(flips, probability),
        reasons=tuple(_reasons(pairs, prompts, changes(settings), flips, is_sure=probability < SURE)),
    )


def total(pairs: Iterable[TaskPair]) -> Flips:
    """The flips of all tasks together."""
    all_of = [pair.flips for pair in pairs]
    return Flips(sum(one.alike for one in all_of), sum(one.lost for one in all_of), sum(one.gained for one in all_of))


def _gap(pairs: Sequence[TaskPair], flips: Flips) -> str:
    if not flips.items:
        return "The runs have no item in common that both have judged."
    first, second = (
        100 * sum(side) / flips.items for side in zip(*((one.first_right, one.second_right) for one in pairs), strict=True)
    )
    low, high = paired.interval(flips)
    return (
        f"Of {flips.items:,} items that both have, A has {first:.2f} % right and B {second:.2f} %: "
        f"B is {100 * flips.difference:+.2f} points against A, and between {100 * low:+.2f} and {100 * high:+.2f} "
        "in 95 of 100 draws of as many items (paired bootstrap)."
    )


def _surely(flips: Flips, probability: float) -> str:
    flipped = flips.lost + flips.gained
    if not flipped:
        return "No item flips: each is right in both runs or wrong in both." if flips.items else ""
    beginning = (
        f"{flipped:,} item{'' if flipped == 1 else 's'} flip{'s' if flipped == 1 else ''}: "
        f"{flips.lost:,} right in A alone, {flips.gained:,} in B alone. "
    )
    said = "less than 0.0001" if probability < 0.0001 else f"{probability:.4f}"
    ending = "so chance hardly made this gap" if probability < SURE else "so chance may well have made this gap"
    return (
        f"{beginning}If both were equally good, a split at least as uneven would come with probability {said} "
        f"(McNemar's exact test): {ending}."
    )


def _reasons(
    pairs: Sequence[TaskPair], prompts: PromptPair, changed: Sequence[str], flips: Flips, *, is_sure: bool
) -> Iterator[str]:
    flipped = flips.lost + flips.gained
    yield _by_settings(changed, flipped, is_sure=is_sure)
    if prompts.items:
        yield (
            f"{prompts.items:,} of {flips.items:,} items were asked in other words, and {prompts.flips:,} of the {flipped:,} "
            f"flips are among them: {_weighed(prompts.flips, flipped, prompts.items, flips.items)}."
        )
    cut, cut_flips = sum(pair.cut for pair in pairs), sum(pair.cut_flips for pair in pairs)
    if cut:
        yield (
            f"In {cut:,} items a prompt was longer than the model reads, and {cut_flips:,} of the flips are among them: "
            f"{_weighed(cut_flips, flipped, cut, flips.items)}."
        )


def _by_settings(changed: Sequence[str], flipped: int, *, is_sure: bool) -> str:
    if not changed:
        if not flipped:
            return "Nothing on record differs between the runs, and no item does."
        return "Nothing on record differs between the runs, and yet items flip: something that no record has must have changed."
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    if not flipped:
        return f"What differs between the runs ({listed}) changes the verdict on no item."
    if len(changed) == 1:
        if changed[0] in NUMERIC and not is_sure:
            return f"Only {listed} differs: that moves last digits, and with them the items that were near a tie."
        return f"Only {listed} differs between the runs: that explains the gap{'' if is_sure else ', if it is one'}."
    weighty = [change for change in changed if change not in NUMERIC]
    if len(weighty) == 1:
        return f"{listed[0].upper()}{listed[1:]} differ; of these only {weighty[0]} should move more than last digits."
    return f"{listed[0].upper()}{listed[1:]} differ: which of them made the gap, only a run that changes one at a time can tell."


def _weighed(flips: int, all_flips: int, items: int, all_items: int) -> str:
    """Whether flips gather among some items more than anywhere."""
    if not all_flips or flips * all_items <= all_flips * items:
        return "no more than their share"
    return f"more than their share, which would be {all_flips * items / all_items:.0f}"
