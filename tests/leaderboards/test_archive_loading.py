"""Storing evaluation tables: what is new, what changed, what went, and what people said meanwhile."""

import pytest
from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers import history
from papers.models import Area, Change, Dataset, Paper, Source, Task, TaskEdge
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.importing import counted, everything, load_tables

pytestmark = pytest.mark.usefixtures("committed_db")

TABLES = (Task, TaskEdge, Area, Task.areas.through, Dataset, Leaderboard, Metric, Claim, Score, Change)


def result(model="Model", **more):
    return {"model_name": model, "paper_title": None, "paper_url": None, "metrics": {"Accuracy": "1"}, **more}


def board(dataset, *rows, metrics=("Accuracy",), **more):
    return {"dataset": dataset, "sota": {"metrics": list(metrics), "rows": list(rows)}, **more}


def task(name, *datasets, subtasks=(), **more):
    return {"task": name, "datasets": list(datasets), "subtasks": list(subtasks), **more}


def one_board(*rows, metrics=("Accuracy",)):
    return [task("Task", board("Data", *rows, metrics=metrics))]


def column(*cells, metric="Accuracy"):
    """Tables of one board with one row for each cell."""
    rows = [result(f"Model {number}", metrics={metric: cell}) for number, cell in enumerate(cells)]
    return one_board(*rows, metrics=[metric])


def cells(**conditions):
    return list(Score.objects.filter(**conditions).order_by("pk").values_list("raw", "value", "scale", "is_doubtful"))


def changes(row):
    return list(history.of(row).order_by("pk").values_list("action", "old", "new"))


def test_a_second_import_changes_nothing():
    child = task("Child", categories=["Vision"], subtasks=[task("Top"), {"task": 5}, {"task": "Only named", "synonyms": 5}])
    tables = [
        task(
            "Top",
            board("Data", result(), result("Other", metrics={"Accuracy": "93", "F1": None}, paper_title="A paper")),
            board(
                "Other data", result(metrics={"Backbone": "ViT"}), dataset_links=[{"url": "https://paperswithcode.com/sota/x"}]
            ),
            categories=["Vision", "Robots"],
            synonyms=["Head"],
            subtasks=[child],
        )
    ]
    make_paper(title="A paper")
    [report], _ = load_tables(tables)
    assert counted(report) == (3, 0, 0, 0, 2)
    before = everything(*TABLES)
    [report], gone = load_tables(tables)
    assert (counted(report), gone) == ((0, 0, 3, 0, 2), 0)
    assert everything(*TABLES) == before
    edges = TaskEdge.objects.order_by("pk").values_list("parent__name", "child__name", "position", "is_bare")
    assert list(edges) == [("Top", "Child", 0, False), ("Child", "Top", 0, True), ("Child", "Only named", 1, False)]
    assert Task.objects.get(name="Top").synonyms == ["Head"]


def test_several_files_are_one_dump_whatever_their_order():
    first = [task("Task", board("Data", result("A")), subtasks=[task("Child", description="Words.")])]
    second = [task("Task", board("Data", result("B"))), task("Child", board("More", result("C")))]
    reports, _ = load_tables(first, second)
    assert [counted(report) for report in reports] == [(1, 0, 0, 0, 0), (2, 0, 0, 0, 0)]
    assert Task.objects.get(name="Child").description == "Words."
    before = everything(Task, TaskEdge, Dataset, Leaderboard, Metric, Score)
    reports, _ = load_tables(first, second)
    assert [counted(report) for report in reports] == [(0, 0, 1, 0, 0), (0, 0, 2, 0, 0)]
    assert everything(Task, TaskEdge, Dataset, Leaderboard, Metric, Score) == before


def test_a_changed_cell_is_a_changed_result_with_one_event():
    load_tables(one_board(result(metrics={"Accuracy": "28.4%", "F1": "1"}), result("Other")))
    before = Claim.objects.get(model_name="Model")
    [report], gone = load_tables(one_board(result(metrics={"Accuracy": "28.5 %", "Recall": 3}), result("Other")))
    assert (counted(report), gone) == ((0, 1, 1, 0, 0), 0)
    claim = Claim.objects.get(model_name="Model")
    scores = claim.scores.order_by("metric__position").values_list("metric__name", "raw", "value")
    assert list(scores) == [("Accuracy", '"28.5 %"', 28.5), ("Recall", "3", 3.0)]
    assert claim.updated_at > before.updated_at
    assert changes(claim)[1:] == [
        (
            "changed",
            {"scores": {"Accuracy": '"28.4%"', "F1": '"1"'}},
            {"scores": {"Accuracy": '"28.5 %"', "Recall": "3"}},
        )
    ]
    assert [metric.name for metric in Metric.objects.order_by("position")] == ["Accuracy", "Recall", "F1"]


