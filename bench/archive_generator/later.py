"""What a later dump of the same archive changed: a few rows' texts, a few rows gone."""

from dataclasses import dataclass

import numpy as np

from bench.archive_generator.randomness import Flags, stream

CHANGED, REMOVED, ADDED = 0.01, 0.002, 0.01


@dataclass(frozen=True, slots=True)
class Changes:
    """Which rows of the base a dump changes and leaves out."""

    changed: Flags
    removed: Flags

    @property
    def counts(self) -> dict[str, int]:
        return {"changed": int(self.changed.sum()), "removed": int(self.removed.sum())}


def no_changes(count: int) -> Changes:
    """The base itself."""
    none = np.zeros(count, dtype=np.bool_)
    return Changes(none, none.copy())


def plan_changes(seed: int, what: str, *, changeable: Flags, removable: Flags) -> Changes:
    """The later dump's changes, at least one of each kind, no row in both."""
    rng = stream(seed, "later", what)
    removed = _chosen(rng, REMOVED, removable)
    return Changes(changed=_chosen(rng, CHANGED, changeable & ~removed), removed=removed)


def added(count: int) -> int:
    """How many rows a later dump of so many has on top."""
    return max(1, round(ADDED * count))


def _chosen(rng: np.random.Generator, share: float, among: Flags) -> Flags:
    candidates = np.flatnonzero(among)
    chosen = np.zeros(len(among), dtype=np.bool_)
    chosen[rng.choice(candidates, min(len(candidates), max(1, round(share * len(among)))), replace=False)] = True
    return chosen
