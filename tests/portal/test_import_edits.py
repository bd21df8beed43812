"""What people added, renamed or moved, and a later dump brings too: one row, whose edits win."""

import json

import pytest

from leaderboards.models import Claim, Leaderboard
from papers.archive.session import DISAPPEARED
from papers.models import Change, Paper, PaperRepository, Repository
from tests.factories.catalogue import make_board, make_dataset, make_task
from tests.portal.dumps import counts, link_row, load, paper_row, snapshot, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

LINKS = "links-between-papers-and-code.json"
PAPERS = "papers-with-abstracts.json"
BOARDS = "evaluation-tables.json"


def edit(row, **values):
    """Change a row as a person does: with a mark."""
    for name, value in values.items():
        setattr(row, name, value)
    row.edited_fields = list(values)
    row.save()


def imported_twice(path):
    """The counts of an import, after a second one that has to change nothing."""
    first = load(path)
    before = snapshot()
    again = load(path)
    assert (again.has_failed, again.gone, snapshot() == before) == (False, {}, True)
    return counts(first)[path.name]


def test_a_model_that_a_person_renamed_and_then_the_dump_is_one_row(dump):
    load(dump(BOARDS, table_rows({"model_name": "Modle"}, {"model_name": "Other"})))
    claim = Claim.objects.get(model_name="Modle")
    edit(claim, model_name="Model")
    results = [{"model_name": "Model", "metrics": {"Accuracy": "2"}}, {"model_name": "Other"}]
    assert imported_twice(dump(BOARDS, table_rows(*results))) == (0, 1, 1, 0, 0)
    claim.refresh_from_db()
    assert (claim.edited_fields, claim.removed_at, claim.scores.get().raw) == (["model_name"], None, '"2"')
    assert sorted(Claim.objects.values_list("model_name", flat=True)) == ["Model", "Other"]


def test_a_result_that_a_person_named_like_another_of_a_later_dump_keeps_the_name(dump):
    load(dump(BOARDS, table_rows({"model_name": "Modle"})))
    edit(Claim.objects.get(), model_name="Model")
    path = dump(BOARDS, table_rows({"model_name": "Modle"}, {"model_name": "Model"}, {"model_name": "Other"}))
    assert imported_twice(path) == (1, 0, 1, 0, 1)
    assert load(path).files[0].samples == [
        "Task on Data: result 'Model' has the place that a person gave to another result of the dump"
    ]
    assert sorted(Claim.objects.published().values_list("model_name", flat=True)) == ["Model", "Other"]


def test_a_board_that_a_person_renamed_and_then_the_dump_is_one_board_with_its_results(dump):
    results = [{"model_name": "A"}, {"model_name": "B"}]
    load(dump(BOARDS, table_rows(*results, dataset="CIFRA") + table_rows({}, task="Other")))
    board = Leaderboard.objects.get(dataset_name="CIFRA")
    edit(board, dataset_name="CIFAR")
    path = dump(BOARDS, table_rows(*results, dataset="CIFAR") + table_rows({}, task="Other"))
    assert imported_twice(path) == (0, 2, 1, 0, 0)
    board.refresh_from_db()
    assert (board.dataset_name, board.dataset.name, board.edited_fields) == ("CIFAR", "CIFAR", ["dataset_name"])
    assert sorted(Leaderboard.objects.values_list("dataset_name", "removed_at")) == [("CIFAR", None), ("Data", None)]
    assert (Claim.objects.published().count(), Claim.objects.count()) == (3, 3)


def test_a_board_in_whose_place_a_person_put_another_is_rejected_with_its_results(dump):
    load(dump(BOARDS, table_rows({}, task="A") + table_rows({}, task="B", dataset="Else")))
    edit(Leaderboard.objects.get(task__name="A"), task=Leaderboard.objects.get(task__name="B").task)
    path = dump(
        BOARDS,
        table_rows({}, task="A") + table_rows({}, task="B", dataset="Else") + table_rows({}, {"model_name": "X"}, task="B"),
    )
    assert imported_twice(path) == (0, 0, 2, 0, 2)
    [first, _] = load(path).files[0].samples
    assert first == "B on Data: result 'Model' is on a board in whose place a person put another of the dump"
    assert sorted(Leaderboard.objects.values_list("task__name", "dataset_name")) == [("B", "Data"), ("B", "Else")]


