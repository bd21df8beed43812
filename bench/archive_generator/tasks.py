"""The tasks of an archive: their names, addresses and areas, and the graph in which they nest."""

from dataclasses import dataclass

import numpy as np

from bench.archive_generator.faults import Planter
from bench.archive_generator.names import AREA_TASKS, AREAS, VANDAL_TASKS, task_names
from bench.archive_generator.randomness import Flags, Ints, Zipf, stream
from bench.archive_generator.sizes import Sizes
from papers.slugs import first_free, slugify_title

SHARE_OF_PARENTS = 0.34
"""Of the tasks at top level, those that have sub-tasks."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks by falling popularity.

    `children` may lead back to an ancestor. `home` is the parent under which a task that is not at top level stands with
    all its boards; -1 at top level. `ordinary` are the tasks that are not vandalised, `vandals` the others, of which the
    first is nameless.
    """

    names: list[str]
    slugs: list[str]
    topics: Ints
    areas: list[list[str]]
    is_top: Flags
    home: Ints
    children: list[list[int]]
    ordinary: Ints
    vandals: Ints


def areas_of_topics(seed: int, count: int) -> Ints:
    """The area's number of each topic, areas as frequent as their tasks were."""
    weights = np.array(AREA_TASKS) / sum(AREA_TASKS)
    return stream(seed, "areas").choice(len(AREAS), count, p=weights).astype(np.int64)


def plan_tasks(seed: int, *, sizes: Sizes, area_of_topic: Ints, planter: Planter) -> Tasks:
    """The tasks of one archive."""
    names = task_names(seed, sizes.tasks)
    is_vandal = planter.choose("tables.task_vandal", among=np.arange(sizes.tasks) >= 2, least=4)
    for place, name in zip(np.flatnonzero(is_vandal), VANDAL_TASKS, strict=False):
        names[place] = name
    topics = np.arange(sizes.tasks) % len(area_of_topic)
    is_top = _top_level(seed, sizes)
    home = _homes(seed, is_top)
    return Tasks(
        names=names,
        slugs=_slugs(names, odd=planter.choose_any("tables.task_slug_odd", sizes.tasks)),
        topics=topics,
        areas=_areas(seed, area_of_topic[topics]),
        is_top=is_top,
        home=home,
        children=_children(seed, is_top, home, planter),
        ordinary=np.flatnonzero(~is_vandal),
        vandals=np.flatnonzero(is_vandal),
    )


def _top_level(seed: int, sizes: Sizes) -> Flags:
    """Popular tasks stand at top level more often."""
    score = stream(seed, "top tasks").random(sizes.tasks) + np.arange(sizes.tasks) / (2 * sizes.tasks)
    is_top = np.zeros(sizes.tasks, dtype=np.bool_)
    is_top[np.argsort(score)[: sizes.top_tasks]] = True
    return is_top


def _parents(is_top: Flags) -> Ints:
    return np.flatnonzero(is_top)[: round(SHARE_OF_PARENTS * int(is_top.sum()))]


def _homes(seed: int, is_top: Flags) -> Ints:
    rng = stream(seed, "homes")
    parents, nested = _parents(is_top), np.flatnonzero(~is_top)
    home = np.full(len(is_top), -1, dtype=np.int64)
    home[nested] = parents[Zipf(len(parents), exponent=0.45).draw(rng, len(nested))]
    deep = np.flatnonzero(rng.random(len(nested)) < 0.12)
    deep = deep[deep > 0]
    home[nested[deep]] = nested[rng.integers(0, deep)]
    return home


def _children(seed: int, is_top: Flags, home: Ints, planter: Planter) -> list[list[int]]:
    rng = stream(seed, "children")
    children: list[list[int]] = [[] for _ in range(len(home))]
    for task in np.flatnonzero(home >= 0).tolist():
        children[home[task]].append(task)
    parents = _parents(is_top)
    # Edges between top-level tasks go from popular to rare alone, so that only the planted cycles are there.
    for task in np.flatnonzero(planter.choose("tables.task_repeated", among=np.arange(len(home)) > parents[0])).tolist():
        usable = parents[parents < task] if is_top[task] else parents[parents != home[task]]
        children[int(rng.choice(usable))].append(task)
    is_deep = (home >= 0) & (home[home] >= 0)
    for task in np.flatnonzero(planter.choose("tables.task_cycle", among=is_deep)).tolist():
        children[task].append(_root(task, home))
    return children


def _root(task: int, home: Ints) -> int:
    while home[task] >= 0:
        task = int(home[task])
    return task


def _slugs(names: list[str], *, odd: Flags) -> list[str]:
    taken: set[str] = set()
    slugs = []
    for number, name in enumerate(names):
        wanted = slugify_title(name, fallback="task")
        if number == 0:
            wanted = slugify_title(names[1])
        elif odd[number]:
            wanted = slugify_title(f"{' '.join(reversed(name.split()))} 1", fallback="task")
        slugs.append(first_free(wanted, taken))
        taken.add(slugs[-1])
    return slugs


def _areas(seed: int, first: Ints) -> list[list[str]]:
    rng = stream(seed, "task areas")
    second = np.where(rng.random(len(first)) < 0.15, rng.integers(0, len(AREAS), len(first)), first)
    return [[AREAS[area] for area in dict.fromkeys(pair)] for pair in zip(first.tolist(), second.tolist(), strict=True)]
