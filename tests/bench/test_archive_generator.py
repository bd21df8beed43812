"""The made-up archive: what the manifest says of it is there, and one seed makes it again."""

import gzip
import json
import re
from collections import Counter

import pytest

from bench.archive_generator.__main__ import main
from bench.archive_generator.dumps import FILES, Wanted, generate
from bench.archive_generator.faults import CELL_KINDS, FAULTS
from papers.slugs import slugify_title

SEED, SCALE = 7, 0.002

PAPER_KEYS = {
    "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf", "proceeding",
    "authors", "tasks", "date", "conference_url_abs", "conference_url_pdf", "conference", "reproduces_paper", "methods",
}  # fmt: skip
CARRIED_METHOD_KEYS = {
    "name", "full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url", "main_collection",
}  # fmt: skip
LINK_KEYS = {
    "paper_url", "paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf", "repo_url", "is_official", "mentioned_in_paper",
    "mentioned_in_github", "framework",
}  # fmt: skip
TASK_KEYS = {"task", "description", "categories", "subtasks", "datasets", "synonyms", "source_link"}
BOARD_KEYS = {"dataset", "description", "dataset_links", "dataset_citations", "subdatasets", "sota"}
RESULT_KEYS = {
    "model_name", "paper_title", "paper_url", "paper_date", "code_links", "model_links", "metrics", "uses_additional_data",
}  # fmt: skip
METHOD_KEYS = {
    "url", "name", "full_name", "description", "paper", "introduced_year", "source_url", "source_title", "code_snippet_url",
    "num_papers", "collections",
}  # fmt: skip
DATASET_KEYS = {
    "url", "name", "full_name", "homepage", "description", "short_description", "parent_dataset", "image", "paper",
    "introduced_date", "warning", "modalities", "tasks", "languages", "variants", "num_papers", "data_loaders",
}  # fmt: skip


class Written:
    """What one run wrote, read back by the standard library alone."""

    def __init__(self, directory, **options):
        self.manifest = generate(directory, wanted=Wanted(seed=options.pop("seed", SEED), scale=SCALE, **options))
        self.bytes = {name: (directory / file).read_bytes() for name, file in FILES.items() if (directory / file).exists()}
        self.text = {name: gzip.decompress(content).decode() for name, content in self.bytes.items()}
        self.rows = {name: json.loads(text) for name, text in self.text.items()}
        self.counts, self.faults = self.manifest["counts"], self.manifest["faults"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("next"), later=True)


def places(rows, path=()):
    """Every task at every place, with the names above it."""
    for task in rows:
        yield task, path
        yield from places(task["subtasks"], (*path, task["task"]))


def boards(rows):
    """Every board once, by task and dataset string."""
    return {(task["task"], board["dataset"]): board for task, _ in places(rows) for board in task["datasets"]}


def results(rows):
    return [row for board in boards(rows).values() for row in board["sota"]["rows"]]


def test_one_seed_gives_the_same_bytes(base, tmp_path):
    assert Written(tmp_path).bytes == base.bytes


