"""Papers found by their words: in the index, and in what was changed since it was built."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from papers import history, search
from papers.models import Author, Method, Paper, PaperTask
from papers.search_names import named
from papers.search_rebuild import rebuild
from tests.factories.catalogue import make_author, make_code_link, make_method, make_paper, make_repository, make_task

HOSTILE = [
    "'", '"', "''; DROP TABLE papers_paper; --", ":*&|!", "a:*", "!a", "(a", "a & | b", "\\", "a\\", "<->", "a <2> b", "\x00", "a\x00b",
    "x" * 10_000, "a " * 5000, '"' * 500, "-" * 300, "- " * 300, "%s %(exact)s", "\ud800", "\U0010ffff", "½ ⑴ ʼn", "the", "the -model",
    "the OR -model", "a OR b OR", "日本語", "e\u0301" * 100,
]  # fmt: skip


@pytest.fixture(params=["noted", "built"])
def settled(request, committed_db):
    """What to call when the papers are made: once they are searched among the notes alone, once in the tables that are built."""
    return rebuild if request.param == "built" else lambda: None


def titles(query, **how):
    hits = search.papers(query, **{"limit": 20, **how}).hits
    names = dict(Paper.objects.filter(pk__in=[hit.paper for hit in hits]).values_list("pk", "title"))
    return [names[hit.paper] for hit in hits]


def counted(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def fill(owner_connection, size, *, title, day):
    """Many papers at once as the import brings them, behind the trigger's back."""
    with owner_connection, owner_connection.cursor() as cursor:
        cursor.execute("SET portal.bulk = 'on'")
        cursor.execute(
            "INSERT INTO papers_paper (public_id, source, archive_raw, archive_absent, archive_extra, archive_dumps, edited_fields,"
            " removed_reason, created_at, updated_at, slug, title, abstract, abstract_by, date)"
            " SELECT gen_random_uuid(), 'archive', '{}', '{}', '{}', '{}', '{}', '', now(), now(), 'in-bulk-' || n, %s || n, 'Filling.',"
            " 'authors', %s FROM generate_series(1, %s) n",
            [title, day, size],
        )


@pytest.mark.parametrize(
    "query", ["cafe", "Café", "CAFE\u0301", "cafes", "café -tea", "tea OR cafe", '"cafe society"', "ﬁne café"]
)
def test_accents_case_and_forms_of_a_word_do_not_matter(settled, query):
    make_paper(title="Café Society", abstract="A fine day.")
    make_paper(title="Other", abstract="A place.")
    settled()
    assert titles(query) == ["Café Society"]


def test_letters_that_unicode_cannot_take_apart_are_folded_too(settled):
    make_paper(title="Straße nach Łódź", abstract="Ærø – Großmann’s")
    settled()
    for query in ["strasse", "lodz", "aero", "grossmann's", "Łódź"]:
        assert titles(query) == ["Straße nach Łódź"]


def test_the_very_title_comes_first_then_beginnings_then_the_phrase_then_the_best(settled):
    for title, abstract, day in [
        ("Graph coloring", "Deep learning, deep learning and deep learning.", 9), ("Learning deep", "", 8), ("A study of deep learning", "", 7),
        ("Deep Learning for dogs", "", 6), ("Deep learning", "", 1),
    ]:  # fmt: skip
        make_paper(title=title, abstract=abstract, date=date(2020, 1, day))
    settled()
    assert titles("deep learning") == [
        "Deep learning", "Deep Learning for dogs", "A study of deep learning", "Learning deep", "Graph coloring",
    ]  # fmt: skip
    assert titles("deep learning", limit=2, offset=3) == ["Learning deep", "Graph coloring"]


def test_quotes_alternatives_exclusions_and_compounds_are_understood(settled):
    make_paper(title="One", abstract="Self-attention of GPT-4 and/or vision.")
    make_paper(title="Two", abstract="Attention to the self; 4 times GPT.")
    settled()
    assert titles('"self attention"') == ["One"]
    assert titles("self-attention") == ["One"]
    assert sorted(titles("self attention")) == ["One", "Two"]
    assert titles("gpt-4") == ["One"]
    assert titles("attention -vision") == ["Two"]
    assert sorted(titles("vision OR times")) == ["One", "Two"]
    assert titles('attention -"self attention"') == ["Two"]


def test_signs_are_preferred_and_words_suffice_without_them(settled):
    make_paper(title="A compiler", abstract="For C++ and C#.")
    make_paper(title="The letter C", abstract="Nothing else.")
    settled()
    assert titles("c++") == ["A compiler"]
    assert sorted(titles("c$")) == ["A compiler", "The letter C"]


def test_stop_words_are_found_in_titles(settled):
    make_paper(title="What is it about?", abstract="")
    make_paper(title="Other", abstract="It is what it is.")
    settled()
    assert titles("what is it") == ["What is it about?"]


