"""Taking content out of a thing, its copies and its past from the command line: nothing public says it any more."""

import gzip
import re
import uuid
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from leaderboards import submissions
from leaderboards.models import Claim, Leaderboard, Submission
from papers import history, search
from papers.hidden_keys import HIDDEN
from papers.models import (
    ArchiveExport,
    Author,
    Change,
    Dataset,
    Method,
    Paper,
    PaperRepository,
    RelatedPapers,
    Repository,
    SlugHistory,
    Source,
    Task,
)
from portal import nightly
from portal.archive_export import alone
from portal.archive_import import import_paths
from portal.importing.sources import Progress
from tests.factories.catalogue import make_author, make_board, make_dataset, make_method, make_paper, make_task
from tests.factories.people import make_person
from tests.portal.dumps import counts, link_row, load, paper_row, table_rows
from tests.portal.exports import write

pytestmark = pytest.mark.usefixtures("committed_db")

PAPERS, LINKS, TABLES = "papers-with-abstracts.json", "links-between-papers-and-code.json", "evaluation-tables.json"
SECRET = "xylograph"
OLD_SITE = "https://paperswithcode.com"


def redact(row, *fields, reason="Court order 12."):
    words = [word for name in fields for word in ("--field", name)]
    call_command("redact", str(row.public_id), "--reason", reason, *words)
    row.refresh_from_db()


def exported(folder):
    """All that an export says, in lower case."""
    write(folder)
    plain = [gzip.decompress(path.read_bytes()) for path in folder.glob("*.gz")]
    return b"".join([*plain, *(path.read_bytes() for path in folder.glob("*.parquet"))]).decode(errors="replace").lower()


