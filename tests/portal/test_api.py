"""The REST API v1, read by anybody: papers, its lists, its errors and what it costs."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest

from papers.models import Paper, Proceeding
from portal.api.shapes.repositories import owner_and_name
from tests.factories.catalogue import (
    make_board,
    make_code_link,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_planned_run
from tests.portal.api_reading import HOSTILE, REMOVED, RUN, get, ids, listed, make_measurement, refusal

pytestmark = pytest.mark.django_db


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


def test_papers_are_found_by_words_of_title_and_abstract_best_first(client):
    make_paper(title="Nothing of that", abstract="A bidirectional encoder.", slug="abstract", date=date(2022, 1, 1))
    make_paper(title="Bidirectional Encoders", slug="title", date=date(2018, 1, 1))
    make_paper(title="Bidirectional Encoders", slug="gone", **REMOVED)
    make_paper(title="Other", slug="other")
    assert ids(get(client, "/papers/?q=bidirectional+encoder")) == ["title", "abstract"]
    assert ids(get(client, "/papers/?q=bidirectional+encoder&items_per_page=1&page=2")) == ["abstract"]
    assert ids(get(client, "/papers/?q=encoder&title=nothing")) == ["abstract"]
    assert ids(get(client, "/papers/?q=zebra")) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("title=%00", "title: Null characters are not allowed."),
        ("arxiv_id=" + "1" * 101, "arxiv_id: Ensure this field has no more than 100 characters."),
        ("q=%00", "q: Null characters are not allowed."),
        ("q=" + "x" * 201, "q: Ensure this field has no more than 200 characters."),
        (
            "ordering=beauty",
            "ordering: Give one of published, stars, repositories, added, with a minus in front for the other way round.",
        ),
        (
            "fields=id,beauty",
            "fields: There is no field 'beauty': there are id, arxiv_id, nips_id, url_abs, url_pdf, title, abstract, abstract_by, authors, published, conference, conference_url_abs, conference_url_pdf, proceeding.",
        ),
        ("format=xml", "format: This is served as json."),
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


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/papers/gone/", "This paper was removed: Spam."),
        ("/papers/gone/repositories/", "This paper was removed: Spam."),
        ("/papers/gone/tasks/", "This paper was removed: Spam."),
        ("/papers/gone/results/", "This paper was removed: Spam."),
        ("/papers/never/", "There is no paper at this address."),
        ("/evaluations/gone/", "This evaluation table was removed: Spam."),
        ("/evaluations/gone/results/", "This evaluation table was removed: Spam."),
        (f"/runs/{UUID(int=9)}/", "There is no run at this address."),
        ("/runs/9/", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/papers/a%00b/", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/papers/gone/secrets/", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/nothing", "There is nothing at this address of the API; addresses that are there end in a slash."),
        ("/", "There is nothing at this address of the API; addresses that are there end in a slash."),
    ],
)
def test_what_is_removed_or_never_was_is_not_found(client, address, sentence):
    make_paper(slug="gone", **REMOVED)
    make_board(slug="gone", **REMOVED)
    assert refusal(client, address, status=404) == sentence


def test_a_missing_slash_leads_to_what_stands_behind_one_and_nowhere_else(client):
    answer = client.get("/api/v1/papers?q=a%20b&page=2")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/papers/?q=a%20b&page=2")
    assert client.get("/api/v1/papers/never").headers["Location"] == "/api/v1/papers/never/"
    assert client.post("/api/v1/tasks").status_code == client.get("/api/v1/papers/a/b/c").status_code == 404
    assert client.put("/api/v1/tasks/never/").json()["detail"] == "Only GET, PATCH and DELETE are answered at this address."


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["/papers/", "/papers/p/", "/papers/p/results/", f"/runs/{RUN}/"])
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
        ("/papers/p/results/", 6),
        ("/evaluations/", 3),
        ("/evaluations/b/", 2),
        ("/evaluations/b/results/", 6),
        ("/runs/", 7),
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
    assert results["results"][0].keys() == old_results["results"][0].keys() | {
        "measurements",
        "evaluation",
        "external_source_url",
    }
    assert list(get(client, "/papers/p/tasks/")) == list(sample(shared_data, "paper_task_list_response.json"))
