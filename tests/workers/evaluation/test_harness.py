"""The harness's own numbers through our plan, and every task that is refused."""

import json
from dataclasses import replace

import pytest

from tests.workers.evaluation.comparison import assert_equal, expected, measure
from workers.evaluation import harness, selftest, task_index
from workers.evaluation.contract import PlannedSample, ProtocolSpec, Response
from workers.evaluation.errors import DataMissing, EvaluationError, PlanChanged, UnknownMetric, UnknownTask, UnsafeTask

ALGEBRA = ProtocolSpec("mmlu_abstract_algebra", 5, limit=3)


@pytest.fixture
def plan(mmlu):
    return harness.build_plan(ALGEBRA)


def answers(plan, *, wrong=()):
    """A model that knows everything, save the samples in `wrong`, where it prefers the choice after the right one."""
    found = []
    for request in plan.requests:
        sample = plan.samples[request.sample]
        shift = 1 if sample.index in wrong else 0
        is_picked = request.choice == (sample.choices.index(sample.target) + shift) % len(sample.choices)
        found.append(Response(-0.5 if is_picked else -2.0 - request.choice, is_picked))
    return found


def test_a_plan_holds_the_items_of_the_benchmark_in_order(plan):
    assert [request.ordinal for request in plan.requests] == list(range(12))
    assert [(request.sample, request.choice) for request in plan.requests[:5]] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]
    assert {request.kind for request in plan.requests} == {"loglikelihood"}
    assert plan.samples[0] == PlannedSample(
        index=0,
        task="mmlu_abstract_algebra",
        doc_id=0,
        document={
            "question": "Find the degree for the given field extension Q(sqrt(2), sqrt(3), sqrt(18)) over Q.",
            "subject": "abstract_algebra",
            "choices": ["0", "4", "2", "6"],
            "answer": 1,
        },
        choices=("A", "B", "C", "D"),
        target="B",
    )


def test_a_request_is_the_stock_prompt_with_five_shots(plan):
    context = plan.requests[1].context

    assert context.startswith("The following are multiple choice questions (with answers) about abstract algebra.\n\n")
    assert context.endswith("over Q.\nA. 0\nB. 4\nC. 2\nD. 6\nAnswer:")
    assert context.count("\nAnswer: ") == 5
    assert [request.continuation for request in plan.requests[:4]] == [" A", " B", " C", " D"]


def test_a_plan_says_what_its_task_is(plan):
    (fact,) = plan.tasks

    assert (fact.name, fact.version, fact.num_fewshot, fact.items) == ("mmlu_abstract_algebra", "1.0", 5, 3)
    assert (fact.dataset, fact.chance) == ("cais/mmlu:abstract_algebra", 0.25)
    assert len(fact.prompt_sha256) == 64


def test_a_plan_is_the_same_in_every_process(plan):
    harness._build_tasks.cache_clear()

    assert harness.build_plan(ALGEBRA) == plan


def test_other_shots_are_another_prompt_digest(plan):
    fewer = harness.build_plan(replace(ALGEBRA, num_fewshot=4))

    assert fewer.tasks[0].prompt_sha256 != plan.tasks[0].prompt_sha256
    assert fewer.samples == plan.samples


def test_reduce_counts_right_answers_and_gives_the_harness_stderr(plan):
    reduction = harness.reduce(ALGEBRA, plan, answers(plan, wrong={1}))

    (metric,) = reduction.metrics
    assert (metric.task, metric.metric, metric.items, metric.chance) == ("mmlu_abstract_algebra", "acc", 3, 0.25)
    assert metric.value == pytest.approx(2 / 3)
    assert metric.stderr == pytest.approx((2 / 9 / 2) ** 0.5)  # sqrt(p (1 - p) / (n - 1))
    assert [outcome.is_correct for outcome in reduction.outcomes] == [True, False, True]
    assert [outcome.target for outcome in reduction.outcomes] == [sample.target for sample in plan.samples]
    assert reduction.outcomes[1].prediction == "ABCD"[("ABCD".index(plan.samples[1].target) + 1) % 4]