def held():
    """The tables of the database that say it, the search index and its words among them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall() if name != "papers_archiveimport"]
        found = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %s", [f"%{SECRET}%"])
            found += [table] if cursor.fetchone()[0] else []
    return sorted(found)


def publicly_gone(client, folder, *paths):
    said = exported(folder)
    assert SECRET not in said
    assert re.search(f"{HIDDEN}[0-9a-f]{{64}}", said) is None
    assert search.papers(SECRET, limit=9).hits == ()
    for path in paths:
        assert SECRET not in client.get(path).content.decode().lower(), path


def test_a_text_is_emptied_and_the_past_keeps_only_that_it_was(capsys):
    paper = make_paper(title="A paper", abstract="A name that must go", source="form")
    redact(paper, "abstract")
    assert (paper.title, paper.abstract, paper.edited_fields) == ("A paper", "", ["abstract", "redacted:abstract"])
    assert set(history.of(paper).values_list("redaction_reason", flat=True)) == {"Court order 12."}
    assert all((event.old, event.new) == ({}, {}) for event in history.of(paper))
    said = f"paper {paper.public_id}: abstract redacted, 2 events redacted, copies cleared in 0 rows.\n"
    assert capsys.readouterr().out == said


def test_a_person_is_gone_wherever_the_name_stood(client, tmp_path, dump):
    name = "Jane Xylograph"
    rows = [paper_row("one", authors=[name], title="One"), paper_row("two", authors=[name, "B"])]
    load(dump(PAPERS, rows))
    load(dump(PAPERS, [rows[0], paper_row("two", authors=["B"])]))  # the event lists the names
    author = Author.objects.get(name=name)
    assert client.get(f"/author/{author.slug}").status_code == 200
    redact(author, "name")

    assert held() == []
    publicly_gone(client, tmp_path / "out", "/paper/one", f"/author/{author.slug}", "/api/v1/papers/")
    assert author.name == f"[redacted {author.pk}]"
    assert client.get("/author/jane-xylograph").status_code == 410
    assert f"[redacted {author.pk}]" in client.get("/paper/one").content.decode()

    report = load(dump(PAPERS, [*rows, paper_row("three", authors=["C", name])]))
    assert counts(report) == {PAPERS: (1, 1, 1, 0, 0)}
    assert [place.author_id for place in Paper.objects.get(slug="three").author_places.all()][1] == author.pk
    assert held() == []


def test_a_person_made_here_is_not_made_again_by_a_dump(dump):
    author = make_author(name="Jane Xylograph", source="form", slug="jane-xylograph")
    redact(author, "name")
    load(dump(PAPERS, [paper_row("one", authors=["Jane Xylograph"])]))
    assert [row.pk for row in Author.objects.all()] == [author.pk]
    assert held() == []


def test_a_method_is_gone_from_the_papers_that_told_it_otherwise(client, tmp_path, dump):
    first, second = ({"name": "LoRA", "description": f"Xylograph {number}"} for number in (1, 2))
    named = {"name": "Other", "description": "Fine"}
    rows = [paper_row("one", methods=[first]), paper_row("two", methods=[second, named])]
    load(dump(PAPERS, rows))
    method = Method.objects.get(name="LoRA")
    redact(method, "description")
    publicly_gone(client, tmp_path / "out", "/method/lora", "/paper/two")
    assert held() == []

    third = paper_row("three", methods=[second])
    load(dump(PAPERS, [rows[0], paper_row("two", methods=[second], title="Changed"), third]))
    assert (Paper.objects.get(slug="two").title, Paper.objects.get(slug="three").methods.get()) == ("Changed", method)
    assert held() == []
    assert set(Change.objects.exclude(redacted_at=None).values_list("redaction_reason", flat=True)) == {
        "Court order 12.",
        "Redacted before; a later dump brought it again.",
    }


class BrokenOff(Progress):
    """Breaks an import off once all its files are stored."""

    def say(self, step):
        if step == "second rows of one paper":
            raise KeyboardInterrupt


def test_a_copy_that_a_dump_brings_is_never_seen(dump):
    load(dump(PAPERS, [paper_row("one", methods=[{"name": "LoRA", "description": "Xylograph"}])]))
    redact(Method.objects.get(), "description")
    told = paper_row("two", methods=[{"name": "LoRA", "description": "Xylograph, otherwise"}])
    paths = [dump(PAPERS, [paper_row("one", methods=[{"name": "LoRA"}]), told])]
    with pytest.raises(KeyboardInterrupt):
        import_paths(paths, source=Source.ARCHIVE, progress=BrokenOff())
    assert (Paper.objects.count(), held()) == (2, [])


def test_a_result_that_waited_for_a_redacted_paper_loses_its_title(dump):
    one, two = paper_row("one", title="Xylograph", arxiv_id="2204.06745"), paper_row("two")
    load(dump(PAPERS, [one, two]))
    redact(Paper.objects.get(slug="one"), "title")
    load(dump(PAPERS, [two]))
    load(dump(TABLES, table_rows({"paper_url": "https://arxiv.org/abs/2204.06745", "paper_title": "Xylograph"})))
    assert (Claim.objects.get().paper, held()) == (None, ["leaderboards_claim"])
    load(dump(PAPERS, [one, two]))
    assert (Claim.objects.get().paper.slug, held()) == ("one", [])


def test_a_method_is_not_described_again_by_papers_beside_its_own_dump(dump):
    own = {"url": f"{OLD_SITE}/method/xylograph-net", "name": "Xylograph Net", "full_name": "Own", "description": "Plain"}
    carried = paper_row("one", methods=[{"name": "Xylograph Net", "full_name": "Told", "description": "An xylograph one"}])
    dumps = dump("methods.json", [own]), dump(PAPERS, [carried])
    load(*dumps)
    method = Method.objects.get()
    redact(method, "name", "description")
    assert held() == []
    load(dump("methods.json", [{**own, "num_papers": 4}]), dump(PAPERS, [{**carried, "title": "Changed"}]))
    method.refresh_from_db()
    assert (Method.objects.count(), method.archive_paper_count, method.full_name, method.removed_at) == (1, 4, "Own", None)
    assert held() == []


def test_a_title_is_gone_from_links_results_and_introductions(client, tmp_path, dump):
    address = f"{OLD_SITE}/paper/an-xylograph-title"
    paper = paper_row("an-xylograph-title", title="An xylograph title", abstract="Abstract")
    link = {**link_row("an-xylograph-title"), "paper_title": "Xylograph, otherwise"}
    result = {"paper_url": address, "paper_title": "An xylograph title"}
    dataset = {"name": "D", "url": f"{OLD_SITE}/dataset/d", "paper": {"title": "Xylograph", "url": address}}
    dumps = [(PAPERS, [paper]), (LINKS, [link]), ("datasets.json", [dataset]), (TABLES, table_rows(result))]
    load(*(dump(name, rows) for name, rows in dumps))
    call_command("relate_papers", "--all", verbosity=0)
    row, public_id = Paper.objects.get(), Paper.objects.get().public_id
    assert Dataset.objects.get(name="D").paper == row
    board = Leaderboard.objects.get().slug
    redact(row, "title")

    assert held() == []
    assert not RelatedPapers.objects.exists()
    publicly_gone(client, tmp_path / "out", f"/paper/{row.slug}", f"/sota/{board}", "/dataset/d", "/api/v1/papers/")
    assert client.get("/paper/an-xylograph-title").status_code == 410
    assert client.get(f"/paper/{row.slug}").status_code == 200

    changed = {**link, "is_official": True}
    new = [link_row("an-xylograph-title", "https://github.com/other/code", paper_title="Xylograph")]
    dumps = [(PAPERS, [{**paper, "abstract": "New"}]), (LINKS, [changed, *new]), ("datasets.json", [{**dataset, "warning": "w"}])]
    again = table_rows(result, {**result, "model_name": "Another"})
    load(*(dump(name, rows) for name, rows in [*dumps, (TABLES, again)]))
    row.refresh_from_db()
    assert (row.public_id, row.abstract, Paper.objects.count()) == (public_id, "New", 1)
    assert list(PaperRepository.objects.order_by("pk").values_list("paper", "is_official")) == [(row.pk, True), (row.pk, False)]
    assert [claim.paper_id for claim in Claim.objects.all()] == [row.pk, row.pk]
    assert (Dataset.objects.get(name="D").warning, Dataset.objects.get(name="D").paper) == ("w", row)
    assert held() == []


def test_a_task_and_a_dataset_are_gone_from_boards_and_results(client, tmp_path, dump):
    rows = table_rows({}, task="Xylograph Answering", dataset="Xylograph QA")
    load(dump(TABLES, rows), dump(PAPERS, [paper_row("one", tasks=["Xylograph Answering", "Xylograph Answering"])]))
    task, dataset, board = Task.objects.get(), Dataset.objects.get(), Leaderboard.objects.get()
    old = [f"/task/{task.slug}", f"/dataset/{dataset.slug}", f"/sota/{board.slug}"]
    assert [client.get(path).status_code for path in old] == [200, 200, 200]
    redact(task, "name")
    redact(dataset, "name")
    board.refresh_from_db()

    assert held() == []
    publicly_gone(client, tmp_path / "out", f"/task/{task.slug}", f"/sota/{board.slug}", "/tasks", "/datasets", "/sota")
    assert [client.get(path).status_code for path in old] == [410, 410, 410]

    more = table_rows({}, {"model_name": "Another"}, task="Xylograph Answering", dataset="Xylograph QA")
    more[0]["datasets"] += table_rows({}, dataset="Other")[0]["datasets"]
    load(dump(TABLES, more))
    assert (Task.objects.count(), Dataset.objects.count(), Leaderboard.objects.count(), Claim.objects.count()) == (1, 2, 2, 3)
    assert held() == []


def test_a_dataset_of_its_own_dump_is_not_described_by_boards(dump):
    own = {"name": "Xylograph QA", "description": "Own"}
    tables = table_rows({}, dataset="Xylograph QA")
    load(dump("datasets.json", [own]), dump(TABLES, tables))
    redact(Dataset.objects.get(), "name")
    tables[0]["datasets"][0]["description"] = "Told"
    load(dump("datasets.json", [own]), dump(TABLES, tables))
    assert Dataset.objects.get().description == "Own"
    assert held() == []


def test_spam_results_of_one_board_lose_their_names(dump, client, tmp_path):
    spam = [{"model_name": f"Xylograph {word}", "paper_title": "Xylograph ads", "metrics": {"Accuracy": "1"}} for word in "ab"]
    spam[1]["code_links"] = [{"title": "xylograph", "url": "https://example.org"}]
    load(dump(TABLES, table_rows(*spam, {"model_name": "Good"})))
    claims = list(Claim.objects.exclude(model_name="Good"))
    for claim in claims:
        history.remove(claim, reason="Spam.")
        redact(claim, "model_name", "paper_title", "code_links", reason="Spam.")
    assert [claim.model_name for claim in claims] == [f"[redacted {claim.pk}]" for claim in claims]
    assert held() == []
    publicly_gone(client, tmp_path / "out", f"/sota/{Leaderboard.objects.get().slug}")
    load(dump(TABLES, table_rows(*spam, {"model_name": "Good", "metrics": {"Accuracy": "2"}})))
    assert (Claim.objects.count(), Claim.objects.published().count()) == (3, 1)
    assert held() == []


def test_a_repository_loses_its_address(dump, tmp_path, client):
    links = [link_row("one", "https://github.com/xylograph/code"), link_row("one", "http://github.com/Xylograph/code/")]
    load(dump(LINKS, links))
    repository = Repository.objects.get()
    redact(repository, "url")
    assert held() == []
    publicly_gone(client, tmp_path / "out", "/paper/one")
    load(dump(LINKS, [{**links[0], "is_official": True}, links[1]]))
    assert (Repository.objects.count(), PaperRepository.objects.get().is_official) == (1, True)
    assert held() == []


def test_addresses_of_before_are_gone_too(client):
    task = make_task(name="Xylograph Answering", slug="xylograph-answering", source="form")
    SlugHistory.objects.create(kind="task", slug="xylograph-questions", target=task.public_id)
    redact(task, "name")
    answers = [client.get(f"/task/{slug}") for slug in ("xylograph-answering", "xylograph-questions")]
    assert [answer.status_code for answer in answers] == [410, 410]
    assert all("What stood at this address was redacted." in answer.content.decode() for answer in answers)
    assert all(task.slug not in answer.content.decode() for answer in answers)
    assert held() == []
    make_task(name="Another", slug="xylograph-answering", source="form")
    assert client.get("/task/xylograph-answering").status_code == 200


def test_an_address_that_says_nothing_of_it_stays(client):
    method = make_method(name="Xylograph", slug="lora", source="form")
    redact(method, "name")
    assert client.get("/method/lora").status_code == 200


def test_redacting_again_changes_nothing_more(dump, capsys):
    load(dump(PAPERS, [paper_row("one", authors=["Jane Xylograph"])]))
    author = Author.objects.get()
    redact(author, "name")
    before = Author.objects.values().get()
    redact(author, "name")
    after = Author.objects.values().get()
    assert {**before, "updated_at": None} == {**after, "updated_at": None}


def test_a_second_row_of_a_paper_is_named(dump, capsys):
    load(dump(PAPERS, [paper_row("one", arxiv_id="2204.06745"), paper_row("two", arxiv_id="2204.06745")]))
    first, second = Paper.objects.order_by("pk")
    redact(first, "title")
    said = f"A second row of the same paper keeps its own words: paper {second.public_id}."
    assert said in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--reason", " "], "Say why: --reason must not be empty."),
        (["--reason", "x", "--field", "date"], "date cannot be redacted in a paper: choose among abstract, arxiv_id,"),
        (["--reason", "x", "--field", "slug"], "slug cannot be redacted in a paper: choose among abstract, arxiv_id,"),
        (["--reason", "x", "--field", "removed_reason"], "removed_reason cannot be redacted in a paper: choose among abstract,"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, said):
    with pytest.raises(CommandError) as refusal:
        call_command("redact", str(make_paper().public_id), *words)
    assert str(refusal.value).startswith(said)


def test_a_public_id_of_nothing_is_named():
    stranger = uuid.uuid4()
    with pytest.raises(CommandError) as refusal:
        call_command("redact", str(stranger), "--reason", "x")
    assert str(refusal.value) == f"Nothing in the catalogue has the public id {stranger}."


def test_old_exports_are_named_and_removed_where_asked_for(tmp_path, settings, capsys, client):
    settings.EXPORTS = tmp_path / "exports"
    paper = make_paper(title="Xylograph", source="form")
    nightly.publish(progress=lambda line: None)
    folder = Path(ArchiveExport.objects.get().folder)
    redact(paper, "title")
    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .startswith("Exports on the download page that were made before, and may hold the content still: 1.")
    )
    with alone(), pytest.raises(CommandError, match="the old exports are still there. Another export is running"):
        call_command("redact", str(paper.public_id), "--reason", "x", "--remove-exports")
    call_command("redact", str(paper.public_id), "--reason", "x", "--remove-exports")
    assert capsys.readouterr().out.splitlines()[-1] == "Exports removed: 1. `export_archive --publish` makes a new one."
    assert (folder.exists(), client.get("/downloads/latest/papers-with-abstracts.json.gz").status_code) == (False, 404)
    call_command("redact", str(paper.public_id), "--reason", "x")
    assert "xports" not in capsys.readouterr().out


def test_what_was_submitted_about_it_is_emptied_and_that_it_was_stays(client):
    reader, staff = make_person(), make_person("staff")
    paper = make_paper(title="Kept", arxiv_id="1810.04805")
    board = make_board(task=make_task(), dataset=make_dataset())
    score = {"scores": [{"metric": "Accuracy", "value": "91.4"}], "board": board.slug, "table": "Table 1"}
    wanted = [
        ("paper", {"title": f"On {SECRET}", "url_abs": "https://example.org/paper", "note": SECRET}),
        ("edit", {"thing": "paper", "id": str(paper.public_id), "fields": {"abstract": SECRET}}),
        ("result", {**score, "model_name": "BERT", "paper": f"On {SECRET}"}),
    ]
    sent = [submissions.submit(kind, values, by=reader, via=Submission.Via.FORM) for kind, values in wanted]
    for each in sent:
        submissions.accept(each, by=staff)
    made = Paper.objects.get(title__contains=SECRET)
    assert Claim.objects.get(model_name="BERT").paper == made
    redact(made, "title")
    redact(paper, "abstract")
    assert held() == []
    for each in sent:
        each.refresh_from_db()
    assert [(each.state, each.submitter, each.title) for each in sent[:2]] == [("accepted", reader, "[redacted]")] * 2
    assert (sent[0].payload, sent[1].payload["thing"], sent[2].payload["table"]) == ({}, "paper", "Table 1")
    client.force_login(staff)
    assert [client.get(f"/submissions/{each.public_id}").status_code for each in sent] == [200] * 3
