"""Numbers that others published: they stand beside the claims that they test, once, and say what is assumed."""

import json

import pytest
from django.utils import timezone

from leaderboards import measurements, published, verdicts
from leaderboards.models import Measurement, Protocol
from portal.pages import judged
from tests.factories.catalogue import make_board, make_dataset, make_result, make_task

pytestmark = pytest.mark.django_db

NEOX = "arxiv:2204.06745"


def make_neox_claim(*, task="Transfer Learning", dataset="MML", **values):
    board = make_board(task=make_task(name=task), dataset=make_dataset(name=dataset), metrics=["Average (%)"])
    defaults = {"model_name": "GPT-NeoX 20B (5-shot)", "scores": {"Average (%)": "33.6"}, "paper_key": NEOX}
    return make_result(board, **{**defaults, **values})


def test_the_six_numbers_of_gpt_neox_20b_stand_beside_its_claim_with_their_verdicts():
    claim = make_neox_claim()
    assert published.load() == 6
    score = claim.scores.get()
    found = Measurement.objects.current().select_related("protocol").order_by("-value", "publication_url")
    told = [
        (item.value, item.publication_url.rpartition("/")[2], item.protocol.scoring, judged.judge(judged.of_score(score, board=claim.leaderboard, metric=score.metric), item).verdict.value)
        for item in found
    ]  # fmt: skip
    assert told == [
        (33.3, "open-llm-leaderboard-mmlu", "characters", "consistent"),
        (26.2, "open-llm-leaderboard-mmlu", "letter", "differs"),
        (26.1, "497", "letter", "differs"),
        (25.6, "open-llm-leaderboard-mmlu", "written", "differs"),
        (25.1, "497", "letter", "differs"),
        (25.0, "25", "letter", "differs"),
    ]
    assert {(item.claim, item.items, item.chance_level, item.scale) for item in found} == {(claim, 14_042, 25.0, 100.0)}
    assert all("The source gives neither n nor an interval: n = 14,042 is the whole set" in item.note for item in found)


def test_the_interval_of_a_number_without_one_is_that_of_a_share_of_as_many_items():
    make_neox_claim()
    published.load()
    item = Measurement.objects.get(value=33.3)
    assert (item.interval_low, item.interval_high) == pytest.approx((32.53, 34.08), abs=0.01)
    assert item.standard_error is None


def test_both_boards_that_state_the_claim_have_them_and_another_papers_claim_has_none():
    make_neox_claim()
    make_neox_claim(task="Multi-task Language Understanding", dataset="MMLU")
    stranger = make_neox_claim(task="Another", dataset="MMLU ", paper_key="arxiv:1")
    assert published.load() == 12
    assert not Measurement.objects.filter(claim=stranger).exists()


def test_loading_again_adds_nothing_and_leaves_alone_what_staff_did():
    make_neox_claim()
    published.load()
    item = Measurement.objects.get(value=25.1)
    measurements.retract(item, reason="The thread says otherwise.")
    Protocol.objects.filter(slug="mmlu-5-shot-helm").update(name="Renamed", slug="renamed", margin=0.5)
    assert published.load() == 0
    assert Measurement.objects.current().count() == 5
    assert Protocol.objects.get(slug="renamed").name == "Renamed"
    assert not Protocol.objects.filter(slug="mmlu-5-shot-helm").exists()


def test_a_catalogue_without_these_claims_gets_no_protocols_either():
    make_neox_claim(removed_at=timezone.now(), removed_reason="Spam.")
    assert published.load() == 0
    assert not Protocol.objects.exists()


def test_a_slug_that_staff_use_for_another_protocol_stays_theirs():
    make_neox_claim()
    theirs = Protocol.objects.create(
        slug="mmlu-5-shot-helm", name="Theirs", task="t", num_fewshot=0, scoring="letter", aggregation="micro"
    )
    published.load()
    assert Measurement.objects.get(value=25.6).protocol.slug == "mmlu-5-shot-helm-by-others"
    assert not Measurement.objects.filter(protocol=theirs).exists()


def test_the_metric_behind_a_number_is_tried_both_ways():
    """PIQA's 77.9 is exact where options are scored by length; where they are not, 1,838 items cannot tell."""
    board = make_board(task=make_task(name="Question Answering"), dataset=make_dataset(name="PIQA"))
    claim = make_result(board, model_name="GPT-NeoX-20B (0-shot)", scores={"Accuracy": "77.9"}, paper_key=NEOX)
    assert published.load() == 6
    score = claim.scores.get()
    claimed = judged.of_score(score, board=board, metric=score.metric)
    found = {
        (item.protocol.metric, judged.judge(claimed, item).verdict.value)
        for item in Measurement.objects.select_related("protocol")
    }
    assert found == {("acc", "inconclusive"), ("acc_norm", "exact")}
    assert Measurement.objects.filter(standard_error__gt=0.9).count() == 6


def test_every_number_that_ships_has_its_source_and_a_protocol_that_ships():
    content = json.loads(published.NUMBERS.read_text())
    slugs = {protocol["slug"] for protocol in content["protocols"]}
    numbers = [number for group in content["claims"] for number in group["numbers"]]
    assert {number["protocol"] for number in numbers} == slugs
    assert all(number["source"]["url"].startswith("https://") and number["source"]["title"] for number in numbers)
    assert all(0 < number["value"] < 1 and number["items"] > 1000 for number in numbers)
    assert all(protocol.get("margin", verdicts.DEFAULT_MARGIN) == 0.01 for protocol in content["protocols"])
