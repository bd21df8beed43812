"""Importing dumps: real samples, repeats, edits, and broken input."""

import json
from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers.models import Dataset, Method, Paper, PaperRepository, Repository, Source, Task, TaskEdge
from papers.related import related_to
from portal import archive_import
from tests.factories.catalogue import make_board, make_paper, make_result, make_task
from tests.portal.dumps import SEED_SLUG, TABLES, counts, link_row, load, paper_row, snapshot, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")


def test_every_sample_is_imported_and_a_second_import_changes_nothing(shared_data):
    folder = shared_data / "pwc" / "archive"
    assert counts(load(folder)) == {
        "papers-with-abstracts.json.gz": (52, 0, 0, 0, 0),
        "links-between-papers-and-code.json.gz": (2297, 0, 0, 0, 0),
        "chexpert.json": (175, 0, 0, 0, 0),
        "cmrc.json": (54, 0, 0, 0, 0),
        "coqa.json": (43, 0, 0, 0, 0),
        "nlp-progress.json": (559, 0, 0, 0, 0),
        "nlpprogress.json": (406, 0, 0, 1, 0),
        "ogb.json": (244, 0, 0, 0, 0),
        "record.json": (12, 0, 0, 0, 0),
        "redditsota.json": (32, 0, 0, 0, 0),
        "snli.json": (64, 0, 0, 0, 0),
    }
    assert {table.__name__: table.objects.count() for table in (*TABLES, Score)} == {
        "Paper": 2251, "Author": 122, "Task": 111, "Dataset": 154, "Method": 1, "Proceeding": 2, "Repository": 2071,
        "PaperRepository": 2297, "Leaderboard": 190, "Claim": 1589, "Score": 3703,
    }  # fmt: skip
    before = snapshot()
    again = load(folder)
    assert {file.path.name: (file.new, file.changed) for file in again.files} == dict.fromkeys(counts(again), (0, 0))
    assert snapshot() == before


def test_the_seed_page_is_all_there(shared_data):
    report = load(shared_data / "pwc" / "archive-seed")
    assert counts(report) == {
        "papers-with-abstracts.json": (9, 0, 0, 0, 0),
        "links-between-papers-and-code.json": (1, 0, 0, 0, 0),
        "evaluation-tables.json": (2, 0, 0, 0, 0),
    }
    paper = Paper.objects.get(slug=SEED_SLUG)
    names = [author.name for author in paper.authors.order_by("paper_places__position")]
    assert (len(names), names[0], names[-1]) == (17, "Sid Black", "Samuel Weinbach")
    assert (paper.date, paper.abstract_by, paper.abstract[:24]) == (date(2022, 4, 14), "authors", "We introduce GPT-NeoX-20")
    venue = paper.proceeding
    assert (venue.name, venue.conference.name, venue.year, venue.month) == (
        "BigScience (ACL) 2022 5",
        "BigScience (ACL)",
        2022,
        5,
    )
    tasks = [place.task.name for place in paper.task_places.select_related("task")]
    assert tasks == ["Multi-task Language Understanding", "Language Modelling"]
    assert [(link.repository.url, link.is_official) for link in paper.code_links.all()] == [
        ("https://github.com/EleutherAI/gpt-neox", True)
    ]
    results = Score.objects.filter(claim__paper=paper).order_by("pk").values_list(
        "claim__leaderboard__task__name", "claim__leaderboard__dataset_name", "metric__name", "raw", "claim__model_name",
        "claim__leaderboard__slug",
    )  # fmt: skip
    assert list(results) == [
        ("Transfer Learning", "MML", "Average (%)", '"33.6"', "GPT-NeoX 20B (5-shot)", "transfer-learning-on-mml"),
        ("Multi-Task Learning", "MML", "Average (%)", '"33.6"', "GPT-NeoX 20B (5-shot)", "multi-task-learning-on-mml"),
    ]
    assert [(other.date.isoformat(), other.title.split()[0]) for other in related_to(paper)] == [
        ("2025-07-21", "Visual-Language"), ("2025-07-17", "Making"), ("2025-07-17", "VisionThink:"), ("2025-07-17", "The"),
        ("2025-07-17", "Inverse"), ("2025-07-16", "Assay2Mol:"), ("2025-07-16", "Describe"), ("2025-07-16", "InstructFLIP:"),
    ]  # fmt: skip