def test_another_seed_gives_another_archive(base, tmp_path):
    other = Written(tmp_path, seed=SEED + 1, files=("methods",))
    assert other.bytes["methods"] != base.bytes["methods"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_written_alone_is_the_same(base, tmp_path, name):
    assert Written(tmp_path, files=(name,)).bytes == {name: base.bytes[name]}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_one_line_with_as_many_rows_as_the_manifest_says(base, name):
    assert "\n" not in base.text[name].rstrip("\n")
    assert base.manifest["files"][FILES[name]] == {
        "rows": len(base.rows[name]),
        "bytes": len(base.bytes[name]),
        "raw_bytes": len(base.text[name].encode()),
    }


def test_the_manifest_lies_beside_the_files(tmp_path):
    manifest = generate(tmp_path, wanted=Wanted(seed=SEED, scale=SCALE, files=("methods",)))
    assert json.loads((tmp_path / "manifest.json").read_text()) == manifest


@pytest.mark.parametrize(
    ("name", "keys"),
    [("papers", PAPER_KEYS), ("links", LINK_KEYS), ("tables", TASK_KEYS), ("methods", METHOD_KEYS), ("datasets", DATASET_KEYS)],
)
def test_rows_have_the_documented_keys_in_many_orders(base, name, keys):
    orders = {tuple(row) for row in base.rows[name]}
    assert {frozenset(order) for order in orders} == {frozenset(keys)}
    assert len(orders) > 3


def test_what_stands_inside_of_rows_has_the_documented_keys_too(base):
    inside = {
        "methods": {frozenset(method) for paper in base.rows["papers"] for method in paper["methods"]},
        "tasks": {frozenset(task) for task, _ in places(base.rows["tables"])},
        "boards": {frozenset(board) for board in boards(base.rows["tables"]).values()},
        "results": {frozenset(row) for row in results(base.rows["tables"])},
    }
    assert inside == {
        "methods": {frozenset(CARRIED_METHOD_KEYS)},
        "tasks": {frozenset(TASK_KEYS)},
        "boards": {frozenset(BOARD_KEYS)},
        "results": {frozenset(RESULT_KEYS)},
    }


def test_white_space_and_escapes_differ_within_a_file(base):
    assert {
        bool(re.search(pattern, base.text["papers"])) for pattern in (r'"title": "', r'"title":"', r"\\u00", r"[^\x00-\x7f]")
    } == {True}


def test_papers_are_as_many_as_the_manifest_says(base):
    papers = base.rows["papers"]
    assert {name: base.counts[name] for name in ("papers", "author_links", "task_links", "method_links", "distinct_authors")} == {
        "papers": len(papers),
        "author_links": sum(len(paper["authors"]) for paper in papers),
        "task_links": sum(len(paper["tasks"]) for paper in papers),
        "method_links": sum(len(paper["methods"]) for paper in papers),
        "distinct_authors": len({author for paper in papers for author in paper["authors"]}),
    }
    assert len({paper["paper_url"] for paper in papers}) == len(papers)
    assert len({paper["arxiv_id"] for paper in papers}) == sum(paper["arxiv_id"] is not None for paper in papers) + 1


def test_links_are_as_many_as_the_manifest_says(base):
    pairs = [(link["paper_url"], repository(link)) for link in base.rows["links"]]
    assert {name: base.counts[name] for name in ("links", "distinct_links", "papers_with_code", "repositories")} == {
        "links": len(pairs),
        "distinct_links": len(set(pairs)),
        "papers_with_code": len({paper for paper, _ in pairs}),
        "repositories": len({repository for _, repository in pairs}),
    }


def repository(link):
    return link["repo_url"].lower().removesuffix("/").removesuffix(".git")


def test_tables_are_as_many_as_the_manifest_says(base):
    tables = base.rows["tables"]
    every = list(places(tables))
    shown = [board for task, _ in every for board in task["datasets"]]
    rows = results(tables)
    found = {
        "top_level_tasks": len(tables),
        "tasks": len({task["task"] for task, _ in every}),
        "task_places": len(every),
        "board_places": len(shown),
        "result_places": sum(len(board["sota"]["rows"]) for board in shown),
        "boards": len(boards(tables)),
        "results": len(rows),
        "metric_names": len({metric for board in shown for metric in board["sota"]["metrics"]}),
        "cells": sum(len(row["metrics"]) for row in rows),
    }
    assert {name: base.counts[name] for name in found} == found


def test_a_repeated_task_has_the_same_boards_or_none(base):
    home = boards(base.rows["tables"])
    repeated = [(task["task"], board) for task, _ in places(base.rows["tables"]) for board in task["datasets"]]
    assert len(repeated) > len(home)
    assert all(home[task, board["dataset"]] == board for task, board in repeated)


def test_every_fault_of_the_table_is_planted(base):
    assert set(base.faults) == {fault.key for fault in FAULTS}
    assert min(base.faults.values()) >= 1


PAPER_FAULTS = {
    "papers.title_null": lambda paper: paper["title"] is None,
    "papers.abstract_null": lambda paper: paper["abstract"] is None,
    "papers.url_abs_null": lambda paper: paper["url_abs"] is None,
    "papers.date_null": lambda paper: paper["date"] is None,
    "papers.date_empty": lambda paper: paper["date"] == "",
    "papers.date_1900": lambda paper: paper["date"] == "1900-01-01",
    "papers.date_future": lambda paper: (paper["date"] or "") > "2025-07-24",
    "papers.task_nameless": lambda paper: "" in paper["tasks"],
    "papers.slug_arxiv": lambda paper: (
        paper["paper_url"] == f"https://paperswithcode.com/paper/{(paper['arxiv_id'] or '.').replace('.', '')}"
    ),
    "papers.proceeding_slug": lambda paper: re.fullmatch(r"[a-z0-9-]+", paper["proceeding"] or ""),
}
LINK_FAULTS = {
    "links.framework_none": lambda link: link["framework"] == "none",
    "links.repository_git": lambda link: link["repo_url"].endswith(".git"),
    "links.repository_slash": lambda link: link["repo_url"].endswith("/"),
    "links.not_github": lambda link: not link["repo_url"].startswith("https://github.com/"),
    "links.mentioned_null": lambda link: link["mentioned_in_github"] is None,
}
METHOD_FAULTS = {
    "methods.spam": lambda method: re.search(r"555|enter a description", method["description"]),
    "methods.no_collection": lambda method: method["collections"] == [],
}
DATASET_FAULTS = {
    "datasets.spam": lambda dataset: re.search(r"555|enter a description", dataset["description"]),
    "datasets.date_null": lambda dataset: dataset["introduced_date"] is None,
    "datasets.no_variants": lambda dataset: dataset["variants"] == [],
}
CASES = {"papers": PAPER_FAULTS, "links": LINK_FAULTS, "methods": METHOD_FAULTS, "datasets": DATASET_FAULTS}


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name, faults in CASES.items() for fault in faults])
def test_as_many_rows_have_a_fault_as_the_manifest_says(base, name, fault):
    assert sum(bool(CASES[name][fault](row)) for row in base.rows[name]) == base.faults[fault]