def test_a_result_that_a_person_moved_to_a_board_stands_there_once(dump):
    boards = table_rows({"model_name": "A"}, dataset="One"), table_rows({"model_name": "B"}, dataset="Two")
    load(dump(BOARDS, boards[0] + boards[1]))
    claim = Claim.objects.get(model_name="A")
    edit(claim, leaderboard=Leaderboard.objects.get(dataset_name="Two"))
    both = table_rows({"model_name": "B"}, {"model_name": "A"}, dataset="Two")
    assert imported_twice(dump(BOARDS, boards[0] + both)) == (0, 0, 2, 0, 1)
    one = table_rows({"model_name": "C"}, dataset="One")
    assert imported_twice(dump(BOARDS, one + both)) == (1, 1, 1, 0, 0)
    assert sorted(Claim.objects.published().values_list("leaderboard__dataset_name", "model_name")) == [
        ("One", "C"), ("Two", "A"), ("Two", "B")
    ]  # fmt: skip


def test_results_and_boards_that_people_made_are_taken_for_the_dumps_whether_it_is_the_first(dump):
    board = make_board(task=make_task(name="Task"), dataset=make_dataset(name="Data"), dataset_name="Data", source="form")
    claim = Claim.objects.create(source="form", leaderboard=board, model_name="Model")
    assert imported_twice(dump(BOARDS, table_rows({}))) == (0, 1, 0, 0, 0)
    Claim.objects.create(source="form", leaderboard=board, model_name="Other")
    assert imported_twice(dump(BOARDS, table_rows({}, {"model_name": "Other"}))) == (0, 1, 1, 0, 0)
    claim.refresh_from_db()
    assert (claim.source, Claim.objects.count(), Leaderboard.objects.count()) == ("form", 2, 1)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_link_and_a_repository_that_a_person_added_are_taken_for_the_dumps(dump, is_first):
    load(dump(PAPERS, [paper_row()]))
    other = link_row(url="https://github.com/other/code")
    if not is_first:
        load(dump(LINKS, [other]))
    repository = Repository.objects.create(source="form", url="https://github.com/Some/Code", key="github.com/some/code")
    link = PaperRepository.objects.create(source="form", paper=Paper.objects.get(), repository=repository, is_official=True)
    assert imported_twice(dump(LINKS, [link_row(framework="jax"), other])) == ((1, 1, 0, 0, 0) if is_first else (0, 1, 1, 0, 0))
    link.refresh_from_db()
    assert (link.is_official, link.framework, link.repository.url) == (True, "jax", "https://github.com/Some/Code")
    assert (Repository.objects.count(), PaperRepository.objects.count()) == (2, 2)


def test_a_link_that_a_person_added_to_a_repository_of_the_archive_is_taken_for_the_dumps(dump):
    load(dump(PAPERS, [paper_row(), paper_row("b")]), dump(LINKS, [link_row()]))
    paper, repository = Paper.objects.get(slug="b"), Repository.objects.get()
    PaperRepository.objects.create(source="form", paper=paper, repository=repository, is_official=True)
    assert imported_twice(dump(LINKS, [link_row(), link_row("b")])) == (0, 1, 1, 0, 0)
    assert list(PaperRepository.objects.values_list("paper__slug", "is_official")) == [("a-paper", False), ("b", True)]