def test_a_newer_dump_updates_what_changed_and_only_that(dump):
    load(dump("papers-with-abstracts.json", [paper_row("one", tasks=["a", "b"]), paper_row("two")]))
    before = {paper.slug: paper for paper in Paper.objects.all()}
    rows = [paper_row("one", tasks=["b", "a"]), paper_row("two"), paper_row("three")]
    assert counts(load(dump("papers-with-abstracts.json", rows))) == {"papers-with-abstracts.json": (1, 1, 1, 0, 0)}
    assert [place.task.name for place in before["one"].task_places.order_by("position")] == ["b", "a"]
    changed = set(
        Paper.objects.filter(updated_at__gt=before["two"].updated_at, created_at=before["one"].created_at).values_list(
            "slug", flat=True
        )
    )
    assert Paper.objects.get(slug="one").updated_at > before["one"].updated_at
    assert Paper.objects.get(slug="two").updated_at == before["two"].updated_at
    assert changed == {"one"}


def test_what_a_person_edited_is_kept(dump):
    load(dump("papers-with-abstracts.json", [paper_row(title="Old", abstract="Old", authors=["Ada"], proceeding="CVPR 2018")]))
    Paper.objects.update(title="Ours", edited_fields=["title", "authors", "proceeding"])
    load(dump("papers-with-abstracts.json", [paper_row(title="New", abstract="New", authors=["Bob"], proceeding="ICML 2019")]))
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract, paper.proceeding.name) == ("Ours", "New", "CVPR 2018")
    assert [author.name for author in paper.authors.all()] == ["Ada"]


def test_what_a_person_removed_stays_removed(dump):
    path = dump("papers-with-abstracts.json", [paper_row(abstract="Old")])
    load(path)
    Paper.objects.update(removed_at=timezone.now(), removed_reason="Spam.")
    load(dump("papers-with-abstracts.json", [paper_row(abstract="New")]))
    assert Paper.objects.values_list("abstract", "removed_reason").get() == ("New", "Spam.")


def test_the_graph_of_tasks_and_their_areas_are_stored_once(dump):
    child = {"task": "Child", "categories": ["Vision"], "subtasks": [{"task": "Top"}, {"task": "Child"}]}
    rows = [{"task": "Top", "categories": ["Vision", "Robots"], "synonyms": ["Head"], "subtasks": [child, {"task": "Other"}]}]
    path = dump("evaluation-tables.json", rows)
    load(path)
    before = snapshot()
    load(path)
    assert snapshot() == before
    edges = TaskEdge.objects.order_by("pk").values_list("parent__name", "child__name", "position")
    assert list(edges) == [("Top", "Child", 0), ("Top", "Other", 1), ("Child", "Top", 0)]
    top = Task.objects.get(name="Top")
    assert (top.synonyms, {area.slug for area in top.areas.all()}) == (["Head"], {"vision", "robots"})
    rows[0]["categories"] = ["Robots"]
    load(dump("evaluation-tables.json", rows))
    assert [area.name for area in top.areas.all()] == ["Robots"]


def test_a_direction_that_a_person_gave_is_kept_and_an_inferred_one_inferred_again(dump):
    path = dump("evaluation-tables.json", table_rows({"metrics": {"Error": "1", "F1": "2"}}, metrics=["Error", "F1"]))
    load(path)
    Metric.objects.filter(name="Error").update(direction="higher", direction_source="person")
    Metric.objects.filter(name="F1").update(direction="lower")
    load(path)
    assert list(Metric.objects.values_list("name", "position", "direction", "direction_source")) == [
        ("Error", 0, "higher", "person"),
        ("F1", 1, "higher", "inferred"),
    ]


def test_a_changed_score_is_a_changed_result(dump):
    load(dump("evaluation-tables.json", table_rows({"metrics": {"Accuracy": "28.4%", "F1": "1"}}, {"model_name": "Other"})))
    before = Claim.objects.get(model_name="Model")
    report = load(dump("evaluation-tables.json", table_rows({"metrics": {"Accuracy": "28.5 %"}}, {"model_name": "Other"})))
    assert counts(report) == {"evaluation-tables.json": (0, 1, 1, 0, 0)}
    claim = Claim.objects.get(model_name="Model")
    assert [(score.raw, score.value) for score in claim.scores.all()] == [('"28.5 %"', 28.5)]
    assert claim.updated_at > before.updated_at


