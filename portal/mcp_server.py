"""The catalogue for assistants: a server of the Model Context Protocol, whose tools answer out of the API's own reads.

Runs in a process of its own, over standard input and output or HTTP (`manage.py mcp`); the web process never imports this.
Tools only read, and only what everybody may.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from uuid import UUID

import msgspec
from django.db import DatabaseError, close_old_connections
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from psycopg2.errors import QueryCanceled

from leaderboards import search as board_search
from leaderboards.models import Claim, Leaderboard
from papers import search
from papers.models import Paper, Task
from papers.search_names import named
from portal.api import limits
from portal.api.repositories import code_links
from portal.api.shapes.evaluations import read_evaluations
from portal.api.shapes.papers import read_papers
from portal.api.shapes.repositories import read_links
from portal.api.shapes.results import Result, read_results
from portal.api.shapes.runs import read_whole_runs
from portal.api.shapes.tasks import read_tasks
from portal.context import STRANGER
from portal.pages import run_numbers
from workers import paired, run_comparison, run_settings
from workers.models import Run
from workers.paired import Flips

logger = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Answer = dict[str, Any]
MOST = 50
LONGEST_ECHO = 100
AWAY = "The catalogue cannot be read at the moment: try again in a minute."
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
INSTRUCTIONS = (
    "Papers, code, benchmarks and results of machine learning research, and beside claimed numbers the measured ones. "
    "Begin with search; ids that it gives are what the other tools take. Cite papers by their ids and addresses."
)


def _tool(answer: Callable[Arguments, Answer]) -> Callable[Arguments, Any]:
    """A tool of a function that asks the database: in a thread, with connections and time as a request of the API has."""

    def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        close_old_connections()
        try:
            limits.begin()
            return answer(*arguments, **named)
        except DatabaseError as error:
            if isinstance(error.__cause__, QueryCanceled):
                raise ToolError(limits.TOO_SLOW) from error
            logger.exception("A tool could not ask the database.")
            raise ToolError(AWAY) from error  # whose own words name servers and statements

    @wraps(answer)
    async def called(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        return await asyncio.to_thread(guarded, *arguments, **named)

    return called


@_tool
def find(query: str, limit: int = 10) -> Answer:
    """Papers by words of title and abstract, tasks and boards by their names. Quotes make a phrase, a minus excludes."""
    most = max(1, min(limit, MOST))
    found = search.papers(query, limit=most)
    tasks = named(Task.objects.published(), query).values_list("pk", flat=True)[:most]
    boards = board_search.boards(Leaderboard.objects.published(), query).values_list("pk", flat=True)[:most]
    return {
        "papers": _plain(read_papers([hit.paper for hit in found.hits])),
        "papers_found": found.count,
        "tasks": _plain(read_tasks(list(tasks))),
        "boards": _plain(read_evaluations(list(boards))),
    }


@_tool
def paper(id: str) -> Answer:
    """A paper by its id, with its code and its results: what it claims on boards, and beside that what was measured."""
    key = Paper.objects.published().filter(slug=id).values_list("pk", flat=True).first()
    if key is None:
        raise ToolError(f"There is no paper {id[:LONGEST_ECHO]!r}: look for it by search.")
    links = code_links(paper=key).values_list("pk", flat=True)[:MOST]
    claims = Claim.objects.published().filter(leaderboard__in=Leaderboard.objects.published(), paper=key).order_by("pk")
    return {
        "paper": _plain(read_papers([key]))[0],
        "repositories": _plain(read_links(list(links))),
        "results": _plain(read_results(list(claims.values_list("pk", flat=True)[:MOST]))),
    }


@_tool
def board(id: str, limit: int = 20) -> Answer:
    """A board by its id, e.g. image-classification-on-imagenet: its results, best first, with what was measured beside each."""
    found = Leaderboard.objects.published().filter(slug=id).first()
    if found is None:
        raise ToolError(f"There is no board {id[:LONGEST_ECHO]!r}: look for it by search.")
    claims = Claim.objects.published().filter(leaderboard=found).order_by("position", "pk")
    results = sorted(read_results(list(claims.values_list("pk", flat=True))), key=_rank)
    return {
        "board": _plain(read_evaluations([found.pk]))[0],
        "results": _plain(results[: max(1, min(limit, MOST))]),
        "results_in_all": len(results),
    }


@_tool
def run_status(id: str) -> Answer:
    """How far a run of an evaluation is, why it waits, and what came out of it."""
    run = _run(id)
    return {"run": _plain(read_whole_runs([run.pk]))[0]}


@_tool
def compare(first: str, second: str) -> Answer:
    """Two runs on the same items, paired: how often each alone was right, what that is as a difference of shares, and how
    likely chance makes such a one (McNemar's exact test); and in which settings the runs differ."""
    runs = [_run(first), _run(second)]
    for run in runs:
        if not run_numbers.are_open(run, STRANGER):
            raise ToolError(f"{run.public_id}: {run_numbers.HELD_BACK}")
    pairs = run_comparison.by_task(*runs)
    flips = Flips(
        alike=sum(pair.flips.alike for pair in pairs),
        lost=sum(pair.flips.lost for pair in pairs),
        gained=sum(pair.flips.gained for pair in pairs),
    )
    low, high = paired.interval(flips)
    return {
        "items": flips.items, "alike": flips.alike, "first_alone_right": flips.lost, "second_alone_right": flips.gained,
        "difference": flips.difference, "interval_95": [low, high], "p_value": paired.mcnemar(flips),
        "settings_that_differ": [
            {"name": setting.name, "first": setting.first, "second": setting.second}
            for setting in run_settings.differing(*runs)
        ],
    }  # fmt: skip


def _run(id: str) -> Run:
    try:
        found = Run.objects.select_related("checkpoint", "protocol").filter(public_id=UUID(id)).first()
    except ValueError:
        found = None
    if found is None:
        raise ToolError(f"There is no run {id[:LONGEST_ECHO]!r}.")
    return found


def _rank(result: Result) -> tuple[bool, int]:
    return result.best_rank is None, result.best_rank or 0


def _plain(rows: Any) -> Any:
    """Structs as what JSON has."""
    return msgspec.to_builtins(rows)


def server() -> MCPServer:
    """The server with its tools."""
    found = MCPServer("papers-with-code-2", instructions=INSTRUCTIONS)
    for name, tool in (("search", find), ("paper", paper), ("board", board), ("compare", compare), ("run_status", run_status)):
        found.tool(name=name, annotations=READS)(tool)
    return found
