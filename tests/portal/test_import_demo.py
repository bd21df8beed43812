"""The demo catalogue, which gives way to an imported archive."""

import pytest

from leaderboards.models import Claim, Leaderboard
from papers.archive.upsert import GAVE_WAY
from papers.models import Paper, PaperRepository, Repository, Source
from portal.archive_import import ImportRefused
from tests.factories.catalogue import make_board, make_result
from tests.portal.dumps import DEMO, SEED_SLUG, TABLES, link_row, load, paper_row, snapshot, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")


def test_the_demo_is_imported_marked_as_such_and_repeats_without_change():
    report = load(DEMO, source=Source.DEMO)
    assert not report.has_failed
    assert sum(file.rejected + file.repeated for file in report.files) == 0
    for table in TABLES:
        assert set(table.objects.values_list("source", flat=True)) <= {Source.DEMO}, table
    before = snapshot()
    again = load(DEMO, source=Source.DEMO)
    assert [(file.new, file.changed) for file in again.files] == [(0, 0)] * 3
    assert snapshot() == before


def test_the_demo_gives_way_to_the_archive(shared_data):
    load(DEMO, source=Source.DEMO)
    demo = {table: table.objects.count() for table in (Paper, PaperRepository, Leaderboard, Claim)}
    held = Paper.objects.get(slug=SEED_SLUG)
    claims = set(Claim.objects.filter(paper=held, leaderboard__dataset_name="MML").values_list("public_id", flat=True))
    assert (held.abstract_by, held.archive_code_count, len(claims)) == ("portal", 11, 2)
    report = load(shared_data / "pwc" / "archive-seed")
    paper = Paper.objects.get(slug=SEED_SLUG)
    assert (paper.public_id, paper.source, paper.abstract_by, paper.archive_code_count) == (
        held.public_id,
        "archive",
        "authors",
        11,
    )
    assert set(Claim.objects.published().values_list("public_id", flat=True)) == claims
    for table, total in demo.items():
        assert set(table.objects.published().values_list("source", flat=True)) == {Source.ARCHIVE}
        assert set(table.objects.exclude(removed_at=None).values_list("source", "removed_reason")) == {(Source.DEMO, GAVE_WAY)}
        assert table.objects.count() == total
    assert report.gave_way == sum(table.objects.exclude(removed_at=None).count() for table in demo)
    assert Paper.objects.published().count() == 9


def test_what_gave_way_comes_back_when_the_archive_brings_it(dump):
    load(dump("papers-with-abstracts.json", [paper_row("one"), paper_row("two")]), source=Source.DEMO)
    load(dump("papers-with-abstracts.json", [paper_row("one")]))
    assert Paper.objects.get(slug="two").removed_reason == GAVE_WAY
    load(dump("papers-with-abstracts.json", [paper_row("one"), paper_row("two")]))
    assert set(Paper.objects.values_list("slug", "source", "removed_at")) == {("one", "archive", None), ("two", "archive", None)}


def test_only_rows_of_the_kind_that_came_give_way(dump):
    load(DEMO, source=Source.DEMO)
    load(dump("links-between-papers-and-code.json", [link_row()]))
    assert not Claim.objects.exclude(removed_at=None).exists()
    assert not Paper.objects.exclude(removed_at=None).exists()
    assert PaperRepository.objects.published().count() == 1


def test_boards_of_runs_and_self_tests_do_not_give_way(dump):
    board = make_board(source="run", note="")
    noted = make_board(source="demo", note="A self-test of this portal.")
    make_result(noted, source="demo")
    plain = make_board(source="demo")
    make_result(plain, source="demo")
    load(dump("evaluation-tables.json", table_rows({})))
    removed = Leaderboard.objects.exclude(removed_at=None)
    assert list(removed) == [plain]
    assert Claim.objects.exclude(removed_at=None).get().leaderboard == plain
    assert Leaderboard.objects.published().filter(pk__in=[board.pk, noted.pk]).count() == 2


def test_the_demo_is_not_loaded_over_an_archive(dump):
    load(dump("papers-with-abstracts.json", [paper_row()]))
    before = snapshot()
    with pytest.raises(ImportRefused, match="an archive is imported, and the demo only fills an empty catalogue"):
        load(DEMO, source=Source.DEMO)
    assert snapshot() == before


def test_a_broken_dump_makes_nothing_give_way(dump):
    load(dump("papers-with-abstracts.json", [paper_row("demo")]), source=Source.DEMO)
    assert load(dump("papers-with-abstracts.json", "[{")).has_failed
    assert not load(dump("papers-with-abstracts.json", [{"title": "no address"}])).has_failed
    load(dump("papers-with-abstracts.json", []))
    assert Paper.objects.published().get().slug == "demo"


def test_the_demo_never_changes_a_row_of_the_archive(dump):
    key = "github.com/some/code"
    Repository.objects.create(url=f"https://{key}", key=key, archive_key=key, source="archive")
    load(dump("links-between-papers-and-code.json", [link_row(framework="pytorch")]), source=Source.DEMO)
    assert Repository.objects.values_list("source", "framework").get() == ("archive", None)
