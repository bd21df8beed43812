"""What later dumps make of boards, tasks and their datasets: on the pages, and in the history."""

import pytest

from leaderboards.models import Leaderboard
from papers import history
from papers.models import AreaCount, Change, Dataset, Task
from tests.portal.dumps import load, paper_row, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

DATASETS, PAPERS, TABLES = "datasets.json", "papers-with-abstracts.json", "evaluation-tables.json"


def coco(*variants, **values):
    return [{"name": "COCO", "url": "https://paperswithcode.com/dataset/coco", "variants": list(variants), **values}]


def test_a_board_answers_when_its_dataset_is_a_variant_and_when_it_is_none_any_more(dump, client):
    tables = table_rows({}, dataset="COCO minival")
    load(dump(TABLES, tables))
    load(dump(DATASETS, coco("COCO minival")))
    board = f"/sota/{Leaderboard.objects.get().slug}"
    assert (client.get(board).status_code, client.get("/dataset/coco-minival").headers["Location"]) == (200, "/dataset/coco")
    load(dump(DATASETS, coco()))
    assert client.get(board).status_code == 200
    tables[0]["datasets"][0]["description"] = "New words."
    load(dump(TABLES, tables))
    assert (client.get(board).status_code, client.get("/dataset/coco-minival").status_code) == (200, 200)
    assert Leaderboard.objects.get().dataset == Dataset.objects.get(name="COCO minival")


def test_one_import_of_all_is_a_baseline_though_its_dumps_name_the_same_tasks(dump):
    dump(DATASETS, coco(tasks=[{"task": "Task", "url": "https://paperswithcode.com/task/a-task"}]))
    tables = table_rows({})
    tables[0] |= {"description": "Words.", "categories": ["Vision"]}
    path = dump(TABLES, tables)
    load(path.parent)
    task = Task.objects.get()
    assert (task.description, task.areas.get().name, Change.objects.count()) == ("Words.", "Vision", 0)


def test_tables_that_come_after_an_import_of_datasets_change_its_tasks_on_record(dump):
    load(dump(DATASETS, coco(tasks=[{"task": "Task"}])))
    tables = table_rows({})
    tables[0] |= {"description": "Words.", "categories": ["Vision"]}
    load(dump(TABLES, tables))
    told = history.of(Task.objects.get()).order_by("pk").values_list("action", "new")
    assert [(action, sorted(new)) for action, new in told] == [
        ("changed", ["archive_absent", "archive_raw", "description"]),
        ("changed", ["areas"]),
    ]


def test_a_task_that_a_paper_names_again_comes_back(dump, client):
    load(dump(TABLES, [*table_rows({}), {"task": "Parsing", "description": "Trees."}]))
    load(dump(TABLES, table_rows({})))
    assert client.get("/task/parsing").status_code == 410
    load(dump(PAPERS, [paper_row(tasks=["Parsing"])]))
    task = Task.objects.get(name="Parsing")
    assert (task.removed_at, task.removed_reason, task.description, task.slug) == (None, "", "Trees.", "parsing")
    assert [action for (action,) in history.of(task).order_by("pk").values_list("action")] == ["removed", "restored"]
    assert client.get("/task/parsing").status_code == 200
    load(dump(TABLES, table_rows({})))
    assert client.get("/task/parsing").status_code == 200


def test_a_dump_that_changes_areas_alone_brings_the_counts_up_to_date(dump):
    tables = table_rows({})
    load(dump(TABLES, [{**tables[0], "categories": ["Vision"]}]))
    assert list(AreaCount.objects.values_list("tasks", flat=True)) == [1]
    load(dump(TABLES, [{**tables[0], "categories": []}]))
    assert list(AreaCount.objects.values_list("tasks", flat=True)) == [0]