def test_a_duplicate_paper_is_the_page_that_its_preprint_names_as_conference(base):
    by_slug = {paper["paper_url"].rsplit("/", 1)[1]: paper for paper in base.rows["papers"]}
    pairs = [(paper, by_slug[paper["conference"]]) for paper in base.rows["papers"] if paper["conference"] in by_slug]
    assert 0 < len(pairs) <= base.faults["papers.duplicate"]
    assert all(re.search(r"-\d+$", page["paper_url"]) and page["arxiv_id"] is None for _, page in pairs)
    assert all((page["title"], page["authors"]) == (paper["title"], paper["authors"]) for paper, page in pairs)


def test_spam_methods_are_carried_by_innocent_papers(base):
    spam = {method["name"] for method in base.rows["methods"] if METHOD_FAULTS["methods.spam"](method)}
    carriers = [paper for paper in base.rows["papers"] if spam & {method["name"] for method in paper["methods"]}]
    assert len(carriers) >= base.faults["papers.spam_method"]


def test_the_graph_of_tasks_has_cycles_and_boards_in_nested_tasks_alone(base):
    every = list(places(base.rows["tables"]))
    top = {task["task"] for task in base.rows["tables"]}
    assert any(task["task"] in path for task, path in every)
    assert any(task["datasets"] and task["task"] not in top for task, _ in every)
    assert any(len(path) >= 2 and task["task"] not in path for task, path in every)
    assert "" in {task["task"] for task, _ in every}


def test_some_addresses_of_tasks_do_not_follow_from_their_names(base):
    urls = {place["task"]: place["url"] for dataset in base.rows["datasets"] for place in dataset["tasks"]}
    odd = [name for name, url in urls.items() if url != f"https://paperswithcode.com/task/{slugify_title(name)}"]
    assert 0 < len(odd) < 0.2 * len(urls)


def test_some_board_strings_are_known_by_variants_alone(base):
    names = {dataset["name"] for dataset in base.rows["datasets"]}
    variants = {variant for dataset in base.rows["datasets"] for variant in dataset["variants"]}
    strings = Counter(board for _, board in boards(base.rows["tables"]))
    by_variant = sum(count for text, count in strings.items() if text in variants - names)
    unknown = sum(count for text, count in strings.items() if text not in variants | names)
    assert by_variant == base.faults["tables.board_variant"]
    assert unknown == base.faults["tables.board_unmapped"] + base.faults["tables.board_vandal"]


def test_rows_name_their_papers_in_every_way(base):
    found = Counter(naming(row) for row in results(base.rows["tables"]))
    assert found == {name: base.faults[f"tables.row_{name}"] for name in ("arxiv", "conference", "pwc", "title_only", "no_paper")}


