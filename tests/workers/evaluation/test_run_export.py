"""A run as a folder that lm-eval's tools read, and the check of its numbers, which finds whatever was changed."""

import json
import shutil
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from lm_eval.utils import get_file_datetime, get_file_task_name, get_results_filenames, get_sample_results_filenames, make_table

from tests.factories.runs import make_protocol
from tests.workers.evaluation import conftest
from tests.workers.evaluation.run_here import run_here
from workers import plan
from workers.evaluation import selftest
from workers.models import Request, Run, Sample
from workers.states import RunState

pytestmark = [pytest.mark.long]

SUBJECTS = 3
ITEMS = 6


@pytest.fixture(scope="module")
def here(neox, tmp_path_factory):
    """This process as a worker."""
    var_dir = tmp_path_factory.mktemp("var")
    (var_dir / "huggingface").symlink_to(conftest._HOME)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in (
            ("VAR_DIR", var_dir),
            ("CHECKPOINT_ROOTS", [neox.parent]),
            ("HUB_OFFLINE", True),
        ):
            patched.setattr(settings, name, value)
        yield


@pytest.fixture(scope="module")
def run(here, committed_db_of_module, neox):
    """Two items of each subject of a group: 24 requests."""
    protocol = make_protocol(task=selftest.TASK, num_fewshot=2, versions={}, is_selftest=True)
    return run_here(neox, protocol=protocol, items_per_task=2)


@pytest.fixture
def folder(run, tmp_path):
    """The run's export."""
    call_command("export_run", str(run.public_id), str(tmp_path / "export"), stdout=StringIO())
    return tmp_path / "export"


def verify(what):
    """The lines of a verification that finds everything the same, or that ends with 1."""
    said = StringIO()
    try:
        call_command("verify_run", str(what), stdout=said)
    except CommandError as error:
        return said.getvalue().splitlines(), str(error)
    return said.getvalue().splitlines(), ""


def different(what):
    lines, error = verify(what)
    assert error.endswith("this run's numbers are not its answers'.")
    return [line.split(":")[0] for line in lines if "DIFFERENT" in line]


def samples_file(folder, subject):
    (path,) = folder.glob(f"*/samples_portal_selftest_{subject}_*.jsonl")
    return path


def rewrite(path, change):
    """Change a file's JSON, or the first line of a .jsonl, by a function."""
    first, more = path.read_text().split("\n", 1) if path.suffix == ".jsonl" else (path.read_text(), "")
    value = json.loads(first)
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n" + more)


def sign_again(folder):
    """Bring the manifest's digests of files up to date, as somebody would who wants to hide a change."""
    import hashlib

    def digests(manifest):
        for file in manifest["files"]:
            file["sha256"] = hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest()

    rewrite(folder / "manifest.json", digests)


def test_everything_of_an_untouched_run_is_the_same(run):
    lines, error = verify(run.public_id)
    assert error == ""
    assert lines[0].startswith("responses: the same, SHA-256 ")
    metrics = [line for line in lines if " acc: the same, " in line]
    assert len(metrics) == SUBJECTS + 1
    assert any(line.startswith("portal_selftest acc: the same, ") and line.endswith("over 6 items") for line in metrics)
    assert lines[-3:] == [
        f"task hashes: the same, of {SUBJECTS} tasks",
        f"items: the same, all {ITEMS}",
        "Everything is the same.",
    ]


def test_everything_of_an_untouched_export_is_the_same(folder):
    lines, error = verify(folder)
    assert error == ""
    assert [line.split(": the same")[0].split("/")[-1].split("_2")[0] for line in lines if "SHA-256" in line][:2] == [
        "results",
        "samples_portal_selftest_minerals",
    ]
    assert f"prompts: the same as built here, {4 * ITEMS} requests" in lines
    assert f"items: the same, all {ITEMS}" in lines
    assert all("the same" in line for line in lines)


def test_an_export_needs_no_database(folder, django_db_blocker):
    with django_db_blocker.block():
        assert verify(folder)[1] == ""


