"""MMLU of 2022: its prompts are to the byte those of lm-eval 0.2.0 and 0.3.0, which `make harness-2022` runs themselves.

`harness_2022/digests.json` was written by it from the old harness's own requests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workers.evaluation.comparison import assert_equal, expected, measure
from tests.workers.evaluation.harness_2022 import items
from workers.evaluation import harness, mmlu_2022, mmlu_csv, task_index
from workers.evaluation.contract import ProtocolSpec, Seeds
from workers.evaluation.errors import DataMissing
from workers.evaluation.mmlu_2022 import dataset

pytestmark = pytest.mark.usefixtures("mmlu")

ROOT = Path(__file__).resolve().parents[3]
FOLDER = str(mmlu_2022.TASK_FOLDER)
DIGESTS = json.loads((Path(__file__).parent / "harness_2022" / "digests.json").read_text())


def spec_of(subject, num_fewshot, **options):
    return ProtocolSpec(f"mmlu_2022_{subject}", num_fewshot, include_path=FOLDER, **options)


def contexts_of(plan):
    return [request.context for request in plan.requests[::4]]


def digest_of(subject, num_fewshot):
    (task,) = harness.build_plan(spec_of(subject, num_fewshot)).tasks
    return task.prompt_sha256


@pytest.mark.parametrize("case", [case for case in DIGESTS if case.startswith("0.2.0")])
def test_every_prompt_of_a_subject_is_that_of_lm_eval_0_2_0(case):
    _, subject, shots = case.split()

    assert digest_of(subject, int(shots)) == DIGESTS[case]


def test_every_prompt_of_a_subject_is_that_of_lm_eval_0_3_0(bench, tmp_path):
    """In a process of its own, whose MMLU has a validation split."""
    # one subject without shots and with one: without, both versions ask the same (below)
    wanted = {
        case: digest for case, digest in DIGESTS.items() if case.startswith("0.3.0") and (case.endswith("5") or "alg" in case)
    }
    cases = [case.split()[1:] for case in wanted]
    items.lay(bench, tmp_path / "bench", subjects=sorted({subject for subject, _ in cases}))
    program = (
        "import json, pathlib, sys\n"
        "from workers.evaluation import open_door\n"
        "open_door(pathlib.Path('home'), pathlib.Path('bench'), True, threads=1)\n"
        "from workers.evaluation import harness, mmlu_2022\n"
        "from workers.evaluation.contract import ProtocolSpec\n"
        "for subject, shots in json.loads(sys.argv[1]):\n"
        "    task, folder = f'{mmlu_2022.VALIDATION_TASK}_{subject}', str(mmlu_2022.TASK_FOLDER)\n"
        "    (fact,) = harness.build_plan(ProtocolSpec(task, int(shots), include_path=folder)).tasks\n"
        "    print(json.dumps([subject, shots, fact.prompt_sha256]))\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, json.dumps(cases)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=240)

    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {f"0.3.0 {subject} {shots}": digest for subject, shots, digest in found} == wanted
    assert len(wanted) == 8


def test_the_digests_cover_both_versions_with_shots_and_without():
    cases = [case.split() for case in DIGESTS]

    assert {version for version, _, _ in cases} == {"0.2.0", "0.3.0"}
    assert {shots for _, _, shots in cases} == {"0", "1", "5"}
    assert len({subject for _, subject, _ in cases}) == 6
    # the two versions differ in their shots alone
    assert all((DIGESTS[f"0.3.0 {subject} {shots}"] == digest) == (shots == "0") for (version, subject, shots), digest in zip(cases, DIGESTS.values(), strict=True) if version == "0.2.0")  # fmt: skip


def test_a_prompt_names_no_topic_and_its_shots_answer_in_full_text():
    plan = harness.build_plan(spec_of("abstract_algebra", 1, limit=1))

    sample = plan.samples[0]
    assert plan.requests[0].context == (
        "Question: Statement 1 | If aH is an element of a factor group, then |aH| divides |a|. "
        "Statement 2 | If H and K are subgroups of G then HK is a subgroup of G.\nChoices:\n"
        "A. True, True\nB. False, False\nC. True, False\nD. False, True\nAnswer: False, False\n\n"
        f"Question: {sample.document['question']}\nChoices:\n"
        + "".join(f"{letter}. {text}\n" for letter, text in zip("ABCD", sample.document["choices"], strict=True))
        + "Answer:"
    )
    assert [request.continuation for request in plan.requests] == [f" {text}" for text in sample.choices]
    assert sample.target == sample.choices[sample.document["answer"]]
    assert plan.tasks[0].num_fewshot == 1


def test_an_item_s_shots_are_its_own_whatever_else_is_asked():
    """The old harness drew one item's shots after the other's: so a limit left them alone, and any other choice of items did not."""
    whole = contexts_of(harness.build_plan(spec_of("anatomy", 5)))

    assert len({context.rsplit("\n\nQuestion:", 1)[0] for context in whole}) > 50  # of the 120 orders of five
    assert contexts_of(harness.build_plan(spec_of("anatomy", 5, limit=7))) == whole[:7]
    assert contexts_of(harness.build_plan(spec_of("anatomy", 5, seeds=Seeds(1, 2, 3, 4)))) == whole
    (task,) = task_index.find("mmlu_2022_anatomy", include_path=FOLDER).load(["mmlu_2022_anatomy"])["tasks"].values()
    task.set_config(key="num_fewshot", value=5)
    task.build_all_requests(samples=[2, 30, 77])
    assert [instance.args[0] for instance in task.instances[::4]] == [whole[2], whole[30], whole[77]]
    parts = []
    for rank in range(3):
        task.build_all_requests(rank=rank, world_size=3)
        parts.append([instance.args[0] for instance in task.instances[::4]])
    assert [parts[number % 3][number // 3] for number in range(len(whole))] == whole


@pytest.mark.parametrize("num_fewshot", [0, 5])
def test_this_family_comes_out_as_from_the_hf_model(neox, num_fewshot):
    spec = spec_of("college_physics", num_fewshot, limit=5)
    wanted = expected(neox, spec)

    plan, responses, reduction = measure(neox, spec)

    assert [(request.context, request.continuation) for request in plan.requests] == wanted.contexts
    assert_equal(wanted, responses, reduction.metrics, tolerance=1e-4)  # sums over an answer's tokens
    values = {metric.metric: metric.value for metric in reduction.metrics}
    assert values.keys() == {"acc", "acc_norm"}


def test_letters_are_scored_behind_the_same_prompts():
    plan = harness.build_plan(spec_of("virology", 5, limit=3, rules=("letter", "full_text", "full_text_per_character")))

    assert len(plan.requests) == 3 * 8
    assert [request.continuation for request in plan.requests[12:16]] == [" A", " B", " C", " D"]
    assert {request.context for request in plan.requests[12:16]} == {plan.requests[0].context}


@pytest.mark.parametrize("fault", ["another seed", "no shuffle", "shots as they stand"])
def test_the_digests_notice_a_planted_fault(monkeypatch, fault):
    class Unshuffled(dataset.random.Random):
        def shuffle(self, rows):
            super().shuffle(list(rows))

    class Undrawn(dataset.random.Random):
        def sample(self, pool, count):
            return list(pool)[:count]

    def forget():
        dataset._draws.cache_clear()
        harness._build_tasks.cache_clear()

    if fault == "another seed":
        monkeypatch.setattr(dataset, "SEED", 43)
    else:
        monkeypatch.setattr(dataset.random, "Random", Unshuffled if fault == "no shuffle" else Undrawn)
    forget()
    try:
        found = digest_of("abstract_algebra", 5)
    finally:
        forget()

    assert found != DIGESTS["0.2.0 abstract_algebra 5"]


def test_more_shots_than_there_are_is_refused():
    with pytest.raises(DataMissing, match="has 5 worked examples, not 6: ask for fewer"):
        harness.build_plan(spec_of("virology", 6, limit=1))


def test_without_a_validation_split_the_later_form_is_refused():
    with pytest.raises(DataMissing) as refused:
        harness.build_plan(ProtocolSpec("mmlu_2022_validation_virology", 5, limit=1, include_path=FOLDER))

    assert str(refused.value) == (
        "The MMLU that is staged has no validation split of virology, which shots are drawn from: "
        "add val/<subject>_val.csv to BENCHMARK_DATA, or run mmlu_2022, whose shots are of the dev split."
    )


@pytest.mark.parametrize(("group", "split"), [("mmlu_2022", "dev"), ("mmlu_2022_validation", "validation")])
def test_each_form_is_a_group_of_every_subject(group, split):
    definition = yaml.safe_load((mmlu_2022.TASK_FOLDER / f"{group}.yaml").read_text())

    assert definition["task"] == [f"{group}_{subject}" for subject in mmlu_csv.SUBJECTS]
    for subject in mmlu_csv.SUBJECTS:
        assert yaml.safe_load((mmlu_2022.TASK_FOLDER / f"{group}_{subject}.yaml").read_text()) == {
            "include": f"_{split}_yaml",
            "task": f"{group}_{subject}",
            "task_alias": subject.replace("_", " "),
            "dataset_name": subject,
            "dataset_kwargs": {"subject": subject, "shots": split},
        }
    for metric in ("acc", "acc_norm"):
        harness.check_metric(ProtocolSpec(group, 5, include_path=FOLDER), metric=metric, aggregation="micro")


def test_the_whole_group_asks_each_item_of_mmlu_once():
    plan = harness.build_plan(ProtocolSpec("mmlu_2022", 0, include_path=FOLDER))

    assert (len(plan.tasks), len(plan.samples), len(plan.requests)) == (57, 14_042, 56_168)
    assert plan.tasks[0].chance == 0.25