def test_the_margin_is_the_distance_to_the_second_best_choice_and_a_tie_goes_to_the_first(plan):
    responses = answers(plan)
    responses[0:4] = [Response(value, False) for value in (-3.0, -1.0, -1.25, -2.0)]
    responses[4:8] = [Response(-1.0, False)] * 4

    first, second, _ = harness.reduce(ALGEBRA, plan, responses).outcomes

    assert (first.prediction, first.margin) == ("B", 0.25)
    assert (second.prediction, second.margin) == ("A", 0.0)


def test_the_harness_record_is_json_without_machine_paths(plan):
    record = harness.reduce(ALGEBRA, plan, answers(plan)).harness
    text = json.dumps(record, allow_nan=False)

    assert record["n-shot"] == {"mmlu_abstract_algebra": 5}
    assert record["n-samples"] == {"mmlu_abstract_algebra": {"original": 100, "effective": 3}}
    source = record["configs"]["mmlu_abstract_algebra"]["metadata"]["config_source"]
    assert source == "lm_eval/tasks/mmlu/default/mmlu_abstract_algebra.yaml"
    assert record["config"] == {"random_seed": 0, "numpy_seed": 1234, "torch_seed": 1234, "fewshot_seed": 1234, "limit": 3}
    assert "site-packages" not in text
    assert "0x" not in text


def test_responses_to_other_requests_are_refused(plan):
    changed = replace(plan.requests[7], context=plan.requests[7].context.replace("Answer:", "Reply:"))
    other = replace(plan, requests=(*plan.requests[:7], changed, *plan.requests[8:]))

    with pytest.raises(PlanChanged) as refused:
        harness.reduce(ALGEBRA, other, answers(plan))

    assert str(refused.value) == (
        "lm-eval no longer builds the requests of this plan (request 7 of mmlu_abstract_algebra differs): "
        "the task's data or definition changed; start a new run."
    )


def test_a_plan_of_another_limit_is_refused(plan):
    with pytest.raises(PlanChanged, match="16 requests in place of 12"):
        harness.reduce(replace(ALGEBRA, limit=4), plan, answers(plan))


def test_too_few_responses_are_refused(plan):
    with pytest.raises(ValueError, match="12 requests need as many responses, not 11"):
        harness.reduce(ALGEBRA, plan, answers(plan)[:-1])