def test_lm_evals_own_tools_read_it(run, folder):
    import datasets

    names = sorted(f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_file())
    (results,) = get_results_filenames(names)
    samples = get_sample_results_filenames(names)
    assert [get_file_task_name(Path(name).name) for name in samples] == sorted(fact["name"] for fact in run.provenance["tasks"])
    assert {get_file_datetime(name) for name in samples} == {get_file_datetime(results).removesuffix(".json")}
    stands = json.loads((folder / results[1:]).read_text())
    assert "|portal_selftest" not in make_table(stands).splitlines()[0]
    assert "minerals" in make_table(stands)
    rows = datasets.load_dataset("json", data_files=str(folder / samples[0][1:]), split="train")
    assert (len(rows), rows[0]["filter"]) == (2, "none")


def test_an_item_is_written_as_the_tracker_writes_it(run, folder, tmp_path):
    """lm-eval's own evaluation with the same answers, written by its own tracker."""
    from lm_eval import evaluator
    from lm_eval.loggers import EvaluationTracker

    from workers import reduce
    from workers.evaluation import harness

    spec = plan.spec_of(run)
    planned = plan.stored_plan(run)
    tasks = harness._tasks(spec)
    results = evaluator.evaluate(
        lm=harness._Repeater(planned, reduce.responses_of(run), tasks),
        task_dict=tasks,
        limit=2,
        fewshot_as_multiturn=True,
        log_samples=True,
    )
    tracker = EvaluationTracker(output_path=str(tmp_path / "own"))
    tracker.general_config_tracker.log_experiment_args("hf", f"pretrained={run.checkpoint.location}", None, None, True)
    logged = results.pop("samples")
    tracker.save_results_aggregated(results=dict(results), samples=logged)
    for task, entries in logged.items():
        tracker.save_results_samples(task_name=task, samples=entries)

    (own_folder,) = (tmp_path / "own").iterdir()
    (our_folder,) = (path for path in folder.iterdir() if path.is_dir())
    assert own_folder.name == our_folder.name
    for path in sorted(own_folder.glob("samples_*")):
        (ours,) = our_folder.glob(f"{path.name.rpartition('_')[0]}_*")
        own_lines, our_lines = ([json.loads(line) for line in file.read_text().splitlines()] for file in (path, ours))
        assert our_lines == own_lines
        assert [list(line) for line in our_lines] == [list(line) for line in own_lines]
    own, our = (json.loads(next(found.glob("results_*")).read_text()) for found in (own_folder, our_folder))
    same = ("results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better", "n-samples", "task_hashes")
    assert {name: our[name] for name in same} == {name: own[name] for name in same}
    assert set(own) <= set(our)


def test_the_manifest_says_what_produced_it(run, folder):
    text = (folder / "manifest.json").read_text()
    manifest = json.loads(text)
    assert (manifest["run"]["id"], manifest["run"]["task"], manifest["run"]["items_per_task"]) == (
        str(run.public_id),
        "portal_selftest",
        2,
    )
    assert manifest["provenance"]["checkpoint"] == run.provenance["checkpoint"]
    assert len(manifest["files"]) == 1 + SUBJECTS
    assert run.provenance["worker"] not in text
    assert "@host" not in text


def test_the_same_run_gives_the_same_bytes(run, folder, tmp_path):
    call_command("export_run", str(run.public_id), str(tmp_path / "again"), stdout=StringIO())
    for path in folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_a_changed_log_likelihood_is_found(folder):
    def nudge(entry):
        entry["resps"][3][0][0] = entry["filtered_resps"][3][0] = str(float(entry["resps"][3][0][0]) - 1e-9)

    path = samples_file(folder, "birds")
    rewrite(path, nudge)
    name = path.relative_to(folder).as_posix()
    assert different(folder) == [name, "responses"]
    sign_again(folder)
    assert different(folder) == ["responses"]


def test_a_changed_digest_is_found(folder):
    path = samples_file(folder, "birds")
    rewrite(path, lambda entry: entry.update(doc_hash="0" * 64))
    sign_again(folder)
    assert different(folder) == ["items"]
    rewrite(folder / "manifest.json", lambda manifest: manifest["files"][0].update(sha256="0" * 64))
    assert len(different(folder)) == 2