def test_removed_papers_and_duplicates_are_not_found(settled):
    kept = make_paper(title="Zebra")
    make_paper(title="Zebra", duplicate_of=kept)
    make_paper(title="Zebra", removed_at=timezone.now(), removed_reason="A test.")
    settled()
    assert [hit.paper for hit in search.papers("zebra", limit=20).hits] == [kept.pk]
    assert search.papers("zebra", limit=20).count == 1
    assert len(search.suggest("zeb")) == 1


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_queries_are_answered(settled, query):
    make_paper(title="Plain", abstract="Nothing of that kind.")
    settled()
    assert titles(query) == []
    assert search.suggest(query) == ()
    assert list(named(Author.objects.all(), query)) == []


def test_later_papers_changed_titles_and_removals_are_seen_at_once(committed_db):
    old = make_paper(title="Old name", abstract="Something.")
    gone = make_paper(title="Short life")
    rebuild()
    assert counted("papers_search_added") == 0
    make_paper(title="Late arrival")
    Paper.objects.filter(pk=old.pk).update(title="New name")
    history.remove(gone, reason="A test.")
    assert titles("arrival") == ["Late arrival"]
    assert titles("old") == []
    assert titles("new something") == titles("name") == ["New name"]
    assert [titles("short"), titles("life")] == [[], []]
    assert search.papers("name", limit=20).count == 1
    assert [found.title for found in search.suggest("new nam")] == ["New name"]
    history.restore(gone)
    assert titles("life") == ["Short life"]
    gone.delete()
    assert titles("life") == []
    rebuild()
    assert counted("papers_search_added") == 0
    assert [titles("arrival"), titles("old"), titles("name"), titles("life")] == [["Late arrival"], [], ["New name"], []]


def test_only_what_a_search_reads_is_noted(committed_db):
    paper = make_paper(title="Zebra")
    rebuild()
    paper.arxiv_id = "2204.06745"
    paper.save()
    assert counted("papers_search_added") == 0


def test_the_bulk_import_is_not_noted_and_nobody_else_can_say_so(committed_db, owner_connection):
    fill(owner_connection, 1, title="Zebra ", day=None)
    assert counted("papers_search_added") == 0
    with connection.cursor() as cursor:
        cursor.execute("SET portal.bulk = 'on'")
        make_paper(title="Quagga")
        cursor.execute("RESET portal.bulk")
    assert counted("papers_search_added") == 1
    assert titles("zebra") == []
    rebuild()
    assert titles("zebra") == ["Zebra 1"]


def test_an_old_title_is_found_behind_a_thousand_newer_papers(committed_db, owner_connection):
    make_paper(title="Filling", date=date(1999, 1, 1))
    make_paper(title="Filling station", date=date(1999, 1, 1))
    fill(owner_connection, 2500, title="The filling of ", day=date(2024, 1, 1))
    rebuild()
    found = search.papers("filling", limit=20)
    assert titles("filling")[:2] == ["Filling", "Filling station"]
    assert (found.count_text, found.is_capped, len(found.hits)) == ("1,000+", True, 20)
    assert titles("filling of 1234") == ["The filling of 1234"]
    assert search.papers("filling 1234", limit=20).count_text == "1"


def test_the_very_title_comes_before_a_thousand_that_begin_with_it(committed_db, owner_connection):
    make_paper(title="Filling", date=date(1999, 1, 1))
    fill(owner_connection, 2500, title="Filling ", day=date(2024, 1, 1))
    rebuild()
    assert titles("filling", limit=2) == ["Filling", "Filling 2500"]


def test_titles_that_only_begin_with_a_stop_word_are_counted_as_that_many_or_more(committed_db, owner_connection):
    fill(owner_connection, 300, title="Onward ", day=date(2024, 1, 1))
    rebuild()
    found = search.papers("on", limit=20)
    assert (found.count_text, found.is_capped, len(found.hits)) == ("200+", True, 20)


