"""Papers by a part of their title and authors by a part of their name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from papers import search_parts, search_rebuild
from papers.models import Author, Paper
from papers.search_parts import called, certain, titled
from tests.factories.catalogue import make_author, make_paper

TITLES = (
    "Attention Is All You Need",
    "attention, is all you needed",
    "GPT-NeoX-20B: An Open-Source Model",
    "100% of Transformers_X",
    "U.S. Patents",
)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("Transformer", ""), ("tention Is All You Ne", "'Is' & 'All' & 'You'"), ("is all you need", "'all' & 'you' & 'need':*"),
        ("GPT-NeoX", "'NeoX':*"), ("All ", ""), (" need", "'need':*"), ("x' | !'y' zebra", "'zebra':*"), ("a C++ U.S. b's c", ""),
        ("of 20 models 3", "'models'"), ("the été model's end", "'end':*"), ("", ""), ("a " + "word " * 40, " & ".join(["'word'"] * 11)),
    ],
)  # fmt: skip
def test_words_within_a_part_are_certain_and_its_ends_are_not(part, words):
    assert certain(part) == words


@pytest.mark.django_db
@pytest.mark.parametrize("cap", [0, 5000])
@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("tention", [0, 1]), ("ENTION is all you need", [0]), ("is all you need", [0, 1]), ("you ne", [0, 1]), ("neox-20b: an", [2]),
        ("open-s", [2]), ("s_x", [3]), ("% of t", [3]), ("S. Pat", [4]), ("Is  All", []), ("need is", []), ("\\", []),
    ],
)  # fmt: skip
def test_what_is_found_has_the_part_wherever_its_words_begin(part, found, cap, monkeypatch):
    monkeypatch.setattr(search_parts, "CAP", cap)
    for number, title in enumerate(TITLES):
        make_paper(title=title, slug=str(number))
    make_author(name="Someone Else")
    names = [make_author(name=title).name for title in TITLES]
    assert [int(paper.slug) for paper in titled(Paper.objects.all(), part).order_by("pk")] == found
    assert [names.index(author.name) for author in called(Author.objects.all(), part).order_by("pk")] == found


def test_what_was_renamed_or_rebuilt_is_found_by_its_title_of_today(committed_db):
    make_paper(title="Counting Zebras", slug="a")
    search_rebuild.rebuild()
    assert [len(titled(Paper.objects.all(), part)) for part in ("unting zebr", "ebra")] == [1, 1]
    Paper.objects.update(title="Counting Lions")
    assert [len(titled(Paper.objects.all(), part)) for part in ("unting zebr", "ebra", "unting lion", "lion")] == [0, 0, 1, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("find", "rows", "index"),
    [(titled, Paper, "papers_search_title_by_words"), (titled, Paper, "papers_search_added_by_title_words"), (called, Author, "papers_author")],
)  # fmt: skip
def test_indexes_of_words_answer(find, rows, index):
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        cursor.execute("SET LOCAL enable_seqscan = off")
        list(find(rows.objects.all(), "counting zebras"))
        candidates = asked[0]["sql"]
        cursor.execute(f"EXPLAIN {candidates}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"Bitmap Index Scan on {index}" in plan
