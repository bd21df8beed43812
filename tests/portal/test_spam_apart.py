"""Spam is kept and never shown: not in lists, and not on an innocent paper, board or dataset."""

import pytest

from tests.factories.catalogue import make_area, make_board, make_dataset, make_method, make_paper, make_result, make_task
from tests.portal.api_reading import get
from tests.portal.reading import read

pytestmark = pytest.mark.django_db

SPAM = "Airline customer service"
JUDGED = {"name": SPAM, "spam_reason": "A telephone number."}


@pytest.fixture
def paper():
    """An innocent paper on which spam hangs: a method, a task, and results on boards of a spam task and a spam dataset."""
    task = make_task(**JUDGED, areas=[make_area(name="Field")])
    paper = make_paper(
        slug="innocent", tasks=[task, make_task(name="Good task")], methods=[make_method(**JUDGED), make_method(name="Good")]
    )
    data = make_dataset(name="Good data")
    data.tasks.add(task)
    for board in (make_board(task=task, slug="spam-task"), make_board(dataset=make_dataset(**JUDGED), slug="spam-dataset")):
        make_result(board, model_name="On a spam board", scores={"Accuracy": "1"}, paper=paper)
    make_result(make_board(slug="good"), model_name="On a good board", scores={"Accuracy": "1"}, paper=paper)
    return paper


@pytest.mark.parametrize(
    "address",
    [
        "/", "/papers", "/paper/innocent", "/tasks", "/area/field", "/sota", "/benchmarks", "/datasets", "/dataset/good-data", "/methods",
        "/search?q=customer",
    ],
)  # fmt: skip
def test_no_page_shows_spam(client, paper, address):
    page = read(client.get(address))
    assert SPAM not in page.main
    assert not {"/sota/spam-task", "/sota/spam-dataset"} & set(page.hrefs())


def test_the_paper_keeps_what_is_no_spam(client, paper):
    main = read(client.get("/paper/innocent")).main
    assert "Good task" in main
    assert "Good" in main
    assert "On a good board" in main
    assert "On a spam board" not in main


def test_boards_of_spam_are_not_there(client, paper):
    assert [client.get(f"/sota/{slug}").status_code for slug in ("spam-task", "spam-dataset", "good")] == [404, 404, 200]
    assert [board["id"] for board in get(client, "/evaluations/")["results"]] == ["good"]


def test_the_api_shows_no_spam_on_a_paper(client, paper):
    assert [task["name"] for task in get(client, "/papers/innocent/tasks/")["results"]] == ["Good task"]
    assert [result["methodology"] for result in get(client, "/papers/innocent/results/")["results"]] == ["On a good board"]