@pytest.mark.parametrize("source", [Source.ARCHIVE, Source.DEMO])
def test_rows_that_were_made_here_are_not_doubled_and_keep_what_they_say(dump, source):
    task = make_task(name="Task", source="form", description="Ours.")
    board = make_board(task=task, source="run", dataset_name="Data", note="Ours.")
    said = {"paper_key": "title:theirs", "uses_additional_data": True}
    claim = make_result(board, model_name="Model", scores={"Accuracy": "7"}, source="form", **said)
    rows = table_rows({"uses_additional_data": False, "paper_title": "Theirs"})
    rows[0]["description"] = rows[0]["datasets"][0]["description"] = "Theirs."
    load(dump("evaluation-tables.json", rows), source=source)
    assert (Task.objects.count(), Leaderboard.objects.count(), Claim.objects.count()) == (1, 1, 1)
    for row in (task, board, claim):
        row.refresh_from_db()
    assert (task.source, task.archive_key, task.description) == ("form", "Task", "Ours.")
    assert (board.source, board.description) == ("run", "Theirs.")
    assert (claim.source, claim.uses_additional_data, claim.paper_title, claim.scores.get().text) == ("form", True, "Theirs", "7")


def test_claims_wait_for_their_papers(dump):
    results = [
        {"model_name": "by id", "paper_url": "http://arxiv.org/pdf/2204.06745v3.pdf"},
        {"model_name": "by address", "paper_url": "http://www.aclweb.org/anthology/P18-1/"},
        {"model_name": "by title", "paper_title": "a  Third PAPER"},
        {"model_name": "by two titles", "paper_title": "Twice"},
        {"model_name": "other id", "paper_url": "https://arxiv.org/abs/1111.11111", "paper_title": "First"},
        {"model_name": "no paper"},
    ]
    load(dump("evaluation-tables.json", table_rows(*results)))
    assert not Claim.objects.exclude(paper=None).exists()
    papers = [
        paper_row("first", title="First", arxiv_id="2204.06745"),
        paper_row("second", title="Second", conference_url_abs="https://aclweb.org/anthology/P18-1"),
        paper_row("third", title="A third paper"),
        paper_row("fourth", title="Twice"),
        paper_row("fifth", title="Twice"),
    ]
    path = dump("papers-with-abstracts.json", papers)
    assert load(path).linked == 3
    assert load(path).linked == 0
    linked = dict(Claim.objects.exclude(paper=None).values_list("model_name", F("paper__slug")))
    assert linked == {"by id": "first", "by address": "second", "by title": "third"}


def test_files_go_in_their_order_whatever_order_they_came_in(dump):
    tables = dump("c.json", table_rows({"paper_title": "A paper"}))
    links = dump("b.json.gz", [link_row()])
    papers = dump("a.json", [paper_row(abstract="Words.")])
    report = load(tables, links, papers)
    assert [file.path for file in report.files] == [papers, links, tables]
    assert Claim.objects.get().paper.abstract == "Words."
    assert PaperRepository.objects.get().paper.abstract == "Words."


def test_repeated_links_and_spellings_of_a_repository_become_one(dump):
    rows = [
        link_row(url="https://github.com/Some/Code", framework="none"),
        link_row(url="http://www.github.com/some/code.git/", is_official=True, framework="pytorch"),
        link_row("other", url="https://github.com/some/code"),
    ]
    assert counts(load(dump("links-between-papers-and-code.json", rows))) == {
        "links-between-papers-and-code.json": (2, 0, 0, 1, 0)
    }
    repository = Repository.objects.get()
    assert (repository.url, repository.key, repository.framework) == (
        "https://github.com/Some/Code",
        "github.com/some/code",
        "pytorch",
    )
    first = PaperRepository.objects.get(paper__slug="a-paper")
    assert (first.is_official, first.framework, first.archive_raw["_repeats"]) == (True, "pytorch", [rows[1]])


def test_a_paper_that_only_links_name_is_completed_by_the_papers_dump(dump):
    load(dump("links-between-papers-and-code.json", [link_row(paper_arxiv_id="2204.06745")]))
    paper = Paper.objects.get()
    assert (paper.title, paper.arxiv_id, paper.abstract) == ("A paper", "2204.06745", None)
    assert paper.archive_extra == {"_known_from": "links-between-papers-and-code"}
    load(dump("papers-with-abstracts.json", [paper_row(abstract="Words.", arxiv_id="2204.06745")]))
    paper.refresh_from_db()
    assert (paper.abstract, paper.archive_extra, Paper.objects.count()) == ("Words.", {}, 1)


