"""Pages of tasks and areas."""

from datetime import date

import pytest
from django.utils import timezone

from papers.models import TaskEdge
from portal.pages import task_list
from tests.factories.catalogue import (
    make_area,
    make_board,
    make_dataset,
    make_paper,
    make_repository,
    make_result,
    make_task,
)
from tests.portal.reading import in_order, read
from tests.portal.test_pages_lists import FIRST_DAY, titles

pytestmark = pytest.mark.django_db


def test_tasks_stand_under_their_areas_largest_first_and_the_rest_by_name(client):
    area = make_area(name="Reasoning")
    small, large = make_task(name="Small", areas=[area]), make_task(name="Large", areas=[area])
    make_board(task=large)
    make_paper(tasks=[small, large])
    make_task(name="Bare")
    page = read(client.get("/tasks"))
    in_order(page.main, ["Reasoning", "Large 1 board · 1 paper", "Small 1 paper", "More tasks", "Bare 0 papers"])
    assert page.link("Reasoning") == "/area/reasoning"


def test_tasks_without_an_area_are_paged(client, monkeypatch):
    monkeypatch.setattr(task_list, "TASKS_WITHOUT_AN_AREA", 2)
    for name in "ABC":
        make_task(name=f"Task {name}")
    first = read(client.get("/tasks"))
    assert first.link("Next page") == "/tasks?after=task-b"
    second = read(client.get("/tasks?after=task-b"))
    assert [text for text, href, _ in second.links if href.startswith("/task/")] == ["Task C"]
    assert second.link("First page") == "/tasks"


def test_an_area_lists_its_tasks_below_those_that_they_belong_to_whatever_the_graph(client):
    area = make_area(name="Reasoning")
    large, below, lower, alone, here, there = (
        make_task(name=name, areas=[area]) for name in ("Large", "Below", "Lower", "Alone", "Here", "There")
    )
    for parent, child in [(large, below), (below, lower), (lower, below), (large, lower), (here, there), (there, here)]:
        TaskEdge.objects.create(parent=parent, child=child)
    TaskEdge.objects.create(parent=make_task(name="Of another area"), child=alone)
    make_board(task=below)
    page = read(client.get("/area/reasoning"))
    assert page.headings[0] == ("h1", "Reasoning")
    in_order(
        page.main,
        [
            "6 tasks", "1 board", "Large", "Large 0 papers with code", "Below 1 board", "Lower 0 papers", "Here", "Here 0 papers",
            "There 0 papers", "More tasks", "Alone 0 papers",
        ],
    )  # fmt: skip
    assert "Of another area" not in page.main
    assert page.hrefs().count("/task/lower") == 1
    assert client.get("/area/none").status_code == 404
    make_area(name="Gone", removed_at=timezone.now(), removed_reason="Empty.")
    assert client.get("/area/gone").status_code == 410


def test_a_task_shows_description_neighbours_boards_and_papers(client):
    task = make_task(
        name="Question Answering", areas=[make_area(name="NLP")], description="Answer **questions**; see [x](/evil)."
    )
    TaskEdge.objects.create(parent=make_task(name="Language"), child=task)
    TaskEdge.objects.create(parent=task, child=make_task(name="Open QA"))
    board = make_board(task=task, dataset=make_dataset(name="SQuAD"), slug="qa-on-squad", metrics=["Error rate"])
    best = make_paper(title="Its paper", slug="its-paper", date=FIRST_DAY, repositories=[make_repository(), make_repository()])
    make_result(board, model_name="Worse", scores={"Error rate": "20"}, paper_date=date(2019, 1, 1))
    make_result(board, model_name="Best", scores={"Error rate": "10"}, paper=best)
    make_dataset(name="Unboarded").tasks.add(task)
    make_paper(title="Paper on it", tasks=[task])
    page = read(client.get("/task/question-answering"))
    in_order(
        page.main,
        [
            "Tasks NLP Question Answering",
            "Answer questions; see x.",
            "Part of",
            "Language",
            "Sub-tasks",
            "Open QA",
            "SQuAD 1 paper",
            "Unboarded",
        ],
    )
    trend = "Best Error rate: 20 in 2019, 10 in 2020"
    assert page.tables[0][1] == ["SQuAD", trend, "Best", "10 Error rate", "Its paper", "repositories: 2", "2", "–"]
    assert page.link("Its paper") == "/paper/its-paper"
    assert titles(page) == ["Paper on it"]
    assert "/evil" not in page.hrefs()
