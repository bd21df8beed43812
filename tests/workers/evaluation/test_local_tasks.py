"""The tasks over real items that we word ourselves: what they ask, what they keep back, what they refuse."""

import json
import re

import pytest

from workers.evaluation import local_tasks, task_index
from workers.evaluation.errors import DataMissing
from workers.evaluation.local_tasks import arithmetic


@pytest.fixture(scope="module")
def folder(bench, tmp_path_factory):
    return local_tasks.prepare(bench, tmp_path_factory.mktemp("local") / 'tasks of "ours": $items')


@pytest.fixture(scope="module")
def tasks(folder):
    manager = task_index.find("pwc2_piqa", include_path=str(folder))
    return manager.load(sorted((*local_tasks.TASKS, local_tasks.ARITHMETIC)))["tasks"]


def request(task, number):
    document = task.eval_docs[number]
    found = task.construct_requests(document, task.fewshot_context(document, 0))
    return [instance.args for instance in (found if isinstance(found, list) else [found])]


def test_the_first_items_are_shots_and_all_others_are_scored(tasks):
    assert {name: (len(task.fewshot_docs()), len(task.eval_docs)) for name, task in tasks.items()} == {
        "pwc2_arc_easy": (20, 2356),
        "pwc2_arc_challenge": (20, 1152),
        "pwc2_piqa": (20, 1818),
        "pwc2_logiqa": (20, 631),
        "pwc2_winogrande": (20, 1247),
        "pwc2_lambada": (20, 5133),
        "pwc2_lambada_rolling": (20, 5133),
        "pwc2_arithmetic": (20, 200),
    }


def test_choices_follow_the_question_of_the_first_item_after_the_shots(bench, tasks):
    item = json.loads((bench / "piqa.jsonl").read_text().split("\n")[20])

    assert item["query"] == "Question: What alcohol do you pour for a mojito?\n"
    assert request(tasks["pwc2_piqa"], 0) == [
        ("Question: What alcohol do you pour for a mojito?\nAnswer:", f" {choice}") for choice in item["choices"]
    ]


def test_unconditional_requests_stand_behind_the_choices(tasks):
    found = request(tasks["pwc2_arc_challenge"], 0)

    assert len(found) == 8
    assert [("", continuation) for _, continuation in found[:4]] == found[4:]


def test_a_partial_evaluation_has_one_continuation_behind_several_contexts(tasks):
    (first, same), (second, again) = request(tasks["pwc2_winogrande"], 0)

    assert same == again
    assert first != second


def test_a_running_text_is_one_request(tasks):
    ((context, continuation),) = request(tasks["pwc2_lambada"], 3)
    ((whole,),) = request(tasks["pwc2_lambada_rolling"], 3)

    assert context + continuation == whole


def test_generation_says_where_it_ends(tasks):
    ((context, options),) = request(tasks["pwc2_arithmetic"], 0)

    assert context.startswith("Question: ")
    assert context.endswith("\nAnswer:")
    assert options == {"until": ["Question:", "\n\n"], "do_sample": False, "temperature": 0.0, "max_gen_toks": 48}


def test_no_task_can_be_taken_for_a_stock_one(tasks):
    for name, task in tasks.items():
        assert name.startswith("pwc2_")
        assert re.search(r"\((not|no task of) ", task.config.task_alias)
        assert task.config.metadata["note"]


def test_word_problems_are_right_and_the_same_each_time():
    problems = arithmetic.problems(220)

    assert problems == arithmetic.problems(220)
    assert problems[:20] == arithmetic.problems(20)
    assert len({problem["question"] for problem in problems}) > 210
    for problem in problems:
        steps = re.findall(r"((?:\d+ [*/+-] )+\d+) = (\d+)", problem["answer"])
        assert steps
        assert all(eval(left) == int(right) for left, right in steps)  # digits and operators only
        assert problem["answer"].endswith(f"#### {steps[-1][1]}")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("{", "line 1 is not JSON: fetch that file again."),
        ("[" * 100_000, "line 1 is not JSON: fetch that file again."),
        ('{"query": "?", "choices": ["a"]}', "is no object with query, choices, gold of the usual kinds: fetch that file again."),
        ('{"query": "?", "choices": ["a"], "gold": true}', "of the usual kinds: fetch that file again."),
        ("[]", "of the usual kinds: fetch that file again."),
        ('{"query": "?", "choices": ["a"], "gold": 1}', "names no right one among its choices: fetch that file again."),
        ('{"query": "?", "choices": [1], "gold": 0}', "names no right one among its choices: fetch that file again."),
        (b"\xff", "can't be read as benchmark items (UnicodeDecodeError): fetch that file again."),
        (
            '{"query": "?", "choices": ["a"], "gold": 0}\n' * 20,
            "has 20 items, and the first 20 are only shown: fetch the whole of it.",
        ),
        (None, "can't be read as benchmark items (FileNotFoundError): fetch that file again."),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_in_one_sentence(tmp_path, rows, sentence):
    if rows is not None:
        (tmp_path / "piqa.jsonl").write_bytes(rows.encode() if isinstance(rows, str) else rows)

    with pytest.raises(DataMissing) as refused:
        local_tasks.prepare(tmp_path, tmp_path / "tasks", tasks=["pwc2_piqa"])

    assert str(refused.value).endswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_line_separator_within_a_text_ends_no_line(tmp_path):
    row = {"query": "one\u2028two", "choices": ["a"], "gold": 0}
    (tmp_path / "piqa.jsonl").write_text((json.dumps(row, ensure_ascii=False) + "\n") * 21, encoding="utf-8")

    local_tasks.prepare(tmp_path, tmp_path / "tasks", tasks=["pwc2_piqa"])

    assert json.loads((tmp_path / "tasks" / "pwc2_piqa.items.jsonl").read_text()) == row
