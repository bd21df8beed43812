"""Correcting boards and results in the admin: what an edit stores, marks and brings with it, and that imports keep it."""

import json

import pytest
from django.urls import reverse

from accounts.models import User
from leaderboards.corrections import HOW_TO_WRITE
from leaderboards.models import Claim, Leaderboard, Metric, Model, Score
from papers import history
from tests.factories.admin_form import edit, faults, fields, send
from tests.factories.catalogue import make_board, make_paper, make_result
from tests.portal.dumps import load, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.fixture
def tables(tmp_path):
    """Imports one board with these rows."""

    def imported(*rows, metrics=("Accuracy",)):
        path = tmp_path / "evaluation-tables.json"
        path.write_text(json.dumps(table_rows(*rows, metrics=metrics)))
        load(path)

    return imported


def results(*cells, metric="Accuracy"):
    return [{"model_name": f"Model {number}", "metrics": {metric: cell}} for number, cell in enumerate(cells)]


def cells(claim):
    return list(claim.scores.order_by("metric__position").values_list("metric__name", "raw", "value"))


def columns():
    return list(Metric.objects.values_list("name", "direction", "direction_source"))


def changes(row, *, skipping):
    return list(history.of(row).order_by("id").values_list("table", "action", "old", "new"))[skipping:]


def test_a_cell_that_is_edited_is_read_at_once_and_kept_by_imports(staff, tables, client):
    tables({"metrics": {"Accuracy": "28.4", "F1": "1"}}, metrics=["Accuracy", "F1"])
    claim = Claim.objects.get()
    edit(staff, claim, **{"scores-0-raw": "99.9%"})
    assert claim.edited_fields == ["scores"]
    edited = [("Accuracy", '"99.9%"', 99.9), ("F1", '"1"', 1.0)]
    assert cells(claim) == edited
    assert "99.9%" in client.get(f"/sota/{Leaderboard.objects.get().slug}").content.decode()
    tables({"metrics": {"Accuracy": "30", "F1": "2"}}, metrics=["Accuracy", "F1"])
    assert cells(claim) == edited


def test_an_edited_cell_is_recorded_under_its_claim(staff):
    claim = make_result(make_board(), scores={"Accuracy": "28.4"})
    same = {"metric_id": str(Metric.objects.get().public_id), "scale": 1, "is_doubtful": False}
    recorded = history.of(claim).count()
    edit(staff, claim, **{"scores-0-raw": "28.6"})
    assert changes(claim, skipping=recorded) == [
        (
            "leaderboards_score", "changed", {"raw": '"28.4"', "value": 28.4, **same}, {"raw": '"28.6"', "value": 28.6, **same},
        ),
        ("leaderboards_claim", "changed", {"edited_fields": []}, {"edited_fields": ["scores"]}),
    ]  # fmt: skip


def test_a_save_without_an_edit_stores_nothing(staff):
    board = make_board(metrics=["Accuracy", "F1"], description="One\ntwo")
    scores = {"Accuracy": {"odd": [1]}, "F1": ' "spaced" '}
    claim = make_result(board, scores=scores, code_links=[{"url": "x"}], paper_url="", paper=make_paper())
    Score.objects.update(value=7)
    before = [list(table.objects.values()) for table in (Leaderboard, Metric, Claim, Score)]
    recorded = history.Change.objects.count()
    edit(staff, claim)
    edit(staff, board)
    edit(staff, claim, **{"scores-1-raw": '  "\\u0020\\"spaced\\" "'})
    assert [list(table.objects.values()) for table in (Leaderboard, Metric, Claim, Score)] == before
    assert history.Change.objects.count() == recorded


def test_a_cell_is_added_and_deleted_for_good(staff, tables):
    rows = [{"metrics": {"F1": "1"}}]
    tables(*rows, metrics=["Accuracy", "F1"])
    claim = Claim.objects.get()
    added = {"scores-TOTAL_FORMS": "2", "scores-1-metric": Metric.objects.get(name="Accuracy").pk, "scores-1-raw": "28.4"}
    edit(staff, claim, **added, **{"scores-0-DELETE": "on"})
    assert (cells(claim), claim.edited_fields) == ([("Accuracy", '"28.4"', 28.4)], ["scores"])
    tables(*rows, {"model_name": "Other"}, metrics=["Accuracy", "F1"])
    assert cells(claim) == [("Accuracy", '"28.4"', 28.4)]


def test_numbers_follow_from_cells_alone(staff):
    claim = make_result(make_board(), scores={"Accuracy": "28.4"})
    assert not {"scores-0-value", "scores-0-scale", "scores-0-is_doubtful", "scores-0-metric"} & set(fields(staff, claim))
    edit(staff, claim, **{"scores-0-value": "99", "scores-0-scale": "3", "scores-0-is_doubtful": "on"})
    assert (cells(claim), claim.edited_fields) == ([("Accuracy", '"28.4"', 28.4)], [])


def test_a_column_is_judged_anew_as_an_import_does(staff, tables):
    rows = results("78.0", "77.2", "71.9", "70.1", "69.8", "-")
    tables(*rows)
    edit(staff, Claim.objects.get(model_name="Model 5"), **{"scores-0-raw": "0.7425"})
    edit(staff, Claim.objects.get(model_name="Model 0"), **{"scores-0-raw": "98.7"})
    judged = list(Score.objects.order_by("pk").values_list("raw", "value", "scale", "is_doubtful"))
    assert (judged[0], judged[5]) == (('"98.7"', 98.7, 1.0, True), ('"0.7425"', 74.25, 100.0, False))
    tables(*rows, {"model_name": "Other", "metrics": {}})
    assert list(Score.objects.order_by("pk").values_list("raw", "value", "scale", "is_doubtful")) == judged