def test_a_baseline_leaves_no_events_and_later_rows_do():
    load_tables(one_board(result()), is_baseline=True)
    assert Change.objects.count() == 0
    load_tables(one_board(result(), result("Later")))
    later = Claim.objects.get(model_name="Later")
    assert list(Change.objects.values_list("table", "object_id", "action", "via")) == [
        ("leaderboards_claim", later.public_id, "created", "import")
    ]


def test_results_and_boards_that_disappeared_become_tombstones_and_come_back():
    whole = [task("Task", board("Data", result(), result("Going"))), task("Gone", board("Lost", result()))]
    load_tables(whole)
    stays = everything(Claim, Score)
    _, gone = load_tables([task("Task", board("Data", result()))])
    assert gone == 5  # two results, a board, its task and its dataset
    reason = "No longer in the archive."
    for table, name, row in (
        (Claim, "model_name", "Going"),
        (Leaderboard, "dataset_name", "Lost"),
        (Task, "name", "Gone"),
        (Dataset, "name", "Lost"),
    ):
        assert table.objects.get(**{name: row}).removed_reason == reason
    assert changes(Task.objects.get(name="Gone"))[-1][0] == "removed"
    assert list(Leaderboard.objects.published().values_list("dataset_name", flat=True)) == ["Data"]
    [report], gone = load_tables(whole)
    assert (counted(report), gone) == ((0, 2, 1, 0, 0), 0)
    assert not any(table.objects.exclude(removed_at=None).exists() for table in (Claim, Leaderboard, Task, Dataset))
    assert [row["id"] for row in everything(Score)["leaderboards_score"]] == [row["id"] for row in stays["leaderboards_score"]]
    assert changes(Claim.objects.get(model_name="Going"))[-1][0] == "restored"


def test_a_delta_makes_no_tombstones():
    load_tables([task("Task", board("Data", result(), result("Other"))), task("More", board("Data", result()))])
    [report], gone = load_tables(one_board(result("Third")), is_complete=False)
    assert (counted(report), gone) == ((1, 0, 0, 0, 0), 0)
    assert Claim.objects.published().count() == 4


def test_what_people_stand_on_is_kept_when_the_archive_drops_it():
    load_tables([task("Task", board("Data", result())), task("Tagged"), task("Alone")])
    make_result(Leaderboard.objects.get(), model_name="Ours", source="form")
    make_paper(tasks=[Task.objects.get(name="Tagged")])
    _, gone = load_tables([])
    assert gone == 2  # the archive's result, and the task that stands alone
    assert Claim.objects.published().get().model_name == "Ours"
    assert (Leaderboard.objects.published().count(), Dataset.objects.published().count()) == (1, 1)
    assert set(Task.objects.published().values_list("name", flat=True)) == {"Task", "Tagged"}
    assert load_tables([])[1] == 0


def test_what_people_edited_is_kept():
    load_tables(one_board(result(paper_title="Old", metrics={"Accuracy": "1"})))
    Claim.objects.update(paper_title="Ours", edited_fields=["paper_title", "scores"])
    Leaderboard.objects.update(description="Ours", edited_fields=["description"])
    Task.objects.update(description="Ours", edited_fields=["description", "areas"])
    rows = [result(paper_title="Old", uses_additional_data=True, metrics={"Accuracy": "2"})]
    load_tables([task("Task", board("Data", *rows, description="Theirs"), description="Theirs", categories=["Vision"])])
    claim = Claim.objects.get()
    assert (claim.paper_title, claim.uses_additional_data, claim.scores.get().text) == ("Ours", True, "1")
    assert (Leaderboard.objects.get().description, Task.objects.get().description) == ("Ours", "Ours")
    assert Task.objects.get().areas.count() == 0


