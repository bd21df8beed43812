"""The commands that compute and judge related papers."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from papers.models import RelatedPapers
from papers.related import related_to
from portal.judged_dumps import read_catalogue
from portal.related_papers import dataset_uses, judged_catalogue, relate
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.portal.reading import read


def run(command, *arguments):
    """What a command printed, line by line."""
    output = StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue().splitlines()


def silent(line):
    """Nobody watches."""


@pytest.mark.django_db
def test_the_first_run_computes_all_papers_and_later_ones_only_what_is_new():
    make_paper(title="Parsing sentences"), make_paper(title="Parsing graphs")
    assert run("relate_papers") == ["Related papers were computed for 2 papers."]
    assert run("relate_papers") == ["Related papers were computed for 0 papers."]
    make_paper(title="Parsing trees")
    assert run("relate_papers") == ["Related papers were computed for 1 paper."]
    assert run("relate_papers", "--all") == ["Related papers were computed for 3 papers."]


@pytest.mark.django_db
def test_results_on_the_same_dataset_are_a_reason():
    first, second, other = (make_paper(title=title) for title in ("Parsing", "Chess", "Lungs"))
    board = make_board(dataset=make_dataset(name="MNIST"))
    for paper in (first, second):
        make_result(board, paper=paper)
    make_result(board, paper=other, removed_at="2020-01-01T00:00Z", removed_reason="Wrong.")
    make_result(board)
    assert sorted(dataset_uses()) == sorted((paper.pk, board.dataset_id, board.task_id) for paper in (first, second))
    relate(progress=silent)
    assert [(paper.pk, paper.reason) for paper in related_to(first)] == [(second.pk, "same dataset: MNIST")]


@pytest.mark.django_db
def test_the_page_of_a_paper_says_why_another_is_related(client):
    task = make_task(name="Parsing <of> sentences")
    first = make_paper(title="Parsing graphs", tasks=[task])
    make_paper(title="Parsing trees", tasks=[task], date=date(2020, 1, 2))
    for title in ("Lungs", "Chess", "Walls"):
        make_paper(title=title)
    before = read(client.get(f"/paper/{first.slug}")).main
    relate(progress=silent)
    after = read(client.get(f"/paper/{first.slug}")).main
    assert "Parsing trees" in before
    assert "same task" not in before
    assert "Parsing trees same task: Parsing <of> sentences; similar title" in after


@pytest.mark.django_db
def test_what_is_stored_leaves_no_trace_in_the_history_of_papers():
    from papers.models import Change

    make_paper(title="Parsing sentences"), make_paper(title="Parsing graphs")
    before = Change.objects.count()
    relate(progress=silent)
    assert RelatedPapers.objects.count() == 2
    assert Change.objects.count() == before


@pytest.mark.django_db
def test_the_database_and_the_dumps_of_it_are_judged_alike(tmp_path):
    task, board_task = make_task(name="Parsing"), make_task(name="Speed")
    papers = [make_paper(title=f"Parsing graphs {word}", tasks=[task], date=date(2020, 1, 1)) for word in ("fast", "slow")]
    make_paper(title="Lungs")
    board = make_board(task=board_task, dataset=make_dataset(name="Bank"))
    for paper in papers:
        make_result(board, paper=paper)
    catalogue = judged_catalogue(progress=silent)
    assert catalogue.features.ids.tolist() == [*(paper.pk for paper in papers), papers[1].pk + 1]
    assert catalogue.dates.tolist() == [date(2020, 1, 1).toordinal()] * 2 + [-1]
    assert sorted(map(tuple, catalogue.uses.tolist())) == sorted((paper.pk, board.dataset_id, board_task.pk) for paper in papers)
    assert catalogue.features.tasks.ids.tolist() == [task.pk]
    with pytest.raises(CommandError, match="too few papers"):
        run("judge_related")


def table(task, titles, *, url="https://arxiv.org/abs/1706.03762v2"):
    rows = [{"model_name": "M", "paper_title": title, "paper_url": url, "metrics": {"F1": "1"}} for title in titles]
    return {"task": task, "datasets": [{"dataset": f"Data of {task}", "sota": {"metrics": ["F1"], "rows": rows}}], "subtasks": []}


@pytest.fixture
def dumps(tmp_path):
    """A folder with two tables that spell a task differently, and one paper with an abstract."""
    folder = tmp_path / "evaluation-tables"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([table("Parsing", ["Parsing graphs", "Parsing trees", "Sentence parsing"])]))
    (folder / "b.json").write_text(
        json.dumps([table("PARSING", ["parsing  Graphs", "Quick parsing"]), table("Chess", ["Winning"])])
    )
    paper = {
        "paper_url": "https://paperswithcode.com/paper/winning",
        "title": "Winning",
        "abstract": "A graph.",
        "tasks": ["chess"],
    }
    (tmp_path / "papers-with-abstracts.json").write_text(json.dumps([paper]))
    return tmp_path


def test_dumps_become_a_catalogue_in_which_a_title_is_a_paper_and_a_name_a_task(dumps):
    catalogue = read_catalogue([dumps])
    assert len(catalogue.features.ids) == 5
    assert catalogue.features.tasks.papers().tolist() == [1, 4]
    assert catalogue.uses.tolist() == [[0, 1, 0], [1, 0, 1], [2, 0, 1], [3, 0, 1], [4, 0, 1]]
    assert catalogue.dates.tolist() == [date(2017, 6, 1).toordinal()] * 5
    assert catalogue.features.text[[0]].nnz == 2


def test_dumps_are_judged_without_a_database(dumps):
    lines = run("judge_related", str(dumps), "--sample", "10")
    assert lines[0].startswith("Weights chosen on 2 papers: text 1, tasks ")
    assert lines[3] == "All 2 papers"
    assert [line.split("  ")[0] for line in lines[4:10]] == [
        "way", "newest of the same task", "text alone", "tags alone", "the mix, as shipped", "the mix, as chosen",
    ]  # fmt: skip
    assert run("judge_related", str(dumps), "--sample", "10") == lines


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["/nowhere"], "/nowhere does not exist; give dumps of the archive or folders of them."),
        (["--sample", "3"], "--sample must be from 4 to 100,000."),
        (["--seed", "-1"], "--seed must not be negative."),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_sentence(arguments, sentence):
    with pytest.raises(CommandError) as refused:
        run("judge_related", *arguments)
    assert str(refused.value) == sentence


def test_a_file_that_is_no_dump_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "x.json").write_text('[{"a": 1}]')
    with pytest.raises(CommandError, match="is no dump"):
        run("judge_related", str(tmp_path))


def test_the_real_titles_are_judged_and_the_mix_beats_the_old_way(shared_data):
    found = read_catalogue([shared_data / "pwc" / "archive" / "evaluation-tables"])
    from papers.relating.judging import judge

    judgement = judge(found, sample=2_000)
    ways = {score.way: score.precision for score in judgement.all_papers}
    assert ways["the mix, as shipped"].low > ways["newest of the same task"].high
