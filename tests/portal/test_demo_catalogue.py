"""The demo catalogue's files: their format, their sources, and that they agree with one another. No database."""

import datetime
import json
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "portal" / "demo"
SITE = "https://paperswithcode.com"
NEOX_URL = f"{SITE}/paper/gpt-neox-20b-an-open-source-autoregressive-1"

PAPER_KEYS = {
    "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf",
    "proceeding", "authors", "tasks", "date", "conference_url_abs", "conference_url_pdf", "conference", "reproduces_paper",
    "methods",
}  # fmt: skip
METHOD_KEYS = {
    "name", "full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url", "main_collection",
}  # fmt: skip
LINK_KEYS = {
    "paper_url", "paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf", "repo_url", "is_official",
    "mentioned_in_paper", "mentioned_in_github", "framework",
}  # fmt: skip
TASK_KEYS = {"task", "description", "categories", "subtasks", "synonyms", "source_link", "datasets"}
DATASET_KEYS = {"dataset", "description", "dataset_links", "dataset_citations", "subdatasets", "sota"}
ROW_KEYS = {
    "model_name", "paper_title", "paper_url", "paper_date", "code_links", "model_links", "metrics", "uses_additional_data",
}  # fmt: skip
FRAMEWORKS = {"none", "pytorch", "tf", "jax", "mxnet", "torch", "caffe2", "paddle", "mindspore"}
PERCENT_METRICS = {
    "Accuracy", "Accuracy (Middle)", "Accuracy (High)", "EM", "F1", "Overall", "In-domain", "Out-of-domain", "Average (%)",
    "% true", "% info",
}  # fmt: skip
AREAS = {"Natural Language Processing", "Reasoning", "Methodology"}


def load(name):
    return json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))


PAPERS = load("papers-with-abstracts")
LINKS = load("links-between-papers-and-code")
TABLES = load("evaluation-tables")


def walk(tasks):
    for task in tasks:
        yield task
        yield from walk(task["subtasks"])


BOARDS = [(task["task"], dataset) for task in walk(TABLES) for dataset in task["datasets"]]
ROWS = [(f"{task} on {dataset['dataset']}", row) for task, dataset in BOARDS for row in dataset["sota"]["rows"]]
BY_URL = {paper["url_abs"]: paper for paper in PAPERS if paper["url_abs"]}
NEOX = next(paper for paper in PAPERS if paper["paper_url"] == NEOX_URL)


@pytest.fixture(scope="module")
def shared():
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data")) / "pwc"
    if not folder.is_dir():
        answer = pytest.fail if os.environ.get("CI") else pytest.skip
        answer("no sample data: set SHARED_DATA to its folder")
    return folder


def archive_keys(record):
    return {key: value for key, value in record.items() if not key.startswith("_")}


def own_keys(record):
    return {key for key in record if key.startswith("_")}


def old_site_slug(title):
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = ""
    for word in re.findall(r"[a-z0-9]+", folded):
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > 45:
            break
        slug = longer
    return slug


def is_text_or_null(value):
    return value is None or (isinstance(value, str) and value.strip() == value != "")


def test_papers_have_the_archives_keys_and_no_other_than_ours():
    for paper in PAPERS:
        assert set(archive_keys(paper)) == PAPER_KEYS, paper["paper_url"]
        assert own_keys(paper) <= {"_abstract_by", "_sources", "_code_count"}, paper["paper_url"]


def test_papers_have_the_archives_types():
    for paper in PAPERS:
        lists = {key for key in PAPER_KEYS if isinstance(paper[key], list)}
        assert lists == {"authors", "tasks", "methods"}, paper["paper_url"]
        assert all(is_text_or_null(paper[key]) for key in PAPER_KEYS - lists), paper["paper_url"]
        assert all(isinstance(name, str) and name == name.strip() != "" for name in paper["authors"] + paper["tasks"])
        assert len(set(paper["authors"])) == len(paper["authors"]), paper["paper_url"]
        assert paper["tasks"] and len(set(paper["tasks"])) == len(paper["tasks"]), paper["paper_url"]
        assert paper["short_abstract"] is None


def test_the_catalogue_is_large_enough_to_look_alive():
    assert len(PAPERS) >= 60
    assert len(BOARDS) >= 12
    assert len(ROWS) >= 200
    assert len({link["paper_url"] for link in LINKS}) >= 40


def test_slugs_follow_the_old_sites_rule_and_are_unique():
    urls = [paper["paper_url"] for paper in PAPERS]
    assert len(set(urls)) == len(urls)
    for paper in PAPERS:
        slug = re.escape(old_site_slug(paper["title"]))
        assert re.fullmatch(rf"{re.escape(SITE)}/paper/{slug}(-[1-9])?", paper["paper_url"]), paper["paper_url"]


def test_arxiv_ids_titles_and_addresses_are_unique():
    for key in ("arxiv_id", "title", "url_abs"):
        counts = Counter(paper[key] for paper in PAPERS if paper[key])
        assert [value for value, times in counts.items() if times > 1] == []