@pytest.mark.parametrize("source", [Source.ARCHIVE, Source.DEMO])
def test_rows_that_were_made_here_are_not_doubled_and_keep_what_they_say(source):
    ours = make_task(name="Task", source="form", description="Ours.")
    data = make_dataset(name="Data", source="form")
    table = make_board(task=ours, dataset=data, source="run", note="Ours.")
    claim = make_result(table, model_name="Model", scores={"Accuracy": "7"}, source="form", uses_additional_data=True)
    rows = [result(uses_additional_data=False, paper_url=None, code_links=[{"url": "x"}])]
    load_tables([task("Task", board("Data", *rows, description="Theirs."), description="Theirs.")], source=source)
    for row in (ours, data, table, claim):
        row.refresh_from_db()
    assert (Task.objects.count(), Dataset.objects.count(), Leaderboard.objects.count(), Claim.objects.count()) == (1, 1, 1, 1)
    assert (ours.source, ours.archive_key, ours.description) == ("form", "Task", "Ours.")
    assert (table.source, table.description, table.note) == ("run", "Theirs.", "Ours.")
    assert (claim.uses_additional_data, claim.code_links, claim.scores.get().text) == (True, [{"url": "x"}], "7")


def test_a_board_made_here_for_a_task_that_a_person_renamed_is_taken_for_the_archives():
    load_tables([task("Task")])
    Task.objects.update(name="Ours", edited_fields=["name"])
    table = make_board(task=Task.objects.get(), dataset=make_dataset(name="Data"), source="form")
    load_tables(one_board(result()))
    assert Leaderboard.objects.get().pk == table.pk
    assert Claim.objects.get().leaderboard_id == table.pk


def test_an_address_in_the_dump_wins_over_one_that_the_rule_makes():
    stated = board("Second", result(), dataset_links=[{"url": "https://paperswithcode.com/sota/task-on-first"}])
    load_tables([task("Task", board("First", result()), stated)])
    assert dict(Leaderboard.objects.values_list("dataset_name", "slug")) == {
        "First": "task-on-first-1",
        "Second": "task-on-first",
    }


def test_boards_join_datasets_by_name_then_by_variant_and_only_then_make_one():
    coco = make_dataset(name="COCO", variants=["COCO minival", "COCO test-dev", "Both"])
    panoptic = make_dataset(name="COCO test", variants=["COCO test-dev", "Both"])
    make_dataset(name="Junk", variants=["COCO minival"], spam_reason="advertises a support line")
    Dataset.objects.update(archive_dumps=["datasets"])
    for row in Dataset.objects.all():
        Dataset.objects.filter(pk=row.pk).update(archive_key=row.name)
    names = ["COCO", "COCO minival", "COCO test-dev", "Both", "New"]
    load_tables([task("Task", *(board(name, result()) for name in names))])
    joined = dict(Leaderboard.objects.values_list("dataset_name", "dataset__name"))
    assert joined == {
        "COCO": "COCO",
        "COCO minival": "COCO",
        "COCO test-dev": "COCO test",
        "Both": "COCO",
        "New": "New",
    }
    coco.refresh_from_db()
    panoptic.refresh_from_db()
    assert coco.archive_dumps == panoptic.archive_dumps == ["datasets", "evaluation-tables"]


def test_a_dataset_made_of_a_boards_word_gives_way_to_one_that_lists_it():
    load_tables([task("Task", board("COCO minival", result()))])
    make_dataset(name="COCO", variants=["COCO minival"])
    [report], gone = load_tables([task("Task", board("COCO minival", result()))])
    assert (counted(report), gone) == ((0, 0, 1, 0, 0), 1)
    assert Leaderboard.objects.get().dataset.name == "COCO"
    assert Dataset.objects.get(name="COCO minival").removed_reason == "No longer in the archive."


def test_spam_is_judged_and_a_persons_correction_kept():
    tables = [task("16k", board("^(#$!@#$)(()))******", result())), task("Parsing", board("Data", result()))]
    load_tables(tables)
    assert dict(Task.objects.values_list("name", "spam_reason")) == {"16k": "has a name that is a bare quantity", "Parsing": ""}
    assert Dataset.objects.get(name__startswith="^").spam_reason == "has a name without a letter"
    Task.objects.filter(name="16k").update(spam_reason="", edited_fields=["spam_reason"])
    tables[0]["description"] = "New words."
    load_tables(tables)
    corrected = Task.objects.get(name="16k")
    assert (corrected.spam_reason, corrected.description) == ("", "New words.")


