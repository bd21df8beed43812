"""The catalogue's tools for assistants, asked by the protocol's own client over standard input and output."""

import asyncio
import os
import sys

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.factories.catalogue import make_board, make_code_link, make_paper, make_repository, make_result, make_task
from tests.factories.runs import make_planned_run, make_protocol
from workers.models import Run, Sample

pytestmark = pytest.mark.usefixtures("committed_db")


def ask(*calls):
    """What the tools answer: structured content, or the words of a refusal."""

    async def asked():
        command = StdioServerParameters(command=sys.executable, args=["manage.py", "mcp"], env=dict(os.environ))
        async with stdio_client(command) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            results = [await session.call_tool(name, arguments) for name, arguments in calls]
            return names, [result.content[0].text if result.is_error else result.structured_content for result in results]

    return asyncio.run(asked())


def make_judged_run(protocol, correct):
    run = make_planned_run(samples=len(correct), protocol=protocol)
    for index, is_correct in enumerate(correct):
        Sample.objects.filter(run=run, index=index).update(is_correct=is_correct)
    Run.objects.filter(pk=run.pk).update(state="finished")
    return str(run.public_id)


def test_assistants_get_what_the_pages_show():
    paper = make_paper(slug="zebras", title="Counting Zebras", abstract="Stripes.", tasks=[make_task(name="Zebra Counting")])
    make_code_link(paper, make_repository(url="https://github.com/a/b"), is_official=True)
    board = make_board(slug="counting-on-zebras", metrics=["Accuracy"])
    for name, cell in (("Worse", "10"), ("Better", "20")):
        make_result(board, model_name=name, scores={"Accuracy": cell}, paper=paper)
    protocol = make_protocol(is_selftest=True)
    first = make_judged_run(protocol, [True, True, False, True])
    second = make_judged_run(protocol, [True, False, False, False])
    names, answers = ask(
        ("search", {"query": "zebra counting"}),
        ("paper", {"id": "zebras"}),
        ("board", {"id": "counting-on-zebras", "limit": 1}),
        ("compare", {"first": first, "second": second}),
        ("run_status", {"id": first}),
        ("paper", {"id": "unicorns"}),
    )
    found, told, ranked, compared, status, refused = answers
    assert names == ["search", "paper", "board", "compare", "run_status"]
    assert ([row["id"] for row in found["papers"]], [row["id"] for row in found["tasks"]]) == (["zebras"], ["zebra-counting"])
    assert (told["paper"]["title"], [row["url"] for row in told["repositories"]]) == (
        "Counting Zebras",
        ["https://github.com/a/b"],
    )
    assert [(row["methodology"], row["metrics"]) for row in told["results"]] == [
        ("Worse", {"Accuracy": "10"}),
        ("Better", {"Accuracy": "20"}),
    ]
    assert ([row["methodology"] for row in ranked["results"]], ranked["results_in_all"]) == (["Better"], 2)
    assert [compared[key] for key in ("items", "alike", "first_alone_right", "second_alone_right", "p_value")] == [
        4,
        2,
        2,
        0,
        0.5,
    ]
    assert (status["run"]["id"], status["run"]["state"]) == (first, "finished")
    assert refused == "Error executing tool paper: There is no paper 'unicorns': look for it by search."