def test_arxiv_papers_link_to_their_arxiv_record():
    for paper in PAPERS:
        if paper["arxiv_id"]:
            assert re.fullmatch(r"\d{4}\.\d{4,5}", paper["arxiv_id"])
            assert re.fullmatch(rf"https://arxiv\.org/abs/{paper['arxiv_id']}(v1)?", paper["url_abs"])
            assert paper["url_pdf"] == paper["url_abs"].replace("/abs/", "/pdf/") + ".pdf"


def test_dates_are_real_days_and_fit_the_arxiv_number():
    for paper in PAPERS:
        if paper["date"] is None:
            assert paper["arxiv_id"] is None
            continue
        day = datetime.date.fromisoformat(paper["date"])
        assert datetime.date(2016, 1, 1) <= day <= datetime.date(2025, 7, 31), paper["paper_url"]
        if paper["arxiv_id"]:
            announced = datetime.date(2000 + int(paper["arxiv_id"][:2]), int(paper["arxiv_id"][2:4]), 1)
            # A paper sent on the last day of a month may get the next month's number.
            assert day.replace(day=1) in {announced, (announced - datetime.timedelta(days=1)).replace(day=1)}, paper["title"]


def test_every_abstract_is_labelled_as_the_portals_own_words():
    for paper in PAPERS:
        label = paper.get("_abstract_by")
        assert label == ("portal" if paper["abstract"] else None), paper["paper_url"]


def test_summaries_are_two_to_four_sentences_and_name_a_source():
    for paper in PAPERS:
        if paper["abstract"]:
            sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", paper["abstract"])
            assert 2 <= len(sentences) <= 4, paper["title"]
            assert 120 <= len(paper["abstract"]) <= 900, paper["title"]
            assert paper["_sources"][0] == {"title": paper["title"], "url": paper["url_abs"]}


def test_no_summary_repeats_eight_words_of_the_authors_abstract(shared):
    seed = json.loads((shared / "archive-seed" / "papers-with-abstracts.json").read_text(encoding="utf-8"))
    theirs = re.findall(r"[a-z0-9]+", seed[0]["abstract"].lower())
    runs = {tuple(theirs[i : i + 8]) for i in range(len(theirs) - 7)}
    ours = re.findall(r"[a-z0-9]+", NEOX["abstract"].lower())
    assert NEOX["abstract"] != seed[0]["abstract"]
    assert [run for run in zip(*(ours[i:] for i in range(8)), strict=False) if run in runs] == []


def test_methods_have_the_archives_keys():
    methods = [method for paper in PAPERS for method in paper["methods"]]
    assert len(methods) >= 5
    for method in methods:
        assert set(method) == METHOD_KEYS
        assert method["source_url"] in BY_URL
        assert method["introduced_year"] == int(BY_URL[method["source_url"]]["date"][:4])
        collection = method["main_collection"]
        assert collection is None or set(collection) == {"name", "description", "parent", "area"}


def test_the_neox_paper_has_all_that_its_page_needs():
    assert len(NEOX["authors"]) == 17
    assert (NEOX["authors"][0], NEOX["authors"][-1]) == ("Sid Black", "Samuel Weinbach")
    assert NEOX["date"] == "2022-04-14"
    assert NEOX["proceeding"] == "BigScience (ACL) 2022 5"
    assert NEOX["tasks"] == ["Multi-task Language Understanding", "Language Modelling"]
    assert NEOX["_code_count"] == 11


def test_the_neox_paper_differs_from_the_archives_only_in_the_summary(shared):
    seed = json.loads((shared / "archive-seed" / "papers-with-abstracts.json").read_text(encoding="utf-8"))
    differing = {key for key in PAPER_KEYS if NEOX[key] != seed[0][key]}
    assert differing == {"abstract"}


def test_its_related_papers_are_those_of_the_archive(shared):
    seed = json.loads((shared / "archive-seed" / "papers-with-abstracts.json").read_text(encoding="utf-8"))
    assert len(seed) == 9
    for record in seed[1:]:
        assert record in PAPERS


def test_its_two_results_are_those_of_the_archive(shared):
    seed = json.loads((shared / "archive-seed" / "evaluation-tables.json").read_text(encoding="utf-8"))
    for table in seed:
        ours = [dataset for task, dataset in BOARDS if task == table["task"] and dataset["dataset"] == "MML"]
        assert len(ours) == 1
        assert ours[0]["sota"]["metrics"] == ["Average (%)"]
        assert [archive_keys(row) for row in ours[0]["sota"]["rows"]] == table["datasets"][0]["sota"]["rows"]


def test_its_code_is_fewer_than_counted_and_one_is_official():
    links = [link for link in LINKS if link["paper_url"] == NEOX_URL]
    assert [link["repo_url"] for link in links if link["is_official"]] == ["https://github.com/EleutherAI/gpt-neox"]
    assert 4 <= len(links) < NEOX["_code_count"]


