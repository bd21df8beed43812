"""The campaign's page: staff map claims and measure what is mapped, with its cost shown first."""

from importlib.metadata import version

import pytest
from django.test import Client

from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_checkpoint, make_mapping, make_protocol
from tests.portal.reading import in_order, read
from workers.models import ClaimMapping, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim():
    board = make_board(task=make_task(name="QA"), dataset=make_dataset(name="PIQA"), slug="qa-on-piqa")
    return make_result(board, model_name="GPT-NeoX-20B (0-shot)", scores={"Accuracy": "77.9"}, paper=make_paper(slug="p"))


@pytest.fixture
def weights():
    return make_checkpoint(name="GPT-NeoX-20B", memory_bytes=45_200_000_000)


@pytest.fixture
def protocol():
    return make_protocol(
        name="PIQA, 0-shot", task="piqa", num_fewshot=0, dataset_names=["PIQA"], versions={"lm_eval": version("lm-eval")}
    )


@pytest.mark.parametrize("query", ["paper=p", "board=qa-on-piqa", "model=gpt-neox-20b", "model=gpt-neox-20b-0-shot"])
def test_each_of_a_papers_a_boards_and_a_models_claims_has_what_could_test_it(admin_client, claim, weights, protocol, query):
    page = read(admin_client.get(f"/campaigns?{query}"))
    row = page.tables[0][1]
    assert row[0] == "GPT-NeoX-20B (0-shot) QA on PIQA"
    assert row[1] == "77.9 Accuracy"
    assert row[2] == "nothing yet"
    assert "GPT-NeoX-20B under PIQA, 0-shot" in row[3]
    assert "no number here is mapped to what could test it" in page.main


def form(claim, weights, protocol, **values):
    metric = claim.leaderboard.metrics.get()
    fields = {"claim": claim.pk, "metric": metric.pk, "checkpoint": weights.pk, "protocol": protocol.pk, "scale": "100"}
    return {**fields, **values}


def test_staff_map_a_claim_see_the_cost_measure_it_and_take_the_mapping_away(admin_client, admin_user, claim, weights, protocol):
    response = admin_client.post("/campaigns/add?paper=p", form(claim, weights, protocol))
    assert (response.status_code, response.headers["Location"]) == (302, "/campaigns?paper=p")
    mapping = ClaimMapping.objects.get()
    assert (mapping.claim, mapping.checkpoint, mapping.protocol, mapping.scale) == (claim, weights, protocol, 100.0)
    page = read(admin_client.get("/campaigns?paper=p"))
    in_order(
        page.main,
        ["1 test of claimed numbers to do, by 1 new run; the largest needs 45 GB", "How long 1 run will take is not known"],
    )
    assert page.tables[0][1][2] == "GPT-NeoX-20B under PIQA, 0-shot, × 100 Remove"
    assert admin_client.post("/campaigns/measure?paper=p").headers["Location"] == "/runs"
    run = Run.objects.get()
    assert (run.checkpoint, run.protocol, run.requested_by) == (weights, protocol, admin_user)
    assert "by 0 new runs and 1 run under way" in read(admin_client.get("/campaigns?paper=p")).main
    admin_client.post("/campaigns/remove?paper=p", {"mapping": mapping.pk})
    assert not ClaimMapping.objects.exists()


def test_all_that_is_suggested_is_mapped_by_one_click_and_nothing_runs_before_its_cost_was_seen(
    admin_client, claim, weights, protocol
):
    of_its_pass = make_protocol(name="By length", metric="acc_norm", **{
        name: getattr(protocol, name) for name in ("task", "num_fewshot", "dataset_names", "versions")
    })  # fmt: skip
    make_result(claim.leaderboard, model_name="Something else", paper=claim.paper, scores={"Accuracy": "50"})
    page = read(admin_client.get("/campaigns?paper=p"))
    assert "2 more tests are suggested below, by 1 run beside those." in page.main
    for _ in range(2):
        response = admin_client.post("/campaigns/add-suggested?paper=p")
        assert (response.status_code, response.headers["Location"]) == (302, "/campaigns?paper=p")
    assert set(ClaimMapping.objects.values_list("claim", "checkpoint", "protocol", "scale")) == {
        (claim.pk, weights.pk, protocol.pk, 100.0), (claim.pk, weights.pk, of_its_pass.pk, 100.0),
    }  # fmt: skip
    main = read(admin_client.get("/campaigns?paper=p")).main
    assert "2 tests of claimed numbers to do, by 1 new run; the largest needs 45 GB" in main
    assert "suggested below" not in main
    assert not Run.objects.exists()


