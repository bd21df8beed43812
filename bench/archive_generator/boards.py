"""The boards of an archive: task, dataset string, metrics, and for each row the paper and how the row names it."""

from dataclasses import dataclass

import numpy as np

from bench.archive_generator.cells import METRIC_KINDS, choose_kinds
from bench.archive_generator.datasets import Datasets
from bench.archive_generator.faults import Planter
from bench.archive_generator.metrics import MetricPool
from bench.archive_generator.names import VANDAL_BOARDS
from bench.archive_generator.papers import Papers
from bench.archive_generator.randomness import Flags, Ints, Lists, Zipf, stream
from bench.archive_generator.sizes import Sizes
from bench.archive_generator.tasks import Tasks
from papers.slugs import first_free, slugify_title

NAMINGS = ("arxiv", "conference", "pwc", "title_only", "no_paper")
MOST_ROWS = 1_200
MEAN_METRICS = 2.4


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of all boards, one after the other; `starts` says where a board's begin.

    `namings` are places in `NAMINGS`. A repeated row has the model and paper of the row before it. `cell_starts` says where
    a row's cells begin, one for each metric of its board; `cell_kinds` are places in `cells.KINDS` or `MISSING`.
    """

    starts: list[int]
    boards: Ints
    papers: Ints
    namings: Ints
    repeated: Flags
    undated: Flags
    cell_starts: list[int]
    cell_kinds: list[int]

    def __len__(self) -> int:
        return len(self.papers)


@dataclass(frozen=True, slots=True)
class Boards:
    """Boards by number; `datasets` is -1 where no dataset knows the string. `metrics` are places in the pool's lists."""

    tasks: Ints
    datasets: list[int]
    strings: list[str]
    slugs: list[str]
    metrics: list[list[int]]
    faults: dict[str, Flags]
    rows: Rows
    of_task: Lists

    def __len__(self) -> int:
        return len(self.strings)

    def tasks_of_datasets(self) -> dict[int, list[int]]:
        """The tasks whose boards use a dataset, by dataset."""
        tasks: dict[int, list[int]] = {}
        for dataset, task in zip(self.datasets, self.tasks.tolist(), strict=True):
            if task not in tasks.setdefault(dataset, []):
                tasks[dataset].append(task)
        return tasks


def plan_boards(
    seed: int, *, sizes: Sizes, tasks: Tasks, datasets: Datasets, pool: MetricPool, papers: Papers, planter: Planter
) -> Boards:
    """The boards of one archive."""
    count = sizes.boards
    tasks_of_boards = _tasks_of_boards(seed, count, tasks)
    faults = {key: planter.choose_any(f"tables.{key}", count) for key in ("board_link", "board_slug_odd")}
    names, strings = _strings(seed, tasks_of_boards, datasets, planter)
    lengths = _lengths(seed, sizes)
    faults["text_column"] = planter.choose("tables.text_column", among=lengths <= 30)
    metrics = _metrics(seed, pool, faults["text_column"])
    is_quality = np.array([pool.ranked[own[0]].kind == "quality" for own in metrics], dtype=np.bool_)
    faults["mixed_scale"] = planter.choose("tables.mixed_scale", among=is_quality & (lengths >= 3))
    faults["outlier"] = planter.choose("tables.outlier", among=is_quality & (lengths >= 3) & ~faults["mixed_scale"])
    return Boards(
        tasks=tasks_of_boards,
        datasets=names,
        strings=strings,
        slugs=_slugs(tasks, tasks_of_boards.tolist(), strings, faults["board_slug_odd"]),
        metrics=metrics,
        faults=faults,
        rows=_rows(seed, lengths, metrics=metrics, tasks_of_boards=tasks_of_boards, pool=pool, papers=papers, planter=planter),
        of_task=Lists.by_key(tasks_of_boards, size=len(tasks.names)),
    )


