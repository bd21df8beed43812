"""Verdicts on pages: the story of GPT-NeoX-20B, a claim under each protocol, what many comparisons do, and the cost of it."""

from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards import published
from leaderboards.models import Measurement
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_mapping, make_protocol
from tests.portal.reading import in_order, read
from workers.models import ClaimMapping

pytestmark = pytest.mark.django_db

HEADING = "Which protocol makes the claim true?"


def measure(claim, *, value, protocol=None, reach=0.5, **values):
    return Measurement.objects.create(
        **{
            "leaderboard": claim.leaderboard, "metric": claim.leaderboard.metrics.first(), "claim": claim, "model_name": claim.model_name,
            "protocol": protocol or make_protocol(), "value": value, "items": 14_042, "standard_error": reach / 1.96,
            "interval_low": value - reach, "interval_high": value + reach, "chance_level": 25.0, "scale": 100.0, "run_id": uuid4(),
            "measured_at": timezone.now(), "published_at": timezone.now(), **values,
        }
    )  # fmt: skip


@pytest.fixture
def neox():
    """The paper with its claim on both boards, and what others published of it."""
    paper = make_paper(slug="neox")
    for task in ("Transfer Learning", "Multi-Task Learning"):
        board = make_board(
            task=make_task(name=task), dataset=make_dataset(name=f"MML {task}"), dataset_name="MML", slug=task.lower().replace(" ", "-"),
            metrics=["Average (%)"],
        )  # fmt: skip
        make_result(
            board, model_name="GPT-NeoX 20B (5-shot)", scores={"Average (%)": "33.6"}, paper=paper, paper_key="arxiv:2204.06745"
        )
    published.load()
    return paper


@pytest.mark.parametrize("address", ["/paper/neox", "/model/gpt-neox-20b", "/model/gpt-neox-20b-5-shot"])
def test_the_page_tells_which_protocol_makes_the_claim_of_gpt_neox_20b_true(client, neox, address):
    if address == "/model/gpt-neox-20b":
        make_mapping(checkpoint=None, claim=make_result(make_board(), model_name="GPT-NeoX-20B", scores={"Accuracy": "1"}))
    page = read(client.get(address))
    assert ("h2", HEADING) in page.headings
    table = next(table for table in page.tables if table[0] == ["Protocol", "Measured", "Verdict", "Source"])
    head, *lines = table[1:]
    assert head == [
        "Claimed: 33.6 Average (%) · GPT-NeoX 20B (5-shot) · Multi-Task Learning on MML, Transfer Learning on MML Found again under 1 of "
        "4 protocols: MMLU, 5-shot, whole answers (lm-eval until June 2023)."
    ] or head[0].endswith("Found again under 1 of 4 protocols: MMLU, 5-shot, whole answers (lm-eval until June 2023).")  # fmt: skip
    told = [(line[0].split(" (")[0], line[1].split()[0], line[2].split()[0]) for line in lines]
    assert told == [
        ("MMLU, 5-shot, whole answers", "33.3", "consistent"),
        ("MMLU, 5-shot, letters", "25.0", "differs"),
        ("MMLU, 5-shot, letters", "25.1", "differs"),
        ("MMLU, 5-shot, letters", "26.2", "differs"),
        ("MMLU, 5-shot, letters", "26.1", "differs"),
        ("MMLU, 5-shot, written letter", "25.6", "differs"),
    ]
    in_order(
        lines[1][2], ["The claim lies outside the 95 % interval", "Guessing reaches 25, which the interval covers", "p < 0.001"]
    )
    assert "The source gives neither n nor an interval" in lines[1][2]
    assert page.link("lm-evaluation-harness, pull request 497") == "https://github.com/EleutherAI/lm-evaluation-harness/pull/497"


