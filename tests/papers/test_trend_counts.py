"""Counts by month, framework and meeting follow what is shown."""

from datetime import date

import pytest
from django.utils import timezone

from papers import counts
from papers.models import FrameworkMonth, MonthCount, ProceedingCount
from tests.factories.catalogue import make_code_link, make_paper, make_proceeding, make_repository

pytestmark = pytest.mark.django_db

MAY_2020 = 12 * 2020 + 4


def months():
    return list(MonthCount.objects.order_by("month").values_list("month", "papers", "papers_with_code"))


def frameworks():
    return list(FrameworkMonth.objects.order_by("month", "framework").values_list("month", "framework", "papers"))


def remove(row):
    type(row).objects.filter(pk=row.pk).update(removed_at=timezone.now(), removed_reason="Wrong.")


@pytest.fixture
def paper():
    return make_paper(date=date(2020, 5, 31))


def test_a_paper_with_two_links_in_one_framework_counts_once(paper):
    for framework in ("tf", " TF ", "pytorch", None, "none", ""):
        make_code_link(paper, framework=framework)
    make_paper(date=date(2020, 5, 1))
    make_paper(date=None, repositories=[make_repository()])
    assert months() == [(MAY_2020, 2, 1)]
    assert frameworks() == [(MAY_2020, "none", 1), (MAY_2020, "pytorch", 1), (MAY_2020, "tf", 1)]


def test_a_removed_link_counts_no_more_and_its_paper_has_no_code(paper):
    link = make_code_link(paper, framework="jax")
    remove(link)
    assert months() == [(MAY_2020, 1, 0)]
    assert frameworks() == []


def test_a_removed_repository_counts_no_more_and_comes_back(paper):
    link = make_code_link(paper, framework="jax")
    remove(link.repository)
    assert (months(), frameworks()) == ([(MAY_2020, 1, 0)], [])
    type(link.repository).objects.update(removed_at=None, removed_reason="")
    assert (months(), frameworks()) == ([(MAY_2020, 1, 1)], [(MAY_2020, "jax", 1)])


def test_a_paper_that_moves_takes_its_counts_along(paper):
    make_code_link(paper, framework="jax")
    paper.date, paper.proceeding = date(2021, 1, 1), make_proceeding()
    paper.save()
    assert months() == [(MAY_2020 + 8, 1, 1)]
    assert frameworks() == [(MAY_2020 + 8, "jax", 1)]
    assert list(ProceedingCount.objects.values_list("papers", flat=True)) == [1]
    remove(paper)
    assert months() == frameworks() == list(ProceedingCount.objects.all()) == []


def test_a_removed_meeting_is_not_counted(paper):
    meeting = make_proceeding()
    type(paper).objects.update(proceeding=meeting)
    remove(meeting)
    assert not ProceedingCount.objects.exists()


def test_recount_mends_the_months_of_papers(paper):
    MonthCount.objects.update(papers=9)
    assert [str(difference) for difference in counts.differences()] == [
        f"papers_monthcount {MAY_2020}: stored 9, 0, counted 1, 0"
    ]
    counts.recount(papers=[paper.pk])
    assert months() == [(MAY_2020, 1, 0)]
