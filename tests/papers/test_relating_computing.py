"""Related papers computed from the database, stored and read again."""

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from papers.models import Paper, PaperTask, RelatedPapers, Task, WordStatistics
from papers.related import related_to
from papers.relating import computing
from papers.relating.computing import AlreadyComputing, NoStatistics, relate_all, relate_new
from papers.relating.corpus import stale_papers
from tests.factories.catalogue import make_dataset, make_method, make_paper, make_task

pytestmark = pytest.mark.django_db


def silent(line):
    """Nobody watches."""


@pytest.fixture
def catalogue():
    """Two papers about parsing, two about medical images, one that is like none."""
    return [
        make_paper(title="Parsing sentences with graphs", abstract="A parser."),
        make_paper(title="Graphs for parsing sentences quickly", abstract="Another parser."),
        make_paper(title="Segmenting medical images", abstract="Of hearts."),
        make_paper(title="Medical images of lungs"),
        make_paper(title="Winning at chess"),
    ]


def stored():
    """{id: (ids of related papers, time of computation)}."""
    return {row.paper_id: (row.related_ids, row.computed_at) for row in RelatedPapers.objects.all()}


def reasons(paper):
    return [(other.pk, other.reason) for other in related_to(paper)]


def test_every_published_paper_gets_its_neighbours_and_each_says_why(catalogue):
    first, second, hearts, lungs, chess = catalogue
    assert relate_all(progress=silent) == 5
    assert {pk: ids for pk, (ids, _) in stored().items()} == {
        first.pk: [second.pk], second.pk: [first.pk], hearts.pk: [lungs.pk], lungs.pk: [hearts.pk], chess.pk: [],
    }  # fmt: skip
    assert reasons(first) == [(second.pk, "similar abstract")]
    assert reasons(hearts) == [(lungs.pk, "similar title")]


def test_tags_are_reasons_by_name_and_the_rarest_of_a_kind_is_said(catalogue):
    first, _, hearts, _, chess = catalogue
    common, rare, method, dataset = (
        make_task(name="Common"),
        make_task(name="Rare"),
        make_method(name="LoRA"),
        make_dataset(name="MNIST"),
    )
    for paper, tasks in ((first, [common]), (hearts, [common, rare]), (chess, [common, rare])):
        for place, task in enumerate(tasks):
            paper.task_places.create(task=task, position=place)
    hearts.method_places.create(method=method, position=0)
    chess.method_places.create(method=method, position=0)
    uses = [(hearts.pk, dataset.pk, rare.pk), (chess.pk, dataset.pk, rare.pk)]
    relate_all(progress=silent, uses=lambda: uses)
    assert reasons(chess) == [
        (hearts.pk, "same task: Rare; same method: LoRA; same dataset: MNIST"),
        (first.pk, "same task: Common"),
    ]
    assert [other.shared_tasks for other in related_to(chess)] == [2, 1]


def test_spam_is_never_a_reason(catalogue):
    first, _, hearts, _, chess = catalogue
    spam_task, spam_method = make_task(spam_reason="a phone number"), make_method(spam_reason="a phone number")
    spam_dataset = make_dataset(spam_reason="a phone number")
    for paper in (first, chess):
        paper.task_places.create(task=spam_task, position=0)
        paper.method_places.create(method=spam_method, position=0)
    relate_all(
        progress=silent, uses=lambda: [(first.pk, spam_dataset.pk, spam_task.pk), (chess.pk, spam_dataset.pk, spam_task.pk)]
    )
    assert stored()[chess.pk][0] == []
    assert related_to(chess) == []


def test_what_is_found_to_be_spam_after_the_computation_is_no_reason_either(catalogue):
    first, second, _, _, chess = catalogue
    task = make_task(name="Buy now")
    for paper in (first, second, chess):
        paper.task_places.create(task=task, position=0)
    relate_all(progress=silent)
    assert reasons(chess) == [(first.pk, "same task: Buy now"), (second.pk, "same task: Buy now")]
    Task.objects.filter(pk=task.pk).update(spam_reason="an advertisement")
    assert reasons(chess) == []
    assert reasons(first) == [(second.pk, "similar abstract")]


def test_removed_and_duplicate_papers_are_neither_related_nor_computed(catalogue):
    first, second, *_ = catalogue
    removed = make_paper(title="Parsing sentences with graphs", removed_at=timezone.now(), removed_reason="Spam.")
    twin = make_paper(title="Parsing sentences with graphs", duplicate_of=first)
    relate_all(progress=silent)
    assert {removed.pk, twin.pk} & set(stored()) == set()
    assert [other.pk for other in related_to(first)] == [second.pk]


def test_a_paper_that_is_removed_later_is_no_longer_shown_and_its_row_goes_with_the_next_computation(catalogue):
    first, second, *_ = catalogue
    relate_all(progress=silent)
    Paper.objects.filter(pk=second.pk).update(removed_at=timezone.now(), removed_reason="Spam.")
    assert related_to(first) == []
    assert stored()[first.pk][0] == [second.pk]
    relate_all(progress=silent)
    assert second.pk not in stored()
    assert stored()[first.pk][0] == []


