"""Correcting the catalogue in the admin: what an edit stores and marks, and that imports keep it."""

import json

import pytest
from django.urls import reverse

from accounts.models import User
from papers import history
from papers.models import Area, Author, Conference, Dataset, Method, MethodCollection, Paper, Proceeding, Repository, Task
from tests.factories.admin_form import address, edit, faults, fields, send
from tests.factories.catalogue import (
    make_area,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_task,
)
from tests.portal.dumps import load, paper_row

pytestmark = pytest.mark.usefixtures("committed_db")

PAPERS = "papers-with-abstracts.json"
ODD_TEXT = "  Two lines,\nand a third.\r\nThe end.\n"


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.fixture
def dump(tmp_path):
    def write(rows):
        path = tmp_path / PAPERS
        path.write_text(json.dumps(rows))
        return path

    return write


def last_change(row):
    return history.of(row).values_list("action", "old", "new")[0]


def odd_rows():
    """Rows of each table whose columns hold what a form might spell otherwise: nulls, empty texts, line ends, commas."""
    proceeding = make_proceeding()
    method = make_method(description=ODD_TEXT, full_name="", source_url=None)
    method.collections.add(MethodCollection.objects.create(name="Family", slug="family", source="archive", area=""))
    data = make_dataset(
        description=ODD_TEXT, homepage="", variants=["A, B", "C"], data_loaders=[{"url": "x", "frameworks": ["a"]}]
    )
    task = make_task(description="", synonyms=["One, two"], areas=[make_area()])
    data.tasks.add(task)
    paper = make_paper(title=" Spaced ", abstract=ODD_TEXT, url_pdf="", proceeding=proceeding, authors=["Ada"], tasks=[task])
    history.remove(paper, reason="By law.")
    return [paper, method, data, task, proceeding, make_repository(framework=""), *Author.objects.all(), *Area.objects.all(),
            *Conference.objects.all(), *MethodCollection.objects.all()]  # fmt: skip


def test_a_save_without_an_edit_stores_nothing(staff):
    for row in odd_rows():
        before = type(row).objects.filter(pk=row.pk).values().get(), history.of(row).count()
        edit(staff, row)
        assert (type(row).objects.filter(pk=row.pk).values().get(), history.of(row).count()) == before, row


def test_an_edit_stores_the_field_alone_and_marks_it(staff):
    paper = make_paper(title="Old", abstract=ODD_TEXT, url_abs="")
    edit(staff, paper, title="New\r\ntitle ")
    assert last_change(paper) == (
        "changed", {"title": "Old", "edited_fields": []}, {"title": "New\ntitle", "edited_fields": ["title"]},
    )  # fmt: skip


def test_a_text_that_is_emptied_is_null_where_null_may_stand(staff):
    paper = edit(staff, make_paper(abstract="Words", date="2022-04-14"), abstract=" ", date="")
    assert (paper.abstract, paper.date, paper.edited_fields) == (None, None, ["abstract", "date"])
    author = make_paper(authors=["Ada"]).authors.get()
    assert edit(staff, author, name="").name == ""


def test_papers_that_are_edited_stay_apart(staff, dump):
    rows = [paper_row("a", title="Turtles", authors=["Ada"]), paper_row("b", title="Rivers", authors=["Bob"])]
    load(dump(rows))
    for slug in "ab":
        edit(staff, Paper.objects.get(slug=slug), abstract="A slip mended.")
    load(dump([*rows, paper_row("c")]))
    assert list(Paper.objects.order_by("slug").values_list("slug", "arxiv_id", "duplicate_of", "abstract")) == [
        ("a", None, None, "A slip mended."), ("b", None, None, "A slip mended."), ("c", None, None, None),
    ]  # fmt: skip