def test_links_have_the_archives_keys_and_types():
    for link in LINKS:
        assert set(link) == LINK_KEYS
        assert isinstance(link["is_official"], bool)
        assert {link["mentioned_in_paper"], link["mentioned_in_github"]} <= {True, False, None}
        assert link["framework"] in FRAMEWORKS
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+(/tree/\w+/[\w/.-]+)?", link["repo_url"]), link["repo_url"]


def test_links_belong_to_papers_of_the_catalogue_and_do_not_repeat():
    papers = {paper["paper_url"]: paper for paper in PAPERS}
    for link in LINKS:
        paper = papers[link["paper_url"]]
        said = (link["paper_title"], link["paper_arxiv_id"], link["paper_url_abs"], link["paper_url_pdf"])
        assert said == (paper["title"], paper["arxiv_id"], paper["url_abs"], paper["url_pdf"])
    pairs = Counter((link["paper_url"], link["repo_url"].lower()) for link in LINKS)
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_tables_have_the_archives_keys_and_types():
    for task in walk(TABLES):
        assert set(task) == TASK_KEYS
        assert task["description"] and set(task["categories"]) <= AREAS and task["categories"]
        assert task["datasets"], task["task"]
        for dataset in task["datasets"]:
            assert set(dataset) == DATASET_KEYS
            assert dataset["description"] and dataset["subdatasets"] == []
            assert set(dataset["sota"]) == {"metrics", "rows"}
            assert dataset["sota"]["metrics"] and dataset["sota"]["rows"], dataset["dataset"]


def test_rows_have_the_archives_keys_and_string_values():
    for board, row in ROWS:
        assert set(archive_keys(row)) == ROW_KEYS, board
        assert own_keys(row) <= {"_sources", "_as_printed"}, board
        assert isinstance(row["uses_additional_data"], bool)
        assert row["metrics"] and all(isinstance(value, str) for value in row["metrics"].values()), row["model_name"]


def test_boards_and_the_models_on_them_do_not_repeat():
    names = Counter((task, dataset["dataset"]) for task, dataset in BOARDS)
    assert [name for name, times in names.items() if times > 1] == []
    models = Counter((board, row["model_name"]) for board, row in ROWS)
    assert [model for model, times in models.items() if times > 1] == []


def test_every_row_states_the_metric_that_ranks_its_board_and_no_unknown_one():
    for _, dataset in BOARDS:
        metrics = dataset["sota"]["metrics"]
        for row in dataset["sota"]["rows"]:
            assert metrics[0] in row["metrics"], row["model_name"]
            assert set(row["metrics"]) <= set(metrics), row["model_name"]


def test_values_are_numbers_on_one_scale():
    for board, row in ROWS:
        for metric, value in row["metrics"].items():
            number = float(value.removesuffix("M"))
            assert number > 0, (board, row["model_name"])
            if metric in PERCENT_METRICS:
                assert 5 <= number <= 100, (board, row["model_name"])


def test_converted_values_keep_the_figure_as_printed():
    converted = [(row["metrics"], row["_as_printed"]) for _, row in ROWS if "_as_printed" in row]
    assert len(converted) >= 10
    for metrics, printed in converted:
        for metric, text in printed.items():
            assert float(metrics[metric]) == pytest.approx(float(text) * 100)


def test_every_row_names_a_paper_of_the_catalogue_or_none_at_all():
    for board, row in ROWS:
        if row["paper_url"]:
            paper = BY_URL[row["paper_url"]]
            assert (row["paper_title"], row["paper_date"]) == (paper["title"], paper["date"]), (board, row["model_name"])
        else:
            assert (row["paper_title"], row["paper_date"]) == ("", None), (board, row["model_name"])


def test_every_row_says_where_its_value_comes_from():
    for board, row in ROWS:
        sources = row["_sources"]
        assert sources, (board, row["model_name"])
        assert all(set(source) == {"title", "url"} and source["url"].startswith("https://") for source in sources)
        assert len({source["url"] for source in sources}) == len(sources), (board, row["model_name"])


def test_old_board_addresses_are_unique_and_within_the_old_limit():
    links = [link["url"] for _, dataset in BOARDS for link in dataset["dataset_links"]]
    assert len(set(links)) == len(links) >= 12
    for url in links:
        slug = url.removeprefix(f"{SITE}/sota/")
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) and len(slug) <= 45, url


def test_task_names_are_spelled_one_way_and_every_board_has_papers():
    boards = {task["task"] for task in walk(TABLES)}
    tagged = {name for paper in PAPERS for name in paper["tasks"]}
    spellings = Counter(name.casefold() for name in boards | tagged)
    assert [name for name, times in spellings.items() if times > 1] == []
    assert boards <= tagged


def test_task_names_are_names_of_the_archive(shared):
    lines = (shared / "final-task-names.txt").read_text(encoding="utf-8").splitlines()
    known = {json.loads(line) for line in lines if line.strip()}
    used = {task["task"] for task in walk(TABLES)} | {name for paper in PAPERS for name in paper["tasks"]}
    assert used - known == set()
