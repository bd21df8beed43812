"""Programs that others wrote, against the running API over the sample archive: the official client, unmodified, in an
environment of its own; a client generated from our description; and one that makes requests up from it."""

import importlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from accounts import tokens
from leaderboards.models import Claim, Leaderboard, Metric
from papers.models import Proceeding, Source, Task
from portal import archive_import
from tests.conftest import absent
from tests.e2e.dump_rows import cells_of, claim_of, claims_in, paper_of, rows_of, slug_of, tables_of
from tests.factories.catalogue import (
    make_area,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_task,
)
from tests.factories.people import make_person
from tests.factories.runs import make_planned_run, make_worker

CLIENT = "paperswithcode-client==0.3.1"
SCRIPT = Path(__file__).with_name("official_client.py")
EVERY_GET = {
    "search", "paper_list", "paper_get", "paper_dataset_list", "paper_repository_list", "paper_task_list", "paper_method_list",
    "paper_result_list", "repository_list", "repository_owner_list", "repository_get", "repository_paper_list", "author_list",
    "author_get", "author_paper_list", "conference_list", "conference_get", "proceeding_list", "proceeding_get",
    "proceeding_paper_list", "area_list", "area_get", "area_task_list", "task_list", "task_get", "task_parent_list",
    "task_child_list", "task_paper_list", "task_evaluation_list", "dataset_list", "dataset_get", "dataset_evaluation_list",
    "method_list", "method_get", "evaluation_list", "evaluation_get", "evaluation_metric_list", "evaluation_metric_get",
    "evaluation_result_list", "evaluation_result_get",
}  # fmt: skip
EVERY_WRITE = {
    "task_add", "task_update", "task_delete", "dataset_add", "dataset_update", "dataset_delete", "evaluation_create",
    "evaluation_update", "evaluation_delete", "evaluation_metric_add", "evaluation_metric_update", "evaluation_metric_delete",
    "evaluation_result_add", "evaluation_result_update", "evaluation_result_delete", "evaluation_synchronize",
}  # fmt: skip

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def archive(shared_data, committed_db_of_module):
    """The sample archive, loaded, and beside it what it has no dump of; where it lies."""
    folder = shared_data / "pwc" / "archive"
    archive_import.import_paths([*folder.glob("*.gz"), *tables_of(folder)], source=Source.ARCHIVE)
    parent = make_task(name="Made Parent", areas=[make_area(name="Made Area")], description="Of all.")
    child = make_task(name="Made Child", description=None)
    child.parents.add(parent)
    paper = make_paper(
        slug="made-paper", title="Made Paper", abstract="About making.", authors=["Ann Made", "Bob Made"], date=date(2020, 2, 3), tasks=[child],
        methods=[make_method(name="Made Method", description="Makes.")], proceeding=make_proceeding(name="Made 2020 2", conference="Made", year=2020, month=2),
        repositories=[make_repository(url="https://gitlab.com/Made/Thing", framework="jax")],
    )  # fmt: skip
    make_dataset(name="Made Data", full_name="Data, Made", homepage="https://example.org/data", paper=paper)
    make_planned_run()
    make_worker()
    return folder


