"""Results and boards by the REST API."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from portal.api.ranks import Best, Cell, best_of
from tests.factories.catalogue import (
    make_board,
    make_dataset,
    make_paper,
    make_result,
    make_task,
)
from tests.factories.runs import make_protocol
from tests.portal.api_reading import REMOVED, RUN, get, listed, make_measurement

pytestmark = pytest.mark.django_db


def test_a_result_has_its_cells_as_the_archive_wrote_them_and_what_was_measured(client):
    board = make_board(slug="tl-on-mml", metrics=("Accuracy", "Perplexity"))
    claim = make_result(
        board, model_name="GPT-NeoX 20B (5-shot)", scores={"Perplexity": 7.5, "Accuracy": "33.6%"}, uses_additional_data=True,
        paper=make_paper(slug="p", date=date(2022, 4, 14)), public_id=UUID(int=1),
    )  # fmt: skip
    make_result(board, scores={"Accuracy": "40.0%"})
    protocol = make_protocol(slug="mmlu-5-shot")
    make_measurement(
        claim,
        protocol=protocol,
        value=26.0,
        items=14042,
        standard_error=0.37,
        interval_low=25.3,
        interval_high=26.7,
        chance_level=25.0,
        scale=100.0,
    )
    body = listed(
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "best_rank": 1,
            "metrics": {"Accuracy": "33.6%", "Perplexity": "7.5"},
            "methodology": "GPT-NeoX 20B (5-shot)",
            "uses_additional_data": True,
            "paper": "p",
            "best_metric": "Perplexity",
            "evaluated_on": "2022-04-14",
            "external_source_url": None,
            "evaluation": "tl-on-mml",
            "measurements": [
                {
                    "metric": "Accuracy", "value": 26.0, "items": 14042, "standard_error": 0.37, "interval_low": 25.3, "interval_high": 26.7,
                    "chance_level": 25.0, "protocol": "mmlu-5-shot", "is_selftest": False, "run": str(RUN), "publication": None,
                    "note": "",
                    "verdict": {
                        "word": "differs",
                        "reason": "The claim lies outside the 95 % interval: with 14,042 items, luck alone rarely makes a difference of 7.6.",
                        "chance": "Guessing reaches 25; the interval lies above it.",
                    },
                }
            ],
        }
    )  # fmt: skip
    assert get(client, "/papers/p/results/") == body
    assert get(client, "/evaluations/tl-on-mml/results/?items_per_page=1") == {
        **body, "count": 2, "next": "http://testserver/api/v1/evaluations/tl-on-mml/results/?items_per_page=1&page=2",
    }  # fmt: skip


def test_a_result_without_rank_paper_or_date_says_null(client):
    board = make_board(slug="b")
    make_result(board, model_name="M", scores={"Accuracy": None}, public_id=UUID(int=1), paper=make_paper(**REMOVED))
    assert get(client, "/evaluations/b/results/") == listed(
        {
            "id": str(UUID(int=1)), "best_rank": None, "metrics": {"Accuracy": ""}, "methodology": "M", "uses_additional_data": False,
            "paper": None, "best_metric": None, "evaluated_on": None, "external_source_url": None, "measurements": [],
            "evaluation": "b",
        }
    )  # fmt: skip


def test_only_measurements_that_stand_are_told_the_newest_first(client):
    now = timezone.now()
    claim = make_result(make_board(slug="b"), scores={"Accuracy": "1"})
    newest = make_measurement(claim, value=3.0, measured_at=now, run_id=None, publication_url="https://example.org/report")
    make_measurement(
        claim, value=2.0, measured_at=now - timedelta(days=1), run_id=UUID(int=2), protocol=make_protocol(is_selftest=True)
    )
    make_measurement(claim, value=1.0, run_id=UUID(int=3), superseded_by=newest)
    make_measurement(claim, value=1.0, run_id=UUID(int=4), retracted_at=now, retraction_reason="Wrong weights.")
    make_measurement(claim, value=1.0, run_id=UUID(int=5), published_at=None)
    (result,) = get(client, "/evaluations/b/results/")["results"]
    assert [(item["value"], item["run"], item["publication"], item["is_selftest"]) for item in result["measurements"]] == [
        (3.0, None, "https://example.org/report", False),
        (2.0, str(UUID(int=2)), None, True),
    ]


def test_a_figure_that_json_cannot_say_is_null(client):
    claim = make_result(make_board(slug="b"), scores={"Accuracy": "1"})
    make_measurement(claim, value=float("nan"), standard_error=float("inf"))
    (result,) = get(client, "/evaluations/b/results/")["results"]
    assert (result["measurements"][0]["value"], result["measurements"][0]["standard_error"]) == (None, None)


def cells(direction, metric, **values):
    return [Cell(claim=int(claim[1:]), metric=metric, direction=direction, value=value) for claim, value in values.items()]


@pytest.mark.parametrize(
    ("columns", "best"),
    [
        ([], {}),
        ([cells("higher", "A", c1=1.0, c2=2.0)], {1: (2, "A"), 2: (1, "A")}),
        ([cells("lower", "A", c1=1.0, c2=1.0, c3=2.0)], {1: (1, "A"), 2: (1, "A"), 3: (3, "A")}),
        ([cells("none", "A", c1=1.0)], {}),
        ([cells("higher", "A", c1=1.0, c2=2.0), cells("lower", "B", c1=1.0, c2=2.0)], {1: (1, "B"), 2: (1, "A")}),
        ([cells("higher", "A", c1=2.0, c2=1.0), cells("higher", "B", c1=2.0, c2=1.0)], {1: (1, "A"), 2: (2, "A")}),
    ],
)
def test_the_best_rank_is_that_over_all_metrics(columns, best):
    assert best_of(columns) == {claim: Best(rank=rank, metric=metric) for claim, (rank, metric) in best.items()}


def test_evaluation_tables_are_boards(client):
    task, dataset = make_task(name="Transfer Learning"), make_dataset(name="MML")
    make_board(slug="z-on-z", task=task, dataset=make_dataset(name="Other"), description="Words.")
    make_board(slug="a-on-a", task=task, dataset=dataset)
    make_board(slug="gone", **REMOVED)
    first = {"id": "a-on-a", "task": "transfer-learning", "dataset": "mml", "description": "", "mirror_url": None}
    assert get(client, "/evaluations/") == listed(
        first, {"id": "z-on-z", "task": "transfer-learning", "dataset": "other", "description": "Words.", "mirror_url": None}
    )
    assert get(client, "/evaluations/a-on-a/") == first


def test_results_come_in_the_order_of_the_archives_table(client):
    board = make_board(slug="b")
    for name, position in {"Second": 2, "First": 1, "Third": 3}.items():
        make_result(board, model_name=name, position=position)
    make_result(board, model_name="Gone", **REMOVED)
    make_result(make_board(), model_name="Elsewhere")
    assert [result["methodology"] for result in get(client, "/evaluations/b/results/")["results"]] == ["First", "Second", "Third"]


def test_a_removed_claim_holds_no_rank_and_a_removed_board_no_result(client):
    paper = make_paper(slug="p")
    board = make_board()
    make_result(board, scores={"Accuracy": "2"}, **REMOVED)
    make_result(board, scores={"Accuracy": "1"}, paper=paper, model_name="M")
    make_result(make_board(**REMOVED), scores={"Accuracy": "1"}, paper=paper)
    assert [(item["methodology"], item["best_rank"]) for item in get(client, "/papers/p/results/")["results"]] == [("M", 1)]