def test_a_result_that_is_removed_leaves_its_columns(staff):
    board = make_board()
    *_, last = [make_result(board, scores={"Accuracy": cell}) for cell in ("99.9", "77.2", "75.9", "75.1", "74.8")]
    edit(staff, last, **{"scores-0-raw": "74.9"})
    assert Score.objects.get(is_doubtful=True).value == 99.9
    edit(staff, last, removed_at_0="2024-01-01", removed_at_1="12:00:00", removed_reason="A slip.")
    assert not Score.objects.filter(is_doubtful=True).exists()  # four are too few to tell


@pytest.mark.parametrize("typed", ['"28.4', "[28.4]", '"\\ud800"'])
def test_what_is_no_cell_is_refused_in_a_sentence(staff, client, typed):
    claim = make_result(make_board(slug="board"), scores={"Accuracy": "28.4"})
    response = send(staff, claim, **{"scores-0-raw": typed})
    assert faults(response) == [HOW_TO_WRITE]
    assert cells(claim) == [("Accuracy", '"28.4"', 28.4)]
    assert client.get("/sota/board").status_code == 200


def test_a_cell_stands_in_a_column_of_the_claims_board(staff):
    claim, other = make_result(make_board()), make_board()
    added = {"scores-TOTAL_FORMS": "1", "scores-0-metric": other.metrics.get().pk, "scores-0-raw": "1"}
    [sentence] = faults(send(staff, claim, **added))
    assert sentence.startswith("Select a valid choice.")
    assert not Score.objects.exists()


def test_a_direction_that_is_edited_is_a_persons_and_kept_by_imports(staff, tables):
    tables(*results("28.4", "30"))
    edit(staff, Leaderboard.objects.get(), **{"metrics-0-direction": "lower"})
    assert columns() == [("Accuracy", "lower", "person")]
    tables(*results("28.4", "31"))
    assert columns() == [("Accuracy", "lower", "person")]
    edit(staff, Leaderboard.objects.get(), **{"metrics-0-direction_source": "inferred"})
    assert columns() == [("Accuracy", "higher", "inferred")]


def test_the_columns_of_the_archives_boards_keep_their_names_and_order(staff, tables):
    tables(*results("28.4"))
    board = Leaderboard.objects.get()
    edit(staff, board, **{"metrics-0-name": "Top-1", "metrics-0-position": "7"})
    assert list(Metric.objects.values_list("name", "position")) == [("Accuracy", 0)]
    assert not {"metrics-0-name", "metrics-0-position"} & set(fields(staff, board))
    added = {"name": "acc", "position": "1", "direction": "none", "direction_source": "inferred"}
    edit(staff, board, **{"metrics-TOTAL_FORMS": "2"}, **{f"metrics-1-{name}": value for name, value in added.items()})
    tables(*results("28.5"))
    assert columns() == [("Accuracy", "higher", "inferred"), ("acc", "none", "person")]
    assert Metric.objects.get(name="acc").canonical_name == "Accuracy"


def test_a_column_of_a_board_made_here_is_renamed_and_judged_by_its_name(staff):
    board = make_board(source="form")
    make_result(board, scores={"Accuracy": "28.4"})
    edit(staff, board, **{"metrics-0-name": "Top-1 Error"})
    metric = Metric.objects.get()
    assert (metric.name, metric.canonical_name, metric.direction) == ("Top-1 Error", "Top-1 Error", "lower")


def test_a_column_with_results_is_not_deleted(staff):
    board = make_board(metrics=["Accuracy", "F1"])
    make_result(board, scores={"Accuracy": "28.4"})
    [sentence] = faults(send(staff, board, **{"metrics-0-DELETE": "on"}))
    assert sentence == "The column “Accuracy” holds results and stays; “Not ranked” takes it out of the ranking."
    edit(staff, board, **{"metrics-1-DELETE": "on"})
    assert [name for name, _, _ in columns()] == ["Accuracy"]


def test_a_claim_stays_one_of_its_kind(staff):
    board = make_board()
    claim, _ = make_result(board, model_name="One"), make_result(board, model_name="Other")
    assert faults(send(staff, claim, model_name="Other")) == ["The board has a result of that model by this paper already."]
    assert edit(staff, claim, model_name="Another").edited_fields == ["model_name"]
    assert edit(staff, claim, leaderboard=str(make_board().pk)).leaderboard == board


def test_links_of_a_claim_are_lists_of_objects(staff):
    claim = make_result(make_board())
    assert edit(staff, claim, code_links='[{"url": "https://example.org"}]').code_links == [{"url": "https://example.org"}]
    assert len(faults(send(staff, claim, model_links="{}"))) == 1


def test_a_model_is_added_with_an_address_and_a_source(staff):
    Model.objects.create(name="Taken", slug="gpt-neox-20b", source="run")
    fields_of_a_model = {"name": "GPT-NeoX-20B", "removed_at_0": "", "removed_at_1": "", "removed_reason": "", "paper": ""}
    response = staff.post(reverse("admin:leaderboards_model_add"), fields_of_a_model)
    assert response.status_code == 302, response.context["errors"]
    model = Model.objects.get(name="GPT-NeoX-20B")
    assert (model.slug, model.source, model.edited_fields) == ("gpt-neox-20b-1", "form", [])
    assert staff.get(reverse("admin:leaderboards_claim_add")).status_code == 403