def test_a_link_that_a_person_moved_and_then_the_dump_is_one_row(dump):
    wrong, right, other = (link_row(url=f"https://github.com/some/{name}") for name in ("wrong", "right", "other"))
    load(dump(LINKS, [wrong, other, {**right, "paper_url": "https://paperswithcode.com/paper/b"}]))
    link = PaperRepository.objects.get(repository__key="github.com/some/wrong")
    edit(link, repository=Repository.objects.get(key="github.com/some/right"))
    rows = [other, {**right, "paper_url": "https://paperswithcode.com/paper/b"}, right]
    assert imported_twice(dump(LINKS, [*rows, wrong])) == (0, 0, 3, 0, 1)
    assert imported_twice(dump(LINKS, rows)) == (0, 1, 2, 0, 0)
    link.refresh_from_db()
    assert (link.repository.key, link.removed_at, PaperRepository.objects.count()) == ("github.com/some/right", None, 3)


def test_a_repository_that_a_person_said_is_another_has_the_links_of_both(dump):
    old, new = (link_row(slug, f"https://github.com/{slug}/code") for slug in ("old", "new"))
    load(dump(LINKS, [old, link_row("third")]))
    repository = Repository.objects.get(key="github.com/old/code")
    edit(repository, key="github.com/new/code", url="https://github.com/new/code")
    path = dump(LINKS, [old, new, {**new, "paper_url": old["paper_url"]}, link_row("third")])
    assert imported_twice(path) == (1, 0, 2, 0, 1)
    assert sorted(repository.paper_links.values_list("paper__slug", flat=True)) == ["new", "old"]
    assert imported_twice(dump(LINKS, [new, link_row("third")])) == (0, 1, 1, 0, 0)
    repository.refresh_from_db()
    assert (repository.archive_key, repository.edited_fields) == ("github.com/new/code", ["key", "url"])


def test_a_paper_that_a_person_edited_and_a_dump_dropped_comes_back_with_the_edit(dump):
    rows = [paper_row("one"), paper_row("two"), paper_row("three")]
    load(dump(PAPERS, rows))
    paper = Paper.objects.get(slug="three")
    edit(paper, title="By hand")
    load(dump(PAPERS, rows[:2]))
    paper.refresh_from_db()
    assert (paper.removed_reason, paper.title) == (DISAPPEARED, "By hand")
    load(dump(PAPERS, rows))
    paper.refresh_from_db()
    assert (paper.removed_at, paper.title, paper.edited_fields) == (None, "By hand", ["title"])


def test_several_files_of_links_are_one_dump(tmp_path):
    yes, no = link_row(is_official=True, framework="pytorch"), link_row(is_official=False, framework="none")
    files = [[yes, link_row("b")], [no, link_row("c"), no], [link_row(url="https://GitHub.com/some/code"), link_row("d")]]
    for number, rows in enumerate(files):
        (tmp_path / f"links-between-papers-and-code-{number}.json").write_text(json.dumps(rows))
    assert list(counts(load(tmp_path)).values()) == [(1, 0, 0, 1, 0), (1, 0, 0, 2, 0), (2, 0, 0, 0, 0)]
    link = PaperRepository.objects.get(paper__slug="a-paper")
    assert (link.is_official, link.framework, len(link.archive_raw["_repeats"])) == (True, "pytorch", 3)
    assert Repository.objects.get().url == "https://github.com/some/code"
    before = snapshot()
    assert list(counts(load(tmp_path)).values()) == [(0, 0, 1, 1, 0), (0, 0, 1, 2, 0), (0, 0, 2, 0, 0)]
    assert (snapshot() == before, Change.objects.count()) == (True, 0)


def test_a_broken_file_of_links_leaves_nothing_in_what_the_others_say(tmp_path):
    said = [[link_row(framework="jax")], [link_row(framework="tf", is_official=True)], [link_row(), link_row("b")]]
    for number, rows in enumerate(said):
        text = json.dumps(rows)
        (tmp_path / f"links-between-papers-and-code-{number}.json").write_text(text[:-1] if number == 1 else text)
    report = load(tmp_path)
    assert list(counts(report).values()) == [(0, 0, 0, 1, 0), (0, 0, 0, 0, 0), (2, 0, 0, 0, 0)]
    link = PaperRepository.objects.get(paper__slug="a-paper")
    assert (link.framework, link.is_official, link.repository.framework) == ("jax", False, "jax")
