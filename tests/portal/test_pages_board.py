"""The board page."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement, Metric
from papers.models import SlugHistory
from tests.factories.catalogue import (
    make_area,
    make_board,
    make_dataset,
    make_paper,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_checkpoint, make_protocol
from tests.portal.reading import read
from workers.models import ClaimMapping, Run

pytestmark = pytest.mark.django_db


def board(**values):
    task = make_task(name="Question Answering", areas=[make_area(name="Natural Language Processing")])
    return make_board(
        **{"task": task, "dataset": make_dataset(name="SQuAD1.1"), "slug": "qa-on-squad11", "metrics": ["EM"], **values}
    )


def read_board(client, address="/sota/qa-on-squad11"):
    return read(client.get(address))


def measure(where, **values):
    defaults = {
        "leaderboard": where, "metric": where.metrics.first(), "model_name": "Measured model", "protocol": make_protocol(name="5-shot"),
        "value": 50.0, "items": 400, "standard_error": 2.5, "interval_low": 45.1, "interval_high": 54.9, "chance_level": 25.0, "scale": 100.0,
        "run_id": uuid4(), "measured_at": timezone.now(), "published_at": timezone.now(),
    }  # fmt: skip
    return Measurement.objects.create(**{**defaults, **values})


def test_a_row_has_rank_model_scores_paper_code_and_date(client):
    made = board(metrics=["EM", "F1"])
    paper = make_paper(
        title="A paper", slug="a-paper", repositories=[make_repository(url="https://github.com/a/b")], date=date(2020, 1, 1)
    )
    make_result(made, model_name="Model A", scores={"EM": "90.2", "F1": "95.4"}, paper=paper, uses_additional_data=True)
    page = read_board(client)
    assert page.headings[0] == ("h1", "Question Answering on SQuAD1.1")
    assert page.main.startswith("SotA Natural Language Processing Question Answering SQuAD1.1 Question Answering on SQuAD1.1")
    assert page.tables == [
        [
            [
                "Rank", "Model", "EM↑ higher is better", "F1↑ higher is better", "Measured", "Extra data", "Paper", "Code", "Date",
                "From",
            ],
            ["1", "Model A", "90.2", "95.4", "–", "yes", "A paper", "Code: a/b", "2020-01-01", "archive"],
        ]
    ]  # fmt: skip
    assert page.link("A paper") == "/paper/a-paper"
    assert page.link("Code: a/b") == "https://github.com/a/b"


def test_rows_are_ranked_best_first_with_ties_and_unreadable_scores_last(client):
    made = board()
    for model, score in [("C", "80.0"), ("?", "see paper"), ("A", "90%"), ("B2", "85"), ("B1", "85"), ("none", None)]:
        make_result(made, model_name=model, scores={"EM": score})
    rows = [row[:3] for row in read_board(client).tables[0][1:]]
    assert rows == [
        ["1", "A", "90%"], ["2", "B2", "85"], ["2", "B1", "85"], ["4", "C", "80.0"], ["–", "?", "see paper"], ["–", "none", ""],
    ]  # fmt: skip


def test_where_lower_is_better_the_lowest_leads(client):
    made = board(metrics=["Test perplexity"])
    for score in ("20.5", "10.81"):
        make_result(made, model_name=f"At {score}", scores={"Test perplexity": score})
    page = read_board(client)
    assert page.tables[0][0][2] == "Test perplexity↓ lower is better"
    assert [row[:2] for row in page.tables[0][1:]] == [["1", "At 10.81"], ["2", "At 20.5"]]


def test_a_metric_without_direction_ranks_nothing_and_keeps_the_order(client):
    made = board(metrics=["Number of params"])
    Metric.objects.update(direction="none")
    for score in ("1 B", "3 B"):
        make_result(made, model_name=score, scores={"Number of params": score})
    assert [row[:2] for row in read_board(client).tables[0][1:]] == [["–", "1 B"], ["–", "3 B"]]


def test_a_measurement_stands_beside_its_claim_and_does_not_change_its_rank(client):
    made = board()
    claim = make_result(made, model_name="Claimed", scores={"EM": "60"})
    make_result(made, model_name="Other", scores={"EM": "55"})
    measurement = measure(made, claim=claim)
    page = read_board(client)
    assert page.tables[0][1][:4] == [
        "1", "Claimed", "60",
        "50.0 95 %: 45.1 to 54.9 inconclusive Too few items to tell: with 400 items the 95 % interval reaches 4.9 to each side of the "
        "measured value, further than this protocol’s margin of 1. The claim lies outside the interval. Guessing reaches 25; the interval "
        "lies above it. p < 0.001 n = 400 · SE 2.5 · chance 25 · 5-shot · run · answer 10.0 below the claim; the claim lies outside the interval",
    ]  # fmt: skip
    assert page.link("run") == f"/runs/{measurement.run_id}"


def test_a_claim_inside_the_interval_is_said_to_be(client):
    made = board()
    measure(made, claim=make_result(made, scores={"EM": "52"}))
    assert read_board(client).tables[0][1][3].endswith("2.0 below the claim; the claim lies inside the interval")


def test_a_measurement_without_a_claim_is_a_row_of_its_own_marked_measured(client):
    made = board()
    make_result(made, model_name="Claimed", scores={"EM": "40"})
    measure(made, measured_at=timezone.now().replace(2026, 1, 2))
    page = read_board(client)
    assert page.tables[0][1] == [
        "1", "Measured model", "50.0", "50.0 95 %: 45.1 to 54.9 n = 400 · SE 2.5 · chance 25 · 5-shot · run · answer", "", "", "", "2026-01-02",
        "measured",
    ]  # fmt: skip
    assert page.tables[0][2][:2] == ["2", "Claimed"]


def test_with_several_metrics_a_measurement_names_its_own(client):
    made = board(metrics=["EM", "F1"])
    claim = make_result(made, scores={"EM": "60", "F1": "70"})
    measure(made, claim=claim, metric=made.metrics.get(name="F1"))
    assert "F1 · n = 400" in read_board(client).tables[0][1][4]


def test_a_claim_of_an_unknown_paper_shows_what_the_row_says(client):
    made = board()
    make_result(
        made,
        scores={"EM": "1"},
        paper_title="Somewhere else",
        paper_url="https://example.org/paper",
        code_links=[{"title": "x", "url": "javascript:alert(1)"}, "odd", {"title": "y", "url": "https://github.com/c/d"}],
        source="demo",
    )
    page = read_board(client)
    assert page.tables[0][1][5:] == ["Somewhere else", "Code: c/d", "", "demo"]
    assert page.link("Somewhere else") == "https://example.org/paper"


def test_a_claim_of_a_removed_paper_does_not_lead_to_it(client):
    made = board()
    make_result(
        made, scores={"EM": "1"}, paper=make_paper(removed_at=timezone.now(), removed_reason="Spam."), paper_title="Its words"
    )
    page = read_board(client)
    assert page.tables[0][1][5] == "Its words"
    assert not any(href.startswith("/paper/") for href in page.hrefs())


def test_removed_claims_are_not_shown(client):
    make_result(board(), model_name="Spam", scores={"EM": "100"}, removed_at=timezone.now(), removed_reason="Spam.")
    assert "Nothing stands on this board yet." in read_board(client).main


def test_the_note_and_the_description_stand_above_the_table(client):
    board(note="A self-test.", description="Answers are **spans** <script>alert(1)</script>.")
    page = read_board(client)
    assert "A self-test. Answers are spans <script>alert(1)</script>." in page.main
    assert ("strong", {}) in page.elements


def test_staff_can_ask_for_a_run_on_the_claims_row(admin_client, client):
    made = board()
    claim = make_result(made, scores={"EM": "1"})
    mapping = ClaimMapping.objects.create(
        claim=claim, metric=made.metrics.get(), checkpoint=make_checkpoint(name="Weights"), protocol=make_protocol(name="5-shot")
    )
    page = read_board(admin_client)
    assert page.tables[0][1][3].startswith("Reproduce")
    assert ("button", {"class": "button button-small", "type": "submit", "title": "Weights under 5-shot"}) in page.elements
    assert ("input", {"type": "hidden", "name": "mapping", "value": str(mapping.pk)}) in page.elements
    assert "Reproduce" not in read_board(client).main
    run = Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    assert read_board(admin_client).link("Waiting") == f"/runs/{run.public_id}"
    assert "Reproduce" not in read_board(admin_client).main


def test_one_run_that_tests_two_cells_of_a_row_is_named_once(client):
    made = board(metrics=["EM", "F1"])
    claim = make_result(made, scores={"EM": "1", "F1": "2"})
    checkpoint, protocol = make_checkpoint(), make_protocol()
    for metric in made.metrics.all():
        ClaimMapping.objects.create(claim=claim, metric=metric, checkpoint=checkpoint, protocol=protocol)
    Run.objects.create(checkpoint=checkpoint, protocol=protocol)
    assert read_board(client).tables[0][1][4].count("Waiting") == 1


def test_a_board_without_metrics_or_area_is_shown(client):
    make_board(slug="bare", metrics=[])
    assert client.get("/sota/bare").status_code == 200


def test_a_removed_board_answers_410_and_a_renamed_one_redirects(client):
    board(slug="gone", removed_at=timezone.now(), removed_reason="A copy of another board.")
    response = client.get("/sota/gone")
    assert response.status_code == 410
    assert "The reason: A copy of another board." in read(response).main
    kept = make_board(slug="kept")
    SlugHistory.objects.create(kind="sota", slug="old", target=kept.public_id)
    response = client.get("/sota/old")
    assert (response.status_code, response["Location"]) == (301, "/sota/kept")


def test_the_number_of_queries_does_not_grow_with_the_board(client, django_assert_num_queries):
    made = board(metrics=["EM", "F1", "Accuracy"])
    for size in (2, 25):
        for _ in range(size):
            paper = make_paper(repositories=[make_repository()])
            measure(made, claim=make_result(made, scores={"EM": "1", "F1": "2", "Accuracy": "3"}, paper=paper))
        with django_assert_num_queries(2):
            client.get("/sota/qa-on-squad11")


def large(rows, **values):
    made = board(metrics=["EM", "F1"])
    for number in range(rows):
        make_result(made, model_name=f"Model {number}", scores={"EM": str(number), "F1": str(-number)}, **values)
    return made


def test_a_large_board_shows_its_first_rows_and_all_of_them_at_an_address_of_its_own(client):
    large(230)
    page = read_board(client)
    assert [row[:2] for row in page.tables[0][1:]] == [[str(place + 1), f"Model {229 - place}"] for place in range(200)]
    assert "230 results ranked by EM, higher is better the first 200 shown Show all 230 rows" in page.main
    assert page.link("Show all 230 results") == "?rows=all#row-201"
    whole = read_board(client, "/sota/qa-on-squad11" + page.link("Show all 230 rows"))
    assert [row[1] for row in whole.tables[0][1:]] == [f"Model {number}" for number in range(229, -1, -1)]
    assert "Show all" not in whole.main
    assert ("input", {"type": "hidden", "name": "rows", "value": "all"}) in whole.elements
    assert client.get("/sota/qa-on-squad11?rows=all&metric=F1&apply=1&metrics=EM&columns=none")["Location"] == (
        "/sota/qa-on-squad11?metric=F1&columns=none&rows=all"
    )


def test_a_large_boards_ranks_filters_and_files_are_about_all_rows(client):
    made = large(230)
    assert read_board(client, f"/sota/{made.slug}?metric=F1").tables[0][1][1] == "Model 0"
    filtered = read_board(client, f"/sota/{made.slug}?extra=without")
    assert filtered.link("Show all 230 rows") == "?extra=without&rows=all"
    assert len(client.get(f"/sota/{made.slug}.csv").content.decode().splitlines()) == 231
    assert len(client.get(f"/sota/{made.slug}.json").json()["results"]) == 230


def test_a_board_of_two_hundred_rows_leaves_none_out(client):
    large(200)
    page = read_board(client)
    assert len(page.tables[0]) == 201
    assert "Show all" not in page.main


def test_a_point_without_a_paper_leads_to_its_row_also_where_that_row_is_not_shown(client):
    made = large(230, paper_date=date(2020, 1, 1))
    points = [href for href in read_board(client).hrefs() if href and "#row-" in href]
    assert "#row-1" in points
    assert {href for href in points if href.startswith("?")} >= {"?rows=all#row-230"}
    assert "#row-230" in read_board(client, f"/sota/{made.slug}?rows=all").hrefs()
