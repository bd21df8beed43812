"""What a reader of a board can ask for: metric, filters, columns, and the chart that follows."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement, Metric, Score
from portal.pages.board_choice import USUAL
from tests.factories.catalogue import make_board, make_code_link, make_dataset, make_method, make_paper, make_result, make_task
from tests.factories.runs import make_protocol
from tests.portal.reading import read

pytestmark = pytest.mark.django_db

ADDRESS = "/sota/qa"


@pytest.fixture
def board():
    """Three models that EM and F1 rank differently; A alone has code and extra data, B was measured."""
    made = make_board(task=make_task(name="QA"), dataset=make_dataset(name="SQuAD"), slug="qa", metrics=["EM", "F1"])
    paper = make_paper(title="Paper A", slug="paper-a", date=date(2019, 5, 1), methods=[make_method(name="ResNet")])
    make_code_link(paper)
    make_result(made, model_name="A", scores={"EM": "90", "F1": "91"}, paper=paper, uses_additional_data=True)
    b = make_result(
        made, model_name="B", scores={"EM": "80", "F1": "95"}, paper_date=date(2021, 1, 1), uses_additional_data=False
    )
    make_result(made, model_name="C", scores={"EM": "85"}, paper_date=date(2020, 1, 1))
    Measurement.objects.create(
        leaderboard=made, metric=made.metrics.get(name="EM"), claim=b, model_name="B", protocol=make_protocol(), value=70.0,
        items=400, run_id=uuid4(), measured_at=timezone.now(), published_at=timezone.now(),
    )  # fmt: skip
    return made


def get(client, query=""):
    return read(client.get(ADDRESS + query))


def ranked(page):
    return [(row[0], row[1]) for row in page.tables[0][1:]]


def points(page):
    """The chart's points: what each says and where it leads."""
    return [(text, href) for text, href, attributes in page.links if str(attributes.get("class", "")).startswith("mark-")]


def values(page, name):
    """The chosen option or ticked boxes of a field of the form."""
    return [at["value"] for tag, at in page.elements if tag == "input" and at.get("name") == name and "checked" in at]


def test_the_first_metric_ranks_until_another_is_chosen(client, board):
    assert ranked(get(client)) == [("1", "A"), ("2", "C"), ("3", "B")]
    page = get(client, "?metric=F1")
    assert ranked(page) == [("1", "B"), ("2", "A"), ("–", "C")]
    assert page.tables[0][0][2:4] == ["F1↑ higher is better", "EM↑ higher is better"]
    assert "ranked by F1, higher is better" in page.main


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?extra=without", [("1", "C"), ("2", "B")]),
        ("?extra=with", [("1", "A")]),
        ("?method=ResNet", [("1", "A")]),
        ("?code=yes", [("1", "A")]),
        ("?measured=yes", [("1", "B")]),
        ("?from=2020", [("1", "C"), ("2", "B")]),
        ("?to=2020", [("1", "A"), ("2", "C")]),
        ("?from=2020&to=2020", [("1", "C")]),
        ("?from=2021&to=2020", [("1", "C"), ("2", "B")]),
        ("?metric=F1&extra=without&from=2021", [("1", "B")]),
    ],
)
def test_filters_leave_results_out_and_ranks_are_among_the_rest(client, board, query, found):
    page = get(client, query)
    assert ranked(page) == found
    assert f"{len(found)} of 3 results; ranks are among these" in page.main


