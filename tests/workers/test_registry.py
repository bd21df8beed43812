"""What ships: checkpoints, protocols, the self-test and the mappings of GPT-NeoX-20B's claims."""

from importlib.metadata import version
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Value
from django.db.models.functions import Concat

from leaderboards.models import Claim, Leaderboard, Protocol, Score
from papers.models import Source
from portal.archive_import import import_paths
from workers import campaigns, passes, registry
from workers.evaluation.checkpoints import memory_needed  # imports no torch
from workers.models import Checkpoint, ClaimMapping

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def demo():
    import_paths([settings.BASE_DIR / "portal" / "demo"], source=Source.DEMO)
    registry.ensure()


def test_gpt_neox_20b_is_registered_with_the_memory_it_needs():
    registry.ensure()
    checkpoint = Checkpoint.objects.get(slug="gpt-neox-20b")
    assert (checkpoint.hub_id, checkpoint.dtype, checkpoint.needs_gpu) == ("EleutherAI/gpt-neox-20b", "float16", True)
    hidden, layers, vocabulary = 6144, 44, 50_432
    layer = 12 * hidden * hidden + (3 * hidden + hidden + 4 * hidden + hidden) + 4 * hidden
    assert checkpoint.parameter_count == layers * layer + 2 * vocabulary * hidden + 2 * hidden
    assert checkpoint.memory_bytes == memory_needed(checkpoint.parameter_count, "float16")
    assert round(checkpoint.memory_bytes / 1e9) == 45


def test_both_rows_of_the_33_6_claim_are_mapped(demo):
    assert registry.map_known_claims() == 6
    mappings = ClaimMapping.objects.filter(checkpoint__slug="gpt-neox-20b").select_related("claim__leaderboard", "protocol")
    assert {mapping.claim.leaderboard.slug for mapping in mappings} == {"transfer-learning-on-mml", "multi-task-learning-on-mml"}
    assert {score.text for mapping in mappings for score in mapping.claim.scores.all()} == {"33.6"}
    assert {(mapping.protocol.task, mapping.protocol.metric, mapping.protocol.num_fewshot, mapping.scale) for mapping in mappings} == {
        ("mmlu", "acc", 5, 100.0), ("mmlu_2022", "acc", 5, 100.0), ("mmlu_2022", "acc_norm", 5, 100.0),
    }  # fmt: skip


def test_a_campaign_offers_letters_and_whole_answers_of_2022_and_one_pass_scores_all_rules_of_these(demo, admin_user):
    registry.map_known_claims()
    mappings = ClaimMapping.objects.filter(checkpoint__slug="gpt-neox-20b").select_related("checkpoint", "protocol")
    cost = campaigns.cost(mappings)
    assert (cost.claims, cost.runs) == (6, 2)
    runs = campaigns.measure(mappings, by=admin_user)
    assert {run.protocol.task for run in runs} == {"mmlu", "mmlu_2022"}
    whole = next(run for run in runs if run.protocol.task == "mmlu_2022")
    assert {rule.partition("_per")[0] for rule in whole.protocol.rules} == {"letter", "full_text", "full_text_unconditional"}
    assert {item.protocol.metric for item in passes.mappings_of(whole)} == {"acc", "acc_norm"}
    again = campaigns.measure(mappings.filter(protocol__metric="acc", protocol__task="mmlu_2022"), by=admin_user)
    assert again == [whole]
    assert campaigns.cost(mappings).open_runs == 2


def test_a_campaign_suggests_a_stock_protocol_for_every_other_claim_of_the_paper(demo):
    scores = Score.objects.filter(claim__paper__slug__startswith="gpt-neox-20b", claim__model_name__startswith="GPT-NeoX")
    suggested = campaigns.suggestions(scores.select_related("claim", "metric__leaderboard"))
    by_board = {
        Score.objects.get(claim=cell[0], metric=cell[1]).claim.leaderboard.dataset_name: {
            (item.protocol.task, item.protocol.num_fewshot, item.protocol.metric, item.scale) for item in items
        }
        for cell, items in suggested.items()
    }
    both = {"acc", "acc_norm"}
    assert {name: found for name, found in by_board.items() if name != "MML"} == {
        "LAMBADA": {("lambada_openai", 0, "acc", 100.0)},
        "PIQA": {("piqa", 0, metric, 100.0) for metric in both},
        "SciQ": {("sciq", 0, metric, 100.0) for metric in both},
        "ARC (Challenge)": {("arc_challenge", 0, metric, 100.0) for metric in both},
        "TriviaQA": {("triviaqa", 0, "exact_match,remove_whitespace", 100.0)},
    }


def test_an_archive_that_takes_the_demo_over_keeps_the_mappings(demo, shared_data):
    registry.map_known_claims()
    before = set(ClaimMapping.objects.values_list("pk", flat=True))
    import_paths([shared_data / "pwc" / "archive-seed"], source=Source.ARCHIVE)
    assert registry.map_known_claims() == 0
    assert set(ClaimMapping.objects.values_list("pk", flat=True)) == before
    claims = Claim.objects.published().filter(mappings__checkpoint__slug="gpt-neox-20b", source="archive")
    assert claims.distinct().count() == 2


def test_registering_again_changes_nothing_and_keeps_what_staff_changed(demo):
    registry.map_known_claims()
    Protocol.objects.filter(slug="mmlu-5-shot-letters").update(name="MMLU as we say it")
    counts = [model.objects.count() for model in (Checkpoint, Protocol, ClaimMapping, Claim)]
    registry.ensure()
    assert registry.map_known_claims() == 0
    assert [model.objects.count() for model in (Checkpoint, Protocol, ClaimMapping, Claim)] == counts
    assert Protocol.objects.filter(name="MMLU as we say it").exists()


def test_what_staff_rename_or_map_anew_does_not_stop_the_next_start(demo):
    call_command("bootstrap", stdout=StringIO())
    before = Protocol.objects.count()
    Protocol.objects.update(name="Another name")
    for row in Protocol.objects.all():
        Protocol.objects.filter(pk=row.pk).update(slug=f"{row.slug}-renamed")
    Leaderboard.objects.filter(note__startswith="A self-test").update(slug="another-slug")
    Checkpoint.objects.update(slug=Concat("slug", Value("-renamed")))
    call_command("bootstrap", stdout=StringIO())
    assert Protocol.objects.count() == before
    assert Checkpoint.objects.filter(recipe="selftest").count() == 1


def test_another_harness_makes_another_protocol():
    registry.ensure()
    Protocol.objects.filter(slug="mmlu-5-shot-letters").update(versions={"lm_eval": "0.4.2"})
    registry.ensure()
    installed = version("lm-eval")
    slug = f"mmlu-5-shot-letters-{installed.replace('.', '-')}"
    assert Protocol.objects.get(slug=slug).versions == {"lm_eval": installed}
    assert Protocol.objects.get(slug="mmlu-5-shot-letters").versions == {"lm_eval": "0.4.2"}


def test_nothing_is_mapped_before_anything_is_registered():
    assert registry.map_known_claims() == 0


def test_the_self_test_says_that_it_is_one():
    registry.ensure()
    mapping = ClaimMapping.objects.get(checkpoint__slug="portal-selftest")
    assert mapping.protocol.is_selftest
    assert mapping.claim.leaderboard.note.startswith("A self-test of this portal")
    assert mapping.claim.source == "run"