def test_links_never_overwrite_a_paper(dump):
    load(dump("papers-with-abstracts.json", [paper_row(title="Right")]))
    load(dump("links-between-papers-and-code.json", [link_row(paper_title="Wrong")]))
    assert Paper.objects.get().title == "Right"
    assert PaperRepository.objects.get().archive_raw == {"paper_title": "Wrong"}


def test_a_broken_file_leaves_nothing_behind_and_the_others_are_imported(dump, capsys):
    broken = dump("papers-with-abstracts.json", json.dumps([paper_row(f"p{number}") for number in range(2500)])[:-1])
    good = dump("links-between-papers-and-code.json", [link_row()])
    with pytest.raises(CommandError, match="Some files were not imported"):
        call_command("import_archive", broken, good)
    assert capsys.readouterr().out.splitlines()[:3] == [
        f"{broken}: ends in or after row 2500 without closing its array: it was cut short; fetch it again"
        " (nothing of it was imported)",
        f"{good}: rows read 1, new 1, changed 0, same 0, repeated 0, rejected 0",
        "  papers known from their links alone: 1; import papers-with-abstracts to complete them",
    ]
    assert [paper.slug for paper in Paper.objects.all()] == ["a-paper"]


def test_broken_rows_are_named_and_counted(dump, capsys):
    rows = [paper_row(), 5, paper_row("second", title=["x"]), paper_row(), {"title": "x"}]
    path = dump("papers-with-abstracts.json", rows)
    call_command("import_archive", path)
    assert capsys.readouterr().out.splitlines()[:5] == [
        f"{path}: rows read 5, new 1, changed 0, same 0, repeated 0, rejected 4",
        "  rejected: row 2 is no object",
        "  rejected: row 3 title is a list where text belongs",
        "  rejected: row 4 repeats the paper_url of an earlier row (a-paper)",
        "  rejected: row 5 has no paper_url",
    ]


