"""Writing evaluation-tables."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import numpy as np

from bench.archive_generator.boards import NAMINGS, Boards
from bench.archive_generator.cells import KINDS, MISSING, write_cell
from bench.archive_generator.later import Changes
from bench.archive_generator.links import LinkRows
from bench.archive_generator.metrics import Metric, MetricPool
from bench.archive_generator.names import model_names, with_note
from bench.archive_generator.papers import OLD_SITE, Papers
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import stream
from bench.archive_generator.tasks import Tasks
from bench.archive_generator.writing import JsonObject, KeyOrder

TASK_SCHEMA = ("task", "description", "categories", "subtasks", "datasets", "synonyms", "source_link")
DATASET_SCHEMA = ("dataset", "description", "dataset_links", "dataset_citations", "subdatasets", "sota")
ROW_SCHEMA = (
    "model_name", "paper_title", "paper_url", "paper_date", "code_links", "model_links", "metrics", "uses_additional_data",
)  # fmt: skip


class TableRows:
    """The top-level tasks with everything that nests in them.

    `counts` says what was written: places are mentions, so that a board of a repeated task counts at each place.
    """

    def __init__(
        self,
        seed: int,
        *,
        tasks: Tasks,
        boards: Boards,
        pool: MetricPool,
        papers: Papers,
        code: LinkRows,
        links_of: list[int],
        prose: Prose,
    ) -> None:
        self._seed, self._tasks, self._boards, self._papers = seed, tasks, boards, papers
        self._metrics: list[Metric] = [*pool.ranked, *pool.describing]
        self._code, self._links_of, self._prose = code, links_of, prose
        self._models = model_names(seed, count=5_000, kind="model")
        self._task_order, self._dataset_order, self._row_order = (
            KeyOrder(seed, schema) for schema in (TASK_SCHEMA, DATASET_SCHEMA, ROW_SCHEMA)
        )
        self.counts: Counter[str] = Counter()
        self.cell_kinds: Counter[str] = Counter()

    def all(self, changes: Changes, *, extra_rows: list[int]) -> Iterator[JsonObject]:
        """The rows of the dump; `extra_rows` says how many results each board gets on top."""
        self._changes, self._extra_rows = changes, extra_rows
        for task in np.flatnonzero(self._tasks.is_top).tolist():
            yield self._task(task, path=(), is_home=True)

    def _task(self, task: int, *, path: tuple[int, ...], is_home: bool) -> JsonObject:
        """A task at one place. Away from home it has all its boards or none; below itself it has no sub-tasks."""
        tasks = self._tasks
        path = (*path, task)
        inner = [] if task in path[:-1] else tasks.children[task]
        shown = self._boards.of_task[task] if is_home or (task + path[-2]) % 2 == 0 else []
        self.counts["task_places"] += 1
        rng = stream(self._seed, "task", task)
        return self._task_order(
            {
                "task": tasks.names[task],
                "description": self._prose.sentence(int(tasks.topics[task]), rng=rng, words=110) if task % 3 else "",
                "categories": tasks.areas[task],
                "subtasks": [self._task(child, path=path, is_home=is_home and int(tasks.home[child]) == task) for child in inner],
                "datasets": [self._board(board, is_home=is_home) for board in shown],
                "synonyms": [f"{tasks.names[task]} (synonym)"] if task % 12 == 5 else [],
                "source_link": {"title": "Made-up survey", "url": "https://survey.example/"} if task % 50 == 3 else None,
            }
        )

    def _board(self, board: int, *, is_home: bool) -> JsonObject:
        boards = self._boards
        links = []
        if boards.faults["board_link"][board]:
            links = [{"title": "Leaderboard", "url": f"{OLD_SITE}/sota/{boards.slugs[board]}"}]
        rows = self._rows(board, is_home=is_home)
        self.counts["board_places"] += 1
        self.counts["result_places"] += len(rows)
        if is_home:
            self.counts["boards"] += 1
            self.counts["results"] += len(rows)
        return self._dataset_order(
            {
                "dataset": boards.strings[board],
                "description": f"Results on {boards.strings[board]}.\r\n" if board % 9 == 4 else "",
                "dataset_links": links,
                "dataset_citations": [{"title": "Made-up paper", "url": "https://doi.org/10.5555/1"}] if board % 40 == 7 else [],
                "subdatasets": [],
                "sota": {"metrics": [self._metrics[metric].name for metric in boards.metrics[board]], "rows": rows},
            }
        )

    def _rows(self, board: int, *, is_home: bool) -> list[JsonObject]:
        writer = _BoardRows(self._seed, board, boards=self._boards, metrics=self._metrics)
        first, end = self._boards.rows.starts[board : board + 2]
        made: list[JsonObject] = []
        model = ""
        for row in range(first, end):
            if not self._boards.rows.repeated[row]:
                model = with_note(self._models[(board * 37 + row * 101) % len(self._models)], stream(self._seed, "model", row))
            values, kinds = writer.metrics(row)
            if self._changes.changed[row]:
                values = {**values, next(iter(values)): writer.other_value(row)}
            if self._changes.removed[row]:
                continue
            if is_home:
                self.cell_kinds.update(kinds)
            made.append(self._row(row, model=model, values=values))
        return made + [self._added_row(board, number) for number in range(self._extra_rows[board])]

    def _row(self, row: int, *, model: str, values: dict[str, str | float]) -> JsonObject:
        paper = int(self._boards.rows.papers[row])
        link = self._links_of[paper] if paper >= 0 and row % 3 else -1
        code = [{"title": self._code.path(link), "url": self._code.url(link)}] if link >= 0 else []
        return self._row_order(
            {
                "model_name": model,
                **self._paper(row, paper),
                "code_links": code,
                "model_links": [{"title": "weights", "url": f"https://weights.example/{row}"}] if row % 150 == 4 else [],
                "metrics": values,
                "uses_additional_data": row % 8 == 1,
            }
        )

    def _paper(self, row: int, paper: int) -> JsonObject:
        if paper < 0:
            blank = None if row % 3 else ""
            return {"paper_title": blank, "paper_url": blank, "paper_date": None}
        naming = NAMINGS[int(self._boards.rows.namings[row])]
        url: str | None = None
        if naming == "arxiv":
            version = f"v{row % 4 + 1}" if row % 5 < 3 else ""
            url = f"http{'s' if row % 3 else ''}://arxiv.org/abs/{self._papers.arxiv_ids[paper]}{version}"
        elif naming == "conference":
            url = self._papers.conference_url(paper)
        elif naming == "pwc":
            url = self._papers.own_url(paper)
        date = None if self._boards.rows.undated[row] else str(self._papers.days[paper])
        return {"paper_title": self._papers.titles[paper], "paper_url": url, "paper_date": date}

    def _added_row(self, board: int, number: int) -> JsonObject:
        ranking = self._metrics[self._boards.metrics[board][0]]
        return self._row_order(
            {
                "model_name": f"Latecomer-{board}-{number}",
                "paper_title": None,
                "paper_url": None,
                "paper_date": "2025-08-01",
                "code_links": [],
                "model_links": [],
                "metrics": {ranking.name: f"{50 + board % 40}.{number % 10}"},
                "uses_additional_data": False,
            }
        )


class _BoardRows:
    """The values of one board's rows: the same at every place where the board stands."""

    def __init__(self, seed: int, board: int, *, boards: Boards, metrics: list[Metric]) -> None:
        self._seed, self._board, self._boards = seed, board, boards
        self._metrics = [metrics[metric] for metric in boards.metrics[board]]
        self._first, self._end = boards.rows.starts[board : board + 2]
        chance = Random(f"{seed} board {board}")
        self._best = [_best_value(metric, chance) for metric in self._metrics]

    def metrics(self, row: int) -> tuple[dict[str, str | float], list[str]]:
        """The cells of a row by metric, and their kinds."""
        chance = Random(f"{self._seed} row {row}")
        begin = self._boards.rows.cell_starts[row]
        values: dict[str, str | float] = {}
        kinds = []
        for place, metric in enumerate(self._metrics):
            kind = self._boards.rows.cell_kinds[begin + place]
            value = self._value(row, place, chance)
            if kind != MISSING:
                values[metric.name] = write_cell(KINDS[kind], value, chance=chance)
                kinds.append(KINDS[kind])
        return values, kinds

    def other_value(self, row: int) -> str:
        """What a later dump says instead in the row's first cell."""
        return f"{self._value(row, 0, Random(f'{self._seed} later {row}')) * 0.97:.4f}"

    def _value(self, row: int, place: int, chance: Random) -> float:
        """Rows stand from best to worst by the first metric; the other metrics follow loosely."""
        kind, best = self._metrics[place].kind, self._best[place]
        rank = (row - self._first) / max(4, self._end - self._first)
        if kind in {"size", "count"}:
            return best * chance.uniform(0.1, 4)
        slip = rank * 0.5 + (chance.uniform(0, 0.12) if place else 0)
        value = best * (1 + 2 * slip if kind == "loss" else 1 - slip)
        if place == 0 and self._boards.faults["outlier"][self._board]:
            return 99.87 if row == self._first else min(value, 93.0)
        if place == 0 and self._boards.faults["mixed_scale"][self._board] and row % 3 == 1:
            return value / 100
        return value


def _best_value(metric: Metric, chance: Random) -> float:
    if metric.kind == "quality":
        return chance.uniform(0.4, 0.99) if chance.random() < 0.15 else chance.uniform(35, 99)
    return chance.uniform(0.05, 40) if metric.kind == "loss" else chance.uniform(1, 300)
