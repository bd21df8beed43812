"""The run page, the list of runs, and the buttons that staff have."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement
from portal.pages import run_list
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_checkpoint, make_mapping, make_planned_run, make_protocol, make_worker
from tests.portal.reading import in_order, read
from workers.models import ClaimMapping, Run, RunEvent, Shard
from workers.states import RunState

pytestmark = pytest.mark.django_db

PROVENANCE = {
    "checkpoint": {
        "location": "EleutherAI/gpt-neox-20b", "revision": "c292233c", "dtype": "float16", "parameter_count": 20_554_567_680,
        "files": [{"name": "model-00001.safetensors", "size": 926_000_000, "sha256": "0123456789abcdef" * 4}],
    },
    "device": {"kind": "cuda", "name": "NVIDIA H200", "count": 2, "memory_bytes": 150_000_000_000},
    "software": {"torch": "2.13.0", "lm_eval": "0.4.13"},
    "tasks": [
        {
            "name": "mmlu_anatomy", "version": "1", "num_fewshot": 5, "items": 135, "dataset": "cais/mmlu", "prompt_sha256": "fedcba98" * 8,
            "chance": 0.25,
        },
    ],
    "seeds": {"fewshot": 1234},
    "worker": "scorer@secret-host",
    "plan": {"version": 1, "token_budget": 2048, "batches": 34, "requests": 540},
}  # fmt: skip
RESULTS = {
    "metrics": [{"task": "mmlu_anatomy", "metric": "acc", "value": 0.25, "stderr": 0.0373, "items": 135, "chance": 0.25}],
    "ties": {"items": 135, "exact": 1, "near": 4, "within": 0.02},
}


def make_run(**values):
    checkpoint = make_checkpoint(name="GPT-NeoX-20B", folder="", hub_id="EleutherAI/gpt-neox-20b", parameter_count=20_554_567_680)
    protocol = make_protocol(name="MMLU, 5-shot, letters", task="mmlu")
    return Run.objects.create(**{"checkpoint": checkpoint, "protocol": protocol, **values})


def address(run, more=""):
    return f"/runs/{run.public_id}{more}"


def test_a_finished_run_says_what_ran_and_what_came_out(client):
    start = timezone.now()
    run = make_run(
        state=RunState.FINISHED,
        provenance=PROVENANCE,
        results=RESULTS,
        started_at=start,
        finished_at=start + timedelta(hours=3, minutes=20),
    )
    page = read(client.get(address(run)))
    in_order(
        page.main,
        [
            "Runs GPT-NeoX-20B", "GPT-NeoX-20B under MMLU, 5-shot, letters", "Finished", "after 3 h 20 min",
            "On 1 of 135 items the best two options are exactly alike", "on 4 more they are within 0.02 of each other", "What ran",
            "Model EleutherAI/gpt-neox-20b Revision c292233c Number format float16 Parameters 20.6 B Device 2 × NVIDIA H200",
            "Device memory 150 GB Benchmark task mmlu, 5-shot", "Tokens a batch 1,024", "Software lm_eval 0.4.13 torch 2.13.0", "Seeds fewshot 1234",
        ],
    )  # fmt: skip
    assert page.tables == [
        [
            ["Task", "Metric", "Value", "Standard error", "n", "Chance"],
            ["mmlu_anatomy", "acc", "0.2500", "0.0373", "135", "0.2500"],
        ],
        [
            ["Task", "Version", "Shots", "Items", "Dataset", "Prompts (SHA-256)"],
            ["mmlu_anatomy", "1", "5", "135", "cais/mmlu", "fedcba98fedc"],
        ],
        [["File", "Size", "SHA-256"], ["model-00001.safetensors", "926 MB", "0123456789ab"]],
    ]
    assert "secret-host" not in page.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Plan version 1: 34 batches in 3 shards Software"),
        ({"is_bit_identical": False}, "Plan version 1: 34 batches in 3 shards; other bits are possible another time"),
        ({"changes": [{"version": 2}]}, "Tokens a batch 1,024 (made smaller: memory ran out)"),
    ],
)
def test_memory_ran_out_only_where_the_plan_became_smaller(client, more, words):
    plan = {**PROVENANCE["plan"], "shards": 3, **more}
    run = make_run(state=RunState.FINISHED, plan_version=1, provenance={**PROVENANCE, "plan": plan}, token_budget=1024)
    main = read(client.get(address(run))).main
    assert words in main
    assert ("memory ran out" in main) == ("changes" in more)


def test_several_kinds_of_devices_are_told_with_their_shards(client):
    cpu = {"kind": "cpu", "name": "A processor", "count": 2}
    scored_by = [
        {"worker": f"{worker}@secret-host", "device": device, "shards": shards}
        for worker, device, shards in (
            ("a", PROVENANCE["device"], [[0, 0], [2, 0]]),
            ("b", cpu, [[1, 0]]),
            ("c", cpu, [[1, 4], [3, 0]]),
        )
    ]
    run = make_run(state=RunState.FINISHED, provenance={**PROVENANCE, "scored_by": scored_by})
    page = read(client.get(address(run)))
    assert "Scored on 2 × NVIDIA H200 (2 shards); A processor, 2 cores (2 shards) " in page.main
    assert "secret-host" not in page.text
    run.provenance["scored_by"] = scored_by[:1]
    run.save()
    assert "Scored on" not in read(client.get(address(run))).main


def test_a_run_leads_to_the_boards_and_papers_that_it_tests(client):
    board = make_board(task=make_task(name="Transfer Learning"), dataset=make_dataset(name="MML"), slug="tl-on-mml")
    claim = make_result(
        board, model_name="GPT-NeoX", scores={"Accuracy": "33.6"}, paper=make_paper(title="The paper", slug="the-paper")
    )
    mapping = make_mapping(claim=claim)
    of_its_pass = make_protocol(name="by length", versions=mapping.protocol.versions, metric="acc_norm")
    for protocol in (of_its_pass, make_protocol(name="another pass")):
        make_mapping(claim=claim, checkpoint=mapping.checkpoint, protocol=protocol)
    run = Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol, state=RunState.FINISHED)
    Measurement.objects.create(
        leaderboard=board, metric=mapping.metric, claim=claim, model_name="GPT-NeoX", protocol=mapping.protocol, value=25.0, items=100,
        run_id=run.public_id, measured_at=timezone.now(), published_at=timezone.now(), retracted_at=timezone.now(),
        retraction_reason="Wrong weights.",
    )  # fmt: skip
    page = read(client.get(address(run)))
    assert page.tables[0][1][:2] == ["Transfer Learning on MML", "GPT-NeoX: 33.6"]
    assert page.tables[0][1][2].endswith("Retracted: Wrong weights.")
    names = f"{mapping.protocol.name}; by length"
    assert page.tables[1][1] == ["GPT-NeoX", "Transfer Learning on MML", "Accuracy", names, "The paper"]
    assert page.link("The paper") == "/paper/the-paper"
    assert page.link("Transfer Learning on MML") == "/sota/tl-on-mml"


def test_a_failed_run_shows_its_sentence_as_words(client):
    run = make_run(state=RunState.FAILED, error_message="The file <script>alert(1)</script> is cut off: fetch it again.")
    page = read(client.get(address(run)))
    assert "Failed The file <script>alert(1)</script> is cut off: fetch it again." in page.main
    assert [attributes["src"] for tag, attributes in page.elements if tag == "script"] == [
        "/static/js/theme.js",
        "/static/js/search.js",
    ]


def test_a_failed_run_says_what_kind_of_fault_it_was(client):
    run = make_run(state=RunState.FAILED, error_code="checkpoint_gated", error_message="Ask its owner.")
    assert "Failed Gated weights. Ask its owner." in read(client.get(address(run))).main


def test_a_waiting_run_says_why(client):
    make_worker(memory_bytes=8 * 10**9)
    run = make_run()
    run.checkpoint.memory_bytes, run.checkpoint.device = 45_220_000_000, "gpu"
    run.checkpoint.save()
    main = read(client.get(address(run))).main
    in_order(main, ["Waiting Needs 45 GB of GPU memory; no worker online has it.", "Should start unknown", "Should end unknown"])
    Run.objects.update(state=RunState.SCORING, started_at=timezone.now())
    assert "Should start" not in read(client.get(address(run))).main


def test_progress_counts_batches_over_all_shards(client):
    run = make_planned_run(samples=12, batch_size=2, shards=2)
    Shard.objects.filter(run=run, index=0).update(batches_done=2, state="running")
    main = read(client.get(address(run))).main
    assert "2 of 6 batches done, 33 %; 24 requests over 12 items in all." in main


def test_events_stand_in_their_order_without_the_names_of_hosts(client):
    run = make_run()
    RunEvent.objects.create(run=run, state=RunState.REQUESTED, note="Asked for.", actor="admin")
    RunEvent.objects.create(run=run, state=RunState.PLANNING, note="Planning.", actor="scorer@secret-host")
    page = read(client.get(address(run)))
    in_order(page.main, ["Events", "Asked for.", "Planning."])
    assert "secret-host" not in page.text


def test_a_record_of_another_shape_is_left_out(client):
    odd = {"checkpoint": [1], "device": "a", "software": None, "tasks": {"a": 1}, "seeds": 3, "plan": "x"}
    run = make_run(state=RunState.FAILED, provenance=odd, results={"metrics": ["x", {"task": 1, "value": "high", "items": -1}]})
    page = read(client.get(address(run)))
    assert page.tables == [[["Task", "Metric", "Value", "Standard error", "n", "Chance"], ["1", "", "", "", "0", ""]]]
    assert "Model EleutherAI/gpt-neox-20b" in page.main


def test_a_self_test_and_a_trial_are_labelled(client):
    run = Run.objects.create(checkpoint=make_checkpoint(), protocol=make_protocol(is_selftest=True), items_per_task=5)
    main = read(client.get(address(run))).main
    assert "Self-test: this checks the portal’s own machinery and says nothing about published models." in main
    assert "Trial run over the first 5 items of each task" in main


def test_only_an_open_run_brings_the_script_that_asks_again(client):
    run = make_run()
    scripts = [attributes["src"] for tag, attributes in read(client.get(address(run))).elements if tag == "script"]
    assert scripts == ["/static/js/theme.js", "/static/js/search.js", "/static/js/run.js"]
    Run.objects.update(state=RunState.CANCELLED)
    scripts = [attributes["src"] for tag, attributes in read(client.get(address(run))).elements if tag == "script"]
    assert scripts == ["/static/js/theme.js", "/static/js/search.js"]


def test_the_changing_part_answers_304_until_something_changes(client):
    run = make_run()
    first = client.get(address(run, "/state"))
    assert first.status_code == 200
    assert 'data-open="true"' in first.content.decode()
    assert first["Cache-Control"] == "no-cache"
    again = client.get(address(run, "/state"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Run.objects.update(state=RunState.CANCELLED)
    changed = client.get(address(run, "/state"), headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert 'data-open="false"' in changed.content.decode()


@pytest.mark.parametrize("more", ["", "/state"])
def test_an_unknown_run_answers_404(client, more):
    response = client.get(f"/runs/{uuid4()}{more}")
    assert response.status_code == 404
    assert "There is no run at this address." in read(response).main


def test_staff_ask_for_a_run_and_come_to_its_page(admin_client, admin_user):
    mapping = make_mapping()
    response = admin_client.post("/runs/request", {"mapping": mapping.pk})
    run = Run.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(run))
    assert (run.checkpoint, run.protocol, run.requested_by, run.state) == (
        mapping.checkpoint, mapping.protocol, admin_user, RunState.REQUESTED,
    )  # fmt: skip


@pytest.mark.parametrize("mapping", ["", "x", "１", "0", "99999999999999999999", "-1"])
def test_a_mapping_that_is_not_there_answers_404(admin_client, mapping):
    response = admin_client.post("/runs/request", {"mapping": mapping})
    assert response.status_code == 404
    assert "What would test this claim is not known any more: go back and reload the page." in read(response).main
    assert Run.objects.count() == 0


def test_staff_cancel_a_run_and_a_second_click_changes_nothing(admin_client):
    run = make_run()
    page = read(admin_client.get(address(run)))
    assert address(run, "/cancel") in [form["action"] for form in page.forms]
    for _ in range(2):
        response = admin_client.post(address(run, "/cancel"))
        assert (response.status_code, response["Location"]) == (302, address(run))
    assert Run.objects.get().state == RunState.CANCELLED
    assert RunEvent.objects.filter(state=RunState.CANCELLED).count() == 1


def test_a_run_that_is_not_there_cannot_be_cancelled(admin_client):
    response = admin_client.post(f"/runs/{uuid4()}/cancel")
    assert response.status_code == 404
    assert "There is no run at this address." in read(response).main


@pytest.mark.parametrize("who", ["stranger", "reader"])
def test_others_can_neither_ask_nor_cancel(client, django_user_model, who):
    if who == "reader":
        client.force_login(django_user_model.objects.create_user("reader"))
    mapping, run = make_mapping(), make_run()
    for path, data in (("/runs/request", {"mapping": mapping.pk}), (address(run, "/cancel"), {})):
        response = client.post(path, data)
        assert response.status_code == 403
        assert "Only the portal's staff can do this: sign in first." in read(response).main
    assert Run.objects.get().state == RunState.REQUESTED
    assert "Cancel this run" not in read(client.get(address(run))).main


def test_staff_without_the_forms_token_can_neither(django_user_model):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("boss"))
    assert client.post("/runs/request", {"mapping": make_mapping().pk}).status_code == 403
    assert Run.objects.count() == 0


@pytest.mark.parametrize("path", ["/runs/request", "/runs/00000000-0000-0000-0000-000000000000/cancel"])
def test_reading_does_not_change_anything(admin_client, path):
    assert admin_client.get(path).status_code == 405


def test_the_list_has_queue_workers_and_history(client):
    make_worker(memory_bytes=64 * 10**9)
    start = timezone.now()
    make_run(state=RunState.SCORING, activity="Loading the model.")
    Run.objects.create(
        checkpoint=make_checkpoint(name="Small"), protocol=make_protocol(name="Self", is_selftest=True), state=RunState.FINISHED,
        started_at=start, finished_at=start + timedelta(seconds=62),
    )  # fmt: skip
    page = read(client.get("/runs"))
    queue, workers, history = page.tables
    assert queue[1][:3] == ["GPT-NeoX-20B", "MMLU, 5-shot, letters", "Scoring Loading the model."]
    assert workers[1][:5] == ["CPU: a device", "1 core", "64 GB", "waiting for work", "no model"]
    assert (history[1][:3], history[1][4]) == (["Small", "Self self-test", "Finished"], "1 min 2 s")
    assert "@host" not in page.text


def test_a_queue_too_long_for_a_page_says_how_many_more_wait(client, monkeypatch):
    monkeypatch.setattr(run_list, "OPEN_SHOWN", 2)
    for more, words in ((2, None), (1, "The first 2 are shown; 1 run waits behind them")):
        for _ in range(more):
            make_run()
        page = read(client.get("/runs"))
        assert len(page.tables[0]) == 3
        assert words in page.main if words else "behind them" not in page.main


def test_an_empty_list_of_runs_says_what_to_do(client):
    main = read(client.get("/runs")).main
    in_order(main, ["No run is open. The staff ask for one", "No worker was heard from lately", "No run has ended yet."])


def test_history_is_paged(client):
    checkpoint, protocol = make_checkpoint(), make_protocol()
    made = [Run.objects.create(checkpoint=checkpoint, protocol=protocol, state=RunState.FINISHED) for _ in range(41)]
    first = read(client.get("/runs"))
    assert len(first.tables[0]) == 41
    second = read(client.get(first.link("Next page")))
    assert [row[0] for row in second.tables[0][1:]] == [checkpoint.name]
    assert f"/runs/{made[0].public_id}" in second.hrefs()


def test_a_run_that_has_a_model_write_shows_its_first_answers(client):
    run = make_planned_run(samples=12, protocol=make_protocol(task="gsm8k", scoring="written"))
    assert "First answers" not in read(client.get(address(run))).main
    for request in run.requests.filter(choice=0):
        request.kind, request.response_text = "generate_until", f"<b>{request.ordinal}</b> and\n#### {request.ordinal}"
        request.save()
    run.samples.filter(index=0).update(prediction="0", is_correct=True)
    run.samples.filter(index=1).update(prediction="2", is_correct=False)

    (table,) = read(client.get(address(run))).tables

    assert table[:4] == [
        ["Item", "Written", "Read", "Is"],
        ["gsm8k, item 1", "<b>0</b> and #### 0", "0", "right"],
        ["gsm8k, item 2", "<b>2</b> and #### 2", "2", "wrong"],
        ["gsm8k, item 3", "<b>4</b> and #### 4", "–", "–"],
    ]
    assert len(table) == 11


def test_a_long_answer_is_cut_on_the_page(client):
    run = make_planned_run(samples=1, protocol=make_protocol(task="gsm8k", scoring="written"))
    run.requests.filter(choice=0).update(kind="generate_until", response_text="long " * 500)

    (table,) = read(client.get(address(run))).tables

    assert table[1][1] == f"{('long ' * 120).rstrip()} …"


@pytest.mark.parametrize("size", [1, 30])
def test_the_number_of_queries_of_a_run_does_not_grow(client, django_assert_num_queries, size):
    run = make_run(state=RunState.FINISHED, provenance={**PROVENANCE, "tasks": PROVENANCE["tasks"] * size})
    board = make_board()
    for _ in range(size):
        claim = make_result(board, scores={"Accuracy": "1"}, paper=make_paper())
        ClaimMapping.objects.create(claim=claim, metric=board.metrics.get(), checkpoint=run.checkpoint, protocol=run.protocol)
        Measurement.objects.create(
            leaderboard=board, metric=board.metrics.get(), claim=claim, model_name="M", protocol=run.protocol, value=1.0, items=1,
            run_id=run.public_id, measured_at=timezone.now(), published_at=timezone.now(),
        )  # fmt: skip
        RunEvent.objects.create(run=run, state=RunState.FINISHED)
    with django_assert_num_queries(9):
        client.get(address(run))
