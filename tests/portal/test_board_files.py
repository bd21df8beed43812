"""A board as CSV, JSON and PNG, and badges."""

import csv
import io
from datetime import date

import pytest
from django.conf import settings
from django.utils import timezone

from leaderboards.models import Metric
from papers.models import SlugHistory
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_repository, make_result, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    """Two ranked models with papers and one that is not."""
    made = make_board(task=make_task(name="QA"), dataset=make_dataset(name="SQuAD"), slug="qa", metrics=["EM", "F1"])
    paper = make_paper(
        title="Paper A", slug="paper-a", date=date(2019, 5, 1), repositories=[make_repository(url="https://github.com/a/b")]
    )
    make_result(made, model_name="A", scores={"EM": "90%", "F1": "91"}, paper=paper, uses_additional_data=True)
    make_result(made, model_name="=B()", scores={"EM": "80", "F1": "95"}, paper=make_paper(slug="paper-b", title="Paper B"))
    return made


def rows(response):
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_the_csv_is_the_table_as_shown_and_no_formula(client, board):
    response = client.get("/sota/qa.csv?metric=F1&columns=paper&columns=code")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="qa.csv"'
    assert rows(response) == [
        ["rank", "model", "F1", "EM", "paper", "paper url", "code"],
        ["1", "'=B()", "95", "80", "Paper B", "http://testserver/paper/paper-b", ""],
        ["2", "A", "91", "90%", "Paper A", "http://testserver/paper/paper-a", "https://github.com/a/b"],
    ]


def test_negative_numbers_stay_numbers_in_the_csv(client):
    made = make_board(slug="rl", metrics=["Reward"])
    make_result(made, model_name="-x", scores={"Reward": "-20.7"})
    assert rows(client.get("/sota/rl.csv"))[1][:3] == ["1", "'-x", "-20.7"]


def test_the_json_has_numbers_and_what_was_asked_for(client, board):
    content = client.get("/sota/qa.json?extra=with").json()
    assert content["filters"] == {
        "extra_data": "with", "method": None, "with_code": False, "measured_here": False, "from_year": None, "to_year": None,
    }  # fmt: skip
    assert content["ranked_by"] == {"name": "EM", "direction": "higher"}
    assert content["results"] == [
        {
            "rank": 1,
            "model": "A",
            "metrics": {
                "EM": {"text": "90%", "value": 90.0, "remark": None},
                "F1": {"text": "91", "value": 91.0, "remark": None},
            },
            "measured": [],
            "uses_additional_data": True,
            "paper": {"title": "Paper A", "url": "http://testserver/paper/paper-a"},
            "code": "https://github.com/a/b",
            "methods": [],
            "date": "2019-05-01",
            "from": "archive",
        }
    ]


@pytest.mark.parametrize("kind", ["csv", "json", "png"])
def test_what_is_no_board_is_404_as_any_file(client, board, kind):
    assert client.get(f"/sota/nothing.{kind}").status_code == 404


@pytest.mark.parametrize("metrics", [["EM"], []])
def test_an_empty_board_has_files_too(client, metrics):
    make_board(slug="bare", metrics=metrics)
    assert len(rows(client.get("/sota/bare.csv"))) == 1
    assert client.get("/sota/bare.json").json()["results"] == []
    assert client.get("/sota/bare.png").content.startswith(b"\x89PNG")


def size_of(png):
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_the_picture_is_made_once_and_anew_when_the_board_changes(client, board):
    response = client.get("/sota/qa.png")
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/png", "public, max-age=3600")
    assert size_of(response.content) == (1200, 630)

    def kept():
        return {path: path.stat().st_mtime_ns for path in settings.VAR_DIR.glob("pictures/*/*.png")}

    first = kept()
    assert client.get("/sota/qa.png").content == response.content
    assert kept() == first
    make_result(board, scores={"EM": "99"}, paper_date=date(2021, 1, 1))
    assert client.get("/sota/qa.png").content != response.content
    assert len(kept()) == len(first) and kept() != first


def test_a_picture_of_odd_names_is_drawn(client):
    made = make_board(slug="odd", dataset=make_dataset(name="<&\x01 " + "x" * 300), metrics=["Accuracy"])
    make_result(made, model_name="</svg>\ud7ff\x02 " + "y" * 500, scores={"Accuracy": "1"}, paper_date=date(2020, 1, 1))
    assert size_of(client.get("/sota/odd.png").content) == (1200, 630)


def test_the_badge_says_how_the_paper_stands_by_its_best_metric(client, board):
    response = client.get("/badge/paper-a/qa")
    assert response.json() == {
        "schemaVersion": 1, "label": "QA on SQuAD", "message": "State of the Art", "color": "21cbce", "cacheSeconds": 3600,
    }  # fmt: skip
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=3600"
    Metric.objects.filter(name="F1").delete()
    assert client.get("/badge/paper-b/qa").json()["message"] == "Ranked #2"


def test_a_badge_of_nothing_says_so(client, board):
    for address in ("/badge/paper-a/nothing", "/badge/nothing/qa", f"/badge/{make_paper().slug}/qa"):
        response = client.get(address)
        assert response.status_code == 404
        assert (response.json()["message"], response.json()["isError"]) == ("no such result", True)
        assert client.get(f"{address}.svg").status_code == 404
    board.claims.update(removed_at=timezone.now(), removed_reason="Spam.")
    assert client.get("/badge/paper-a/qa").status_code == 404


def test_old_names_in_a_badge_lead_to_those_of_today(client, board):
    SlugHistory.objects.create(kind="sota", slug="old-board", target=board.public_id)
    paper = board.claims.get(model_name="A").paper
    SlugHistory.objects.create(kind="paper", slug="old-paper", target=paper.public_id)
    response = client.get("/badge/old-paper/old-board")
    assert (response.status_code, response["Location"]) == (301, "/badge/paper-a/qa")
    response = client.get("/badge/paper-a/old-board.svg")
    assert (response.status_code, response["Location"]) == (301, "/badge/paper-a/qa.svg")


def test_the_badge_is_a_picture_too(client, board):
    response = client.get("/badge/paper-a/qa.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Access-Control-Allow-Origin"] == "*"
    text = response.content.decode()
    assert "<title>QA on SQuAD: State of the Art</title>" in text


def test_a_badge_costs_as_many_queries_on_a_large_board(client, board, django_assert_num_queries):
    for size in (1, 20):
        for _ in range(size):
            make_result(board, scores={"EM": "1"})
        with django_assert_num_queries(3):
            client.get("/badge/paper-a/qa")


def test_the_board_shows_the_badge_of_its_best_paper(client, board):
    text = client.get("/sota/qa").content.decode()
    assert "[![Papers With Code 2](http://testserver/badge/paper-a/qa.svg)](http://testserver/sota/qa)" in text
