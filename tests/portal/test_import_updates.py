"""Later dumps: what changes, what stays, what disappears, and what is recorded of it."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection

from leaderboards.models import Claim, Leaderboard
from papers import history
from papers.archive.session import DISAPPEARED
from papers.models import ArchiveImport, Author, Change, Dataset, Method, Paper, PaperRepository, Source, Task
from portal.archive_import import Extent, import_paths
from portal.var_dir import BASE_DIR
from tests.portal.dumps import counts, link_row, load, paper_row, snapshot, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

PAPERS = "papers-with-abstracts.json"


def told(row):
    return list(history.of(row).order_by("id").values_list("action", "via", "old", "new"))


def test_the_first_import_is_the_baseline_and_leaves_no_changes(dump):
    load(dump(PAPERS, [paper_row("one", authors=["Ada"], tasks=["Task"])]))
    record = ArchiveImport.objects.get()
    assert (record.is_baseline, record.finished_at is not None, Change.objects.count()) == (True, True, 0)
    assert record.report["files"][0]["new"] == 1


def test_later_changes_are_recorded_with_their_import_old_and_new(dump):
    load(dump(PAPERS, [paper_row("one", title="Old", authors=["Ada", "Grace"]), paper_row("two")]))
    load(dump(PAPERS, [paper_row("one", title="New", authors=["Grace"]), paper_row("two"), paper_row("three")]))
    one, three = Paper.objects.get(slug="one"), Paper.objects.get(slug="three")
    assert told(one) == [
        ("changed", "import", {"title": "Old"}, {"title": "New"}),
        ("changed", "import", {"authors": ["Ada", "Grace"]}, {"authors": ["Grace"]}),
    ]
    [(action, via, old, new)] = told(three)
    assert (action, via, old, new["title"]) == ("created", "import", {}, "A paper")
    latest = ArchiveImport.objects.latest("pk")
    assert not latest.is_baseline
    assert set(Change.objects.values_list("archive_import", flat=True)) == {latest.pk}


def test_spelling_of_the_file_is_no_change(tmp_path):
    rows = [paper_row("one", authors=["É. A"], date="2022-04-14"), paper_row("two", extra=1.50)]
    path = tmp_path / f"{PAPERS}.gz"
    path.write_bytes(gzip.compress(json.dumps(rows).encode()))
    load(path)
    before = snapshot()
    turned = [dict(reversed(row.items())) for row in rows]
    path.write_bytes(gzip.compress(json.dumps(turned, indent=2, ensure_ascii=False).encode()))
    report = load(path)
    assert (counts(report)[path.name][:3], snapshot() == before, Change.objects.count()) == ((0, 0, 2), True, 0)


def test_what_a_complete_dump_no_longer_states_becomes_a_tombstone_and_comes_back(dump, client):
    rows = [paper_row("one"), paper_row("two"), paper_row("three")]
    load(dump(PAPERS, rows))
    report = load(dump(PAPERS, rows[:2]))
    assert report.gone == {"papers-with-abstracts": 1}
    three = Paper.objects.get(slug="three")
    assert three.removed_reason == DISAPPEARED
    answer = client.get("/paper/three")
    assert (answer.status_code, DISAPPEARED in answer.content.decode()) == (410, True)
    load(dump(PAPERS, rows))
    three.refresh_from_db()
    assert (three.removed_at, three.removed_reason) == (None, "")
    assert [action for action, *_ in told(three)] == ["removed", "restored"]


def test_what_a_person_restored_stays_whatever_disappears_later(dump):
    rows = [paper_row(slug) for slug in ("one", "two", "three", "four", "five")]
    load(dump(PAPERS, rows))
    load(dump(PAPERS, rows[:3]))
    marked, other = Paper.objects.get(slug="four"), Paper.objects.get(slug="five")
    history.restore(marked)
    marked.edited_fields = ["removed_at", "removed_reason"]
    marked.save()
    history.restore(other)
    assert load(dump(PAPERS, rows[:2])).gone == {"papers-with-abstracts": 1}
    assert set(Paper.objects.published().values_list("slug", flat=True)) == {"one", "two", "four", "five"}
    load(dump(PAPERS, [*rows[:2], *rows[3:]]))
    assert load(dump(PAPERS, rows[:2])).gone == {"papers-with-abstracts": 1}
    assert set(Paper.objects.published().values_list("slug", flat=True)) == {"one", "two", "four"}


def test_a_row_that_cannot_be_used_does_not_remove_what_it_names(dump):
    rows = [paper_row(slug) for slug in ("one", "two", "three")]
    load(dump(PAPERS, rows))
    report = load(dump(PAPERS, [*rows[:2], paper_row("three", authors=["Ada", None])]))
    assert (report.files[0].rejected, report.gone) == (1, {})
    report = load(dump(PAPERS, [*rows[:2], paper_row("three", authors=7), paper_row("three", title="Sound")]))
    assert (counts(report)[PAPERS], Paper.objects.get(slug="three").title) == ((0, 1, 2, 0, 1), "Sound")
    links = [link_row(slug) for slug in ("one", "two", "three")]
    load(dump("links-between-papers-and-code.json", links))
    report = load(dump("links-between-papers-and-code.json", [*links[:2], {**links[2], "is_official": "yes"}]))
    assert (report.files[0].rejected, report.gone) == (1, {})


@pytest.mark.parametrize("kind", ["method", "dataset"])
def test_a_method_or_dataset_that_cannot_be_used_does_not_remove_what_it_names(dump, kind):
    addresses = {"a": "A", "a-1": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
    rows = [{"name": name, "url": f"https://paperswithcode.com/{kind}/{slug}"} for slug, name in addresses.items()]
    load(dump(f"{kind}s.json", rows))
    assert load(dump(f"{kind}s.json", [rows[0], {**rows[1], "num_papers": "x"}, {**rows[2], "paper": 7}, *rows[3:]])).gone == {}
    assert load(dump(f"{kind}s.json", rows[2:])).gone == {f"{kind}s": 2}


def test_parts_of_tables_that_cannot_be_used_do_not_remove_what_they_name(dump):
    [whole] = table_rows({"model_name": "A", "paper_title": "P"}, {"model_name": "A", "paper_title": "P"}, {"model_name": "B"})
    [other] = table_rows({}, {"model_name": "C"}, task="Other")
    part = {"subdataset": "Part", "sota": {"metrics": ["Accuracy"], "rows": [{"model_name": "D", "metrics": {}}]}}
    whole["datasets"][0]["subdatasets"] = [part]
    top = {"task": "Top", "subtasks": [whole]}
    load(dump("evaluation-tables.json", [top, other]))

    def gone(**changed):
        report = load(dump("evaluation-tables.json", [{"task": "Top", "subtasks": [{**whole, **changed}]}, other]))
        assert report.files[0].rejected
        return report.gone

    dataset = whole["datasets"][0]
    rows = dataset["sota"]["rows"]
    unread = [{**row, "metrics": 7} for row in rows]
    assert gone(datasets=[{**dataset, "sota": {"metrics": ["Accuracy"], "rows": unread}}]) == {}
    assert gone(datasets=[{**dataset, "sota": 7}]) == {}
    assert gone(synonyms=7) == {}
    report = load(dump("evaluation-tables.json", [{**top, "synonyms": 7}, other]))
    assert (report.files[0].rejected, report.gone) == (1, {})
    assert gone(datasets=[{**dataset, "sota": {"metrics": ["Accuracy"], "rows": unread[:2]}}]) == {"evaluation-tables": 1}
    assert Claim.objects.exclude(removed_at=None).get().model_name == "B"


@pytest.mark.parametrize("rows", [[], [{"title": "No address"}]])
def test_a_complete_dump_without_a_row_is_refused_and_removes_nothing(dump, rows):
    load(dump(PAPERS, [paper_row("one"), paper_row("two")]))
    report = import_paths([dump(PAPERS, rows)], source=Source.ARCHIVE, extent=Extent.COMPLETE)
    [line] = report.lines()
    assert line.endswith(
        "holds no row that can be used, so that it cannot be a complete dump; give a whole one (nothing of it was imported)"
    )
    assert (report.has_failed, report.gone, Paper.objects.published().count()) == (True, {}, 2)


def test_complete_tables_without_a_result_are_refused_with_their_tasks(dump):
    load(dump("evaluation-tables.json", table_rows({})))
    path = dump("evaluation-tables.json", [{"task": "New", "datasets": []}])
    report = import_paths([path], source=Source.ARCHIVE, extent=Extent.COMPLETE)
    assert (report.has_failed, report.gone, Claim.objects.published().count()) == (True, {}, 1)
    assert list(Task.objects.values_list("name", flat=True)) == ["Task"]


def test_earlier_tombstones_do_not_make_a_dump_look_like_a_part(dump):
    rows = [paper_row(str(number)) for number in range(8)]
    links = [link_row("0", f"https://github.com/some/code-{number}") for number in range(8)]
    for count in (8, 4, 3, 2):
        report = load(dump(PAPERS, rows[:count]), dump("links-between-papers-and-code.json", links[:count]))
        assert not any("taken for a delta" in note for file in report.files for note in file.notes)
    assert (Paper.objects.published().count(), PaperRepository.objects.published().count()) == (2, 2)


def test_a_task_that_a_person_restored_stays_and_one_that_lost_its_last_tag_goes(dump):
    path = dump("evaluation-tables.json", [{"task": name, "datasets": []} for name in ("A", "B", "C")] + table_rows({}))
    load(path, dump(PAPERS, [paper_row("one", tasks=["Tag"]), paper_row("two")]))
    load(dump("evaluation-tables.json", [{"task": name, "datasets": []} for name in ("A", "B")] + table_rows({})))
    history.restore(Task.objects.get(name="C"))
    load(dump(PAPERS, [paper_row("one"), paper_row("two")]))
    load(dump("evaluation-tables.json", [{"task": "A", "datasets": []}, *table_rows({})]))
    assert set(Task.objects.published().values_list("name", flat=True)) == {"A", "C", "Task"}


def test_an_import_that_changes_nothing_settles_what_a_broken_off_one_left(dump):
    path = dump(PAPERS, [paper_row("one", title="Neural parsing")])
    load(path)
    assert "search" in ArchiveImport.objects.latest("pk").report["seconds"]
    load(path)
    assert "search" not in ArchiveImport.objects.latest("pk").report["seconds"]
    ArchiveImport.objects.update(finished_at=None)
    load(path)
    assert "search" in ArchiveImport.objects.latest("pk").report["seconds"]


def test_a_delta_removes_nothing(dump):
    load(dump(PAPERS, [paper_row("one"), paper_row("two"), paper_row("three")]))
    report = load(dump(PAPERS, [paper_row(f"new-{number}") for number in range(5)]))
    assert (report.gone, Paper.objects.published().count()) == ({}, 8)
    assert "taken for a delta" in report.files[0].notes[-1]


def test_a_person_can_say_what_a_dump_is(dump):
    load(dump(PAPERS, [paper_row("one"), paper_row("two"), paper_row("three")]))
    import_paths([dump(PAPERS, [paper_row("one"), paper_row("two")])], source=Source.ARCHIVE, extent=Extent.DELTA)
    assert Paper.objects.published().count() == 3
    import_paths([dump(PAPERS, [paper_row("one")])], source=Source.ARCHIVE, extent=Extent.COMPLETE)
    assert list(Paper.objects.published().values_list("slug", flat=True)) == ["one"]


def test_a_dump_with_a_broken_file_removes_nothing(dump, tmp_path):
    load(dump(PAPERS, [paper_row("one"), paper_row("two"), paper_row("three")]))
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "papers-with-abstracts-1.json").write_text(json.dumps([paper_row("one"), paper_row("two")]))
    (folder / "papers-with-abstracts-2.json").write_text('[{"paper_url": "https://paper')
    report = load(folder)
    assert (report.has_failed, report.gone, Paper.objects.published().count()) == (True, {}, 3)


def test_links_boards_and_results_that_disappear_become_tombstones(dump):
    links = [link_row("one", f"https://github.com/some/code-{number}") for number in range(3)]
    load(dump("links-between-papers-and-code.json", links))
    load(dump("links-between-papers-and-code.json", links[:2]))
    gone = PaperRepository.objects.exclude(removed_at=None).get()
    assert (gone.repository.key, gone.removed_reason) == ("github.com/some/code-2", DISAPPEARED)
    results = [{"model_name": name} for name in ("A", "B", "C")]
    boards = [*table_rows(*results), *table_rows(*results, task="Other")]
    load(dump("evaluation-tables.json", boards))
    load(dump("evaluation-tables.json", table_rows(*results[:2]) + table_rows(*results[:1], task="Other")))
    assert sorted(Claim.objects.exclude(removed_at=None).values_list("leaderboard__task__name", "model_name")) == [
        ("Other", "B"),
        ("Other", "C"),
        ("Task", "C"),
    ]
    load(dump("evaluation-tables.json", boards))
    assert not Claim.objects.exclude(removed_at=None).exists()
    assert Leaderboard.objects.published().count() == 2


def test_edits_win_and_stay_marked_while_the_rest_follows_the_dump(dump):
    load(dump(PAPERS, [paper_row("one", abstract="Old", authors=["Ada"], tasks=["Task"])]))
    paper = Paper.objects.get()
    paper.title, paper.edited_fields = "By hand", ["title", "tasks"]
    paper.save()
    load(dump(PAPERS, [paper_row("one", title="New", abstract="New", authors=["Grace"], tasks=["Other"])]))
    paper.refresh_from_db()
    assert (paper.title, paper.abstract, paper.edited_fields) == ("By hand", "New", ["title", "tasks"])
    assert [author.name for author in paper.authors.all()] == ["Grace"]
    assert [task.name for task in paper.tasks.all()] == ["Task"]


def test_a_method_that_the_archive_embeds_in_two_ways_keeps_both(dump):
    first, other = ({"name": "LoRA", "full_name": name, "description": None} for name in ("Low-Rank Adaptation", "Other"))
    load(dump(PAPERS, [paper_row("one", methods=[first]), paper_row("two", methods=[other])]))
    assert Method.objects.get().full_name == "Low-Rank Adaptation"
    assert Paper.objects.get(slug="two").archive_raw == {"methods": [other]}
    assert Paper.objects.get(slug="one").archive_raw == {}


def test_spam_is_kept_and_never_shown_on_an_innocent_paper(dump, client):
    spam = {"name": "ooJpiued", "full_name": "ooJpiued", "description": "Please enter a description about the method here",
            "introduced_year": 2000}  # fmt: skip
    load(dump(PAPERS, [paper_row("one", methods=[spam, {"name": "LoRA", "full_name": "Low-Rank Adaptation"}])]))
    assert Method.objects.get(name="ooJpiued").spam_reason
    page = client.get("/paper/one").content.decode()
    assert ("LoRA" in page, "ooJpiued" in page) == (True, False)
    assert client.get("/method/oojpiued").status_code == 410


def test_what_a_person_said_about_spam_stays(dump):
    rows = [paper_row("one", methods=[{"name": "ooJpiued", "description": "Please enter a description about the method here"}])]
    load(dump(PAPERS, rows))
    method = Method.objects.get()
    assert method.spam_reason
    method.spam_reason, method.edited_fields = "", ["spam_reason"]
    method.save()
    rows[0]["methods"][0]["source_title"] = "Changed"
    load(dump(PAPERS, rows))
    method.refresh_from_db()
    assert (method.spam_reason, method.source_title) == ("", "Changed")


def test_the_addresses_that_the_archive_states_win(dump, tmp_path):
    url = "https://paperswithcode.com"
    dump(PAPERS, [paper_row("one", tasks=["Source Code Summarization", "Code Summarization"])])
    tasks = [{"task": "Source Code Summarization", "url": f"{url}/task/code-summarization"}]
    dump("datasets.json", [{"url": f"{url}/dataset/data-7", "name": "Data", "tasks": tasks, "variants": []}])
    path = dump("methods.json", [{"url": f"{url}/method/lora-2", "name": "LoRA", "full_name": "x", "num_papers": 1}])
    load(path.parent)
    assert dict(Task.objects.values_list("name", "slug")) == {
        "Source Code Summarization": "code-summarization",
        "Code Summarization": "code-summarization-1",
    }
    assert (Dataset.objects.get().slug, Method.objects.get().slug) == ("data-7", "lora-2")


def test_addresses_are_frozen_once_given(dump):
    load(dump(PAPERS, [paper_row("one", title="Old", authors=["Ada"], tasks=["Task"])]))
    load(dump(PAPERS, [paper_row("one", title="A new title", authors=["Ada"], tasks=["Task"])]))
    assert (Paper.objects.get().slug, Author.objects.get().slug) == ("one", "ada")


def test_second_rows_of_a_paper_lead_to_the_first(dump, client):
    rows = [
        paper_row("a-paper", arxiv_id="2204.06745", conference="a-paper-1", date="2022-04-14"),
        paper_row("a-paper-1", title="The paper at its conference"),
        paper_row("another", arxiv_id="2204.06745"),
        paper_row("innocent", title="Another title"),
    ]
    load(dump(PAPERS, rows))
    first = Paper.objects.get(slug="a-paper")
    assert set(Paper.objects.filter(duplicate_of=first).values_list("slug", flat=True)) == {"a-paper-1", "another"}
    assert set(Paper.objects.published().values_list("slug", flat=True)) == {"a-paper", "innocent"}
    assert client.get("/paper/another").headers["Location"] == "/paper/a-paper"


def test_a_conference_address_without_a_row_leads_to_the_paper(dump, client):
    load(dump(PAPERS, [paper_row("a-paper", conference="a-paper-1")]))
    assert client.get("/paper/a-paper-1").headers["Location"] == "/paper/a-paper"


def test_an_import_that_is_killed_leaves_the_catalogue_as_it_was_and_can_be_run_again(dump, tmp_path):
    load(dump(PAPERS, [paper_row("one")]))
    before = snapshot()
    path = tmp_path / "many" / f"{PAPERS}.gz"
    path.parent.mkdir()
    rows = [paper_row(f"many-{number}", abstract="word " * 300, authors=[f"Author {number}"]) for number in range(20_000)]
    path.write_bytes(gzip.compress(json.dumps(rows).encode(), 1))
    command = [sys.executable, str(BASE_DIR / "manage.py"), "import_archive", str(path), "--skip-related"]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_until_copying()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert snapshot() == before
    unfinished = ArchiveImport.objects.latest("pk")
    assert unfinished.finished_at is None
    report = load(path)
    assert counts(report)[path.name] == (20_000, 0, 0, 0, 0)


def _wait_until_copying():
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE relation = 'papers_paper'::regclass AND mode = 'RowExclusiveLock'"
            )
            if cursor.fetchone()[0]:
                time.sleep(0.5)
                return
        time.sleep(0.05)
    raise AssertionError("the import never began to store")