@pytest.fixture(scope="module")
def ask(archive, site, tmp_path_factory):
    """Calls the official client in its environment, with a reviewer's token; results in the order of the calls."""
    _, token = tokens.make(make_person("reviewer"), name="client", scopes=["write"])
    home = tmp_path_factory.mktemp("client")
    python = home / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", python, "install", CLIENT]
    if subprocess.run(pip, check=False).returncode:
        absent(f"the package {CLIENT} from a package index")
    called = set()

    def asked(*calls):
        called.update(method for method, _ in calls)
        client.stdin.write(json.dumps(calls) + "\n")
        client.stdin.flush()
        answers = json.loads(client.stdout.readline())
        assert isinstance(answers, list), answers
        return answers

    asked.called = called
    bare = {"PATH": os.environ["PATH"], "HOME": str(home)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([python, SCRIPT, site, token], text=True, env=bare, **pipes) as client:
        yield asked


def every(ask, method, **arguments):
    """A whole list, page by page, as somebody reads it who follows `next_page`."""
    found, page = [], 1
    while page:
        (body,) = ask((method, {**arguments, "page": page, "items_per_page": 500}))
        found += body["results"]
        page = body["next_page"]
    assert body["count"] == len(found)
    return found


def test_the_official_client_gets_back_what_was_put_in(archive, ask):
    _papers(archive, ask)
    _repositories(archive, ask)
    _boards(archive, ask)
    _what_was_made(ask)
    _writes(ask)
    _synchronises(ask)
    assert (len(EVERY_GET), len(EVERY_WRITE)) == (40, 16)
    assert ask.called == EVERY_GET | EVERY_WRITE


def _papers(archive, ask):
    expected = {slug_of(row): paper_of(row) for row in rows_of(archive, "papers-with-abstracts.json.gz")}
    listed = {paper["id"]: paper for paper in every(ask, "paper_list")}
    some = sorted(expected)[:3]
    singles = ask(*[("paper_get", {"paper_id": slug}) for slug in some])
    named = ["id", *paper_of(next(iter(rows_of(archive, "papers-with-abstracts.json.gz"))))]
    for slug, paper in expected.items():
        assert {name: listed[slug][name] for name in named} == paper
    assert [{name: paper[name] for name in named} for paper in singles] == [expected[slug] for slug in some]
    with_links = {slug_of(row) for row in rows_of(archive, "links-between-papers-and-code.json.gz")}
    assert set(listed) == expected.keys() | with_links | {"made-paper"}
    tags = {slug_of(row): row["tasks"] for row in rows_of(archive, "papers-with-abstracts.json.gz")}
    for slug, answer in zip(some, ask(*[("paper_task_list", {"paper_id": slug}) for slug in some]), strict=True):
        assert [task["name"] for task in answer["results"]] == tags[slug]


def _repositories(archive, ask):
    links = rows_of(archive, "links-between-papers-and-code.json.gz")
    by_url = defaultdict(set)
    for row in links:
        by_url[row["repo_url"].lower().removesuffix("/")].add(slug_of(row))
    listed = {repository["url"].lower().removesuffix("/"): repository for repository in every(ask, "repository_list")}
    assert listed.keys() == by_url.keys() | {"https://gitlab.com/made/thing"}
    (most, papers), *_ = Counter({url: len(found) for url, found in by_url.items()}).most_common(1)
    owner, name = listed[most]["owner"], listed[most]["name"]
    (of_owner, one, of_one) = ask(
        ("repository_owner_list", {"owner": owner}),
        ("repository_get", {"owner": owner, "name": name}),
        ("repository_paper_list", {"owner": owner, "name": name, "items_per_page": 500}),
    )
    assert listed[most] in of_owner["results"]
    assert one == listed[most]
    assert {paper["id"] for paper in of_one["results"]} == by_url[most]
    assert of_one["count"] == papers
    row = next(row for row in links if row["is_official"] and row["framework"] == "pytorch")
    ((answer),) = ask(("paper_repository_list", {"paper_id": slug_of(row)}))
    found = next(link for link in answer["results"] if link["url"] == row["repo_url"])
    assert (found["is_official"], found["framework"], found["stars"]) == (True, "pytorch", 0)
    (body,) = ask(("search", {"q": f'"{row["paper_title"]}"'}))
    assert (body["results"][0]["paper"]["id"], body["results"][0]["is_official"]) == (slug_of(row), True)


def _boards(archive, ask):
    papers = every(ask, "paper_list")
    put_in = Counter(claim_of(row, papers) for row in claims_in(archive))
    boards = every(ask, "evaluation_list")
    assert {board["id"] for board in boards} == set(Leaderboard.objects.values_list("slug", flat=True))
    answers = ask(*[("evaluation_result_list", {"evaluation_id": board["id"], "items_per_page": 500}) for board in boards])
    got_back = Counter()
    for answer in answers:
        assert (answer["count"], answer["next_page"]) == (len(answer["results"]), None)
        for row in answer["results"]:
            said = [row[name] for name in ("uses_additional_data", "evaluated_on", "paper", "external_source_url")]
            got_back[row["methodology"].strip(), cells_of(row), *said] += 1
    assert sum(got_back.values()) == Claim.objects.count()
    assert not got_back - put_in  # the importer joins rows that two tables repeat
    assert not set(put_in) - set(got_back)
    board = max(boards, key=lambda board: len(answers[boards.index(board)]["results"]))
    metrics = Metric.objects.filter(leaderboard__slug=board["id"])
    result = answers[boards.index(board)]["results"][0]
    here = {"evaluation_id": board["id"]}
    one, listed, metric, again, of_task = ask(
        ("evaluation_get", here),
        ("evaluation_metric_list", here),
        ("evaluation_metric_get", {**here, "metric_id": str(metrics[0].public_id)}),
        ("evaluation_result_get", {**here, "result_id": result["id"]}),
        ("task_evaluation_list", {"task_id": board["task"]}),
    )
    assert (one, again) == (board, result)
    assert [column["name"] for column in listed["results"]] == [column.name for column in metrics]
    assert (metric["name"], metric["is_loss"]) == (metrics[0].name, metrics[0].direction == "lower")
    assert board in of_task["results"]
    claim = Claim.objects.filter(paper__isnull=False).select_related("paper").first()
    (of_paper,) = ask(("paper_result_list", {"paper_id": claim.paper.slug}))
    assert str(claim.public_id) in [row["id"] for row in of_paper["results"]]
    (of_data,) = ask(("dataset_evaluation_list", {"dataset_id": board["dataset"]}))
    assert board in of_data["results"]


def _what_was_made(ask):
    task = {"id": "made-child", "name": "Made Child", "description": ""}
    parent = {"id": "made-parent", "name": "Made Parent", "description": "Of all."}
    method = {"id": "made-method", "name": "Made Method", "full_name": "Made Method", "description": "Makes.", "paper": None}
    data = {"id": "made-data", "name": "Made Data", "full_name": "Data, Made", "url": "https://example.org/data"}
    meeting = Proceeding.objects.get(name="Made 2020 2")
    held = {"id": meeting.slug, "year": 2020, "month": 2}
    at, author = {"conference_id": "made"}, {"id": "ann-made", "full_name": "Ann Made"}
    lists = [
        ("task_parent_list", {"task_id": "made-child"}, parent), ("task_child_list", {"task_id": "made-parent"}, task),
        ("area_list", {"name": "Made"}, {"id": "made-area", "name": "Made Area"}), ("area_task_list", {"area_id": "made-area"}, parent),
        ("task_list", {"q": "made child"}, task), ("method_list", {"name": "Made"}, method), ("dataset_list", {"full_name": "Data, M"}, data),
        ("paper_method_list", {"paper_id": "made-paper"}, method), ("paper_dataset_list", {"paper_id": "made-paper"}, data),
        ("author_list", {"full_name": "Ann Made"}, author), ("conference_list", {"q": "made"}, {"id": "made", "name": "Made"}),
        ("proceeding_list", at, held),
    ]  # fmt: skip
    for (_, _, expected), answer in zip(lists, ask(*[call[:2] for call in lists]), strict=True):
        assert answer == {"count": 1, "next_page": None, "previous_page": None, "results": [expected]}
    singles = [
        ("task_get", {"task_id": "made-child"}, task), ("area_get", {"area_id": "made-area"}, {"id": "made-area", "name": "Made Area"}),
        ("method_get", {"method_id": "made-method"}, method), ("dataset_get", {"dataset_id": "made-data"}, data),
        ("author_get", {"author_id": "ann-made"}, author), ("conference_get", at, {"id": "made", "name": "Made"}),
        ("proceeding_get", {**at, "proceeding_id": meeting.slug}, held),
    ]  # fmt: skip
    assert ask(*[call[:2] for call in singles]) == [expected for _, _, expected in singles]
    papers = [
        ("author_paper_list", {"author_id": "bob-made"}), ("task_paper_list", {"task_id": "made-child"}),
        ("proceeding_paper_list", {**at, "proceeding_id": meeting.slug}), ("paper_list", {"q": "making", "title": "Made"}),
        ("paper_list", {"abstract": "about making"}),
    ]  # fmt: skip
    for answer in ask(*papers):
        assert [(paper["id"], paper["published"], paper["authors"]) for paper in answer["results"]] == [
            ("made-paper", "2020-02-03", ["Ann Made", "Bob Made"])
        ]


def _writes(ask):
    """Every write of the client, each read again afterwards."""
    task, data = {"name": "Written Task", "description": "Of tests."}, {"name": "Written Data", "full_name": "Data, Written"}
    put_task = ("task_add", {"task": ["TaskCreateRequest", {**task, "area": "Made Area", "parent_task": "made-parent"}]})
    put_data = ("dataset_add", {"dataset": ["DatasetCreateRequest", {**data, "url": "https://example.org/w"}]})
    put_board = ("evaluation_create", {"evaluation": ["EvaluationTableCreateRequest", {
        "task": "written-task", "dataset": "Written Data", "description": "A board.", "mirror_url": "https://example.org/m"}]})  # fmt: skip
    *made, _, children, of_area = ask(
        put_task, put_data, put_board, ("evaluation_get", {"evaluation_id": "written-task-on-written-data"}),
        ("task_child_list", {"task_id": "made-parent"}), ("area_task_list", {"area_id": "made-area"}),
    )  # fmt: skip
    board = {
        "id": "written-task-on-written-data", "task": "written-task", "dataset": "written-data", "description": "A board.",
        "mirror_url": "https://example.org/m",
    }  # fmt: skip
    assert made == [{"id": "written-task", **task}, {"id": "written-data", **data, "url": "https://example.org/w"}, board]
    assert made[0] in children["results"] and made[0] in of_area["results"]

    here = {"evaluation_id": board["id"]}
    metric = {"name": "Accuracy", "description": "Of all.", "is_loss": False}
    first, second = ask(
        ("evaluation_metric_add", {**here, "metric": ["MetricCreateRequest", metric]}),
        ("evaluation_metric_add", {**here, "metric": ["MetricCreateRequest", {**metric, "name": "Loss", "is_loss": True}]}),
    )
    assert (first, second["is_loss"]) == ({"id": first["id"], **metric}, True)
    result = {
        "metrics": {"Accuracy": "91.4%", "Loss": "0.31"}, "methodology": "Written Model", "uses_additional_data": True,
        "paper": "made-paper", "evaluated_on": "2021-02-03", "external_source_url": "https://example.org/number",
    }  # fmt: skip
    added, bare = ask(
        ("evaluation_result_add", {**here, "result": ["ResultCreateRequest", result]}),
        ("evaluation_result_add", {**here, "result": ["ResultCreateRequest", {
            "metrics": {"Accuracy": "80.1%"}, "methodology": "Bare", "external_source_url": "https://example.org/bare"}]}),
    )  # fmt: skip
    assert added == {"id": added["id"], **result, "best_rank": 1, "best_metric": "Accuracy"}
    assert (bare["paper"], bare["external_source_url"], bare["evaluated_on"]) == (None, "https://example.org/bare", None)
    row, column = {**here, "result_id": added["id"]}, {**here, "metric_id": first["id"]}
    changes = ask(
        ("task_update", {"task_id": "written-task", "task": ["TaskUpdateRequest", {"description": "Of all tests."}]}),
        ("dataset_update", {"dataset_id": "written-data", "dataset": ["DatasetUpdateRequest", {"url": "https://example.org/x"}]}),
        ("evaluation_update", {**here, "evaluation": ["EvaluationTableUpdateRequest", {"description": "Still a board."}]}),
        ("evaluation_metric_update", {**column, "metric": ["MetricUpdateRequest", {"description": "Of most."}]}),
        ("evaluation_result_update", {**row, "result": ["ResultUpdateRequest", {"metrics": {"Loss": "0.30"}}]}),
    )
    again = ask(
        ("task_get", {"task_id": "written-task"}), ("dataset_get", {"dataset_id": "written-data"}), ("evaluation_get", here),
        ("evaluation_metric_get", column), ("evaluation_result_get", row),
    )  # fmt: skip
    new = [{"description": "Of all tests."}, {"url": "https://example.org/x"}, {"description": "Still a board."},
           {"description": "Of most."}, {"metrics": {"Accuracy": "91.4%", "Loss": "0.30"}}]  # fmt: skip
    assert changes == again == [old | part for old, part in zip([*made, first, added], new, strict=True)]

    (empty,) = ask(("evaluation_metric_add", {**here, "metric": ["MetricCreateRequest", {**metric, "name": "Empty"}]}))
    assert ask(
        ("evaluation_metric_delete", {**here, "metric_id": empty["id"]}), ("evaluation_result_delete", row),
        ("evaluation_delete", here), ("dataset_delete", {"dataset_id": "written-data"}), ("task_delete", {"task_id": "written-task"}),
    ) == [None] * 5  # fmt: skip
    assert not Leaderboard.objects.published().filter(slug=board["id"]).exists()


def _synchronises(ask):
    """A board of elsewhere, twice: what comes back is what was sent, and nothing is doubled."""
    rows = [
        {
            "metrics": {"Score": f"4{place}.5"}, "methodology": f"Synchronised {place}", "paper": "made-paper" if place else None,
            "uses_additional_data": bool(place), "external_id": f"row-{place}", "evaluated_on": "2020-05-06",
            "external_source_url": f"https://example.org/{place}",
        }
        for place in range(2)
    ]  # fmt: skip
    sent = {
        "task": "Made Child", "dataset": "Made Data", "description": "Of elsewhere.", "mirror_url": "https://example.org/board",
        "external_id": "board-7", "metrics": [{"name": "Score", "description": "Points.", "is_loss": False}], "results": rows,
    }  # fmt: skip
    call = ("evaluation_synchronize", {"evaluation": ["EvaluationTableSyncRequest", sent]})
    first, again = ask(call, call)
    assert again == first
    identities = [row.pop("id") for row in again["results"]]
    assert again == {**sent, "id": "made-child-on-made-data", "task": "made-child", "dataset": "made-data"}
    listed = ask(("evaluation_result_list", {"evaluation_id": "made-child-on-made-data"}))[0]
    assert {row["id"] for row in listed["results"]} == set(identities)
    assert listed["count"] == 2


def test_a_client_generated_from_the_description_reads(archive, site, tmp_path, monkeypatch):
    description = tmp_path / "openapi.json"
    with urllib.request.urlopen(f"{site}/api/v1/openapi.json") as answer:
        description.write_bytes(answer.read())
    config = tmp_path / "config.yml"
    config.write_text("package_name_override: generated_client\nproject_name_override: generated\npost_hooks: []\n")
    generate = [Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", description, "--config", config]
    done = subprocess.run(
        [*generate, "--meta", "none", "--output-path", tmp_path / "generated_client"], capture_output=True, text=True
    )
    assert (done.returncode, "WARNING" in done.stdout) == (0, False), done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    with importlib.import_module("generated_client").Client(base_url=site) as client:
        _reads_by(client)


def _reads_by(client):
    paper = importlib.import_module("generated_client.api.papers.papers_retrieve").sync(slug="made-paper", client=client)
    assert (paper.title, paper.authors, paper.published) == ("Made Paper", ["Ann Made", "Bob Made"], date(2020, 2, 3))
    page = importlib.import_module("generated_client.api.tasks.tasks_list").sync(client=client, items_per_page=500)
    assert [task.id for task in page.results] == list(
        Task.objects.published().order_by("slug").values_list("slug", flat=True)[:500]
    )


def test_the_documentation_draws_every_operation_under_the_policy(archive, visit):
    with visit("/api/v1/docs/", color_scheme="dark", viewport={"width": 390, "height": 800}) as page:
        page.wait_for_selector(".opblock", timeout=120_000)
        assert page.locator(".opblock").count() == 82
        page.locator("#operations-papers-papers_retrieve .opblock-summary-control").click()
        page.wait_for_selector(".opblock-body .example", timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_made_up_requests_find_no_error_of_ours_and_no_breach_of_the_description(archive, site, tmp_path):
    fuzz = [
        Path(sys.executable).with_name("schemathesis"), "run", f"{site}/api/v1/openapi.json", "--phases", "examples,fuzzing", "--max-examples",
        os.environ.get("FUZZ_EXAMPLES", "2"), "--seed", "7", "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance", "--workers", "2",
        "--suppress-health-check", "all", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(fuzz, cwd=tmp_path, capture_output=True, text=True, timeout=int(os.environ.get("FUZZ_SECONDS", "240")))
    assert done.returncode == 0, done.stdout[-6000:]
    tested = re.search(r"Operations:\s+(\d+) selected / (\d+) total\n.*?Tested:\s+(\d+)", done.stdout, re.S)
    assert tested and tested[1] == tested[2] == tested[3], done.stdout[-3000:]