def test_a_changed_metric_is_found(folder):
    def better(manifest):
        next(metric for metric in manifest["metrics"] if metric["task"] == "portal_selftest")["value"] = 0.5

    rewrite(folder / "manifest.json", better)
    assert different(folder) == ["portal_selftest acc"]
    (results,) = folder.glob("*/results_*.json")
    rewrite(results, lambda stands: stands["results"]["portal_selftest"].update({"acc,none": 0.5}))
    sign_again(folder)
    assert different(folder) == ["portal_selftest acc", f"results in {results.relative_to(folder).as_posix()}"]


def test_another_prompt_a_missing_item_and_a_stray_file_are_found(folder):
    path = samples_file(folder, "birds")
    text = path.read_text()
    rewrite(path, lambda entry: entry["arguments"]["gen_args_0"].update(arg_0="Another prompt"))
    assert verify(folder)[1].startswith("The export's item 0 of portal_selftest_birds was asked otherwise than lm-eval asks here")
    path.write_text("")
    assert verify(folder)[1] == "The export has no item 0 of portal_selftest_birds: it is not whole."
    path.write_text("{")
    assert verify(folder)[1] == f"{path} is not lm-eval's samples: export the run again."
    path.write_text(text)
    (folder / "more.json").write_text("{}")
    assert different(folder) == ["more.json"]


@pytest.mark.parametrize("name", ["../outside.json", "/etc/passwd"])
def test_a_manifest_does_not_lead_out_of_its_folder(folder, name):
    rewrite(folder / "manifest.json", lambda manifest: manifest["files"].append({"name": name, "size": 1, "sha256": "0"}))
    assert verify(folder)[1] == f"The manifest lists {name!r}, which leads out of the export: do not trust this folder."


def test_what_is_no_export_is_said_to_be_none(run, tmp_path):
    assert (
        verify(tmp_path)[1] == f"{tmp_path / 'manifest.json'} is no manifest of an export: name the folder that export_run wrote."
    )
    nobody = uuid4()
    for what in (nobody, "x"):
        assert verify(what)[1] == f'"{what}" is neither a folder nor the id of a run: take the id from the address of its page.'


def test_a_change_in_the_database_is_found(run):
    request = Request.objects.get(run=run, ordinal=7)
    Request.objects.filter(pk=request.pk).update(log_likelihood=request.log_likelihood - 1e-9)
    assert different(run.public_id) == ["responses"]
    Request.objects.filter(pk=request.pk).update(log_likelihood=request.log_likelihood)
    sample = Sample.objects.get(run=run, index=3)
    Sample.objects.filter(pk=sample.pk).update(is_correct=not sample.is_correct)
    assert different(run.public_id) == ["items"]
    Sample.objects.filter(pk=sample.pk).update(is_correct=sample.is_correct)
    changed = {**run.results, "metrics": [{**run.results["metrics"][0], "stderr": 0.1}, *run.results["metrics"][1:]]}
    Run.objects.filter(pk=run.pk).update(results=changed)
    assert different(run.public_id) == [f"{changed['metrics'][0]['task']} acc"]
    Run.objects.filter(pk=run.pk).update(results=run.results)
    assert verify(run.public_id)[1] == ""


def test_only_a_finished_run_is_exported_into_a_new_folder(run, folder):
    with pytest.raises(CommandError, match="is not empty: name a new folder."):
        call_command("export_run", str(run.public_id), str(folder))
    shutil.rmtree(folder)
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    try:
        with pytest.raises(CommandError, match="The run is failed: only a finished run can be exported."):
            call_command("export_run", str(run.public_id), str(folder))
        assert verify(run.public_id)[1] == "The run is failed: only a finished run has numbers."
    finally:
        Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    with pytest.raises(CommandError, match="There is no run"):
        call_command("export_run", str(uuid4()), str(folder))


def test_items_know_how_long_their_prompts_are(run):
    from transformers import AutoTokenizer

    sample = Sample.objects.get(run=run, index=5)
    request = sample.requests.select_related("prompt").first()
    tokenizer = AutoTokenizer.from_pretrained(settings.CHECKPOINT_ROOTS[0] / run.checkpoint.folder)
    assert sample.token_count == len(tokenizer(request.prompt.text + request.continuation)["input_ids"])
    assert sample.tokens_cut == 0
    assert run.provenance["reading"]["max_length"] == 2048
    assert asdict(plan.Seeds()) == run.seeds
