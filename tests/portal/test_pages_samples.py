"""The items of a run: the list with its filters, one item, and who may read them."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaderboards.models import Protocol
from tests.factories.runs import make_planned_run
from tests.factories.scored_runs import SHOTS, make_licence, make_scored_run, question
from tests.portal.reading import in_order, read
from workers.models import Prompt, Run, Sample

pytestmark = pytest.mark.django_db

SUBJECTS = ("mmlu_anatomy", "mmlu_virology")


def address(run, more=""):
    return f"/runs/{run.public_id}/samples{more}"


def names(page):
    return [row[0] for row in page.tables[0][1:]] if page.tables else []


def metas(page):
    return [attributes["content"] for tag, attributes in page.elements if tag == "meta" and attributes.get("name") == "robots"]


def test_the_list_says_of_each_item_what_was_picked_and_how_nearly(client):
    make_licence()
    run = make_scored_run("AB")
    page = read(client.get(address(run)))
    assert page.tables[0] == [
        ["Item", "Asked last", "Picked", "True", "Verdict", "Margin", "Tokens"],
        ["mmlu_anatomy 1", " ".join(question(0).split()), "A", "A", "right", "0.0000", "700"],
        ["mmlu_anatomy 2", " ".join(question(1).split()), "B", "A", "wrong", "0.1000", "701"],
    ]
    assert page.link("mmlu_anatomy 2") == address(run, "/1")
    assert page.link("MIT") == "https://example.org/licence"


def test_an_item_shows_the_text_to_the_letter(client):
    make_licence()
    run = make_scored_run("AB")
    response = client.get(address(run, "/1"))
    page = read(response)
    assert page.tables[0] == [
        ["What follows", "Mark", "Log-likelihood", "Greedy"],
        ["A", "true", "-1.1000", "no"], ["B", "picked", "-1.0000", "yes"], ["C", "", "-1.1200", "no"], ["D", "", "-1.1300", "no"],
    ]  # fmt: skip
    assert (SHOTS + question(1)) in response.content.decode()
    in_order(page.main, ["mmlu_anatomy, item 2", "wrong", "Margin 0.1000", "Length 701 tokens, read whole", "Picked B True A"])
    assert page.link("Item before") == address(run, "/0")
    assert "Next item" not in page.main


def test_items_of_a_run_whose_number_is_not_acc_say_by_what_they_are_judged(client):
    make_licence()
    run = make_scored_run("AB")
    words = "Picked, right and margin are by acc, the likeliest option as it stands; the number of"
    places = [address(run), address(run, "/1"), f"/runs/{run.public_id}/compare/{run.public_id}"]
    assert [words in read(client.get(place)).main for place in places] == [False] * 3
    Protocol.objects.update(metric="acc_norm", scoring="characters")
    for place in places:
        assert f"{words} {run.protocol.name} is acc_norm, so that" in read(client.get(place)).main
    Run.objects.update(results={**run.results, "judged_by": "acc_norm"})
    for place in places:
        assert f"Picked and right are by acc_norm, as the number of {run.protocol.name} is." in read(client.get(place)).main


def test_written_texts_that_were_read_by_another_filter_than_the_numbers_say_so(client):
    make_licence()
    run = make_scored_run("AB")
    Protocol.objects.update(metric="exact_match,flexible-extract", scoring="written")
    words = f"Read and right are by the task’s first filter; the number of {run.protocol.name} is exact_match,flexible-extract."
    assert words in read(client.get(address(run))).main
    Run.objects.update(results={**run.results, "judged_by": "exact_match,flexible-extract"})
    assert words not in read(client.get(address(run))).main


def test_a_prompt_is_words_and_nothing_else(client):
    make_licence()
    run = make_scored_run("A", shots="<script>alert(1)</script>&amp;<b>\n\n")
    for more in ("", "/0"):
        page = read(client.get(address(run, more)))
        assert [attributes["src"] for tag, attributes in page.elements if tag == "script"] == [
            "/static/js/theme.js",
            "/static/js/search.js",
        ]
    assert "<script>alert(1)</script>&amp;<b> Question number 0" in page.main


def test_prompts_that_differ_between_the_options_are_all_shown(client):
    make_licence()
    run = make_scored_run("A")
    request = run.requests.get(choice=2)
    request.prompt = Prompt.objects.create(digest=b"other", text="Another beginning")
    request.save()
    page = read(client.get(address(run, "/0")))
    assert [words for tag, words in page.headings if tag == "h3"] == ["Before “ A”", "Before “ B”", "Before “ C”", "Before “ D”"]
    assert "Another beginning" in page.main


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("", ["a 1", "v 1", "a 2", "v 2", "a 3"]),
        ("show=wrong", ["a 2", "v 2", "a 3"]),
        ("show=right", ["a 1", "v 1"]),
        ("show=ties", ["a 1", "v 1"]),
        ("show=cut", ["v 2"]),
        ("task=mmlu_virology", ["v 1", "v 2"]),
        ("task=mmlu_virology&show=wrong", ["v 2"]),
        ("q=NUMBER+3", ["v 2"]),
        ("q=three", ["a 1", "v 1", "a 2", "v 2", "a 3"]),
        ("q=answer", []),
        ("q=%25", []),
        ("q=_", []),
        ("q=%00", ["a 1", "v 1", "a 2", "v 2", "a 3"]),
        ("show=x&task=y", ["a 1", "v 1", "a 2", "v 2", "a 3"]),
    ],
)
def test_filters(client, query, items):
    make_licence()
    run = make_scored_run("AABCD", tasks=SUBJECTS)
    Sample.objects.filter(index=3).update(tokens_cut=12)
    Sample.objects.filter(index=1).update(margin=0.00009)  # what the run's page counts as near in float32
    page = read(client.get(address(run, f"?{query}")))
    assert [name.replace("mmlu_anatomy", "a").replace("mmlu_virology", "v") for name in names(page)] == items
    if not items:
        assert "No item of this run is like that." in page.main


@pytest.mark.parametrize("query", ["", "show=ties", "show=wrong&q=zebras"])
def test_pages_follow_one_another_without_gap_or_repetition(client, query):
    make_licence()
    run = make_scored_run("ABCDE" * 17)
    if query == "show=ties":
        Sample.objects.update(margin=0.00005)
        Sample.objects.filter(index__gte=50).update(margin=1e-9)
    found, following = [], address(run, f"?{query}")
    while following:
        page = read(client.get(following))
        found += names(page)
        following = page.link("Next page") if "Next page" in page.main else ""
    places = [*range(50, 85), *range(50)] if query == "show=ties" else [place for place in range(85) if not query or place % 5]
    assert found == [f"mmlu_anatomy {place + 1}" for place in places]


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=0.1~1", "after=99999999999", "show=ties&after=1", "show=ties&after=nan~1"]
)
def test_a_place_that_is_none_answers_404(client, query):
    run = make_scored_run("A")
    assert client.get(address(run, f"?{query}")).status_code == 404


@pytest.mark.parametrize("more", ["/5", "/2147483648", "/99999999999999999999"])
def test_an_item_that_is_not_there_answers_404(client, more):
    run = make_scored_run("AAAAA")
    response = client.get(address(run, more))
    assert response.status_code == 404
    assert "This run has no such item: go to the list of its items." in read(response).main


@pytest.mark.parametrize("more", ["/samples", "/samples/0"])
def test_a_run_that_is_not_there_has_no_items(client, more):
    assert client.get(f"/runs/{uuid4()}{more}").status_code == 404


def test_a_run_without_a_plan_says_so(client):
    run = make_scored_run("", provenance={})
    assert "This run has no items yet: they are there once it is planned." in read(client.get(address(run))).main


@pytest.mark.parametrize("more", ["", "/0"])
def test_search_engines_are_told_to_leave_items_out(client, more):
    make_licence()
    response = client.get(address(make_scored_run("A"), more))
    assert response["X-Robots-Tag"] == "noindex"
    assert metas(read(response)) == ["noindex"]


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (None, "No licence of cais/mmlu is on record here: until one is, only staff see the items' texts."),
        (
            {"allows_prompts": False, "name": "for research only"},
            "The licence of cais/mmlu (for research only) does not let us show its items to everybody: only staff see their texts.",
        ),
    ],
)
def test_texts_are_for_staff_where_the_licence_does_not_allow_them(client, admin_user, known, sentence):
    if known:
        make_licence(**known)
    run = make_scored_run("AB")
    for more in ("", "/1", "?q=zebras", "?show=wrong"):
        page = read(client.get(address(run, more)))
        assert sentence in page.main
        for words in ("zebras", "three", "An example"):
            assert words not in page.text
    assert names(read(client.get(address(run, "?q=no such words"))))  # what cannot be read cannot be searched either
    item = read(client.get(address(run, "/1")))
    assert item.tables[0][1:3] == [["Option 1", "-1.1000", "no"], ["Option 2", "-1.0000", "yes"]]
    client.force_login(admin_user)
    page = read(client.get(address(run, "/1")))
    assert "zebras" in page.main
    assert "You see them as one of the staff." in page.main


def test_a_reader_who_signed_in_is_not_staff(client, django_user_model):
    run = make_scored_run("A")
    client.force_login(django_user_model.objects.create_user("reader"))
    assert "zebras" not in read(client.get(address(run))).text


def test_one_dataset_without_a_licence_closes_the_run(client):
    make_licence()
    run = make_scored_run("A")
    run.provenance["tasks"].append({"name": "other", "dataset": "other/data"})
    run.save()
    assert "No licence of other/data is on record here" in read(client.get(address(run))).main


def test_older_runs_and_odd_records_are_shown_as_far_as_they_go(client):
    run = make_planned_run(samples=2)
    run.provenance = {"tasks": [3, {"name": "mmlu_anatomy"}]}
    run.save()
    assert read(client.get(address(run))).tables[0][1] == [
        "mmlu_anatomy 1" if False else f"{run.protocol.task} 1",
        "not yet",
        "–",
        "–",
    ]
    assert "Length unknown: the run is older than this record" in read(client.get(address(run, "/0"))).main


def test_14042_items_are_browsed_at_once(client, django_assert_max_num_queries):
    make_licence()
    run = make_scored_run("ABCD" * 3510 + "AB", tasks=tuple(f"mmlu_{number}" for number in range(57)), shots=SHOTS * 20)
    for query in (
        "",
        "show=wrong",
        "show=right&after=13000",
        "show=ties",
        "task=mmlu_3",
        "task=mmlu_3&show=wrong",
        "q=number+14000",
        "show=cut",
    ):
        with django_assert_max_num_queries(5), CaptureQueriesContext(connection):
            response = client.get(address(run, f"?{query}"))
        assert response.status_code == 200