def _tasks_of_boards(seed: int, count: int, tasks: Tasks) -> Ints:
    """Four boards in five belong to tasks at top level, popular ones having many; the others stand in sub-tasks alone."""
    rng = stream(seed, "boards")
    top, nested = np.flatnonzero(tasks.is_top), np.flatnonzero(~tasks.is_top)
    of_top = top[Zipf(len(top), exponent=0.75).draw(rng, count)]
    of_nested = nested[Zipf(len(nested), exponent=0.3).draw(rng, count)]
    return np.where(rng.random(count) < 0.8, of_top, of_nested)


def _strings(seed: int, tasks_of_boards: Ints, datasets: Datasets, planter: Planter) -> tuple[list[int], list[str]]:
    """Each board's dataset and the string for it; no task has a string twice."""
    rng = stream(seed, "board strings")
    usable = np.flatnonzero(~datasets.is_spam)
    draw = Zipf(len(usable), exponent=0.6)
    vandal = planter.choose_any("tables.board_vandal", len(tasks_of_boards))
    unmapped = planter.choose("tables.board_unmapped", among=~vandal)
    by_variant = planter.choose("tables.board_variant", among=~vandal & ~unmapped)
    taken: set[tuple[int, str]] = set()
    numbers, strings = [], []
    for board, task in enumerate(tasks_of_boards.tolist()):
        dataset, text = -1, VANDAL_BOARDS[board % len(VANDAL_BOARDS)] if vandal[board] else f"Own split {board}"
        while not vandal[board] and not unmapped[board]:
            dataset = int(usable[draw.draw(rng, 1)[0]])
            choices = datasets.variants[dataset][1:] if by_variant[board] else [datasets.names[dataset]]
            text = choices[int(rng.integers(len(choices)))] if choices else ""
            if choices and (task, text) not in taken:
                break
        taken.add((task, text))
        numbers.append(dataset)
        strings.append(text)
    return numbers, strings


def _slugs(tasks: Tasks, tasks_of_boards: list[int], strings: list[str], odd: Flags) -> list[str]:
    taken: set[str] = set()
    slugs = []
    for board, (task, text) in enumerate(zip(tasks_of_boards, strings, strict=True)):
        name = f"{tasks.names[task]} on {'the former ' if odd[board] else ''}{text}"
        slugs.append(first_free(slugify_title(name, fallback="on"), taken))
        taken.add(slugs[-1])
    return slugs


def _lengths(seed: int, sizes: Sizes) -> Ints:
    """Rows a board: many with one or two, a few with hundreds; they sum up to about the results wanted."""
    raw = np.exp(stream(seed, "board lengths").normal(0.0, 1.35, sizes.boards))
    low, high = 0.0, 100.0
    for _ in range(40):
        factor = (low + high) / 2
        lengths = (raw * factor).round().clip(1, MOST_ROWS).astype(np.int64)
        low, high = (factor, high) if lengths.sum() < sizes.results else (low, factor)
    return lengths


def _metrics(seed: int, pool: MetricPool, text_column: Flags) -> list[list[int]]:
    """The metrics of each board, the one that ranks first; every metric is on some board. Text columns stand behind the pool."""
    rng = stream(seed, "board metrics")
    count = len(text_column)
    lengths = 1 + rng.poisson(MEAN_METRICS - 1, count)
    boards = np.repeat(np.arange(count), lengths)
    drawn = Zipf(len(pool.ranked), exponent=0.9).draw(rng, len(boards))
    places = rng.choice(len(boards), min(len(pool.ranked), len(boards)), replace=False)
    drawn[places] = np.arange(len(places))
    metrics = [list(dict.fromkeys(own)) for own in Lists.of_lengths(lengths, drawn).block(0, count)]
    for number, board in enumerate(np.flatnonzero(text_column).tolist()):
        metrics[board].append(len(pool.ranked) + number % len(pool.describing))
    # A size or a count ranks a board only where there is nothing else.
    is_late = [metric.kind not in {"quality", "loss"} for metric in (*pool.ranked, *pool.describing)]
    return [sorted(own, key=is_late.__getitem__) for own in metrics]