def test_an_import_keeps_what_was_edited_and_brings_the_rest(staff, dump):
    load(dump([paper_row("a", title="Theirs", date="2020-01-01")]))
    edit(staff, Paper.objects.get(), title="Ours")
    load(dump([paper_row("a", title="Theirs, anew", date="2021-01-01")]))
    paper = Paper.objects.get()
    assert (paper.title, str(paper.date), paper.edited_fields) == ("Ours", "2021-01-01", ["title"])


def test_lists_are_edited_and_marked_whole(staff):
    data = make_dataset(variants=["A, B", "C"], data_loaders=[{"url": "x"}])
    task, area = make_task(), make_area()
    assert fields(staff, data)["variants"] == "A, B\r\nC"
    edit(staff, data, variants="A, B\r\n\r\n D \r\nC", data_loaders='[{"url": "y"}]', tasks=str(task.pk))
    assert (data.variants, data.data_loaders, list(data.tasks.all())) == (["A, B", "D", "C"], [{"url": "y"}], [task])
    assert data.edited_fields == ["data_loaders", "tasks", "variants"]
    assert edit(staff, data, data_loaders="").data_loaders == []
    assert edit(staff, task, areas=str(area.pk)).edited_fields == ["areas"]


@pytest.mark.parametrize("typed", ["5", "{}", '["x"]', '[{"n": NaN}]', '[{"n": "\\u0000"}]', '[{"n": "\\ud800"}]', "[{"])
def test_a_list_of_another_shape_is_refused(staff, typed):
    data = make_dataset(data_loaders=[{"url": "x"}])
    assert len(faults(send(staff, data, data_loaders=typed))) == 1
    assert Dataset.objects.get().data_loaders == [{"url": "x"}]


def test_what_the_archive_said_is_shown_and_stays(staff, dump):
    load(dump([paper_row("a", note="Beyond the schema")]))
    paper = Paper.objects.get()
    kept = {"archive_key", "archive_dumps", "archive_raw", "archive_absent", "archive_extra", "archive_code_count"}
    names = kept | {"archive_digest", "public_id", "source", "slug", "edited_fields"}
    assert not names & set(fields(staff, paper))
    before = Paper.objects.values(*names).get()
    edit(staff, paper, **dict.fromkeys(names, "1"))
    assert Paper.objects.values(*names).get() == before
    page = staff.get(address(paper)).content.decode()
    assert "Beyond the schema" in page
    assert all(f"field-{name}" in page for name in kept)


@pytest.mark.parametrize("table", [Method, Dataset])
def test_counts_of_the_archive_are_its_own(staff, table):
    row = table.objects.create(name="One", slug="one", source="archive", archive_paper_count=7)
    edit(staff, row, archive_paper_count="8")
    assert (row.archive_paper_count, row.edited_fields) == (7, [])


def test_a_removal_says_why(staff):
    paper = make_paper()
    assert faults(send(staff, paper, removed_at_0="2024-01-01", removed_at_1="12:00:00")) == ["Say why the row is removed."]
    edit(staff, paper, removed_at_0="2024-01-01", removed_at_1="12:00:00", removed_reason="Spam.")
    assert paper.edited_fields == ["removed_at", "removed_reason"]
    assert last_change(paper)[0] == "removed"


def test_second_rows_point_at_a_paper_that_stands(staff):
    first, second, third = (make_paper() for _ in range(3))
    edit(staff, second, duplicate_of=str(first.pk))
    assert (second.duplicate_of, second.edited_fields) == (first, ["duplicate_of"])
    assert faults(send(staff, first, duplicate_of=str(first.pk))) == ["A paper is not a second row of itself."]
    [sentence] = faults(send(staff, third, duplicate_of=str(second.pk)))
    assert sentence == f"That paper is a second row itself: name {first.pk}, which stands for it."


@pytest.mark.parametrize("table", [Paper, Author, Task, Proceeding, Repository])
def test_rows_are_not_added_by_hand(staff, table):
    page = reverse(f"admin:papers_{table._meta.model_name}_add")
    assert (staff.get(page).status_code, staff.post(page, {"name": "One"}).status_code) == (403, 403)
    assert not table.objects.exists()
