"""Home, lists, and the pages of boards, datasets, methods and authors."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement
from papers.models import SlugHistory
from portal.pages import sota
from tests.factories.catalogue import (
    make_area,
    make_author,
    make_board,
    make_code_link,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_protocol
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db

FIRST_DAY = date(2020, 1, 1)


def papers(number, **values):
    return [make_paper(title=f"Paper {day:03}", date=FIRST_DAY + timedelta(days=day), **values) for day in range(number)]


def titles(page):
    return [text for tag, text in page.headings if text.startswith("Paper ") and tag != "h1"]


def make_measurement(claim):
    return Measurement.objects.create(
        leaderboard=claim.leaderboard, metric=claim.leaderboard.metrics.first(), claim=claim, model_name="M", protocol=make_protocol(),
        value=50.0, items=400, run_id=uuid4(), measured_at=timezone.now(), published_at=timezone.now(),
    )  # fmt: skip


def test_home_says_what_this_is_and_shows_papers_boards_and_measurements(client):
    paper = make_paper(title="A paper", slug="a-paper", date=FIRST_DAY, repositories=[make_repository()])
    make_paper(title="A paper without code")
    board = make_board(task=make_task(name="Question Answering"), dataset=make_dataset(name="SQuAD"), slug="qa-on-squad")
    claim = make_result(board, model_name="Model A", scores={"Accuracy": "60.5"}, paper=paper)
    measurement = make_measurement(claim)
    page = read(client.get("/"))
    in_order(
        page.main,
        [
            "Machine learning papers, their code and the state of the art", "Trending papers", "the archive has no GitHub stars", "A paper", "Measured here", "Model A", "Question Answering on SQuAD",
            "Claimed: 60.5 Accuracy", "50.00", "n = 400", "10.50 below the claim", "Notable benchmarks", "Question Answering on SQuAD",
            "1 result · best: Model A, 60.5",
        ],
    )  # fmt: skip
    assert "A paper without code" not in page.main
    assert page.link("A paper") == "/paper/a-paper"
    assert page.link("Question Answering on SQuAD") == "/sota/qa-on-squad"
    assert page.link("run") == f"/runs/{measurement.run_id}"


def test_an_empty_home_says_what_to_do(client):
    main = read(client.get("/")).main
    assert "No paper with code is here yet. Import an archive with: manage.py import_archive PATH" in main
    assert "Nothing was measured yet." in main
    assert "No board is here yet." in main


def test_a_paper_in_a_list_has_date_venue_authors_tasks_and_code(client):
    make_paper(
        title="Paper", date=FIRST_DAY, authors=["A", "B", "C", "D", "E"], tasks=[make_task(name="T")],
        proceeding=make_proceeding(), repositories=[make_repository(url="https://github.com/a/b"), make_repository()],
    )  # fmt: skip
    main = read(client.get("/papers")).main
    assert "Paper 2020-01-01 NeurIPS 2018 A, B, C and 2 more Code: a/b 2 repositories T" in main


def test_a_paper_in_a_list_leads_to_its_best_code_to_its_venue_and_says_what_it_is_about(client):
    paper = make_paper(
        slug="paper",
        proceeding=make_proceeding(),
        abstract="First  line of\nwords on <b>$x^2$</b>, and much more. " + "Word " * 60,
    )
    make_code_link(paper, make_repository(url="https://github.com/a/other"), framework="jax")
    make_code_link(paper, make_repository(url="https://github.com/a/official"), framework="pytorch", is_official=True)
    bad = make_paper(slug="bad", repositories=[make_repository(url="javascript:alert(1)")])
    page = read(client.get("/papers"))
    assert page.link("Code: a/official") == "https://github.com/a/official"
    assert page.link("2 repositories") == "/paper/paper#code"
    assert page.link("1 repository") == f"/paper/{bad.slug}#code"
    assert page.link("NeurIPS 2018") == "/conference/neurips/neurips-2018-12"
    in_order(
        page.main, ["First line of words on <b>x2</b>, and much more. Word", "Word…", "Code: a/official PyTorch 2 repositories"]
    )
    assert page.main.count("Word") < 50
    assert ("div", {"class": "button-row", "id": "code"}) in read(client.get("/paper/paper")).elements
    found = read(client.get("/search?q=words"))
    in_order(found.main, ["First line of words on <b>x2</b>", "Code: a/official PyTorch"])


@pytest.mark.parametrize(("where", "size"), [("/papers", 30), ("/task/t", 30), ("/author/someone", 30), ("/latest", 30)])
def test_papers_dated_in_the_future_come_last(client, where, size):
    values = {"tasks": [make_task(slug="t")], "authors": ["Someone"]}
    ahead = timezone.localdate() + timedelta(days=400)
    for day in (ahead, ahead + timedelta(days=1), ahead):
        make_paper(title=f"Paper of {day}", date=day, repositories=[make_repository()], **values)
    make_paper(title="Paper undated", repositories=[make_repository()], **values)
    for paper in papers(size + 5, **values):
        make_code_link(paper)
    seen, address = [], where
    while address:
        page = read(client.get(address))
        seen += titles(page)
        address = next((href for text, href, _ in page.links if text == "Next page"), "")
    late = ["Paper undated", f"Paper of {ahead + timedelta(days=1)}", f"Paper of {ahead}", f"Paper of {ahead}"]
    assert seen == [f"Paper {day:03}" for day in reversed(range(size + 5))] + late


def test_pages_go_on_within_papers_of_the_future_and_behind_undated_ones(client):
    ahead = timezone.localdate() + timedelta(days=400)
    for number in range(33):
        make_paper(title=f"Paper to come {number}", date=ahead)
        make_paper(title=f"Paper undated {number}", date=None)
    seen, address = [], "/papers"
    while address:
        page = read(client.get(address))
        seen += titles(page)
        address = next((href for text, href, _ in page.links if text == "Next page"), "")
    behind = list(reversed(range(33)))
    assert seen == [f"Paper undated {number}" for number in behind] + [f"Paper to come {number}" for number in behind]


def test_a_paper_dated_in_the_future_does_not_trend(client):
    make_paper(title="Paper to come", date=timezone.localdate() + timedelta(days=2), repositories=[make_repository()])
    make_paper(title="Paper of today", date=timezone.localdate(), repositories=[make_repository()])
    make_paper(title="Paper undated", repositories=[make_repository()])
    assert titles(read(client.get("/"))) == ["Paper of today", "Paper undated"]


def test_papers_come_newest_first_page_by_page_each_once_and_undated_ones_last(client):
    papers(40)
    same_day = [make_paper(title=f"Paper same {n}", date=FIRST_DAY) for n in range(25)]
    undated = [make_paper(title=f"Paper undated {n}", date=None) for n in range(33)]
    seen, address, pages = [], "/papers", 0
    while address:
        page = read(client.get(address))
        seen += titles(page)
        pages += 1
        following = [href for text, href, _ in page.links if text == "Next page"]
        address = following[0] if following else ""
    expected = [f"Paper {day:03}" for day in range(39, 0, -1)]
    expected += [paper.title for paper in reversed(same_day)] + ["Paper 000"] + [paper.title for paper in reversed(undated)]
    assert seen == expected
    assert pages == 4


@pytest.mark.parametrize(
    "mark", ["nonsense", "2020-02-31~5", "2020-01-01~", "~", "2020-01-01~1'--", "~99999999999999999999", "１~１"]
)
def test_a_mark_that_we_did_not_make_is_refused_in_a_sentence(client, mark):
    response = client.get("/papers", {"after": mark})
    assert response.status_code == 404
    assert "There is no such place in this list: start from its first page." in read(response).main


@pytest.mark.parametrize("address", ["/tasks", "/sota", "/datasets", "/methods", "/runs"])
def test_other_lists_refuse_strange_marks_too(client, address):
    assert client.get(address, {"after": "x\x00y"}).status_code == 404


def test_removed_papers_are_in_no_list(client):
    task = make_task(name="T")
    make_paper(title="Paper spam", tasks=[task], removed_at=timezone.now(), removed_reason="Spam.", authors=["Someone"])
    for address in ("/", "/papers", "/task/t", "/author/someone", "/search?q=spam"):
        assert "Paper spam" not in read(client.get(address)).main


def test_all_boards_stand_under_the_tasks_of_their_area_or_by_themselves(client, monkeypatch):
    monkeypatch.setattr(sota, "TASKS_OF_AN_AREA", 1)
    area = make_area(name="NLP")
    task = make_task(name="Question Answering", areas=[area])
    make_board(task=make_task(name="Parsing", areas=[area]))
    make_task(name="Without a board", areas=[area])
    make_paper(tasks=[task], repositories=[make_repository()])
    make_paper(tasks=[task])
    make_board(task=task)
    board = make_board(task=make_task(name="Alone"), dataset=make_dataset(name="Data"), slug="alone-on-data")
    claim = make_result(board, model_name="Leader", scores={"Accuracy": "90%"})
    make_result(board, model_name="Spam", scores={"Accuracy": "100"}, removed_at=timezone.now(), removed_reason="Spam.")
    make_measurement(claim)
    page = read(client.get("/sota"))
    in_order(page.main, ["NLP", "2 boards of 2 tasks", "Question Answering 1 board · 1 paper with code", "1 more task of NLP"])
    assert "Parsing" not in page.main
    assert page.tables == [
        [["Board", "Best model", "Value", "Results", "Measured"], ["Alone on Data", "Leader", "90% Accuracy", "1", "1"]]
    ]
    assert page.link("1 more task of NLP") == page.link("NLP") == "/area/nlp"
    assert page.link("Alone on Data") == "/sota/alone-on-data"


def test_boards_without_an_area_are_paged(client, monkeypatch):
    monkeypatch.setattr(sota, "BOARDS_WITHOUT_AN_AREA", 1)
    make_board(slug="a")
    make_board(slug="b")
    assert read(client.get("/sota")).link("Next page") == "/sota?after=a"
    assert "/sota/b" in read(client.get("/sota?after=a")).hrefs()


def test_notable_benchmarks_are_those_with_most_results(client):
    few, many = make_board(dataset=make_dataset(name="Few")), make_board(dataset=make_dataset(name="Many"))
    make_result(few, scores={"Accuracy": "1"})
    for score in "12":
        make_result(many, scores={"Accuracy": score})
    rows = read(client.get("/benchmarks")).tables[0][1:]
    assert [(row[0].split(" on ")[1], row[3]) for row in rows] == [("Many", "2"), ("Few", "1")]


def test_a_dataset_shows_its_facts_and_boards(client):
    paper = make_paper(title="Its paper", slug="its-paper")
    dataset = make_dataset(
        name="SQuAD", full_name="Stanford data", description="Plain <b>text</b>.", homepage="https://example.org/squad", paper=paper,
        introduced_date=FIRST_DAY, modalities=["Texts"], languages=["English"], variants=["SQuAD", "SQuAD1.1 dev"],
    )  # fmt: skip
    dataset.tasks.add(make_task(name="QA"))
    make_board(dataset=dataset, task=make_task(name="QA"), slug="qa-on-squad")
    page = read(client.get("/dataset/squad"))
    in_order(
        page.main,
        [
            "SQuAD", "Stanford data", "QA", "Plain <b>text</b>.", "Home page example.org", "Introduced by Its paper", "2020-01-01",
            "Licence not stated", "Modalities Texts Languages English Variants SQuAD1.1 dev", "QA on SQuAD",
        ],
    )  # fmt: skip
    assert page.link("Its paper") == "/paper/its-paper"


def test_methods_are_listed_and_one_shows_its_papers(client):
    method = make_method(name="LoRA", full_name="Low-rank adaptation", introduced_year=2000, source_url="javascript:alert(1)")
    make_paper(title="Paper with it", methods=[method])
    assert read(client.get("/methods")).tables[0][1:] == [["LoRA", "Low-rank adaptation", "", "", "1"]]
    page = read(client.get("/method/lora"))
    assert titles(page) == ["Paper with it"]
    assert "Introduced" not in page.main
    assert "javascript" not in page.main
    assert not any(href.startswith("javascript") for href in page.hrefs())


def test_an_author_has_the_papers_with_that_name(client):
    make_paper(title="Paper one", authors=["Stella Biderman"])
    make_paper(title="Paper two", authors=["Somebody Else"])
    page = read(client.get("/author/stella-biderman"))
    assert page.headings == [
        ("h1", "Stella Biderman"),
        ("h2", "Papers"),
        ("h3", "Paper one"),
        ("h2", "Explore"),
        ("h2", "Community"),
    ]


@pytest.mark.parametrize(
    ("kind", "make", "prefix"),
    [
        ("task", make_task, "task"),
        ("dataset", make_dataset, "dataset"),
        ("method", make_method, "method"),
        ("author", make_author, "author"),
    ],
)
def test_what_was_removed_says_so_and_what_was_renamed_redirects(client, kind, make, prefix):
    make(name="Gone", removed_at=timezone.now(), removed_reason="Vandalism.")
    response = client.get(f"/{prefix}/gone")
    assert response.status_code == 410
    assert "The reason: Vandalism." in read(response).main
    kept = make(name="Kept")
    SlugHistory.objects.create(kind=kind, slug="old", target=kept.public_id)
    response = client.get(f"/{prefix}/old")
    assert (response.status_code, response["Location"]) == (301, f"/{prefix}/kept")
    assert client.get(f"/{prefix}/never-was").status_code == 404


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 5), ("/papers", 3), ("/latest", 2), ("/greatest", 2), ("/tasks", 2), ("/sota", 2), ("/benchmarks", 1), ("/datasets", 3), ("/methods", 2), ("/runs", 5),
        ("/task/main", 10), ("/task/main?sort=greatest&year=2020", 9), ("/area/field", 3), ("/dataset/data", 7), ("/method/way", 6), ("/author/person", 5), ("/search?q=paper", 9),
    ],
)  # fmt: skip
def test_the_number_of_queries_does_not_grow_with_the_list(client, django_assert_num_queries, address, queries):
    task = make_task(name="Main", areas=[make_area(name="Field")])
    dataset, method = make_dataset(name="Data"), make_method(name="Way")
    for size in (2, 20):
        for number in range(size):
            paper = make_paper(
                title=f"Paper {number}", tasks=[task], methods=[method], authors=["Person"], repositories=[make_repository()]
            )
            board = make_board(task=task, dataset=dataset, dataset_name=f"Data {size} {number}")
            make_measurement(make_result(board, scores={"Accuracy": "1"}, paper=paper))
            make_board(task=make_task(name=f"Paper task {size} {number}"))
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/sota", "/benchmarks", "/task/reading", "/dataset/squad"])
def test_the_best_model_of_a_board_leads_to_its_page(client, address):
    made = make_board(task=make_task(name="Reading", slug="reading"), dataset=make_dataset(name="SQuAD", slug="squad"))
    make_result(made, model_name="GPT-3 (175B)", scores={"Accuracy": "90"}, paper=make_paper(repositories=[make_repository()]))
    make_result(made, model_name="BERT", scores={"Accuracy": "80"})
    page = read(client.get(address))
    assert page.link("GPT-3 (175B)") == "/model/gpt-3-175b"
    assert client.get("/model/gpt-3-175b").status_code == 200


def test_a_best_model_without_a_name_is_said_to_have_none(client):
    made = make_board(task=make_task(name="Reading", slug="reading"))
    make_result(made, model_name="", scores={"Accuracy": "90"})
    for address in ("/benchmarks", "/task/reading"):
        assert "Unnamed model" in read(client.get(address)).tables[0][1]
    assert "best: unnamed model, 90" in read(client.get("/")).main


def test_the_code_of_a_boards_leader_leads_to_the_papers_code(client):
    paper = make_paper(slug="leader", repositories=[make_repository(), make_repository()])
    made = make_board(task=make_task(name="Reading", slug="reading"))
    make_result(made, scores={"Accuracy": "90"}, paper=paper)
    assert read(client.get("/task/reading")).link("repositories: 2") == "/paper/leader#code"