def naming(row):
    url = row["paper_url"]
    if not url:
        return "title_only" if row["paper_title"] else "no_paper"
    return "arxiv" if "arxiv.org" in url else "pwc" if "paperswithcode.com" in url else "conference"


CELLS = {
    "plain": r"-?\d+(\.\d+)?",
    "percent": r"-?\d+(\.\d+)? ?%",
    "scaled": r"\d+(\.\d+)? ?[KMBG]",
    "deviation": r"\d+(\.\d+)? ?(±|\+/-) ?[\d.]+",
    "footnote": r"\d+(\.\d+)?([*†]|\*\*)",
    "thousands_comma": r"\d+,\d{3}(\.5)?",
    "decimal_comma": r"\d+,\d\d?",
    "byte_order_mark": "\ufeff.*",
    "bold": r"\*\*.*\*\*",
    "placeholder": r"-|--|N/A|n/a|—|",
}


@pytest.mark.parametrize("kind", CELLS)
def test_as_many_cells_are_of_a_kind_as_the_manifest_says(base, kind):
    cells = [cell for row in results(base.rows["tables"]) for cell in row["metrics"].values()]
    found = sum(isinstance(cell, str) and bool(re.fullmatch(CELLS[kind], cell)) for cell in cells)
    assert found == base.manifest["cell_kinds"][kind]


def test_cells_are_of_their_kinds_in_the_real_proportions(base):
    kinds, cells = base.manifest["cell_kinds"], base.counts["cells"]
    assert sum(kinds.values()) == cells
    shares = {kind: kinds[kind] / cells for kind in kinds}
    assert shares == pytest.approx({"plain": 1 - sum(CELL_KINDS.values()), **CELL_KINDS}, abs=0.01)


def test_json_numbers_stand_beside_text(base):
    cells = [cell for row in results(base.rows["tables"]) for cell in row["metrics"].values()]
    assert sum(not isinstance(cell, str) for cell in cells) == base.manifest["cell_kinds"]["json_number"]


def test_a_later_dump_changes_what_its_manifest_says(base, later):
    for name, key in (("papers", lambda row: row["paper_url"]), ("links", lambda row: (row["paper_url"], row["repo_url"]))):
        assert compared(base.rows[name], later.rows[name], key) == later.manifest["changes"][name]


def test_a_later_dump_changes_results_too(base, later):
    def keyed(rows):
        return [{**row, "board": board} for board, table in boards(rows).items() for row in table["sota"]["rows"]]

    # Of rows that repeat a model and paper the last one counts: repeated rows never change.
    found = compared(
        keyed(base.rows["tables"]), keyed(later.rows["tables"]), lambda row: (row["board"], row["model_name"], row["paper_title"])
    )
    assert found == later.manifest["changes"]["results"]


def compared(old, new, key):
    before, after = {key(row): row for row in old}, {key(row): row for row in new}
    return {
        "changed": sum(after[name] != row for name, row in before.items() if name in after),
        "removed": len(before.keys() - after.keys()),
        "added": len(after.keys() - before.keys()),
    }


def test_a_later_dump_leaves_methods_and_datasets_alone(base, later):
    assert (later.rows["methods"], later.rows["datasets"]) == (base.rows["methods"], base.rows["datasets"])


def test_a_delta_holds_new_papers_alone(base, tmp_path):
    delta = Written(tmp_path, delta=25)
    new, old = delta.rows["papers"], base.rows["papers"]
    assert list(delta.rows) == ["papers"]
    assert len(new) == 25
    assert {paper["paper_url"] for paper in new}.isdisjoint(paper["paper_url"] for paper in old)
    assert {paper["arxiv_id"] for paper in new} - {None} == {paper["arxiv_id"] for paper in new} - {None} - {
        paper["arxiv_id"] for paper in old
    }


def test_the_command_prints_the_manifest(tmp_path, capsys):
    main([str(tmp_path / "new"), "--scale", "0.002", "--files", "methods"])
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "new" / "manifest.json").read_text())


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--files", "papers,authors"], "give some of papers,links,tables,methods,datasets"),
        (["--scale", "0"], "give a number above 0, at most 10"),
        (["--scale", "big"], "give a number above 0, at most 10"),
        (["--delta", "-3"], "give a whole number, 0 or more"),
    ],
)
def test_the_command_says_what_to_give(tmp_path, capsys, option, sentence):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "new"), *option])
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
