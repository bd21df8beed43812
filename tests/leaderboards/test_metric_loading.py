"""The columns of boards: their order, after a part and after a complete dump, and what is recorded of it."""

import pytest
from django.utils import timezone

from leaderboards.archive.settling import DROPPED
from leaderboards.models import Claim, Leaderboard, Metric
from papers import history
from papers.models import Change
from tests.factories.catalogue import make_board, make_task
from tests.factories.importing import everything, load_tables

pytestmark = pytest.mark.usefixtures("committed_db")


def load(*metrics, rows=({},), **options):
    results = [{"model_name": f"Model {number}", "metrics": cells} for number, cells in enumerate(rows)]
    rows = [row for row in results if row["metrics"]]
    return load_tables(
        [{"task": "Task", "datasets": [{"dataset": "Data", "sota": {"metrics": list(metrics), "rows": rows}}]}], **options
    )


def columns():
    return list(Metric.objects.values_list("name", "position"))


def changes(name):
    found = history.of(Metric.objects.get(name=name)).filter(via="import").order_by("pk")
    return list(found.values_list("action", "old", "new"))


def test_a_part_that_names_some_columns_moves_none_and_adds_behind():
    load("Accuracy", "F1", "Recall", is_baseline=True)
    load("AUC", "Recall", "F1", is_complete=False)
    assert columns() == [("Accuracy", 0), ("F1", 1), ("Recall", 2), ("AUC", 3)]
    assert [(action, new["position"]) for action, _, new in changes("AUC")] == [("created", 3)]
    assert changes("F1") == changes("Recall") == []


def test_a_complete_dump_gives_its_own_order_and_puts_what_it_dropped_last():
    load("Accuracy", "F1", "Recall", is_baseline=True)
    load("Recall", "Accuracy")
    assert columns() == [("Recall", 0), ("Accuracy", 1), ("F1", DROPPED)]
    assert changes("Recall") == [("changed", {"position": 2}, {"position": 0})]
    assert changes("F1") == [("changed", {"position": 1}, {"position": DROPPED})]
    before = everything(Metric, Change)
    load("Recall", "Accuracy")
    assert everything(Metric, Change) == before


def test_a_dropped_column_comes_back_behind_the_others_or_where_the_dump_says():
    load("Accuracy", "F1", "Recall")
    load("Recall")
    assert columns() == [("Recall", 0), ("Accuracy", DROPPED), ("F1", DROPPED + 1)]
    load("F1", is_complete=False)
    assert columns() == [("Recall", 0), ("F1", 1), ("Accuracy", DROPPED)]
    load("Accuracy", "Recall", "F1")
    assert columns() == [("Accuracy", 0), ("Recall", 1), ("F1", 2)]


def test_columns_that_people_made_or_edited_are_not_dropped():
    load("Accuracy", "F1", "Recall")
    board = Leaderboard.objects.get()
    Metric.objects.create(leaderboard=board, name="Ours", position=1, direction="higher")
    Metric.objects.filter(name="F1").update(direction="lower", direction_source="person")
    load("Recall", "Precision")
    assert columns() == [("Recall", 0), ("Precision", 1), ("F1", 2), ("Ours", 3), ("Accuracy", DROPPED)]


def test_a_baseline_records_the_columns_of_boards_that_stood_before_it_alone():
    ours = make_board(task=make_task(name="Task"), metrics=["F1"], source="form", dataset_name="Data")
    rows = [{"dataset": name, "sota": {"metrics": ["Accuracy", "F1"], "rows": []}} for name in ("Data", "More")]
    load_tables([{"task": "Task", "datasets": rows}], is_baseline=True)
    assert set(ours.metrics.values_list("name", "position")) == {("Accuracy", 0), ("F1", 1)}
    recorded = Change.objects.filter(table="leaderboards_metric", via="import").values_list("action", "object_id")
    accuracy, f1 = (ours.metrics.get(name=name).public_id for name in ("Accuracy", "F1"))
    assert sorted(recorded, key=str) == sorted([("created", accuracy), ("changed", accuracy), ("changed", f1)], key=str)


def test_a_column_is_dropped_once_none_but_a_removed_result_has_a_cell_in_it():
    load("Accuracy", rows=[{"Accuracy": "1"}, {"Accuracy": "2", "F1": "3"}])
    Claim.objects.filter(model_name="Model 1").update(removed_at=timezone.now(), removed_reason="Made up.")
    load("Accuracy", rows=[{"Accuracy": "1"}])
    assert columns() == [("Accuracy", 0), ("F1", DROPPED)]
