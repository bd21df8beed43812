"""Related papers."""

from datetime import date

import pytest
from django.utils import timezone

from papers.related import related_to
from tests.factories.catalogue import make_paper, make_task

pytestmark = pytest.mark.django_db


def test_the_newest_papers_that_share_a_task_come_first():
    language, questions = make_task(name="Language Modelling"), make_task(name="Question Answering")
    paper = make_paper(tasks=[language, questions])
    undated = make_paper(tasks=[language])
    old = make_paper(tasks=[language], date=date(2017, 1, 1))
    twice = make_paper(tasks=[questions, language], date=date(2016, 1, 1))
    first_of_day = make_paper(tasks=[questions], date=date(2020, 1, 1))
    second_of_day = make_paper(tasks=[language], date=date(2020, 1, 1))
    assert related_to(paper) == [first_of_day, second_of_day, old, twice, undated]
    assert [other.shared_tasks for other in related_to(paper, limit=4)] == [1, 1, 1, 2]


def test_strangers_and_removed_papers_are_not_related():
    task = make_task()
    paper = make_paper(tasks=[task])
    make_paper(tasks=[make_task()])
    make_paper(tasks=[task], removed_at=timezone.now(), removed_reason="Spam.")
    assert related_to(paper) == []


def test_a_paper_without_tasks_has_no_related_papers():
    make_paper()
    assert related_to(make_paper()) == []


@pytest.mark.parametrize("others", [1, 20])
def test_related_papers_cost_one_query(django_assert_num_queries, others):
    task = make_task()
    paper = make_paper(tasks=[task])
    for _ in range(others):
        make_paper(tasks=[task])
    with django_assert_num_queries(1):
        assert len(related_to(paper)) == min(others, 8)
