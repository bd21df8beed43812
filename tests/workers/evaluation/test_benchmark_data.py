"""The stock tasks find the CSV files' content, whole and unedited; what can't be trusted is refused with its place."""

import csv
import multiprocessing
import shutil

import pytest
from datasets import load_dataset

from workers.evaluation import harness, mmlu_csv, task_index
from workers.evaluation.benchmark_data import StagedData, stage, staged_subjects
from workers.evaluation.contract import ProtocolSpec
from workers.evaluation.errors import DataMissing


@pytest.fixture
def anatomy(bench, tmp_path):
    """A benchmark folder with one subject."""
    for split in ("test", "dev"):
        (tmp_path / "mmlu" / split).mkdir(parents=True)
        name = f"{split}/anatomy_{split}.csv"
        (tmp_path / "mmlu" / name).write_bytes((bench / "mmlu" / name).read_bytes())
    return tmp_path


def stage_one(source, tmp_path):
    return stage(source, tmp_path / "home", require_all=False)


def refusal(source, tmp_path, **options):
    with pytest.raises(DataMissing) as refused:
        stage(source, tmp_path / "home", **options)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_whole_of_mmlu_is_57_subjects_and_14042_items(mmlu):
    assert (len(mmlu.subjects), mmlu.test_items, mmlu.dev_items, mmlu.missing) == (57, 14_042, 285, ())


def test_the_subjects_are_those_of_the_stock_task():
    leaves = task_index.leaves(task_index.find("mmlu", include_path=None), "mmlu")

    assert sorted(entry.cfg["dataset_name"] for entry in leaves.values()) == sorted(mmlu_csv.SUBJECTS)


def test_every_staged_item_is_the_row_of_its_csv_file(bench, mmlu):
    counts = {"test": 0, "dev": 0}
    for subject in mmlu_csv.SUBJECTS:
        staged = load_dataset("cais/mmlu", subject)
        for split in counts:
            with (bench / "mmlu" / split / f"{subject}_{split}.csv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            assert staged[split].to_list() == [
                {
                    "question": row["question"],
                    "subject": subject,
                    "choices": [row[f"choice{place}"] for place in range(4)],
                    "answer": int(row["answer"]),
                }
                for row in rows
            ]
            counts[split] += len(rows)
    assert counts == {"test": 14_042, "dev": 285}


def test_the_stock_group_plans_every_item_of_every_subject(mmlu):
    plan = harness.build_plan(ProtocolSpec("mmlu", 5))

    assert (len(plan.tasks), len(plan.samples), len(plan.requests)) == (57, 14_042, 56_168)
    assert {fact.num_fewshot for fact in plan.tasks} == {5}
    assert {fact.chance for fact in plan.tasks} == {0.25}
    assert len({fact.prompt_sha256 for fact in plan.tasks}) == 57


