"""Pages of datasets: the list with its filters and orders, and one dataset."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.pages import dataset_list
from portal.pages.excerpts import excerpt
from tests.factories.catalogue import (
    make_board,
    make_dataset,
    make_paper,
    make_result,
    make_task,
)
from tests.portal.reading import in_order, read
from tests.portal.test_pages_catalogue import GONE, HOSTILE

pytestmark = pytest.mark.django_db


def listed(client, address="/datasets", **query):
    """The names of a list in its order, page after page."""
    names, response = [], client.get(address, query, follow=True)
    while True:
        page = read(response)
        names += [text for text, href, values in page.links if href.startswith("/dataset/")]
        following = [href for text, href, _ in page.links if text == "Next page"]
        if not following:
            return names
        response = client.get(following[0])


@pytest.fixture
def some_datasets():
    qa = make_task(name="Question Answering")
    squad = make_dataset(name="SQuAD", modalities=["Texts"], languages=["English"], introduced_date=date(2016, 6, 16))
    xquad = make_dataset(name="XQuAD", modalities=["Texts"], languages=["English", "Thai"], introduced_date=date(2019, 10, 1))
    coco = make_dataset(name="COCO", modalities=["Images", "Texts"], archive_paper_count=9000)
    make_dataset(name="MNIST", modalities=["Images"], archive_paper_count=7000)
    make_dataset(name="Spam", modalities=["Images"], spam_reason="An address.")
    for dataset in (squad, xquad):
        dataset.tasks.add(qa)
    make_result(make_board(dataset=xquad), paper=make_paper())
    return squad, xquad, coco


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["XQuAD", "COCO", "MNIST", "SQuAD"]),
        ({"order": "name"}, ["COCO", "MNIST", "SQuAD", "XQuAD"]),
        ({"order": "newest"}, ["XQuAD", "SQuAD", "MNIST", "COCO"]),
        ({"order": "nonsense"}, ["XQuAD", "COCO", "MNIST", "SQuAD"]),
        ({"modality": "Images"}, ["COCO", "MNIST"]),
        ({"modality": "Texts", "language": "English"}, ["XQuAD", "SQuAD"]),
        ({"task": "question-answering", "language": "Thai"}, ["XQuAD"]),
        ({"modality": "", "task": "", "language": ""}, ["XQuAD", "COCO", "MNIST", "SQuAD"]),
        ({"modality": "Video"}, []),
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_datasets_are_filtered_and_ordered_page_by_page(client, monkeypatch, some_datasets, query, names, size):
    monkeypatch.setattr(dataset_list, "PAGE", size)
    assert listed(client, **query) == names


def test_pages_and_links_keep_the_filters(client, monkeypatch, some_datasets):
    monkeypatch.setattr(dataset_list, "PAGE", 1)
    page = read(client.get("/datasets?modality=Texts&language=English&order=newest"))
    query = parse_qs(urlsplit(page.link("Next page")).query)
    assert {name: values for name, values in query.items() if name != "after"} == {
        "modality": ["Texts"], "language": ["English"], "order": ["newest"],
    }  # fmt: skip
    second = read(client.get(page.link("Next page")))
    assert second.link("First page") == "/datasets?modality=Texts&language=English&order=newest"
    chosen = [values["value"] for tag, values in second.elements if tag == "option" and "selected" in values]
    assert chosen == ["Texts", "English", "newest"]
    assert "4 datasets" in read(client.get("/datasets")).main
    assert "4 datasets" not in second.main


@pytest.mark.parametrize(
    ("sent", "shared"),
    [
        ("/datasets?modality=Texts&task=&language=&order=papers", "/datasets?modality=Texts"),
        ("/datasets?modality=&task=&language=&order=papers", "/datasets"),
        ("/datasets?task=Question+Answering&order=newest", "/datasets?task=question-answering&order=newest"),
        ("/datasets?task=answering", "/datasets?task=question-answering"),
        ("/search?q=squad&task=&year=", "/search?q=squad"),
        ("/search?q=squad&task=QUESTION+answering&year=2016&code=1", "/search?q=squad&task=question-answering&year=2016&code=1"),
        ("/search?q=", "/search"),
        ("/papers?sort=latest&year=&code=1", "/papers?code=1"),
        ("/task/question-answering?sort=latest&year=", "/task/question-answering"),
        ("/latest?year=", "/latest"),
        ("/greatest?year=%20", "/greatest"),
    ],
)
def test_what_a_form_sends_is_answered_by_the_address_that_is_shared(client, some_datasets, sent, shared):
    response = client.get(sent)
    assert (response.status_code, response["Location"]) == (302, shared)
    assert client.get(shared).status_code == 200


def test_a_task_that_is_not_offered_can_be_typed(client, some_datasets):
    rare = make_task(name="Rare")
    some_datasets[0].tasks.add(rare)
    page = read(client.get("/datasets?task=rare"))
    assert [text for text, href, _ in page.links if href.startswith("/dataset/")] == ["SQuAD"]
    field = next(values for tag, values in page.elements if tag == "input" and values.get("name") == "task")
    assert (field["value"], field["type"]) == ("Rare", "text")
    offered = [values["value"] for tag, values in page.elements if tag == "option"]
    assert {"Question Answering", "Rare"} <= set(offered)
    assert "No dataset here has all of that." in read(client.get("/datasets?task=nothing+of+the+kind")).main


def test_a_dataset_in_the_list_says_what_it_is_in_plain_words(client):
    dataset = make_dataset(
        name="Data", full_name="The data", description=f"**Bold** [link](https://example.org) {HOSTILE} " + "word " * 90,
        modalities=["Texts"], introduced_date=date(2020, 1, 2), archive_paper_count=3,
    )  # fmt: skip
    make_result(make_board(dataset=dataset), paper=make_paper())
    main = read(client.get("/datasets")).main
    in_order(
        main,
        ["Data The data", f"Bold link {HOSTILE} word", "word… Texts 1 board 1 paper with results named by 3 papers 2020-01-02"],
    )


@pytest.mark.parametrize(("text", "words"), [(None, ""), ("", ""), ("# Head\n\nBody", "Head Body"), ("x" * 400, "x" * 180 + "…")])
def test_an_excerpt_is_plain_and_short(text, words):
    assert excerpt(text) == words


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"modality": HOSTILE}, 0),
        ({"task": HOSTILE}, 0),
        ({"modality": "{}"}, 0),
        ({"language": "x" * 5000}, 4),
        ({"task": "a\x00b"}, 4),
    ],
)
def test_strange_filters_find_nothing_or_are_not_there(client, some_datasets, query, number):
    page = read(client.get("/datasets", query))
    assert len([href for href in page.hrefs() if href.startswith("/dataset/")]) == number
    assert ("No dataset here has all of that." in page.main) == (number == 0)
    assert all("src" in values for tag, values in page.elements if tag == "script")


@pytest.mark.parametrize(
    ("order", "mark"),
    [
        ("papers", "x"), ("papers", "2020-01-01~1"), ("papers", "1~2"), ("newest", "2020-02-31~1"), ("newest", "1~2~3"), ("newest", "~"),
        ("name", "a\x00"), ("papers", "9999999999~1~1"),
    ],
)  # fmt: skip
def test_marks_of_other_orders_are_refused(client, order, mark):
    response = client.get("/datasets", {"order": order, "after": mark}, follow=True)
    assert response.status_code == 404
    assert "There is no such place in this list" in read(response).main


def test_no_dataset_at_all_says_where_they_come_from(client):
    assert "No dataset is here. Datasets come with" in read(client.get("/datasets")).main


def test_a_dataset_shows_papers_by_year_loaders_licence_and_similar_ones(client):
    task, other_task = make_task(name="QA"), make_task(name="Other")
    loaders = [
        {"url": "https://huggingface.co/datasets/squad", "repo": "https://github.com/huggingface/datasets", "frameworks": ["tf", "pytorch"]},
        {"url": "javascript:alert(1)", "repo": None, "frameworks": "tf"}, "nonsense", {"repo": "https://github.com/a/b"},
    ]  # fmt: skip
    dataset = make_dataset(
        name="SQuAD", modalities=["Texts"], data_loaders=loaders, archive_paper_count=4, warning="Has <i>faults</i>.",
        archive_extra={"license_name": "CC-BY-SA 4.0", "license_url": "javascript:alert(1)"},
    )  # fmt: skip
    near, far = make_dataset(name="TriviaQA", modalities=["Texts"]), make_dataset(name="VQA", modalities=["Images"])
    make_dataset(name="Alien", modalities=["Texts"]).tasks.add(other_task)
    for one in (dataset, near, far):
        one.tasks.add(task)
    board = make_board(dataset=dataset, task=task)
    for year in (2018, 2020, 2020):
        make_result(board, paper=make_paper(title=f"Paper of {year}", date=date(year, 5, 1)))
    make_result(board, paper=make_paper(title="Removed", date=date(2021, 1, 1), **GONE))
    page = read(client.get("/dataset/squad"))
    assert page.tables[0] == [["Year", "Papers"], ["2018", "1"], ["2020", "2"]]
    in_order(
        page.main,
        [
            "Has <i>faults</i>.", "No description", "Licence CC-BY-SA 4.0", "Modalities Texts", "Named by 4 papers", "Boards", "Loaders",
            "huggingface.co by huggingface/datasets TensorFlow, PyTorch", "github.com", "Similar datasets", "TriviaQA QA, Texts VQA QA",
            "Papers with results on it", "Paper of 2020", "Paper of 2020", "Paper of 2018",
        ],
    )  # fmt: skip
    assert "Alien" not in page.main
    assert "Removed" not in page.main
    assert page.link("Texts") == "/datasets?modality=Texts"
    assert not any((href or "").startswith("javascript") for href in page.hrefs())


def test_a_bare_dataset_says_what_is_not_known(client):
    make_dataset(name="Bare", data_loaders={"url": 3}, archive_extra=["license"])
    main = read(client.get("/dataset/bare")).main
    in_order(
        main,
        ["No description of this dataset is known here.", "not stated", "No board on this dataset", "No paper here has a result"],
    )
    assert "Similar" not in main