def test_the_methods_of_the_papers_are_offered_and_can_be_a_column(client, board):
    methods = [make_method(name="Adam & Eve"), make_method(name="ResNet"), make_method(name="Spam", spam_reason="is")]
    make_result(board, model_name="D", scores={"EM": "1"}, paper=make_paper(methods=methods))
    page = get(client, "?columns=methods")
    assert [row[-1] for row in page.tables[0]] == ["Methods", "ResNet", "", "", "Adam & Eve, ResNet"]
    assert "Adam & Eve (1) ResNet (2)" in page.main
    assert "Spam" not in page.main
    assert "Methods" not in get(client).tables[0][0]
    assert ranked(get(client, "?method=Adam+%26+Eve")) == [("1", "D")]
    assert ranked(get(client, "?method=ResNet&extra=without")) == [("1", "D")]
    page = get(client, "?method=Nothing")
    assert "No result of this board is like that." in page.main
    assert [at["value"] for tag, at in page.elements if tag == "option" and "selected" in at and at.get("value")] == ["Nothing"]


def test_models_lead_to_all_that_is_known_of_them(client, board):
    make_result(board, model_name="", scores={"EM": "1"})
    make_result(board, model_name="...", scores={"EM": "0"})
    page = get(client)
    assert page.link("A") == "/model/a"
    assert [model for _, model in ranked(page)] == ["A", "C", "B", "Unnamed model", "..."]
    assert client.get("/model/a").status_code == 200


def test_equal_numbers_share_a_rank_under_a_filter_too(client, board):
    make_result(board, model_name="D", scores={"EM": "85"}, paper_date=date(2020, 1, 1))
    assert ranked(get(client, "?extra=without")) == [("1", "C"), ("1", "D"), ("3", "B")]