def test_a_path_that_does_not_exist_is_one_line(tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("import_archive", tmp_path / "nothing.json")
    assert str(refusal.value) == f"{tmp_path}/nothing.json does not exist; give a dump or a folder of dumps."
    with pytest.raises(CommandError) as refusal:
        call_command("import_archive", tmp_path)
    assert str(refusal.value) == f"{tmp_path} holds no .json, .json.gz or .parquet file; give the folder of the dumps."


def test_a_file_that_is_no_dump_is_named(dump):
    report = load(dump("shopping.json", [{"milk": 2}]), dump("list.json", "{}"), dump("empty.json", "[]"))
    assert all(file.error for file in report.files)
    assert report.files[0].error.startswith("is no dump that can be imported, by its name or its first row; give one of")
    assert report.files[1].error == "is not a JSON array of rows; give a dump of the archive"


def test_methods_and_datasets_are_imported_from_their_own_dumps(dump):
    site = "https://paperswithcode.com"
    method = {
        "url": f"{site}/method/lora", "name": "LoRA", "full_name": "Low-Rank Adaptation", "description": "Ranks.",
        "paper": {"title": "LoRA", "url": f"{site}/paper/lora-paper"}, "introduced_year": 2021, "source_url": None,
        "source_title": None, "code_snippet_url": None, "num_papers": 7,
        "collections": [{"collection": "Adaptation", "area_id": "general", "area": "General"}],
    }  # fmt: skip
    dataset = {
        "url": f"{site}/dataset/mmlu", "name": "MMLU", "full_name": "Massive", "homepage": "https://example.org", "description": "Q.",
        "paper": None, "introduced_date": "2020-09-07", "warning": None, "modalities": ["Texts"], "languages": ["English"],
        "tasks": [{"task": "Question Answering", "url": f"{site}/task/question-answering"}], "variants": ["MMLU (5-shot)"],
        "num_papers": 3, "data_loaders": [{"url": "https://example.org", "repo": "x", "frameworks": ["tf"]}],
    }  # fmt: skip
    tables = table_rows({}, dataset="MMLU (5-shot)")
    paths = [
        dump("papers-with-abstracts.json", [paper_row("lora-paper")]), dump("methods.json", [method]),
        dump("datasets.json", [dataset]), dump("evaluation-tables.json", tables),
    ]  # fmt: skip
    report = load(*paths)
    assert set(counts(report).values()) == {(1, 0, 0, 0, 0)}
    lora, mmlu = Method.objects.get(), Dataset.objects.get()
    assert (lora.slug, lora.paper.slug, lora.archive_paper_count, [family.name for family in lora.collections.all()]) == (
        "lora",
        "lora-paper",
        7,
        ["Adaptation"],
    )
    assert (mmlu.slug, mmlu.variants, [task.name for task in mmlu.tasks.all()], str(mmlu.introduced_date)) == (
        "mmlu",
        ["MMLU (5-shot)"],
        ["Question Answering"],
        "2020-09-07",
    )
    assert Leaderboard.objects.get().dataset == mmlu
    before = snapshot()
    assert set(counts(load(*paths)).values()) == {(0, 0, 1, 0, 0)}
    assert snapshot() == before


def test_a_board_moves_to_the_dataset_that_lists_its_string_when_that_comes_later(dump, client):
    load(dump("evaluation-tables.json", table_rows({}, dataset="COCO minival")))
    site = "https://paperswithcode.com"
    row = {"url": f"{site}/dataset/coco", "name": "COCO", "variants": ["COCO minival"], "modalities": [], "tasks": []}
    load(dump("datasets.json", [row]))
    assert Leaderboard.objects.get().dataset.name == "COCO"
    assert client.get("/dataset/coco-minival").headers["Location"] == "/dataset/coco"


def test_hostile_values_are_stored_as_they_are_or_rejected_in_one_line(dump):
    long = "x" * 100_000
    hostile = "<script>alert(1)</script>'; DROP TABLE papers_paper; --"
    papers = [
        paper_row(
            "one", title=hostile, url_abs="javascript:alert(1)", arxiv_id=long, proceeding=long, authors=[long, "", hostile]
        ),
        paper_row(
            "two", title=f"a\u0000b\ud800{long}", tasks=[long, "", hostile], methods=[{"name": long, "introduced_year": 10**12}]
        ),
        paper_row(long, title=long, openreview_id=long),
    ]
    links = [link_row("one", url="javascript:alert(1)"), link_row("one", url=f"https://example.org/{long}")]
    tables = table_rows(
        {"model_name": hostile, "paper_url": long, "metrics": {hostile: hostile, "a": long}}, task=hostile, dataset="d" * 500
    )
    tables += table_rows(
        {"model_name": "m" * 500, "paper_title": long, "metrics": {"é" * 500: 1e308}}, dataset="é" * 500, task="é" * 500
    )
    paths = (
        dump("papers-with-abstracts.json", papers),
        dump("links-between-papers-and-code.json", links),
        dump("evaluation-tables.json", tables),
    )
    report = load(*paths)
    assert [file.error for file in report.files] == ["", "", ""]
    assert [file.new for file in report.files] == [3, 2, 2]
    assert Paper.objects.get(slug="one").title == hostile
    assert Paper.objects.get(slug="two").title == f"a\ufffdb\ufffd{long}"
    assert {repository.url for repository in Repository.objects.all()} == {links[0]["repo_url"], links[1]["repo_url"]}
    before = snapshot()
    assert [(file.new, file.changed) for file in load(*paths).files] == [(0, 0)] * 3
    assert snapshot() == before


def test_names_that_make_no_address_are_numbered(dump):
    load(dump("papers-with-abstracts.json", [paper_row(authors=["王伟", "李娜", "Ann Lee", "ann lee", "王伟"])]))
    places = Paper.objects.get().author_places.select_related("author")
    assert [place.author.slug for place in places] == ["author", "author-1", "ann-lee", "ann-lee-1", "author"]


def test_an_address_that_another_thing_has_is_numbered(dump):
    make_paper(slug="a-paper", source="form")
    load(dump("papers-with-abstracts.json", [paper_row()]))
    assert Paper.objects.get(source="archive").slug == "a-paper-1"


def test_an_import_of_the_same_rows_asks_no_more_than_a_few_questions(dump, django_assert_max_num_queries):
    path = dump(
        "papers-with-abstracts.json", [paper_row(f"p{number}", authors=[f"A{number}"], tasks=["T"]) for number in range(900)]
    )
    load(path)
    with django_assert_max_num_queries(25):
        load(path)


def test_the_command_marks_the_source(dump):
    call_command("import_archive", dump("papers-with-abstracts.json", [paper_row()]), "--source", "demo", verbosity=0)
    assert Paper.objects.get().source == Source.DEMO
    assert not archive_import.archive_is_imported()