@pytest.fixture
def local_tasks(bench, tmp_path):
    """Tasks of other kinds over real items: random shots with several choices, and a single continuation."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "arc.yaml").write_text(
        "task: local_arc\ndataset_path: json\noutput_type: multiple_choice\ntest_split: test\nfewshot_split: shots\n"
        f"dataset_kwargs:\n  data_files:\n    test: {bench / 'arc_easy.jsonl'}\n    shots: {bench / 'arc_challenge.jsonl'}\n"
        'doc_to_text: "{{query}}"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
        "metric_list:\n- {metric: acc, aggregation: mean, higher_is_better: true}\n"
        "- {metric: acc_norm, aggregation: mean, higher_is_better: true}\nmetadata: {version: 3}\n"
    )
    (folder / "lambada.yaml").write_text(
        "task: local_lambada\ndataset_path: json\noutput_type: loglikelihood\ntest_split: test\n"
        f"dataset_kwargs:\n  data_files:\n    test: {bench / 'lambada_openai.jsonl'}\n"
        'doc_to_text: "{{context}}"\ndoc_to_target: " {{continuation.strip()}}"\n'
        "metric_list:\n- {metric: acc, aggregation: mean, higher_is_better: true}\n"
    )
    return str(folder)


def test_shots_drawn_by_seed_come_out_as_from_simple_evaluate(neox, local_tasks):
    spec = ProtocolSpec("local_arc", 2, limit=6, include_path=local_tasks)
    wanted = expected(neox, spec)

    plan, responses, reduction = measure(neox, spec)

    assert [(request.context, request.continuation) for request in plan.requests] == wanted.contexts
    assert_equal(wanted, responses, reduction.metrics)
    assert {metric.metric: metric.chance for metric in reduction.metrics} == {
        "acc": pytest.approx(plan.tasks[0].chance),
        "acc_norm": pytest.approx(plan.tasks[0].chance),
    }
    other = harness.build_plan(replace(spec, seeds=replace(spec.seeds, fewshot=7)))
    assert [request.context for request in other.requests] != [request.context for request in plan.requests]


def test_single_continuations_come_out_as_from_simple_evaluate(neox, local_tasks):
    spec = ProtocolSpec("local_lambada", None, limit=5, include_path=local_tasks)
    wanted = expected(neox, spec)

    plan, responses, reduction = measure(neox, spec)

    assert [(request.context, request.continuation) for request in plan.requests] == wanted.contexts
    assert_equal(wanted, responses, reduction.metrics)
    assert [(sample.choices, sample.target) for sample in plan.samples] == [((), pair[1]) for pair in wanted.contexts]
    assert plan.tasks[0].num_fewshot == 0
    assert plan.tasks[0].chance is None
    assert {outcome.margin for outcome in reduction.outcomes} == {None}


def test_a_group_comes_out_as_from_simple_evaluate(trained):
    spec = ProtocolSpec(selftest.TASK, selftest.NUM_FEWSHOT, limit=7, include_path=str(selftest.TASK_FOLDER))
    wanted = expected(trained, spec)

    plan, responses, reduction = measure(trained, spec)

    assert [(request.context, request.continuation) for request in plan.requests] == wanted.contexts
    assert_equal(wanted, responses, reduction.metrics)
    assert [metric.items for metric in reduction.metrics if metric.task == selftest.TASK] == [21]
    assert {metric.chance for metric in reduction.metrics} == {0.25}


def test_an_indexed_folder_gives_the_same_mmlu_as_all_of_lm_eval(mmlu):
    narrow = task_index.find("mmlu", include_path=None)
    full = task_index._full_index()

    assert len(narrow.all_tasks) < 100 < len(full.all_tasks)
    ours, theirs = task_index.leaves(narrow, "mmlu"), task_index.leaves(full, "mmlu")
    assert sorted(ours) == sorted(theirs)
    assert {name: (entry.cfg, entry.yaml_path) for name, entry in ours.items()} == {
        name: (entry.cfg, entry.yaml_path) for name, entry in theirs.items()
    }
    groups = ("mmlu", "mmlu_stem", "mmlu_humanities", "mmlu_other", "mmlu_social_sciences")
    assert [narrow.task_index[name].cfg for name in groups] == [full.task_index[name].cfg for name in groups]
    tags = [f"{name}_tasks" for name in groups[1:]]
    assert [narrow.task_index[name].tags for name in tags] == [full.task_index[name].tags for name in tags]


@pytest.mark.parametrize(
    ("spec", "error", "sentence"),
    [
        (
            ProtocolSpec("mmlu_abstract_algebr", 5),
            UnknownTask,
            "The evaluation harness (lm-eval 0.4.13) has no task 'mmlu_abstract_algebr': the nearest names are mmlu_abstract_algebra, ",
        ),
        (ProtocolSpec("zzqqxx", 5), UnknownTask, "has no task 'zzqqxx': see lm-eval's list of tasks for its name."),
        (ProtocolSpec("humaneval", 0), UnsafeTask, "The task 'humaneval' executes code that the model writes"),
        (ProtocolSpec("mbpp", 0), UnsafeTask, "The task 'mbpp' executes code that the model writes"),
        (ProtocolSpec("cruxeval_input", 0), UnsafeTask, "The task 'cruxeval_input' executes code that the model writes"),
        (ProtocolSpec("meqsum", 0), UnsafeTask, "The task 'meqsum' fetches the code of its metrics from a hub (utils.py does)"),
        (
            ProtocolSpec("gsm8k_cot_self_consistency", 8),
            UnknownTask,
            "The task 'gsm8k_cot_self_consistency' repeats each request",
        ),
        (ProtocolSpec("squadv2", 0), UnknownTask, "The task 'squadv2' is a Python class"),
        (ProtocolSpec("mmlu", 5, limit=0), EvaluationError, "The protocol's limit is 0: give at least 1 item a task"),
        (ProtocolSpec("mmlu", -1), EvaluationError, "The protocol's few-shot count is -1: give 0 or more."),
    ],
)
def test_a_protocol_that_can_not_be_run_is_refused(spec, error, sentence):
    with pytest.raises(error) as refused:
        harness.check(spec)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("task", "metrics"),
    [
        ("gsm8k", {"exact_match,strict-match", "exact_match,flexible-extract"}),
        ("wikitext", {"word_perplexity", "byte_perplexity", "bits_per_byte"}),
        ("lambada_openai", {"perplexity", "acc"}),
        ("ifeval", {"prompt_level_strict_acc", "inst_level_strict_acc", "prompt_level_loose_acc", "inst_level_loose_acc"}),
        ("drop", {"em", "f1"}),
    ],
)
def test_stock_tasks_of_every_kind_are_taken_with_the_metrics_they_report(task, metrics):
    spec = ProtocolSpec(task, None)

    assert harness.check(spec) is None
    for metric in metrics:
        assert harness.check_metric(spec, metric=metric, aggregation="micro") is None
    with pytest.raises(UnknownMetric) as refused:
        harness.check_metric(spec, metric="beauty", aggregation="micro")
    assert all(metric in str(refused.value) for metric in metrics)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            "do_sample: true, temperature: 0.7",
            "asks for do_sample=True, and only greedy writing is done here: choose another task.",
        ),
        ("temperature: 0.2", "asks for temperature=0.2, and only greedy writing is done here: choose another task."),
        ("num_beams: 4", "asks for num_beams=4, and only greedy writing is done here: choose another task."),
        ("max_gen_toks: 0", "lets the model write 0 tokens, which has to be 1 at least: choose another task."),
        ("until: [3]", "has the stop sequences [3], which have to be texts: choose another task."),
    ],
)
def test_a_task_that_is_not_written_greedily_is_refused_before_its_data_is_read(settings, sentence, tmp_path):
    (tmp_path / "poet.yaml").write_text(
        "task: poet\ndataset_path: json\ntest_split: test\ndataset_kwargs: {data_files: {test: /nowhere/poems.jsonl}}\n"
        f"doc_to_text: text\ndoc_to_target: text\noutput_type: generate_until\ngeneration_kwargs: {{{settings}}}\n"
    )

    with pytest.raises(UnknownTask) as refused:
        harness.check(ProtocolSpec("poet", 0, include_path=str(tmp_path)))

    assert str(refused.value) == f"The task 'poet' {sentence}"


def test_a_path_is_no_task_name(tmp_path):
    """lm-eval would load a definition from a path, with the Python file beside it."""
    (tmp_path / "evil.py").write_text("raise SystemExit('a stranger\\'s code ran')")
    definition = tmp_path / "evil.yaml"
    definition.write_text("task: evil\noutput_type: multiple_choice\ndoc_to_text: !function evil.text\n")

    with pytest.raises(UnknownTask, match="is not a task name"):
        harness.check(ProtocolSpec(str(definition), 0))


def test_more_shots_than_there_are_is_refused(mmlu):
    with pytest.raises(DataMissing) as refused:
        harness.build_plan(ProtocolSpec("mmlu_anatomy", 6, limit=1))

    assert str(refused.value) == "The task 'mmlu_anatomy' has 5 worked examples, not 6: ask for fewer."


def test_a_benchmark_that_is_not_on_this_machine_is_refused_in_one_sentence(mmlu):
    with pytest.raises(DataMissing) as refused:
        harness.build_plan(ProtocolSpec("piqa", 0, limit=1))

    assert str(refused.value).startswith("The benchmark data of 'piqa' can't be loaded (")
    assert str(refused.value).endswith("set BENCHMARK_DATA to a folder that holds it, or let this worker reach the hub once.")
    assert "\n" not in str(refused.value)