def test_nothing_found_leads_back_to_all(client, board):
    page = get(client, "?from=2030")
    assert "No result of this board is like that." in page.main
    assert page.link("Show all 3 results") == ADDRESS


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?metric=BLEU", "This board has no metric “BLEU”."),
        ("?extra=maybe", "Extra data can be “with” or “without”, not “maybe”."),
        ("?from=soon", "“soon” is not a year."),
        ("?to=-3", "“-3” is not a year."),
        ("?from=%C2%B2%C2%B2", "“²²” is not a year."),
        ("?to=99999", "“99999” is not a year."),
        ("?metric=%00%3Cscript%3E" + "x" * 3000, "This board has no metric “"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence_and_left_out(client, board, query, sentence):
    response = client.get(ADDRESS + query)
    assert response.status_code == 200
    page = read(response)
    assert sentence in page.main
    assert len(page.tables[0]) == 4
    assert "x" * 100 not in page.text


def test_unknown_parameters_and_columns_are_ignored(client, board):
    assert len(get(client, "?sort=odd&columns=odd&columns=paper&metrics=odd").tables[0][0]) == 4


def test_readers_choose_columns(client, board):
    page = get(client, "?metrics=F1&columns=date&columns=paper")
    assert [cell.split("↑")[0] for cell in page.tables[0][0]] == ["Rank", "Model", "EM", "F1", "Paper", "Date"]
    assert values(page, "columns") == ["paper", "date"]
    assert len(get(client, "?columns=none").tables[0][0]) == 4


def test_a_board_of_many_metrics_shows_the_first_four_and_says_so(client):
    names = [f"M{n}" for n in range(9)]
    made = make_board(task=make_task(name="QA"), dataset=make_dataset(name="Wide"), slug="qa", metrics=names)
    make_result(made, scores=dict.fromkeys(names, "1"))
    page = get(client, "?columns=none")
    assert [cell.split("↑")[0] for cell in page.tables[0][0][2:]] == names[:4]
    assert "4 of 9 metrics shown" in page.main
    page = get(client, "?columns=none&metric=M8")
    assert [cell.split("↑")[0] for cell in page.tables[0][0][2:]] == ["M8", *names[:4]]


@pytest.mark.parametrize(
    ("sent", "shared"),
    [
        ("metric=EM&extra=&from=&to=&metrics=EM&metrics=F1&{all}", ADDRESS),
        ("metric=F1&extra=without&from=2020&to=&code=yes&metrics=EM&metrics=F1&{all}", f"{ADDRESS}?metric=F1&extra=without&code=yes&from=2020"),
        ("metric=EM&metrics=EM&columns=paper&columns=date", f"{ADDRESS}?metrics=EM&columns=paper&columns=date"),
        ("metric=EM&metrics=EM&metrics=F1", f"{ADDRESS}?columns=none"),
        ("metric=odd&from=x&metrics=EM&metrics=F1&{all}", ADDRESS),
    ],
)  # fmt: skip
def test_what_the_form_sends_becomes_a_short_address_to_share(client, board, sent, shared):
    everything = "&".join(f"columns={name}" for name in ("measured", "extra", "paper", "code", "date", "from"))
    response = client.get(f"{ADDRESS}?{sent.format(all=everything)}&apply=1")
    assert (response.status_code, response["Location"]) == (302, shared)
    assert client.get(shared).status_code == 200


def test_the_form_shows_what_was_asked_for(client, board):
    page = get(client, "?metric=F1&extra=with&code=yes&to=2020")
    chosen = [at.get("value") for tag, at in page.elements if tag == "option" and "selected" in at]
    assert chosen == [None, "with", None]  # metric and year are options by their words
    assert (values(page, "code"), values(page, "measured")) == (["yes"], [])


def test_every_dated_number_is_a_point_that_leads_to_its_paper_or_row(client, board):
    assert points(get(client)) == [
        ("C · EM 85 · 2020-01-01", "#row-2"),
        ("B · measured: 70.00 · 10.00 below the claim", f"/runs/{Measurement.objects.get().run_id}"),
        ("B · EM 80 · 2021-01-01", "#row-3"),
        ("A · EM 90 · 2019-05-01 · Paper A", "/paper/paper-a"),
    ]
    assert [text for text, _ in points(get(client, "?metric=F1"))] == [
        "A · F1 91 · 2019-05-01 · Paper A", "B · F1 95 · 2021-01-01",
    ]  # fmt: skip
    assert [text for text, _ in points(get(client, "?code=yes"))] == ["A · EM 90 · 2019-05-01 · Paper A"]


def test_undated_numbers_and_texts_have_no_point_and_are_counted(client):
    made = make_board(slug="qa", task=make_task(name="QA"), dataset=make_dataset(name="Odd"))
    make_result(made, scores={"Accuracy": "50"})
    make_result(made, scores={"Accuracy": "see paper"}, paper_date=date(2020, 1, 1))
    page = get(client)
    assert points(page) == []
    assert "There is no chart: no result here has both a date and a number of Accuracy." in page.main
    make_result(made, scores={"Accuracy": "51"}, paper_date=date(2020, 1, 1))
    assert "1 result has no date and no point." in get(client).main


def test_a_doubtful_or_rescaled_cell_says_so(client):
    made = make_board(slug="qa", task=make_task(name="QA"), dataset=make_dataset(name="Odd"))
    for cell in ("0.93", "99.9", "90"):
        make_result(made, model_name=cell, scores={"Accuracy": cell})
    Score.objects.filter(claim__model_name="0.93").update(value=93.0, scale=100)
    Score.objects.filter(claim__model_name="99.9").update(is_doubtful=True)
    assert [row[2] for row in get(client).tables[0][1:]] == [
        "99.9So far ahead of the next best that it may be a slip.",
        "0.93Read as 93: the column's other numbers are on that scale.",
        "90",
    ]


def test_a_describing_metric_can_be_looked_at_and_ranks_nothing(client, board):
    Metric.objects.filter(name="F1").update(direction="none")
    page = get(client, "?metric=F1")
    assert [rank for rank, _ in ranked(page)] == ["–", "–", "–"]
    assert "not ranked: F1 only describes the models" in page.main


def test_a_board_whose_first_metric_only_describes_is_ranked_by_the_next(client):
    made = make_board(slug="qa", metrics=("Params (M)", "EM", "F1"))
    for name, params, em in (("Small", "7", "50"), ("Large", "70", "60")):
        scores = {"Params (M)": params, "EM": em, "F1": em}
        make_result(made, model_name=name, scores=scores, paper_date=date(2020, 1, 1), paper=make_paper(slug=name.lower()))
    page = get(client)
    assert page.tables[0][0][2:5] == ["EM↑ higher is better", "Params (M)", "F1↑ higher is better"]
    assert [row[:3] for row in page.tables[0][1:]] == [["1", "Large", "60"], ["2", "Small", "50"]]
    assert "ranked by EM, higher is better" in page.main
    listed = next(data["mainEntity"] for data in page.structured if "mainEntity" in data)
    said = listed["itemListElement"][0]["item"]
    assert (said["name"], said["additionalProperty"]["name"], said["additionalProperty"]["value"]) == ("Large", "EM", "60")
    assert client.get("/sota/qa.json").json()["ranked_by"]["name"] == "EM"
    assert client.get("/badge/large/qa").json()["message"] == "State of the Art"
    assert read(client.get("/sota")).main.count("Large") == 1
    assert (
        client.get("/sota/qa", {"apply": "1", "metric": "EM", "metrics": ["Params (M)", "EM", "F1"], "columns": list(USUAL)})[
            "Location"
        ]
        == "/sota/qa"
    )
    assert client.get("/sota/qa", {"apply": "1", "metric": "Params (M)", "columns": list(USUAL)})["Location"].startswith(
        "/sota/qa?metric=Params+%28M%29"
    )


def test_numbers_of_a_column_with_a_unit_stand_on_one_scale_in_the_chart_alone(client):
    made = make_board(slug="qa", task=make_task(name="QA"), dataset=make_dataset(name="Odd"), metrics=["Accuracy", "Params (M)"])
    for day, cell in enumerate(["344", "344M", "0.000348B", "137B"], start=1):
        scores = {"Params (M)": cell, "Accuracy": "1"}
        make_result(made, model_name=cell, scores=scores, paper_date=date(2020, 1, day))
    page = get(client, "?metric=Params+%28M%29")
    heights = {text.split(" ")[0]: at["cy"] for text, at in _circles(page)}
    assert heights["344"] == heights["344M"]
    ticks = [text for text in ("50B", "100B") if text in page.main]
    assert ticks == ["50B", "100B"]
    assert [row[2] for row in page.tables[0][1:]] == ["344", "344M", "0.000348B", "137B"]
    values = [
        row["metrics"]["Params (M)"]["value"] for row in client.get("/sota/qa.json?metric=Params+%28M%29").json()["results"]
    ]
    assert values == [344.0, 344e6, 348e3, 137e9]


def _circles(page):
    """The chart's round points: what each says, and its attributes."""
    circles = [at for tag, at in page.elements if tag == "circle" and at.get("class") == "mark-shape"]
    return list(zip((text for text, _ in points(page)), circles, strict=True))


def test_hostile_names_stay_text(client):
    made = make_board(slug="qa", task=make_task(name="QA"), dataset=make_dataset(name="Odd"), metrics=['"><script>x'])
    make_result(made, model_name="</title></svg><script>y", scores={'"><script>x': "1"}, paper_date=date(2020, 1, 1))
    page = get(client, "?metric=%22%3E%3Cscript%3Ex")
    assert [at["src"] for tag, at in page.elements if tag == "script"] == [
        "/static/js/theme.js",
        "/static/js/search.js",
        "/static/js/board.js",
    ]
    assert points(page)[0][0].startswith("</title></svg><script>y")


def test_the_number_of_queries_grows_neither_with_the_board_nor_with_what_is_asked(client, board, django_assert_num_queries):
    for size in (2, 25):
        for _ in range(size):
            paper = make_paper(date=date(2018, 1, 1))
            make_code_link(paper)
            make_result(board, scores={"EM": "1", "F1": "2"}, paper=paper)
        with django_assert_num_queries(2):
            client.get(f"{ADDRESS}?metric=F1&code=yes&extra=without&from=2010&columns=paper")