def test_a_common_word_that_never_stands_without_another_is_looked_up_in_the_index(committed_db, owner_connection):
    fill(owner_connection, 20_000, title="Zebra and quagga ", day=date(2024, 1, 1))
    with owner_connection, owner_connection.cursor() as cursor:
        cursor.execute("SET portal.bulk = 'on'; UPDATE papers_paper SET title = 'Other' WHERE id % 2 = 0; RESET portal.bulk")
    rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE papers_search")
    with CaptureQueriesContext(connection) as asked:
        assert search.papers("zebra -quagga", limit=20).hits == ()
    with connection.cursor() as cursor:
        set_up, statement = asked.captured_queries[0]["sql"].split("WITH by_words", 1)
        cursor.execute(f"BEGIN; {set_up}; EXPLAIN WITH by_words{statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("ROLLBACK")
    assert "Bitmap Index Scan on papers_search_by_words" in plan
    assert "Seq Scan on papers_search " not in plan, plan


def test_common_words_are_answered_by_the_newest_papers(committed_db, owner_connection):
    fill(owner_connection, 1500, title="Old ", day=date(2001, 1, 1))
    for number in range(30):
        make_paper(title=f"New {number}", abstract="Filling.", date=date(2024, 1, 1) + timedelta(days=number))
    rebuild()
    assert titles("filling", limit=30) == [f"New {number}" for number in reversed(range(30))]


def test_a_title_is_suggested_by_its_words_while_they_are_typed(settled):
    for title, day in [("Attention is all you need", 1), ("Is attention explanation?", 2), ("Café attentive", 3)]:
        make_paper(title=title, slug=f"paper-{day}", date=date(2020, 1, day))
    settled()
    assert [found.slug for found in search.suggest("atten")] == ["paper-1", "paper-3", "paper-2"]
    assert [found.slug for found in search.suggest("is attention exp")] == ["paper-2"]
    assert [found.title for found in search.suggest("café ATT")] == ["Café attentive"]
    assert len(search.suggest("attention", limit=1)) == 1
    assert search.suggest("at") == ()


@pytest.mark.django_db
def test_names_are_found_by_beginnings_of_words_and_spam_is_not():
    for name in ["José Müller", "Josef Muller", "Mullerson", "Jo Miller"]:
        make_author(name=name)
    make_method(name="Muller trick", spam_reason="A test.")
    assert [author.name for author in named(Author.objects.all(), "jose mull")] == ["José Müller", "Josef Muller"]
    assert [author.name for author in named(Author.objects.all(), "mullerson")] == ["Mullerson"]
    assert [author.name for author in named(Author.objects.all(), "muller")] == ["Mullerson", "José Müller", "Josef Muller"]
    assert list(named(Method.objects.published(), "muller")) == []


@pytest.mark.django_db
def test_of_names_that_fit_as_well_those_of_most_papers_come_first():
    for name, number in [("Attention a", 1), ("Attention b", 3), ("Attention c", 2), ("Attention", 0), ("Self attention", 5)]:
        method = make_method(name=name)
        for _ in range(number):
            make_paper(methods=[method])
    assert [method.name for method in named(Method.objects.published(), "attention")] == [
        "Attention", "Attention b", "Attention c", "Attention a", "Self attention",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_search_is_one_query(django_assert_num_queries):
    for size in (1, 20):
        for number in range(size):
            make_paper(title=f"Zebra {number}")
        with django_assert_num_queries(1):
            search.papers("zebra", limit=20)
        with django_assert_num_queries(1):
            search.suggest("zebra")


def test_a_search_can_be_within_a_task_with_code_and_of_a_year(settled):
    task = make_task(name="Parsing")
    code = {"repositories": [make_repository()]}
    make_paper(title="Zebra one", abstract="A phrase of words.", date=date(2019, 12, 31), tasks=[task], **code)
    make_paper(title="Zebra two", date=date(2020, 1, 1), tasks=[task])
    make_paper(title="Zebra three", date=date(2020, 12, 31), **code)
    make_paper(title="Zebra", date=None, tasks=[make_task(name="Other")])
    settled()
    assert set(titles("zebra", within=search.Within(task=task.pk))) == {"Zebra one", "Zebra two"}
    assert set(titles("zebra", within=search.Within(with_code=True))) == {"Zebra one", "Zebra three"}
    assert set(titles("zebra", within=search.Within(year=2020))) == {"Zebra two", "Zebra three"}
    assert titles("zebra", within=search.Within(task=task.pk, with_code=True, year=2019)) == ["Zebra one"]
    assert titles("zebra", within=search.Within(task=task.pk, with_code=True, year=2020)) == []
    assert titles('"phrase of words" OR quagga', within=search.Within(with_code=True)) == ["Zebra one"]
    assert titles("zebra (one)", within=search.Within(with_code=True, year=2019)) == ["Zebra one"]
    assert search.papers("zebra", limit=1, within=search.Within(year=2020)).count == 2


def test_code_and_tasks_that_come_and_go_are_seen_at_once(committed_db):
    task, paper = make_task(name="Parsing"), make_paper(title="Zebra")
    rebuild()
    link = make_code_link(paper)
    assert titles("zebra", within=search.Within(with_code=True)) == ["Zebra"]
    history.remove(link, reason="A test.")
    assert titles("zebra", within=search.Within(with_code=True)) == []
    place = PaperTask.objects.create(paper=paper, task=task, position=0)
    assert titles("zebra", within=search.Within(task=task.pk)) == ["Zebra"]
    place.delete()
    assert titles("zebra", within=search.Within(task=task.pk)) == []
    PaperTask.objects.create(paper=paper, task=task, position=0)
    paper.delete()
    rebuild()
    assert (titles("zebra"), counted("papers_search_added")) == ([], 0)


def test_an_old_paper_of_its_year_is_found_behind_a_thousand_newer_ones(committed_db, owner_connection):
    make_paper(title="Old", abstract="Filling.", date=date(1999, 1, 1), repositories=[make_repository()])
    fill(owner_connection, 1500, title="New ", day=date(2024, 1, 1))
    rebuild()
    assert "Old" not in titles("filling", limit=2000)
    assert titles("filling", within=search.Within(year=1999)) == ["Old"]
    assert titles("filling", within=search.Within(with_code=True)) == ["Old"]


@pytest.mark.parametrize("query", ["#code", "code", "task", "#task1", "'#code'"])
def test_marks_are_no_words_that_a_reader_can_look_for(settled, query):
    make_paper(title="Zebra", tasks=[make_task()], repositories=[make_repository()])
    settled()
    assert titles(query) == []
    assert search.suggest(query) == ()