def test_staging_again_changes_nothing(anatomy, tmp_path):
    first = stage_one(anatomy, tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "home").rglob("*") if path.is_file()}

    assert stage_one(anatomy, tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_the_mmlu_folder_itself_may_be_named(anatomy, tmp_path):
    staged = stage_one(anatomy / "mmlu", tmp_path)

    assert staged == StagedData(staged.digest, ("anatomy",), 135, 5)
    assert len(staged.missing) == 56


def test_a_changed_file_is_staged_anew(anatomy, tmp_path):
    before = stage_one(anatomy, tmp_path)
    path = anatomy / "mmlu" / "test" / "anatomy_test.csv"
    path.write_text(path.read_text() + "Which?,a,b,c,d,2\n")

    after = stage_one(anatomy, tmp_path)

    assert (before.test_items, after.test_items) == (135, 136)
    folders = list((tmp_path / "home" / "datasets" / "cais___mmlu" / "anatomy" / "0.0.0").iterdir())
    assert [folder.name for folder in folders] == [after.digest]


def test_damaged_staging_is_repaired(anatomy, tmp_path):
    staged = stage_one(anatomy, tmp_path)
    shutil.rmtree(tmp_path / "home" / "datasets" / "cais___mmlu" / "anatomy")

    assert stage_one(anatomy, tmp_path) == staged
    assert (tmp_path / "home" / "datasets" / "cais___mmlu" / "anatomy" / "0.0.0" / staged.digest / "mmlu-test.arrow").is_file()


def test_two_processes_may_stage_at_once(anatomy, tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        results = pool.starmap(stage_one, [(anatomy, tmp_path)] * 2)

    assert results[0] == results[1]
    assert sorted(path.name for path in (tmp_path / "home" / "datasets").iterdir()) == ["cais___mmlu"]


def test_a_missing_subject_is_named(anatomy, tmp_path):
    sentence = refusal(anatomy, tmp_path)

    assert sentence == (
        f"{anatomy / 'mmlu'} lacks 56 of the 57 MMLU subjects that are needed "
        "(abstract_algebra, astronomy, business_ethics, clinical_knowledge, college_biology and 51 more): "
        "add each one's test/<subject>_test.csv and dev/<subject>_dev.csv."
    )
    assert staged_subjects(tmp_path / "home") is None


def test_a_subject_without_its_worked_examples_is_missing(anatomy, tmp_path):
    (anatomy / "mmlu" / "dev" / "anatomy_dev.csv").unlink()

    assert "holds no subject of MMLU" in refusal(anatomy, tmp_path, require_all=False)


def test_a_folder_without_mmlu_says_what_belongs_there(tmp_path):
    assert refusal(tmp_path, tmp_path) == (
        f"{tmp_path} holds no MMLU: BENCHMARK_DATA must name a folder with mmlu/dev and mmlu/test, CSV files inside."
    )


HEADER = "question,choice0,choice1,choice2,choice3,answer\n"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (HEADER + "Q,a,b,c,d,0\nQ,a,b,c,d,4\n", "line 3: the answer is '4', not 0, 1, 2 or 3; correct the row."),
        (HEADER + "Q,a,b,c,d,A\n", "line 2: the answer is 'A', not 0, 1, 2 or 3; correct the row."),
        (HEADER + '"two\nlines",a,b,c,d,1\nQ,a,b,c,1\n', "line 4: 5 cells in place of 6; correct the row."),
        (HEADER + "Q,a,b,c,d,e,1\n", "line 2: 7 cells in place of 6; correct the row."),
        (HEADER + '"Q,a,b,c,d,1\n', "line 2: no valid CSV (unexpected end of data); put the benchmark's own file there."),
        (HEADER + "Q\0,a,b,c,d,1\n", "line 2: a cell holds a NUL character; correct the row."),
        ("q,a,b,c,d,answer\nQ,a,b,c,d,0\n", "line 1: the columns must be question, choice0, choice1, choice2, choice3, answer;"),
        (HEADER, "holds no items: put the benchmark's own file there."),
        ("", "line 1: the columns must be"),
        (HEADER + "x" * 200_000 + ",a,b,c,d,1\n", "line 2: no valid CSV (field larger than field limit (131072));"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(anatomy, tmp_path, content, fault):
    path = anatomy / "mmlu" / "test" / "anatomy_test.csv"
    path.write_text(content)

    sentence = refusal(anatomy, tmp_path, require_all=False)

    assert sentence.startswith(str(path))
    assert fault in sentence
    assert not list((tmp_path / "home").rglob("*.arrow"))


def test_bytes_that_are_no_text_are_refused(anatomy, tmp_path):
    (anatomy / "mmlu" / "test" / "anatomy_test.csv").write_bytes(b"\xff\xfe\x00")

    assert "can't be read" in refusal(anatomy, tmp_path, require_all=False)


def test_four_worked_examples_are_too_few(anatomy, tmp_path):
    path = anatomy / "mmlu" / "dev" / "anatomy_dev.csv"
    path.write_text(HEADER + "Q,a,b,c,d,0\n" * 4)

    assert refusal(anatomy, tmp_path, require_all=False) == (
        f"{path} has 4 worked examples in place of 5: fetch it again, unedited."
    )


def test_a_lost_item_of_the_whole_set_is_noticed(bench, tmp_path):
    shutil.copytree(bench / "mmlu", tmp_path / "mmlu")
    path = tmp_path / "mmlu" / "test" / "virology_test.csv"
    path.chmod(0o644)
    rows = mmlu_csv.read(path)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([mmlu_csv.COLUMNS, *((row.question, *row.choices, row.answer) for row in rows[1:])])

    assert refusal(tmp_path, tmp_path) == (
        f"The MMLU in {tmp_path / 'mmlu'} has 14,041 test items in place of 14,042: fetch its files again."
    )
