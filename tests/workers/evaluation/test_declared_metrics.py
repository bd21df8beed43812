"""Before any data is read it is known whether the harness will report the number that a protocol is about."""

import lm_eval
import pytest

from workers import stock_protocols
from workers.evaluation import harness, selftest
from workers.evaluation.contract import ProtocolSpec
from workers.evaluation.errors import ProtocolMismatch, UnknownMetric, UnknownTask, UnsafeTask

MMLU = ProtocolSpec("mmlu", 5)
SELFTEST = ProtocolSpec(selftest.TASK, selftest.NUM_FEWSHOT, include_path=str(selftest.TASK_FOLDER))
TASK = (
    "dataset_path: json\noutput_type: multiple_choice\ntest_split: test\n"
    'doc_to_text: "{{query}}"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
)


@pytest.fixture
def own(tmp_path):
    """Protocols over definitions of our own, by task name."""
    (tmp_path / "plain.yaml").write_text(f"task: plain\ntag: bundle\n{TASK}")
    (tmp_path / "filtered.yaml").write_text(
        f"task: filtered\n{TASK}metric_list:\n- metric: acc\n- metric: !function mine.half\n"
        "  aggregation: mean\n  higher_is_better: true\n"
        "filter_list:\n- {name: none, filter: [{function: take_first}]}\n- {name: strict, filter: [{function: take_first}]}\n"
    )
    (tmp_path / "mine.py").write_text("def half(items):\n    return 0.5\n")
    members = "task: [plain, filtered]\n"
    (tmp_path / "silent.yaml").write_text(f"group: silent\n{members}")
    (tmp_path / "means.yaml").write_text(
        f"group: means\n{members}aggregate_metric_list:\n- {{metric: acc, weight_by_size: false, filter_list: strict}}\n"
        "- {metric: acc_norm}\n- {metric: brier_score}\n"
    )
    return lambda task: ProtocolSpec(task, None, include_path=str(tmp_path))


@pytest.mark.parametrize("facts", tuple(stock_protocols.facts()), ids=lambda facts: facts["slug"])
def test_every_stock_protocol_that_ships_is_one_that_the_harness_has(facts):
    spec = ProtocolSpec(facts["task"], facts["num_fewshot"])
    assert harness.check(spec) is None
    assert harness.check_metric(spec, metric=facts["metric"], aggregation="micro") is None


def test_mmlu_is_the_micro_mean_of_acc():
    assert harness.check_metric(MMLU, metric="acc", aggregation="micro") is None


def test_mmlu_has_no_macro_mean():
    with pytest.raises(ProtocolMismatch) as refused:
        harness.check_metric(MMLU, metric="acc", aggregation="macro")

    assert refused.value.code == "protocol_mismatch"
    assert str(refused.value) == (
        "lm-eval's group 'mmlu' takes the micro mean of 'acc', not the macro mean: correct the protocol's aggregation."
    )


@pytest.mark.parametrize("metric", ["accuracy", "acc_norm", "acc,none", ""])
def test_a_metric_that_mmlu_does_not_report_is_refused_with_those_it_does(metric):
    with pytest.raises(UnknownMetric) as refused:
        harness.check_metric(MMLU, metric=metric, aggregation="micro")

    assert refused.value.code == "unknown_metric"
    assert str(refused.value) == (
        f"lm-eval {lm_eval.__version__} reports no metric {metric!r} for 'mmlu', only acc: name one of those."
    )


@pytest.mark.parametrize("aggregation", ["micro", "macro"])
def test_a_single_task_is_both_means(aggregation):
    assert harness.check_metric(ProtocolSpec("mmlu_virology", 5), metric="acc", aggregation=aggregation) is None


def test_the_self_test_is_a_micro_mean():
    harness.check_metric(SELFTEST, metric="acc", aggregation="micro")
    with pytest.raises(ProtocolMismatch, match="takes the micro mean of 'acc', not the macro mean"):
        harness.check_metric(SELFTEST, metric="acc", aggregation="macro")


def test_a_task_without_a_list_has_the_metrics_of_its_kind(own):
    harness.check_metric(own("plain"), metric="acc_norm", aggregation="micro")
    with pytest.raises(UnknownMetric, match="reports no metric 'perplexity' for 'plain', only acc, acc_norm: name one of those"):
        harness.check_metric(own("plain"), metric="perplexity", aggregation="micro")


def test_metrics_are_named_after_their_filters_and_functions(own):
    with pytest.raises(UnknownMetric, match="only acc, acc,strict, half, half,strict: name one of those"):
        harness.check_metric(own("filtered"), metric="f1", aggregation="micro")


def test_a_group_reports_what_its_tasks_have_in_the_mean_it_names(own):
    harness.check_metric(own("means"), metric="acc,strict", aggregation="macro")
    harness.check_metric(own("means"), metric="acc_norm", aggregation="micro")  # lm-eval's default is by size
    with pytest.raises(ProtocolMismatch, match="takes the macro mean of 'acc,strict', not the micro mean"):
        harness.check_metric(own("means"), metric="acc,strict", aggregation="micro")
    with pytest.raises(UnknownMetric, match="'brier_score' for 'means', only acc,strict, acc_norm: name one of those"):
        harness.check_metric(own("means"), metric="brier_score", aggregation="micro")


@pytest.mark.parametrize("task", ["silent", "bundle"])
def test_several_tasks_without_a_mean_have_no_number_of_their_own(own, task):
    with pytest.raises(UnknownMetric, match=f"reports no metric 'acc' for '{task}', nor any other: name one of its tasks."):
        harness.check_metric(own(task), metric="acc", aggregation="micro")


def test_an_unknown_task_is_refused_as_such():
    with pytest.raises(UnknownTask, match="has no task 'zzqqxx'"):
        harness.check_metric(ProtocolSpec("zzqqxx", 5), metric="acc", aggregation="micro")


def test_the_installed_version_of_the_harness_is_the_one_to_ask_for():
    installed = lm_eval.__version__

    assert harness.check_versions({"lm_eval": installed, "torch": "0.1"}) is None
    assert harness.check_versions({}) is None
    with pytest.raises(ProtocolMismatch) as refused:
        harness.check_versions({"lm_eval": "0.3.0"})
    assert str(refused.value) == (
        f"The protocol asks for lm-eval 0.3.0, and {installed} is installed here: install that version, or ask for {installed}."
    )


def test_a_group_written_out_inside_a_group_counts_with_its_members():
    harness.check(ProtocolSpec("mmlu_continuation", 0))
    harness.check_metric(ProtocolSpec("mmlu_continuation", 0), metric="acc", aggregation="micro")


def test_what_runs_code_is_refused_inside_an_inner_group_too(own, tmp_path):
    (tmp_path / "coder.yaml").write_text(f"task: coder\nunsafe_code: true\n{TASK}")
    (tmp_path / "outer.yaml").write_text("group: outer\ntask:\n- plain\n- group: inner\n  task: [coder]\n")

    with pytest.raises(UnsafeTask, match="The task 'coder' executes code that the model writes"):
        harness.check(own("outer"))