def test_the_scale_of_a_mapping_can_be_changed(admin_client, claim, weights, protocol):
    for scale in ("100", "1"):
        admin_client.post("/campaigns/add?paper=p", form(claim, weights, protocol, scale=scale))
    assert ClaimMapping.objects.get().scale == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": "0"},
        {"scale": "nan"},
        {"scale": "x"},
        {"checkpoint": "0"},
        {"protocol": "٣"},
        {"claim": "9" * 30},
        {"metric": ""},
    ],
)
def test_a_form_that_says_too_little_is_answered_in_a_sentence(admin_client, claim, weights, protocol, wrong):
    response = admin_client.post("/campaigns/add?paper=p", {**form(claim, weights, protocol), **wrong})
    assert (response.status_code, ClaimMapping.objects.count()) == (400, 0)
    assert "Choose a checkpoint and a protocol, and a scale above 0." in read(response).main


def test_a_campaign_touches_no_claim_of_another_thing(admin_client, claim, weights, protocol):
    make_result(make_board(slug="other"), scores={"Accuracy": "1"})
    mapping = make_mapping(claim=claim)
    admin_client.post("/campaigns/remove?board=other", {"mapping": mapping.pk})
    assert admin_client.post("/campaigns/add?board=other", form(claim, weights, protocol)).status_code == 400
    admin_client.post("/campaigns/measure?board=other")
    assert (ClaimMapping.objects.get(), Run.objects.count()) == (mapping, 0)


@pytest.mark.parametrize("query", ["", "?paper=none", "?board=none", "?model=none", "?paper="])
def test_a_campaign_about_nothing_is_not_there(admin_client, query):
    assert admin_client.get(f"/campaigns{query}").status_code == 404


def test_a_board_without_claims_says_so(admin_client):
    make_board(task=make_task(name="QA"), dataset=make_dataset(name="Empty"), slug="empty")
    page = read(admin_client.get("/campaigns?board=empty"))
    in_order(page.main, ["Board: QA on Empty", "no number here is mapped", "No claim here has a number."])


def test_only_staff_come_here(client, django_user_model, claim, weights, protocol):
    reader = Client()
    reader.force_login(django_user_model.objects.create_user("reader"))
    for somebody in (client, reader):
        assert somebody.get("/campaigns?paper=p").status_code == 403
        for act in ("add", "add-suggested", "remove", "measure"):
            assert somebody.post(f"/campaigns/{act}?paper=p", form(claim, weights, protocol)).status_code == 403
        assert "What of it can be measured" not in read(somebody.get("/paper/p")).main
    assert (ClaimMapping.objects.count(), Run.objects.count()) == (0, 0)


def test_the_pages_of_things_lead_staff_to_their_campaigns(admin_client, claim):
    for address, query in (
        ("/paper/p", "paper=p"),
        ("/sota/qa-on-piqa", "board=qa-on-piqa"),
        ("/model/gpt-neox-20b-0-shot", "model=gpt-neox-20b-0-shot"),
    ):
        assert read(admin_client.get(address)).link("What of it can be measured") == f"/campaigns?{query}"


def test_the_table_costs_the_same_however_long_it_is(admin_client, claim, weights, protocol, django_assert_max_num_queries):
    for number in range(30):
        make_mapping(
            claim=make_result(claim.leaderboard, model_name="GPT-NeoX-20B", paper_key=str(number), scores={"Accuracy": "50"}),
            checkpoint=weights,
            protocol=protocol,
        )
    with django_assert_max_num_queries(18):
        assert len(read(admin_client.get("/campaigns?board=qa-on-piqa")).tables[0]) == 32