def _rows(
    seed: int,
    lengths: Ints,
    *,
    metrics: list[list[int]],
    tasks_of_boards: Ints,
    pool: MetricPool,
    papers: Papers,
    planter: Planter,
) -> Rows:
    boards = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    namings = _namings(len(boards), planter)
    of_rows = _papers_of_rows(seed, tasks_of_boards[boards], namings, papers)
    is_first = np.zeros(len(boards), dtype=np.bool_)
    is_first[starts[:-1]] = True
    repeated = planter.choose("tables.row_repeated", among=~is_first & (namings != NAMINGS.index("no_paper")))
    for row in np.flatnonzero(repeated).tolist():
        of_rows[row], namings[row] = of_rows[row - 1], namings[row - 1]
    for number, name in enumerate(NAMINGS):
        planter.planted[f"tables.row_{name}"] = int((namings == number).sum())
    cell_starts, cell_kinds = _cells(seed, boards, metrics=metrics, pool=pool, planter=planter)
    undated = planter.choose("tables.row_date_null", among=namings != NAMINGS.index("no_paper"))
    return Rows(
        starts=starts.tolist(),
        boards=boards,
        papers=of_rows,
        namings=namings,
        repeated=repeated,
        undated=undated,
        cell_starts=cell_starts.tolist(),
        cell_kinds=cell_kinds.tolist(),
    )


def _namings(count: int, planter: Planter) -> Ints:
    """How each row names its paper: by an arXiv address where nothing else was chosen."""
    namings = np.zeros(count, dtype=np.int64)
    for number, name in enumerate(NAMINGS[1:], start=1):
        namings[planter.choose(f"tables.row_{name}", among=namings == 0)] = number
    return namings


def _papers_of_rows(seed: int, tasks: Ints, namings: Ints, papers: Papers) -> Ints:
    """A paper of the board's task where one can be named that way, else any that can; -1 for no paper."""
    rng = stream(seed, "papers of rows")
    by_task = Lists.by_key(papers.primary_task, size=int(max(papers.primary_task.max(), tasks.max())) + 1)
    many = by_task.lengths[tasks]
    places = by_task.starts[tasks] + rng.integers(0, np.minimum(many, 400).clip(1))
    chosen: Ints = by_task.values[np.minimum(places, len(by_task.values) - 1)]
    for naming, can in (("arxiv", papers.has_arxiv), ("conference", papers.venues >= 0)):
        lost = np.flatnonzero((namings == NAMINGS.index(naming)) & ((many == 0) | ~can[chosen]))
        chosen[lost] = rng.choice(np.flatnonzero(can), len(lost))
    chosen[namings == NAMINGS.index("no_paper")] = -1
    return chosen


def _cells(seed: int, boards: Ints, *, metrics: list[list[int]], pool: MetricPool, planter: Planter) -> tuple[Ints, Ints]:
    """Where each row's cells begin, and the kinds of all cells."""
    kind_of = np.array([METRIC_KINDS.index(metric.kind) for metric in (*pool.ranked, *pool.describing)])
    widths = np.array([len(own) for own in metrics])
    of_rows = widths[boards]
    row_starts = np.cumsum(of_rows) - of_rows
    in_row = np.arange(int(of_rows.sum())) - np.repeat(row_starts, of_rows)
    columns = np.repeat((np.cumsum(widths) - widths)[boards], of_rows) + in_row
    metric_of_column = np.concatenate([np.array(own) for own in metrics])
    # The metric that ranks a board is what a row is there for.
    missing = planter.choose("tables.cell_missing", among=in_row > 0)
    return row_starts, choose_kinds(seed, kind_of[metric_of_column[columns]], columns, present=np.flatnonzero(~missing))
