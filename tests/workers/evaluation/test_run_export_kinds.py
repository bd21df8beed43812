"""Exports of runs that write, of running text and of further scoring rules: as lm-eval's own tracker writes them, and verified."""

import json
from contextlib import suppress
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from tests.factories.runs import make_protocol
from tests.workers.evaluation import conftest
from tests.workers.evaluation.run_here import run_here
from tests.workers.evaluation.writers import lay_down, make_writer
from workers import plan, reduce
from workers.evaluation import harness
from workers.evaluation.local_tasks import arithmetic
from workers.heartbeat import Pulse

pytestmark = [pytest.mark.usefixtures("mmlu", "one_thread"), pytest.mark.long]

PROTOCOLS = {
    "gsm8k": {"num_fewshot": 2, "scoring": "written", "metric": "exact_match,flexible-extract"},
    "wikitext": {"num_fewshot": 0, "scoring": "running_text", "metric": "bits_per_byte"},
    "mmlu_2022_global_facts": {
        "num_fewshot": 0, "metric": "acc_norm", "scoring": "characters",
        "rules": ["letter", "full_text_per_token", "full_text_unconditional"],
    },
}  # fmt: skip
LINES = {"gsm8k": 6, "wikitext": 3, "mmlu_2022_global_facts": 3}
"""Three items; gsm8k reads them by two filters."""


@pytest.fixture(scope="module")
def runs(bench, mmlu, committed_db_of_module, tmp_path_factory):
    """A finished run of three items under each protocol."""
    home = conftest._HOME
    problems = arithmetic.problems(30)
    lay_down(home, path="openai/gsm8k", name="main", splits={"train": problems[:20], "test": problems[20:]})
    pages = [{"page": f"A page of {number} words, " * (number + 1)} for number in range(4)]
    splits = {"train": pages[:1], "validation": pages[:1], "test": pages}
    lay_down(home, path="EleutherAI/wikitext_document_level", name="wikitext-2-raw-v1", splits=splits)
    writer = make_writer(tmp_path_factory.mktemp("writers") / "writer", bench=bench)
    var_dir = tmp_path_factory.mktemp("var")
    (var_dir / "huggingface").symlink_to(home)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in (("VAR_DIR", var_dir), ("CHECKPOINT_ROOTS", [writer.parent]), ("HUB_OFFLINE", True)):
            patched.setattr(settings, name, value)
        beats, moves = [], Pulse.beat
        patched.setattr(Pulse, "beat", lambda *given: (beats.append(given), moves(*given)))
        made = {}
        for task, values in PROTOCOLS.items():
            made[task] = run_here(writer, protocol=make_protocol(task=task, versions={}, **values), items_per_task=3)
            made[task].beats = len(beats)
            beats.clear()
        yield made


def test_writing_says_with_each_word_that_it_moves(runs):
    """A batch may be written for longer than a worker may stand still before it takes itself for wedged."""
    run = runs["gsm8k"]
    longest = max(len(text.split()) for text in run.requests.values_list("response_text", flat=True))
    assert longest > 40
    assert longest < run.beats


@pytest.fixture
def exported(runs, tmp_path):
    def export(task):
        call_command("export_run", str(runs[task].public_id), str(tmp_path / task), stdout=StringIO())
        return tmp_path / task

    return export


def different(what):
    """What a verification of an export, or of a run by its id, finds changed; none where everything is the same."""
    said = StringIO()
    with suppress(CommandError):
        call_command("verify_run", str(what), stdout=said)
    return [line.split(":")[0] for line in said.getvalue().splitlines() if "DIFFERENT" in line], said.getvalue()


def own_lines(run, folder):
    """lm-eval's own evaluation with the same answers, as its own tracker writes it."""
    from lm_eval import evaluator
    from lm_eval.loggers import EvaluationTracker

    planned = plan.stored_plan(run)
    spec = plan.spec_of(run)
    tasks = harness._tasks(spec)
    own = [request.choice < 10_000 for request in planned.requests]
    responses = [response for response, is_own in zip(reduce.responses_of(run), own, strict=True) if is_own]
    planned = plan.Plan(planned.samples, planned.requests[: len(responses)], planned.tasks)
    results = evaluator.evaluate(
        lm=harness._Repeater(planned, responses, tasks), task_dict=tasks, limit=3, fewshot_as_multiturn=True, log_samples=True
    )
    tracker = EvaluationTracker(output_path=str(folder))
    tracker.general_config_tracker.log_experiment_args("hf", f"pretrained={run.checkpoint.location}", None, None, True)
    logged = results.pop("samples")
    tracker.save_results_aggregated(results=dict(results), samples=logged)  # gives the files their date
    for task, entries in logged.items():
        tracker.save_results_samples(task_name=task, samples=entries)
    (path,) = folder.rglob("samples_*")
    return path.read_text().splitlines()


@pytest.mark.parametrize("task", PROTOCOLS)
def test_it_is_written_as_lm_eval_writes_it_and_everything_of_it_is_the_same(runs, exported, tmp_path, task):
    folder = exported(task)
    (samples,) = folder.rglob("samples_*")
    lines = samples.read_text().splitlines()
    assert len(lines) == LINES[task]
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in own_lines(runs[task], tmp_path / "own")]
    wrong, said = different(folder)
    assert (wrong, said.splitlines()[-2:]) == ([], ["items: the same, all 3", "Everything is the same."])
    assert len(list(folder.rglob("further_*"))) == (task == "mmlu_2022_global_facts")
    if task == "mmlu_2022_global_facts":
        assert "acc[full_text_per_token]: the same" in said


@pytest.mark.parametrize("task", PROTOCOLS)
def test_items_as_they_are_stored_are_judged_by_the_protocols_metric(runs, task):
    run = runs[task]
    metric = run.protocol.metric
    assert different(run.public_id)[0] == []
    assert run.results["judged_by"] == ("acc" if task == "wikitext" else metric)
    type(run.protocol).objects.filter(pk=run.protocol_id).update(metric="another")  # what it goes by is the run's
    assert different(run.public_id)[0] == []
    type(run.protocol).objects.filter(pk=run.protocol_id).update(metric=metric)
    verdicts = run.samples.values_list("is_correct", flat=True)
    (value,) = [found["value"] for found in run.results["metrics"] if (found["task"], found["metric"]) == (task, metric)]
    assert None in verdicts or sum(verdicts) / len(verdicts) == pytest.approx(value)
    with transaction.atomic():
        run.samples.filter(index=1).update(prediction="Something else")
        assert different(run.public_id)[0] == ["items"]
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("task", "file", "change"),
    [
        ("gsm8k", "samples_*", lambda entry: entry["resps"].__setitem__(0, [entry["resps"][0][0] + " 4"])),
        ("wikitext", "samples_*", lambda entry: entry["resps"].__setitem__(0, ["-1.5"])),
        ("mmlu_2022_global_facts", "further_*", lambda entry: entry["resps"][0][0].__setitem__(0, "-1.5")),
    ],
)
def test_a_changed_answer_of_any_kind_is_found(exported, task, file, change):
    folder = exported(task)
    (path,) = folder.rglob(file)
    first, more = path.read_text().split("\n", 1)
    entry = json.loads(first)
    change(entry)
    path.write_text(json.dumps(entry) + "\n" + more)
    assert {path.relative_to(folder).as_posix(), "responses"} <= set(different(folder)[0])
