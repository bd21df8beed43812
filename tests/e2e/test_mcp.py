"""The catalogue's tools for assistants, asked by the protocol's own client over standard input and output, and over HTTP."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from mcp import Client, ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.factories.catalogue import make_board, make_code_link, make_paper, make_repository, make_result, make_task
from tests.factories.runs import make_planned_run, make_protocol
from workers.models import Run, Sample

pytestmark = pytest.mark.usefixtures("committed_db")


NAMES = ["search", "paper", "board", "compare", "run_status"]


async def answers_of(session, calls):
    """What the tools answer: structured content, or the words of a refusal."""
    assert [tool.name for tool in (await session.list_tools()).tools] == NAMES
    results = [await session.call_tool(name, arguments) for name, arguments in calls]
    return [result.content[0].text if result.is_error else result.structured_content for result in results]


def ask_by_pipe(calls):
    async def asked():
        command = StdioServerParameters(command=sys.executable, args=["manage.py", "mcp"], env=dict(os.environ))
        async with stdio_client(command) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return await answers_of(session, calls)

    return asyncio.run(asked())


def ask_by_http(address, calls, mode):
    async def asked():
        async with Client(address, mode=mode) as client:
            return await answers_of(client, calls)

    return asyncio.run(asked())


@contextmanager
def served():
    """The address of a server of its own, as whoever starts it reads it."""
    command = [sys.executable, "manage.py", "mcp", "--http", "--port", "0"]
    environment = {**os.environ, "ALLOWED_HOSTS": "127.0.0.1,.example.org", "API_ADDRESS_PER_MINUTE": "40"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            yield server.stdout.readline().removeprefix("Assistants connect to ").strip()
        finally:
            server.terminate()


def post(address, body=b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', **headers):
    """Status, sentence of an error, headers."""
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=body, headers=sent), timeout=20) as answer:
            return answer.status, json.loads(answer.read()).get("error"), answer.headers
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text)["error"]["message"] if text.startswith("{") else text, error.headers


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
    calls = [
        ("search", {"query": "zebra counting"}),
        ("paper", {"id": "zebras"}),
        ("board", {"id": "counting-on-zebras", "limit": 1}),
        ("compare", {"first": first, "second": second}),
        ("run_status", {"id": first}),
        ("paper", {"id": "unicorns"}),
    ]
    answers = ask_by_pipe(calls)
    found, told, ranked, compared, status, refused = answers
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
    with served() as address:
        assert [ask_by_http(address, calls, mode) for mode in ("legacy", "auto")] == [answers, answers]
        _keeps_strangers_out(address)
        _is_taken(address)
        _counts(address)


def _keeps_strangers_out(address):
    port = address.split(":")[2].split("/")[0]
    assert post(address)[0] == post(address, Host=f"localhost:{port}")[0] == post(address, Host="papers.example.org")[0] == 200
    for host in ("evil.test", f"127.0.0.1.evil.test:{port}", "example.org.evil.test"):
        assert post(address, Host=host)[:2] == (421, f"This server is not called {host!r}: ALLOWED_HOSTS says what it is called.")
    assert post(address, Origin="https://papers.example.org")[0] == post(address, Origin=f"http://127.0.0.1:{port}")[0] == 200
    for origin in ("https://evil.test", "null", f"http://127.0.0.1.evil.test:{port}", "http://127.0.0.1@evil.test"):
        assert post(address, Origin=origin)[:2] == (403, "Pages of other sites may not use this server.")
    status, _, headers = post(address, body=None)
    assert (status, headers["Allow"]) == (405, "POST")
    assert post(address.replace("/mcp", "/admin"))[0] == 404
    assert post(address, body=b" " * (1 << 20) + b"{}")[0] == 413


def _is_taken(address):
    port = address.split(":")[2].split("/")[0]
    second = [sys.executable, "manage.py", "mcp", "--http", "--port", port]
    done = subprocess.run(second, capture_output=True, text=True, check=False)
    said = (
        f"CommandError: Cannot listen at 127.0.0.1:{port}: something listens there already: end it, or say another with --port.\n"
    )
    assert (done.returncode, done.stderr) == (1, said)


def _counts(address):
    """Requests of an address are counted as those of the API are."""
    answers = (post(address) for _ in range(100))  # a minute may end meanwhile
    refused = next(answer for answer in answers if answer[0] == 429)
    assert refused[1] == f"Too many requests: wait {refused[2]['Retry-After']} seconds."