def test_a_paper_without_stored_neighbours_shows_the_newest_of_its_task(catalogue):
    *_, chess = catalogue
    task = make_task()
    relate_all(progress=silent)
    old, new = (make_paper(title=f"Other {year}", tasks=[task], date=date(year, 1, 1)) for year in (2001, 2020))
    chess.task_places.create(task=task, position=0)
    assert reasons(chess) == [(new.pk, ""), (old.pk, "")]
    assert reasons(old) == [(new.pk, ""), (chess.pk, "")]


def test_new_papers_are_computed_alone_against_all(catalogue):
    relate_all(progress=silent)
    before = stored()
    new = make_paper(title="Parsing sentences with trees")
    newer = make_paper(title="Chess sentences")
    assert relate_new(progress=silent) == 2
    after = stored()
    assert {pk: after[pk] for pk in before} == before
    assert after[new.pk][0] == [catalogue[0].pk, catalogue[1].pk, newer.pk]
    assert after[newer.pk][0][0] == catalogue[4].pk
    assert relate_new(progress=silent) == 0


def test_new_papers_get_what_computing_all_would_give_where_the_words_are_as_common(catalogue):
    task = make_task()
    for paper in catalogue[:4]:
        paper.task_places.create(task=task, position=0)
    relate_all(progress=silent)
    whole = RelatedPapers.objects.values("related_ids", "scores", "similarities", "task_ids", "terms", "weights").get(
        paper=catalogue[0]
    )
    RelatedPapers.objects.filter(paper=catalogue[0]).delete()
    assert relate_new(progress=silent) == 1
    alone = RelatedPapers.objects.values("related_ids", "scores", "similarities", "task_ids", "terms", "weights").get(
        paper=catalogue[0]
    )
    assert alone == whole


def test_a_change_of_words_or_tags_makes_a_paper_stale_and_nothing_else_does(catalogue):
    first, second, hearts, lungs, chess = catalogue
    relate_all(progress=silent)
    assert stale_papers() == []
    Paper.objects.filter(pk=first.pk).update(title="A new title")
    Paper.objects.filter(pk=second.pk).update(abstract="New words")
    Paper.objects.filter(pk=hearts.pk).update(url_abs="https://example.org/")
    lungs.task_places.create(task=make_task(), position=0)
    chess.method_places.create(method=make_method(), position=0)
    assert stale_papers() == [first.pk, second.pk, lungs.pk, chess.pk]
    PaperTask.objects.filter(paper=lungs).delete()
    assert stale_papers() == [first.pk, second.pk, chess.pk]


def test_only_papers_that_are_asked_for_are_computed_and_unknown_ids_are_passed_over(catalogue):
    relate_all(progress=silent)
    new, other = make_paper(title="Parsing graphs"), make_paper(title="Parsing trees")
    assert relate_new([new.pk, new.pk, 10**9], progress=silent) == 1
    assert new.pk in stored()
    assert other.pk not in stored()


def test_new_papers_cannot_be_compared_before_all_were_computed(catalogue):
    with pytest.raises(NoStatistics):
        relate_new(progress=silent)
    assert stored() == {}


def test_statistics_of_older_rules_do_not_count(catalogue):
    relate_all(progress=silent)
    make_paper(title="Parsing graphs")
    WordStatistics.objects.update(version=0)
    with pytest.raises(NoStatistics):
        relate_new(progress=silent)


@pytest.mark.parametrize("block", [1, 2, 3, 5, 6])
def test_a_repeat_gives_the_same_whatever_the_blocks_and_chunks(catalogue, monkeypatch, block):
    relate_all(progress=silent)
    expected = {pk: ids for pk, (ids, _) in stored().items()}
    monkeypatch.setattr(computing, "STORED_AT_ONCE", 2)
    assert relate_all(progress=silent, block=block) == 5
    assert {pk: ids for pk, (ids, _) in stored().items()} == expected
    assert WordStatistics.objects.count() == 1


def test_an_empty_catalogue_is_computed_too():
    assert relate_all(progress=silent) == 0
    assert stored() == {}


def test_two_computations_do_not_run_beside_each_other(catalogue, owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [computing._LOCK])
        with pytest.raises(AlreadyComputing):
            relate_all(progress=silent)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [computing._LOCK])
    owner_connection.commit()
    assert relate_all(progress=silent) == 5


def test_the_lock_is_given_back_after_a_failure(catalogue):
    with pytest.raises(NoStatistics):
        relate_new(progress=silent)
    with connection.cursor() as cursor:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = %s"
        cursor.execute(held, [computing._LOCK])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("others", [2, 30])
def test_stored_related_papers_cost_one_query(django_assert_num_queries, others):
    task = make_task()
    papers = [make_paper(title=f"Parsing graphs {number}", tasks=[task]) for number in range(others)]
    relate_all(progress=silent)
    with django_assert_num_queries(1):
        assert len(related_to(papers[0])) == min(others - 1, 8)
