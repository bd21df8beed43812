"""Two runs beside each other: what flips, what differs, and prompts side by side."""

from uuid import uuid4

import pytest

from tests.factories.runs import make_checkpoint, make_protocol
from tests.factories.scored_runs import SHOTS, make_licence, make_scored_run
from tests.portal.reading import in_order, read
from workers.models import Sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def licence():
    return make_licence()


def address(first, second, more=""):
    return f"/runs/{first.public_id}/compare/{second.public_id}{more}"


def pair(first="AABBA", second="ABABA", **values):
    """Two runs that differ by nothing but what was picked, and by `values` of the second."""
    checkpoint, protocol = make_checkpoint(name="Model M"), make_protocol(name="MMLU")
    both = {"checkpoint": checkpoint, "protocol": protocol}
    return make_scored_run(first, **both), make_scored_run(second, **{**both, **values})


def test_flips_both_ways_and_what_they_weigh(client, licence):
    first, second = pair("AAABB", "ABBAB")
    page = read(client.get(address(first, second)))
    in_order(
        page.main,
        [
            "Of 5 items that both have, A has 60.00 % right and B 40.00 %: B is -20.00 points against A",
            "3 items flip: 2 right in A alone, 1 in B alone.", "probability 1.0000 (McNemar's exact test): so chance may well",
            "Nothing on record differs between the runs, and yet items flip", "Nothing that is on record differs.",
        ],
    )  # fmt: skip
    subjects, flips = page.tables
    assert subjects[1] == ["mmlu_anatomy", "5", "60.0", "40.0", "-20.0", "2", "1"]
    assert [(row[0], *row[2:]) for row in flips[1:]] == [
        ("mmlu_anatomy 2", "A", "B", "A", "A"), ("mmlu_anatomy 3", "A", "B", "A", "A"), ("mmlu_anatomy 4", "B", "A", "A", "B"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "items"), [("show=lost", ["2", "3"]), ("show=gained", ["4"]), ("after=1", ["3", "4"]), ("show=x", ["2", "3", "4"])]
)
def test_flips_are_filtered(client, licence, query, items):
    first, second = pair("AAABB", "ABBAB")
    assert [row[0].split()[-1] for row in read(client.get(address(first, second, f"?{query}"))).tables[-1][1:]] == items


def test_flips_are_paged(client, licence):
    first, second = pair("A" * 50, "B" * 50)
    page = read(client.get(address(first, second)))
    assert len(page.tables[-1]) == 41
    assert [row[0] for row in read(client.get(page.link("Next page"))).tables[-1][1:]] == [
        f"mmlu_anatomy {n}" for n in range(41, 51)
    ]


def test_settings_that_differ_are_named_side_by_side(client, licence):
    first, second = pair(protocol=make_protocol(name="MMLU, full", scoring="full_text"))
    for run, torch in ((first, "2.12"), (second, "2.13")):
        run.provenance.update(
            software={"torch": torch, "lm_eval": "0.4.13"}, device={"name": "NVIDIA H200"},
            checkpoint={"files": [{"name": "model.safetensors", "sha256": "a" * 64}, {"name": "tokenizer.json", "sha256": torch * 16}]},
        )  # fmt: skip
        run.save()
    page = read(client.get(address(first, second)))
    assert page.tables[0] == [
        ["Setting", "A", "B"],
        ["Tokenizer's files", "tokenizer.json 2.122.122.12", "tokenizer.json 2.132.132.13"],
        ["What is scored", "Log-likelihood of the option's letter", "Log-likelihood of the option's whole text"],
        ["torch", "2.12", "2.13"],
    ]
    assert "The tokenizer, the protocol and the software differ: which of them made the gap" in page.main


def test_prompts_that_differ_are_counted_and_shown_with_marks(client, licence):
    first, second = pair("AA", "AB", shots=SHOTS.replace("An example?", "Another <b>example</b>?"))
    page = read(client.get(address(first, second)))
    assert "2 of 2 items were asked in other words, and 1 of the 1 flips are among them: no more than their share." in page.main
    assert page.tables[0][1][0] == "Prompts of mmlu_anatomy"
    item = client.get(address(first, second, "/items/1"))
    assert "<del>An example?</del>" in item.content.decode()
    assert "<ins>Another &lt;b&gt;example&lt;/b&gt;?</ins>" in item.content.decode()
    read(item)


def test_the_same_prompt_is_shown_once(client, licence):
    first, second = pair("AA", "AB")
    page = read(client.get(address(first, second, "/items/1")))
    in_order(
        page.main,
        [
            "True: A",
            "A: right",
            "Picked: A",
            "B: wrong",
            "Picked: B",
            "Both were asked the same",
            "Question number 1",
        ],
    )
    assert page.main.count("Question number 1 about zebras?") == 1


def test_items_whose_documents_differ_are_not_the_same_items(client, licence):
    first, second = pair("AA", "BB")
    Sample.objects.filter(run=second, index=0).update(document={"question": "Another"})
    assert "Of 1 items that both have" in read(client.get(address(first, second))).main


def test_runs_of_other_benchmarks_have_nothing_in_common(client, licence):
    first, second = make_scored_run("A"), make_scored_run("A", tasks=("other",))
    page = read(client.get(address(first, second)))
    assert "The runs have no item in common that both have judged." in page.main
    assert client.get(address(first, second, "/items/0")).status_code == 404


@pytest.mark.parametrize("more", ["", "/items/0"])
def test_texts_stay_closed_where_one_run_is_closed(client, admin_user, licence, more):
    first, second = pair("A", "B", dataset="closed/data")
    for one, other in ((first, second), (second, first)):
        response = client.get(address(one, other, more))
        page = read(response)
        assert response["X-Robots-Tag"] == "noindex"
        assert "No licence of closed/data is on record here" in page.main
        assert "zebras" not in page.text
    client.force_login(admin_user)
    assert "zebras" in read(client.get(address(first, second, more))).text


@pytest.mark.parametrize("more", ["", "/items/0"])
def test_a_run_that_is_not_there_cannot_be_compared(client, more):
    run = make_scored_run("A")
    assert client.get(f"/runs/{run.public_id}/compare/{uuid4()}{more}").status_code == 404
    assert client.get(f"/runs/{uuid4()}/compare/{run.public_id}{more}").status_code == 404


@pytest.mark.parametrize("more", ["?after=x", "/items/9", "/items/2147483648"])
def test_a_place_that_is_none_answers_404(client, licence, more):
    assert client.get(address(*pair(), more)).status_code == 404


def test_many_items_are_compared_in_a_few_queries(client, licence, django_assert_max_num_queries):
    tasks = tuple(f"mmlu_{number}" for number in range(57))
    first = make_scored_run("ABCD" * 350 + "AB", tasks=tasks)
    second = make_scored_run("ACBD" * 350 + "BA", tasks=tasks, shots=SHOTS * 3)
    with django_assert_max_num_queries(10):
        page = read(client.get(address(first, second)))
    assert "1,402 of 1,402 items were asked in other words" in page.main