def test_a_claim_stands_under_every_protocol_that_is_known_for_its_benchmark(client):
    paper, board = make_paper(slug="p"), make_board(dataset=make_dataset(name="PIQA"))
    first = make_result(board, model_name="One", scores={"Accuracy": "50.0"}, paper=paper)
    second = make_result(board, model_name="Two", scores={"Accuracy": "60.0"}, paper=paper)
    letters, texts, other = make_protocol(name="letters"), make_protocol(name="texts"), make_protocol(name="f1", metric="f1")
    measure(first, value=50.2, protocol=letters)
    measure(second, value=70.0, protocol=texts)
    ClaimMapping.objects.create(
        claim=first, metric=board.metrics.get(), checkpoint=make_mapping().checkpoint, protocol=other, scale=100.0
    )
    table = read(client.get("/paper/p")).tables[1]
    told = [
        [line[0].split()[0], line[2].split(" The ")[0].split(" Nobody")[0]] if len(line) > 1 else line[0].split(" · ")[1]
        for line in table[1:]
    ]
    assert told == [
        "One", ["letters", "consistent"], ["texts", "not run"], ["f1", "not comparable"],
        "Two", ["texts", "differs"], ["letters", "not run"], ["f1", "not comparable"],
    ]  # fmt: skip
    assert "The claim is a number of Accuracy, and this protocol measures f1." in table[4][2]


def test_a_table_of_several_comparisons_shows_adjusted_figures_beside_and_keeps_the_verdict(client):
    paper, board = make_paper(slug="p"), make_board(dataset=make_dataset(name="PIQA"))
    for number in range(4):
        claim = make_result(board, model_name=f"M{number}", scores={"Accuracy": "50.0"}, paper=paper)
        measure(claim, value=51.0 if number == 0 else 50.1, reach=0.9)
    text = read(client.get("/paper/p")).main
    assert "differs The claim lies outside" in text
    # 51.0 against 50.0 of 14,042 items: z = 2.37
    assert "p = 0.018; adjusted after Holm: p = 0.071 over 4 comparisons" in text
    assert "adjusted" not in read(client.get(f"/sota/{board.slug}")).main


def test_one_comparison_has_nothing_to_adjust(client):
    claim = make_result(make_board(), model_name="M", scores={"Accuracy": "50.0"}, paper=make_paper(slug="p"))
    measure(claim, value=51.0)
    assert "Holm" not in read(client.get("/paper/p")).main


def test_the_verdict_of_a_board_opens_on_its_reason_without_script(client):
    claim = make_result(make_board(slug="b"), model_name="M", scores={"Accuracy": "50.0"})
    measure(claim, value=51.0)
    page = read(client.get("/sota/b"))
    marks = [
        attributes for tag, attributes in page.elements if tag == "summary" and "verdict-mark" in attributes.get("class", "")
    ]
    assert [(mark["class"], mark["title"][:40]) for mark in marks] == [
        ("mark verdict-mark verdict-differs", "The claim lies outside the 95 % interval")
    ]
    assert "luck alone rarely makes a difference of 1." in page.tables[0][1][3]


def test_a_verdict_follows_its_protocols_margin_at_once(client):
    claim = make_result(make_board(slug="b"), model_name="M", scores={"Accuracy": "50.0"})
    protocol = measure(claim, value=52.0, reach=1.5).protocol
    assert "inconclusive" in read(client.get("/sota/b")).tables[0][1][3]
    protocol.margin = 0.02
    protocol.save()
    assert "differs" in read(client.get("/sota/b")).tables[0][1][3]


def test_a_board_of_two_hundred_measured_rows_costs_the_same_two_queries(client, django_assert_num_queries):
    board = make_board(slug="b")
    protocol = make_protocol()
    for number in range(200):
        measure(
            make_result(board, model_name=f"M{number}", scores={"Accuracy": f"{number / 3:.1f}"}), value=33.0, protocol=protocol
        )
    client.get("/sota/b")
    with django_assert_num_queries(2):
        page = read(client.get("/sota/b"))
    assert (
        len(
            [
                row
                for row in page.tables[0][1:]
                if "verdict" not in row[3] and ("differs" in row[3] or "consistent" in row[3] or "exact" in row[3])
            ]
        )
        == 200
    )


def test_a_claim_that_nobody_measured_is_in_no_table_of_protocols(client):
    claim = make_result(make_board(), model_name="M", scores={"Accuracy": "50.0"}, paper=make_paper(slug="p"))
    make_mapping(claim=claim)
    assert HEADING not in read(client.get("/paper/p")).main
