"""The REST API v1, read by anybody: its bodies, its lists, its errors and what it costs."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone

from leaderboards.models import Measurement
from papers.models import Paper, Proceeding
from portal.api.ranks import Best, Cell, best_of
from portal.api.repositories import owner_and_name
from tests.factories.catalogue import (
    make_board,
    make_code_link,
    make_dataset,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_checkpoint, make_planned_run, make_protocol, make_worker
from workers.models import Run, Shard
from workers.states import RunState

pytestmark = pytest.mark.django_db

RUN = UUID(int=7)
REMOVED = {"removed_at": datetime(2024, 1, 1, tzinfo=UTC), "removed_reason": "Spam."}
HOSTILE = "</script><script>alert(1)</script>\u2028"


def get(client, address):
    """The body of a 200; any other answer fails with what it says."""
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(response.content)


def refusal(client, address, *, status):
    """The sentence of an error, which stands under all three keys."""
    response = client.get(f"/api/v1{address}")
    assert response.status_code == status, response.content
    body = json.loads(response.content)
    assert body["detail"] == body["error"] == body["message"]
    return body["detail"]


def listed(*results):
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}


def ids(body):
    return [result["id"] for result in body["results"]]


def make_measurement(claim, *, metric=None, **values):
    metric = metric or claim.leaderboard.metrics.first()
    return Measurement.objects.create(
        **{
            "leaderboard": claim.leaderboard, "metric": metric, "claim": claim, "model_name": "M", "protocol": make_protocol(),
            "value": 50.0, "items": 400, "run_id": RUN, "measured_at": timezone.now(), "published_at": timezone.now(), **values,
        }
    )  # fmt: skip


def test_a_paper_has_the_old_keys(client):
    make_paper(
        title="Zebra", slug="zebra", authors=["B. Author", "A. Author"], date=date(2022, 4, 14), arxiv_id="2204.06745", nips_id="7",
        abstract="Words.", url_abs="https://arxiv.org/abs/2204.06745v1", url_pdf="https://arxiv.org/pdf/2204.06745v1.pdf",
        conference_slug="zebra-1", conference_url_abs="https://aclanthology.org/x", conference_url_pdf="https://aclanthology.org/x.pdf",
        proceeding=make_proceeding(name="BigScience (ACL) 2022 5"),
    )  # fmt: skip
    assert get(client, "/papers/zebra/") == {
        "id": "zebra",
        "arxiv_id": "2204.06745",
        "nips_id": "7",
        "url_abs": "https://arxiv.org/abs/2204.06745v1",
        "url_pdf": "https://arxiv.org/pdf/2204.06745v1.pdf",
        "title": "Zebra",
        "abstract": "Words.",
        "abstract_by": "authors",
        "authors": ["B. Author", "A. Author"],
        "published": "2022-04-14",
        "conference": "zebra-1",
        "conference_url_abs": "https://aclanthology.org/x",
        "conference_url_pdf": "https://aclanthology.org/x.pdf",
        "proceeding": "bigscience-acl-2022-5",
    }


def test_what_a_paper_lacks_is_an_empty_text_only_where_clients_take_no_null(client):
    make_paper(slug="bare", abstract_by="portal", proceeding=make_proceeding())
    Paper.objects.update(title=None)
    Proceeding.objects.update(**REMOVED)
    assert get(client, "/papers/bare/") == {
        "id": "bare", "arxiv_id": None, "nips_id": None, "url_abs": "", "url_pdf": "", "title": "", "abstract": "", "abstract_by": "portal",
        "authors": [], "published": None, "conference": None, "conference_url_abs": None, "conference_url_pdf": None, "proceeding": None,
    }  # fmt: skip


def test_papers_come_oldest_first_and_undated_ones_last(client):
    for slug, day in {"second": date(2001, 1, 1), "undated": None, "first": date(1982, 1, 15), "third": date(2001, 1, 1)}.items():
        make_paper(slug=slug, date=day)
    make_paper(slug="gone", **REMOVED)
    assert ids(get(client, "/papers/")) == ["first", "second", "third", "undated"]


def test_an_empty_list_is_a_page(client):
    assert get(client, "/papers/") == listed()


def test_papers_are_found_by_arxiv_id_and_by_a_part_of_the_title(client):
    make_paper(title="100% of Transformers_X", slug="one", arxiv_id="1706.03762")
    make_paper(title="Some transformers", slug="two", arxiv_id="1706.03763")
    assert ids(get(client, "/papers/?arxiv_id=1706.03762")) == ["one"]
    assert ids(get(client, "/papers/?arxiv_id=1706")) == []
    assert ids(get(client, "/papers/?title=TRANSFORMERS")) == ["one", "two"]
    assert ids(get(client, "/papers/?title=100%25 of")) == ["one"]
    assert ids(get(client, "/papers/?title=s_x")) == ["one"]
    assert ids(get(client, "/papers/?title=transformers&arxiv_id=1706.03763")) == ["two"]
    assert ids(get(client, "/papers/?title=&arxiv_id=&q=")) == ["one", "two"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("title=%00", "title: Null characters are not allowed."),
        ("arxiv_id=" + "1" * 101, "arxiv_id: Ensure this field has no more than 100 characters."),
        ("q=bert", "q: This filter is not served yet: use title or arxiv_id."),
        ("abstract=bert", "abstract: This filter is not served yet: use title or arxiv_id."),
        ("items_per_page=0", "items_per_page: Give a whole number from 1 to 500."),
        ("items_per_page=-1", "items_per_page: Give a whole number from 1 to 500."),
        ("items_per_page=many", "items_per_page: Give a whole number from 1 to 500."),
        ("items_per_page=%D9%A3", "items_per_page: Give a whole number from 1 to 500."),
    ],
)
def test_a_question_that_cannot_be_understood_is_refused_in_a_sentence(client, query, sentence):
    assert refusal(client, f"/papers/?{query}", status=400) == sentence


def test_a_refusal_also_names_the_fields(client):
    assert client.get("/api/v1/papers/?items_per_page=x").json()["errors"] == {
        "items_per_page": ["Give a whole number from 1 to 500."]
    }


def test_pages_lead_to_each_other(client):
    for day in range(5):
        make_paper(slug=f"paper-{day}", date=date(2020, 1, 1) + timedelta(days=day))
    here = "http://testserver/api/v1/papers/"
    first, second, third = (get(client, f"/papers/?items_per_page=2&page={page}") for page in (1, 2, 3))
    assert [ids(page) for page in (first, second, third)] == [["paper-0", "paper-1"], ["paper-2", "paper-3"], ["paper-4"]]
    assert (first["count"], first["previous"], first["next"]) == (5, None, f"{here}?items_per_page=2&page=2")
    assert (second["previous"], second["next"]) == (f"{here}?items_per_page=2", f"{here}?items_per_page=2&page=3")
    assert (third["previous"], third["next"]) == (f"{here}?items_per_page=2&page=2", None)


def test_a_page_holds_50_and_at_most_500(client):
    for _ in range(501):
        make_paper()
    assert len(get(client, "/papers/")["results"]) == 50
    for many in ("500", "501", "1000", "9" * 5000):
        page = get(client, f"/papers/?items_per_page={many}")
        assert (page["count"], len(page["results"])) == (501, 500)


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "1.5", "%00", "9" * 30, "9" * 5000])
def test_a_page_that_is_not_there_is_not_found(client, page):
    make_paper()
    sentence = "There is no such page: pages count from 1, and the last one has no next."
    assert refusal(client, f"/papers/?page={page}", status=404) == sentence


def test_repositories_of_a_paper_stand_with_the_official_one_first(client):
    paper = make_paper(slug="p")
    make_code_link(paper, make_repository(url="https://gitlab.com/group/sub/name"), is_official=None)
    make_code_link(paper, make_repository(url="https://github.com/other/code.git", framework="jax"))
    make_code_link(
        paper,
        make_repository(url="https://github.com/EleutherAI/gpt-neox", framework="tf"),
        is_official=True,
        framework="pytorch",
    )
    make_code_link(paper, make_repository(**REMOVED))
    make_code_link(paper, **REMOVED)
    make_code_link(make_paper())
    nothing_known = {"description": "", "stars": 0}
    assert get(client, "/papers/p/repositories/") == listed(
        {
            "url": "https://github.com/EleutherAI/gpt-neox", "owner": "EleutherAI", "name": "gpt-neox", **nothing_known,
            "framework": "pytorch", "is_official": True,
        },
        {
            "url": "https://github.com/other/code.git", "owner": "other", "name": "code", **nothing_known,
            "framework": "jax", "is_official": False,
        },
        {
            "url": "https://gitlab.com/group/sub/name", "owner": "group", "name": "sub", **nothing_known,
            "framework": "none", "is_official": None,
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://github.com/a/b.git", ("a", "b")),
        ("https://github.com/a/b/tree/main", ("a", "b")),
        ("https://github.com/a", ("a", "")),
        ("https://example.org", ("", "")),
        ("javascript:alert(1)/a/b", ("", "")),
    ],
)
def test_owner_and_name_are_the_first_parts_of_the_path(url, parts):
    assert owner_and_name(url) == parts


def test_tasks_of_a_paper_stand_in_its_order(client):
    tasks = [make_task(name="Z task", description="What it is."), make_task(name="A task"), make_task(name="Gone", **REMOVED)]
    make_paper(slug="p", tasks=tasks)
    assert get(client, "/papers/p/tasks/") == listed(
        {"id": "z-task", "name": "Z task", "description": "What it is."}, {"id": "a-task", "name": "A task", "description": ""}
    )


def test_a_result_has_its_cells_as_the_archive_wrote_them_and_what_was_measured(client):
    board = make_board(slug="tl-on-mml", metrics=("Accuracy", "Perplexity"))
    claim = make_result(
        board, model_name="GPT-NeoX 20B (5-shot)", scores={"Perplexity": 7.5, "Accuracy": "33.6%"}, uses_additional_data=True,
        paper=make_paper(slug="p", date=date(2022, 4, 14)), public_id=UUID(int=1),
    )  # fmt: skip
    make_result(board, scores={"Accuracy": "40.0%"})
    protocol = make_protocol(slug="mmlu-5-shot")
    make_measurement(
        claim,
        protocol=protocol,
        value=26.0,
        items=14042,
        standard_error=0.37,
        interval_low=25.3,
        interval_high=26.7,
        chance_level=25.0,
    )
    body = listed(
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "best_rank": 1,
            "metrics": {"Accuracy": "33.6%", "Perplexity": "7.5"},
            "methodology": "GPT-NeoX 20B (5-shot)",
            "uses_additional_data": True,
            "paper": "p",
            "best_metric": "Perplexity",
            "evaluated_on": "2022-04-14",
            "measurements": [
                {
                    "metric": "Accuracy", "value": 26.0, "items": 14042, "standard_error": 0.37, "interval_low": 25.3, "interval_high": 26.7,
                    "chance_level": 25.0, "protocol": "mmlu-5-shot", "is_selftest": False, "run": str(RUN), "publication": None,
                }
            ],
        }
    )  # fmt: skip
    assert get(client, "/papers/p/results/") == body
    assert get(client, "/evaluations/tl-on-mml/results/?items_per_page=1") == {
        **body, "count": 2, "next": "http://testserver/api/v1/evaluations/tl-on-mml/results/?items_per_page=1&page=2",
    }  # fmt: skip


def test_a_result_without_rank_paper_or_date_says_null(client):
    board = make_board(slug="b")
    make_result(board, model_name="M", scores={"Accuracy": None}, public_id=UUID(int=1), paper=make_paper(**REMOVED))
    assert get(client, "/evaluations/b/results/") == listed(
        {
            "id": str(UUID(int=1)), "best_rank": None, "metrics": {"Accuracy": ""}, "methodology": "M", "uses_additional_data": False,
            "paper": None, "best_metric": None, "evaluated_on": None, "measurements": [],
        }
    )  # fmt: skip


def test_only_measurements_that_stand_are_told_the_newest_first(client):
    now = timezone.now()
    claim = make_result(make_board(slug="b"), scores={"Accuracy": "1"})
    newest = make_measurement(claim, value=3.0, measured_at=now, run_id=None, publication_url="https://example.org/report")
    make_measurement(
        claim, value=2.0, measured_at=now - timedelta(days=1), run_id=UUID(int=2), protocol=make_protocol(is_selftest=True)
    )
    make_measurement(claim, value=1.0, run_id=UUID(int=3), superseded_by=newest)
    make_measurement(claim, value=1.0, run_id=UUID(int=4), retracted_at=now, retraction_reason="Wrong weights.")
    make_measurement(claim, value=1.0, run_id=UUID(int=5), published_at=None)
    (result,) = get(client, "/evaluations/b/results/")["results"]
    assert [(item["value"], item["run"], item["publication"], item["is_selftest"]) for item in result["measurements"]] == [
        (3.0, None, "https://example.org/report", False),
        (2.0, str(UUID(int=2)), None, True),
    ]


def test_a_figure_that_json_cannot_say_is_null(client):
    claim = make_result(make_board(slug="b"), scores={"Accuracy": "1"})
    make_measurement(claim, value=float("nan"), standard_error=float("inf"))
    (result,) = get(client, "/evaluations/b/results/")["results"]
    assert (result["measurements"][0]["value"], result["measurements"][0]["standard_error"]) == (None, None)


def cells(direction, metric, **values):
    return [Cell(claim=int(claim[1:]), metric=metric, direction=direction, value=value) for claim, value in values.items()]


@pytest.mark.parametrize(
    ("columns", "best"),
    [
        ([], {}),
        ([cells("higher", "A", c1=1.0, c2=2.0)], {1: (2, "A"), 2: (1, "A")}),
        ([cells("lower", "A", c1=1.0, c2=1.0, c3=2.0)], {1: (1, "A"), 2: (1, "A"), 3: (3, "A")}),
        ([cells("none", "A", c1=1.0)], {}),
        ([cells("higher", "A", c1=1.0, c2=2.0), cells("lower", "B", c1=1.0, c2=2.0)], {1: (1, "B"), 2: (1, "A")}),
        ([cells("higher", "A", c1=2.0, c2=1.0), cells("higher", "B", c1=2.0, c2=1.0)], {1: (1, "A"), 2: (2, "A")}),
    ],
)
def test_the_best_rank_is_that_over_all_metrics(columns, best):
    assert best_of(columns) == {claim: Best(rank=rank, metric=metric) for claim, (rank, metric) in best.items()}


def test_evaluation_tables_are_boards(client):
    task, dataset = make_task(name="Transfer Learning"), make_dataset(name="MML")
    make_board(slug="z-on-z", task=task, dataset=make_dataset(name="Other"), description="Words.")
    make_board(slug="a-on-a", task=task, dataset=dataset)
    make_board(slug="gone", **REMOVED)
    first = {"id": "a-on-a", "task": "transfer-learning", "dataset": "mml", "description": ""}
    assert get(client, "/evaluations/") == listed(
        first, {"id": "z-on-z", "task": "transfer-learning", "dataset": "other", "description": "Words."}
    )
    assert get(client, "/evaluations/a-on-a/") == first


def test_results_come_in_the_order_of_the_archives_table(client):
    board = make_board(slug="b")
    for name, position in {"Second": 2, "First": 1, "Third": 3}.items():
        make_result(board, model_name=name, position=position)
    make_result(board, model_name="Gone", **REMOVED)
    make_result(make_board(), model_name="Elsewhere")
    assert [result["methodology"] for result in get(client, "/evaluations/b/results/")["results"]] == ["First", "Second", "Third"]


def test_a_removed_claim_holds_no_rank_and_a_removed_board_no_result(client):
    paper = make_paper(slug="p")
    board = make_board()
    make_result(board, scores={"Accuracy": "2"}, **REMOVED)
    make_result(board, scores={"Accuracy": "1"}, paper=paper, model_name="M")
    make_result(make_board(**REMOVED), scores={"Accuracy": "1"}, paper=paper)
    assert [(item["methodology"], item["best_rank"]) for item in get(client, "/papers/p/results/")["results"]] == [("M", 1)]


def make_finished_run(**values):
    day = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    run = Run.objects.create(
        checkpoint=make_checkpoint(slug="neox"), protocol=make_protocol(slug="mmlu"), state=RunState.FINISHED, samples_total=2,
        requests_total=4, started_at=day, finished_at=day + timedelta(hours=1), public_id=RUN, lease_owner="scorer@secret-host",
        provenance={
            "checkpoint": {"location": "EleutherAI/gpt-neox-20b", "revision": "c292233c"}, "device": {"name": "NVIDIA H200"},
            "worker": "scorer@secret-host", "planned_by": {"worker": "scorer@secret-host"}, "seeds": {"fewshot": 1234},
        },
        results={"metrics": [{"task": "mmlu", "metric": "acc", "value": 0.26, "stderr": None, "items": 2, "chance": 0.25}], "harness": {}},
        **values,
    )  # fmt: skip
    Shard.objects.create(run=run, index=0, batches=[[0], [1]], batches_done=2, state="done", lease_owner="scorer@secret-host")
    Shard.objects.create(run=run, index=1, batches=[[2]], batches_done=0)
    Run.objects.update(requested_at=day - timedelta(hours=1))
    return run


def test_a_run_says_how_far_it_is_what_ran_and_what_came_out_but_not_where(client):
    make_finished_run()
    summary = {
        "id": str(RUN), "checkpoint": "neox", "protocol": "mmlu", "is_selftest": False, "items_per_task": None, "state": "finished",
        "waits_for": "", "activity": "", "error": "", "progress": {"batches_done": 2, "batches": 3, "requests": 4, "items": 2},
        "requested_at": "2026-01-02T02:04:05Z", "started_at": "2026-01-02T03:04:05Z", "finished_at": "2026-01-02T04:04:05Z",
    }  # fmt: skip
    assert get(client, "/runs/") == listed(summary)
    assert get(client, f"/runs/{RUN}/") == {
        **summary,
        "results": {"metrics": [{"task": "mmlu", "metric": "acc", "value": 0.26, "stderr": None, "items": 2, "chance": 0.25}]},
        "provenance": {
            "checkpoint": {"location": "EleutherAI/gpt-neox-20b", "revision": "c292233c"},
            "seeds": {"fewshot": 1234},
            "device": {"name": "NVIDIA H200"},
        },
    }
    assert b"secret-host" not in client.get("/api/v1/runs/").content + client.get(f"/api/v1/runs/{RUN}/").content


def test_a_waiting_run_says_why_and_has_no_progress(client):
    make_worker(memory_bytes=8 * 10**9)
    checkpoint = make_checkpoint(memory_bytes=45_220_000_000, device="gpu")
    Run.objects.create(checkpoint=checkpoint, protocol=make_protocol(is_selftest=True), public_id=RUN)
    run = get(client, f"/runs/{RUN}/")
    assert (run["state"], run["progress"], run["is_selftest"]) == ("requested", None, True)
    assert run["waits_for"] == "Needs 45 GB of GPU memory; no worker online has it."
    assert (run["results"], run["provenance"], run["finished_at"]) == ({"metrics": []}, {}, None)


def test_runs_stand_with_the_newest_first(client):
    older, newer = make_planned_run(), make_planned_run()
    assert ids(get(client, "/runs/")) == [str(newer.public_id), str(older.public_id)]


def test_a_record_of_another_shape_is_left_out(client):
    make_finished_run()
    Run.objects.update(provenance=[1], results="x")
    run = get(client, f"/runs/{RUN}/")
    assert (run["results"], run["provenance"]) == ({"metrics": []}, {})


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/papers/gone/", "There is no paper at this address."),
        ("/papers/gone/repositories/", "There is no paper at this address."),
        ("/papers/gone/tasks/", "There is no paper at this address."),
        ("/papers/gone/results/", "There is no paper at this address."),
        ("/papers/never/", "There is no paper at this address."),
        ("/evaluations/gone/", "There is no evaluation table at this address."),
        ("/evaluations/gone/results/", "There is no evaluation table at this address."),
        (f"/runs/{UUID(int=9)}/", "There is no run at this address."),
        ("/runs/9/", "There is no run at this address."),
        ("/papers/a%00b/", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/papers/gone/secrets/", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/papers", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/", "There is nothing at this address of the API; addresses that are there end in a slash."),
    ],
)
def test_what_is_removed_or_never_was_is_not_found(client, address, sentence):
    make_paper(slug="gone", **REMOVED)
    make_board(slug="gone", **REMOVED)
    assert refusal(client, address, status=404) == sentence


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["/papers/", "/papers/p/", "/papers/p/results/", "/evaluations/", f"/runs/{RUN}/"])
def test_only_get_is_answered(client, method, address):
    make_paper(slug="p")
    response = getattr(client, method)(f"/api/v1{address}", data="{", content_type="application/json")
    said = "Only GET is answered at this address."
    assert (response.status_code, response.json()) == (405, {"detail": said, "error": said, "message": said})
    assert response.headers["Allow"] == "GET, HEAD"


def test_head_is_answered_without_a_body(client):
    response = client.head("/api/v1/papers/")
    assert (response.status_code, response.content) == (200, b"")


def test_hostile_words_stay_words(client):
    paper = make_paper(
        slug="p", title=HOSTILE, abstract=HOSTILE, url_abs="javascript:alert(1)", url_pdf="data:text/html,x",
        conference_url_abs="javascript:alert(1)", repositories=[make_repository(url="javascript:alert(1)")],
    )  # fmt: skip
    claim = make_result(make_board(slug="b"), model_name=HOSTILE, scores={"Accuracy": HOSTILE}, paper=paper)
    make_measurement(claim, run_id=None, publication_url="javascript:alert(1)")
    response = client.get("/api/v1/papers/p/", headers={"Accept": "*/*"})
    body = response.json()
    assert (response.headers["Content-Type"], response.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert "\u2028" not in response.content.decode()
    assert (body["title"], body["abstract"], body["url_abs"], body["url_pdf"]) == (HOSTILE, HOSTILE, "", "")
    assert body["conference_url_abs"] is None
    assert get(client, "/papers/p/repositories/")["results"][0]["url"] == ""
    (result,) = get(client, "/papers/p/results/")["results"]
    assert (result["methodology"], result["metrics"]) == (HOSTILE, {"Accuracy": HOSTILE})
    assert result["measurements"][0]["publication"] is None


def test_a_hostile_question_stays_quoted_in_the_addresses_of_pages(client):
    make_paper(title='"<b>', slug="a")
    make_paper(title='"<b>', slug="b")
    page = get(client, "/papers/?items_per_page=1&title=%22%3Cb%3E")
    assert page["next"] == "http://testserver/api/v1/papers/?items_per_page=1&page=2&title=%22%3Cb%3E"


def test_nobody_looks_at_the_session(client, django_assert_num_queries):
    client.cookies["sessionid"] = "a" * 32
    with django_assert_num_queries(1):
        response = client.get("/api/v1/papers/")
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def make_many(size):
    """`size` of everything that hangs on one paper and one board."""
    tasks = [make_task() for _ in range(size)]
    authors = [f"Author {number}" for number in range(size)]
    paper = make_paper(slug="p", tasks=tasks, authors=authors, repositories=[make_repository() for _ in range(size)])
    board = make_board(slug="b", metrics=("Accuracy", "F1"))
    for number in range(size):
        make_paper(authors=authors, proceeding=make_proceeding(name=f"NeurIPS {number}"))
        claim = make_result(board, scores={"Accuracy": "1", "F1": "2"}, paper=paper)
        make_measurement(claim)
        make_result(make_board(), scores={"Accuracy": "1"}, paper=paper)
        make_planned_run()


@pytest.mark.parametrize("size", [1, 12])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/papers/", 3),
        ("/papers/p/", 2),
        ("/papers/p/repositories/", 4),
        ("/papers/p/tasks/", 4),
        ("/papers/p/results/", 7),
        ("/evaluations/", 2),
        ("/evaluations/b/", 1),
        ("/evaluations/b/results/", 6),
        ("/runs/", 5),
    ],
)
def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, address, queries, size):
    make_many(size)
    with django_assert_num_queries(queries):
        client.get(f"/api/v1{address}")


def sample(shared_data, name):
    return json.loads((shared_data / "pwc" / "api-responses" / name).read_text())


def test_shapes_are_those_of_the_real_site(client, shared_data):
    paper = make_paper(slug="p", tasks=[make_task()])
    make_result(make_board(), scores={"Accuracy": "85.1%"}, paper=paper)
    old_paper, old_papers = sample(shared_data, "paper_get_response.json"), sample(shared_data, "paper_list_response.json")
    old_results = sample(shared_data, "paper_result_list.json")
    assert get(client, "/papers/p/").keys() == old_paper.keys() | {"abstract_by"}
    papers = get(client, "/papers/")
    assert list(papers) == list(old_papers)
    assert papers["results"][0].keys() == old_papers["results"][0].keys() | {"abstract_by"}
    results = get(client, "/papers/p/results/")
    assert list(results) == list(old_results)
    assert results["results"][0].keys() == old_results["results"][0].keys() | {"measurements"}
    assert list(get(client, "/papers/p/tasks/")) == list(sample(shared_data, "paper_task_list_response.json"))


def test_the_seed_archive_is_served(client, shared_data):
    call_command("import_archive", str(shared_data / "pwc" / "archive-seed"), verbosity=0)
    here = "/papers/gpt-neox-20b-an-open-source-autoregressive-1/"
    paper = get(client, here)
    assert (len(paper["authors"]), paper["published"]) == (17, "2022-04-14")
    assert ids(get(client, f"{here}tasks/")) == ["multi-task-language-understanding", "language-modelling"]
    assert [item["name"] for item in get(client, f"{here}repositories/")["results"]] == ["gpt-neox"]
    results = get(client, f"{here}results/")["results"]
    assert [(item["metrics"], item["methodology"], item["best_rank"]) for item in results] == [
        ({"Average (%)": "33.6"}, "GPT-NeoX 20B (5-shot)", 1),
        ({"Average (%)": "33.6"}, "GPT-NeoX 20B (5-shot)", 1),
    ]
