"""lm-eval's results files: what is read out of them, and what is refused."""

import json

import pytest

from leaderboards import harness_results
from leaderboards.harness_results import HarnessNumber, ResultsRefused, over_subjects

PIQA = {"acc": 0.75, "acc_stderr": (0.75 * 0.25 / 1835) ** 0.5, "acc_norm": 0.5, "acc_norm_stderr": (0.25 / 1835) ** 0.5}
CONFIG = {"model_args": "pretrained=EleutherAI/pythia-v1.1-70m,revision=step143000", "num_fewshot": 5, "limit": None}


def file(**parts):
    return json.dumps({"results": {"piqa": PIQA}, "versions": {"piqa": 0}, "config": CONFIG, **parts})


def test_a_file_says_model_revision_shots_versions_and_numbers_with_n_out_of_their_error():
    found = harness_results.read(file())
    assert (found.model, found.revision, found.num_fewshot) == ("EleutherAI/pythia-v1.1-70m", "step143000", 5)
    assert found.numbers == (
        HarnessNumber(task="piqa", version="0", metric="acc", value=0.75, standard_error=PIQA["acc_stderr"], items=1836),
        HarnessNumber(task="piqa", version="0", metric="acc_norm", value=0.5, standard_error=PIQA["acc_norm_stderr"], items=1836),
    )


def test_a_file_of_todays_harness_says_the_same():
    today = {"alias": "piqa", **{f"{name},none": value for name, value in PIQA.items()}}
    arguments = {"pretrained": "EleutherAI/pythia-v1.1-70m", "revision": "step143000"}
    assert harness_results.read(
        file(results={"piqa": today}, config={**CONFIG, "model_args": arguments})
    ) == harness_results.read(file())


def test_a_perplexity_has_the_items_of_the_share_beside_it():
    lambada = {"ppl": 4.5, "ppl_stderr": 0.1, **PIQA}
    found = {number.metric: number.items for number in harness_results.read(file(results={"lambada_openai": lambada})).numbers}
    assert found["ppl"] == 1836


def test_a_task_whose_n_nothing_tells_is_left_out():
    alone = {"ppl": 4.5, "ppl_stderr": 0.1}
    with pytest.raises(ResultsRefused, match="no number of any task"):
        harness_results.read(file(results={"wikitext": alone, "never_right": {"acc": 0.0, "acc_stderr": 0.0}}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "It is no JSON."),
        ("{", "It is no JSON."),
        ("[" * 100_000, "It is no JSON."),
        ("[]", "The file is no JSON object"),
        ("{}", 'Its "config" is no JSON object'),
        (file(config=None), 'Its "config" is no JSON object'),
        (file(config={**CONFIG, "limit": 10}), "It was run over a part of the items (limit 10)"),
        (file(config={**CONFIG, "num_fewshot": None}), 'does not say "num_fewshot"'),
        (file(config={**CONFIG, "num_fewshot": True}), 'does not say "num_fewshot"'),
        (file(config={**CONFIG, "num_fewshot": -1}), 'does not say "num_fewshot"'),
        (file(config={**CONFIG, "model_args": ""}), "which model it is"),
        (file(config={**CONFIG, "model_args": "revision=x"}), "which model it is"),
        (file(config={**CONFIG, "model_args": {"pretrained": 1}}), "which model it is"),
        (file(results=None), 'Its "results" is no JSON object'),
        (file(results={}), "no number of any task"),
        (file(results={"piqa": 1}), "What it says of piqa is no JSON object"),
        (file(results={"piqa": {"acc": "0.7", "acc_stderr": 0.1}}), '"acc" of piqa is no number with a standard error'),
        (file(results={"piqa": {"acc": float("nan"), "acc_stderr": 0.1}}), '"acc" of piqa is no number with a standard error'),
        (file(results={"piqa": {"acc": True, "acc_stderr": 0.1}}), '"acc" of piqa is no number with a standard error'),
    ],
)
def test_what_is_no_results_file_is_refused_in_a_sentence(text, words):
    with pytest.raises(ResultsRefused) as refused:
        harness_results.read(text)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


def test_the_published_files_say_mmlu_over_all_its_items(shared_data):
    """EleutherAI's own files: the standard errors of 57 subjects tell 14,042 items, and LAMBADA's 5,153."""
    folder = shared_data / "bench" / "pythia_published"
    found = harness_results.read((folder / "pythia-12b_five-shot_12b-5shot_step143000.json").read_text())
    whole = over_subjects(found.numbers, metric="acc")
    assert (whole.items, whole.value, whole.standard_error) == (
        14_042,
        pytest.approx(0.29775, abs=1e-5),
        pytest.approx(0.00385, abs=1e-5),
    )
    assert {number.items for number in found.numbers if number.task == "lambada_openai"} == {5153}


def test_mmlu_with_a_subject_missing_is_no_mmlu(shared_data):
    folder = shared_data / "bench" / "pythia_published"
    numbers = harness_results.read((folder / "pythia-12b_five-shot_12b-5shot_step143000.json").read_text()).numbers
    assert over_subjects([number for number in numbers if "anatomy" not in number.task], metric="acc") is None