def test_a_number_on_another_scale_is_brought_to_its_columns():
    load_tables(column("78.0", "81.5", "0.635", "80.25"))
    assert cells() == [
        ('"78.0"', 78.0, 1.0, False),
        ('"81.5"', 81.5, 1.0, False),
        ('"0.635"', 63.5, 100.0, False),
        ('"80.25"', 80.25, 1.0, False),
    ]
    [report], _ = load_tables(column("78.0", "81.5", "0.635", "80.25"))
    assert counted(report) == (0, 0, 4, 0, 0)


def test_a_best_value_far_ahead_is_doubtful_until_another_comes_near():
    shown = ["99.87", "82.4", "82.1", "81.9", "81.5"]
    load_tables(column(*shown))
    assert [is_doubtful for *_, is_doubtful in cells()] == [True, False, False, False, False]
    load_tables(column(*shown, "99.5"))
    assert not any(is_doubtful for *_, is_doubtful in cells())
    load_tables(column(*shown))
    assert cells(is_doubtful=True) == [('"99.87"', 99.87, 1.0, True)]
    before = everything(Score)
    load_tables(column(*shown))
    assert everything(Score) == before


def test_a_delta_is_judged_among_the_rows_that_are_there():
    load_tables(column("78.0", "81.5", "80.25", "79.125"))
    load_tables(one_board(result("Late", metrics={"Accuracy": "0.8105"})), is_complete=False)
    assert cells(claim__model_name="Late") == [('"0.8105"', 81.05, 100.0, False)]


def test_a_column_of_words_is_not_ranked_and_names_of_metrics_get_one_spelling():
    rows = [result(f"M{n}", metrics={"ACC": str(n), "Training set": word, "WER": "3"}) for n, word in enumerate(["x", "y", "-"])]
    load_tables(one_board(*rows, metrics=["ACC", "Training set", "WER"]))
    assert list(Metric.objects.order_by("position").values_list("name", "direction", "canonical_name")) == [
        ("ACC", "higher", "Accuracy"),
        ("Training set", "none", "Training set"),
        ("WER", "lower", "WER"),
    ]
    words = [result(f"M{n}", metrics={"F1": word}) for n, word in enumerate(["ResNet", "ViT"])]
    load_tables([task("Other", board("Data", *words, metrics=["F1"]))], is_complete=False)
    metric = Metric.objects.get(name="F1")
    assert metric.direction == "none"
    load_tables([task("Other", board("Data", *(result(f"M{n}", metrics={"F1": "5"}) for n in range(2)), metrics=["F1"]))])
    metric.refresh_from_db()
    assert metric.direction == "higher"
    found = Change.objects.filter(object_id=metric.public_id, via="import").values_list("action", "old", "new")
    assert ("changed", {"direction": "none"}, {"direction": "higher"}) in list(found)


def test_a_direction_that_a_person_gave_is_kept_and_an_inferred_one_inferred_again():
    tables = one_board(result(metrics={"Error": "1", "F1": "2"}), metrics=["Error", "F1"])
    load_tables(tables)
    Metric.objects.filter(name="Error").update(direction="higher", direction_source="person")
    Metric.objects.filter(name="F1").update(direction="lower")
    load_tables(tables)
    assert list(Metric.objects.order_by("position").values_list("name", "direction", "direction_source")) == [
        ("Error", "higher", "person"),
        ("F1", "higher", "inferred"),
    ]


def test_what_a_person_removed_stays_removed():
    load_tables(one_board(result()))
    Claim.objects.update(removed_at=timezone.now(), removed_reason="Made up.")
    load_tables(one_board(result(uses_additional_data=True)))
    claim = Claim.objects.get()
    assert (claim.removed_reason, claim.uses_additional_data) == ("Made up.", True)


def test_a_paper_that_is_removed_is_no_ones():
    make_paper(title="A paper", removed_at=timezone.now(), removed_reason="Spam.")
    load_tables(one_board(result(paper_title="A paper")))
    assert Claim.objects.get().paper is None
    Paper.objects.update(removed_at=None, removed_reason="")
    load_tables(one_board(result(paper_title="A paper")))
    assert Claim.objects.get().paper == Paper.objects.get()
