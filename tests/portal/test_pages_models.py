"""The page of a model: every claim about it, whatever its spelling, and what was measured."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement, Model
from portal.pages import model as model_pages
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_protocol
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db


def make_measurement(board, claim=None, **values):
    return Measurement.objects.create(
        **{
            "leaderboard": board, "metric": board.metrics.first(), "claim": claim, "model_name": "GPT-3 175B", "protocol": make_protocol(),
            "value": 50.0, "items": 400, "run_id": uuid4(), "measured_at": timezone.now(), "published_at": timezone.now(), **values,
        }
    )  # fmt: skip


@pytest.fixture
def board():
    return make_board(
        task=make_task(name="QA"), dataset=make_dataset(name="SQuAD"), slug="qa-on-squad", metrics=("Accuracy", "Loss")
    )


def test_a_model_has_all_claims_under_all_its_spellings(client, board):
    paper = make_paper(title="Its paper", slug="its-paper")
    claim = make_result(
        board, model_name="GPT-3 (175B)", scores={"Accuracy": "60.5", "Loss": "2"}, paper=paper, paper_date=date(2020, 5, 1)
    )
    make_measurement(board, claim)
    other = make_board(task=make_task(name="MT"), dataset=make_dataset(name="WMT"))
    make_result(
        other, model_name="GPT-3 175B", scores={"Accuracy": "1"}, uses_additional_data=True, paper_title="<b>Elsewhere</b>"
    )
    make_result(other, model_name="GPT-3 (175B)", scores={"Accuracy": "0.5"})
    make_result(other, model_name="GPT-30", scores={"Accuracy": "9"})
    page = read(client.get("/model/gpt-3-175b"))
    assert page.headings[0] == ("h1", "GPT-3 (175B)")
    in_order(page.main, ["3 claims on 2 boards", "by 1 paper", "Also written GPT-3 175B."])
    claims = page.tables[-1][1:]
    assert [row[0] for row in claims] == ["QA on SQuAD best claim", "MT on WMT GPT-3 175B", "MT on WMT"]
    assert claims[0][1] == "60.5 Accuracy 2 Loss"
    in_order(claims[0][2], ["50.00", "Accuracy", "n = 400", "10.50 below the claim"])
    assert claims[0][3:] == ["", "Its paper", "2020-05-01", "archive"]
    assert claims[1][2:5] == ["–", "yes", "<b>Elsewhere</b>"]
    assert page.link("QA on SQuAD") == "/sota/qa-on-squad"
    assert page.link("Its paper") == "/paper/its-paper"


def test_variants_lead_to_each_other(client, board):
    for name in ("BERT", "BERT large", "BERT-Large", "BERT large (wwm)", "BERTha"):
        make_result(board, model_name=name)
    page = read(client.get("/model/bert-large"))
    assert [(text, href) for text, href, _ in page.links if href.startswith("/model/") and text != "BERT"] == [
        ("BERT large (wwm)", "/model/bert-large-wwm")
    ]
    assert page.link("BERT") == "/model/bert"
    assert "/model/bert-large" in read(client.get("/model/bert")).hrefs()
    assert "BERTha" not in read(client.get("/model/bert")).main


def test_what_is_not_shown_is_not_claimed(client, board):
    gone = {"removed_at": timezone.now(), "removed_reason": "Spam."}
    make_result(board, model_name="Spam model", **gone)
    make_result(make_board(task=make_task(name="Call now", spam_reason="An address.")), model_name="Spam model")
    assert client.get("/model/spam-model").status_code == 404


def test_a_measurement_of_its_own_makes_a_page_and_a_retracted_one_does_not(client, board):
    make_measurement(board, model_name="Pythia 1B")
    make_measurement(board, model_name="Wrong", retracted_at=timezone.now(), retraction_reason="Wrong.")
    main = read(client.get("/model/pythia-1b")).main
    in_order(
        main,
        ["Pythia 1B", "0 claims on 0 boards", "Measured beside no claim", "QA on SQuAD", "50.00", "Nothing is claimed"],
    )
    assert client.get("/model/wrong").status_code == 404


def test_a_registered_model_has_its_name_and_paper_and_its_removal_is_said(client, board):
    model = Model.objects.create(name="GPT-NeoX-20B", slug="gpt-neox-20b", source="run", paper=make_paper(title="NeoX"))
    page = read(client.get("/model/gpt-neox-20b"))
    in_order(page.main, ["GPT-NeoX-20B", "Introduced by NeoX", "Nothing is claimed of this model"])
    make_result(board, model_name="gpt neox 20b")
    assert "Also written gpt neox 20b." in read(client.get("/model/gpt-neox-20b")).main
    Model.objects.filter(pk=model.pk).update(removed_at=timezone.now(), removed_reason="Vandalism.")
    response = client.get("/model/gpt-neox-20b")
    assert response.status_code == 410
    assert "This model was removed" in read(response).main


def test_other_ways_to_write_an_address_redirect_and_nothing_is_404(client, board):
    make_result(board, model_name="GPT-3 (175B)")
    response = client.get("/model/GPT-3 (175B)")
    assert (response.status_code, response["Location"]) == (301, "/model/gpt-3-175b")
    for address in ("/model/nothing", "/model/--", "/model/" + "x" * 3000, "/model/%27%3B--"):
        response = client.get(address, follow=True)
        assert response.status_code == 404, address
        assert "There is no model at this address." in read(response).main


def test_an_address_that_is_none_of_a_model_redirects_nowhere_and_offers_what_begins_so(client, board):
    make_result(board, model_name="GPT-3 (175B)")
    make_result(board, model_name="GPT-3 6.7B", occurrence=1)
    for address in ("/model/GPT-3", "/model/gpt-3", "/model/GPT 3"):
        response = client.get(address)
        assert response.status_code == 404
        page = read(response)
        assert "These have names that begin so:" in page.main
        assert {href for href in page.hrefs() if href.startswith("/model/")} == {"/model/gpt-3-175b", "/model/gpt-3-6-7b"}
    assert client.get("/model/Nothing").status_code == 404


def test_a_withdrawn_model_says_so_however_its_address_is_written(client, board):
    Model.objects.create(name="Neo", slug="neo", source="form", removed_at=timezone.now(), removed_reason="Vandalism.")
    response = client.get("/model/Neo")
    assert (response.status_code, response["Location"]) == (301, "/model/neo")
    assert client.get("/model/neo").status_code == 410


def test_claims_are_paged_by_key(client, monkeypatch, board):
    monkeypatch.setattr(model_pages, "PAGE", 2)
    for name in ("M", "m"):
        for place in (board, make_board()):
            make_result(place, model_name=name)
    seen, address = 0, "/model/m"
    while address:
        page = read(client.get(address))
        seen += len(page.tables[0]) - 1
        address = next((href for text, href, _ in page.links if text == "Next page"), None)
    assert seen == 4
    response = client.get("/model/m", {"after": "1~x"})
    assert response.status_code == 404


def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries):
    for size in (2, 20):
        for number in range(size):
            board = make_board()
            claim = make_result(board, model_name="M", scores={"Accuracy": "1"}, paper=make_paper())
            make_measurement(board, claim, model_name="M")
            make_measurement(board, model_name="m")
            make_result(board, model_name=f"M v{size} {number}")
        with django_assert_num_queries(11):
            assert client.get("/model/m").status_code == 200
