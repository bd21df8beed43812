"""Reading the hub's parquet shards: the rows that the JSON dump gives, in bounded memory."""

import gzip
import json
import subprocess
import sys
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from papers.archive.kinds import kind_of
from papers.archive.reader import ArchiveFileError, ArchiveRow, read_rows, size_of
from papers.archive.report import DumpKind

TEXT, TEXTS, DAY = pa.string(), pa.list_(pa.string()), pa.timestamp("s")
LINK = pa.list_(pa.struct({"title": TEXT, "url": TEXT}))
MANY_METRICS = [f"Metric {number}" for number in range(2000)]


def papers_schema():
    collection = pa.struct({"name": TEXT, "description": TEXT, "parent": TEXT, "area": TEXT})
    texts = ("name", "full_name", "description", "source_url", "source_title", "code_snippet_url")
    method = pa.struct({**dict.fromkeys(texts, TEXT), "introduced_year": pa.int64(), "main_collection": collection})
    texts = (
        "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf",
        "proceeding", "conference_url_abs", "conference_url_pdf", "conference", "reproduces_paper",
    )  # fmt: skip
    rest = {"authors": TEXTS, "tasks": TEXTS, "date": DAY, "methods": pa.list_(method)}
    return pa.schema({**dict.fromkeys(texts, TEXT), **rest})


def links_schema():
    texts = ("paper_url", "paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf", "repo_url", "framework")
    flags = ("is_official", "mentioned_in_paper", "mentioned_in_github")
    return pa.schema({**dict.fromkeys(texts, TEXT), **dict.fromkeys(flags, pa.bool_())})


def tables_schema(metrics, *, levels):
    row = {
        "model_name": TEXT, "paper_title": TEXT, "paper_url": TEXT, "paper_date": DAY, "code_links": LINK, "model_links": LINK,
        "metrics": pa.struct(dict.fromkeys(metrics, TEXT)), "uses_additional_data": pa.bool_(),
    }  # fmt: skip
    sota = pa.struct({"metrics": TEXTS, "rows": pa.list_(pa.struct(row))})
    dataset = {"dataset": TEXT, "description": TEXT, "dataset_links": LINK, "dataset_citations": LINK, "sota": sota}
    task = {"task": TEXT, "description": TEXT, "categories": TEXTS, "synonyms": TEXTS, "datasets": pa.list_(pa.struct(dataset))}
    fields = task
    for _ in range(levels - 1):
        fields = {**task, "subtasks": pa.list_(pa.struct(fields))}
    return pa.schema(fields)


def shaped(value, kind, *, name=""):
    """A value of a JSON dump as far as a column of this type can hold it: what is missing is null."""
    if value is None:
        return None
    if pa.types.is_list(kind):
        return [shaped(part, kind.value_type, name=name) for part in value]
    if pa.types.is_struct(kind):
        fields = {field.name: shaped(value.get(field.name), field.type, name=field.name) for field in kind}
        return {key: part for key, part in fields.items() if part is not None} if name == "metrics" else fields
    return str(value) if kind == TEXT else value


def packed(value, kind):
    """A value as pyarrow takes it: days as times."""
    if pa.types.is_list(kind) and value is not None:
        return [packed(part, kind.value_type) for part in value]
    if pa.types.is_struct(kind) and value is not None:
        return {field.name: packed(value[field.name], field.type) for field in kind if field.name in value}
    return datetime.fromisoformat(value) if kind == DAY and value is not None else value


def shards(folder, rows, schema, *, count=2):
    """Write the rows as the hub does; the paths, and the rows that can come back."""
    kind = pa.struct(list(schema))
    expected = [shaped(row, kind) for row in rows]
    folder.mkdir(parents=True)
    paths = []
    for index in range(count):
        path = folder / f"train-{index:05}-of-{count:05}.parquet"
        part = expected[len(rows) * index // count : len(rows) * (index + 1) // count]
        pq.write_table(pa.Table.from_pylist([packed(row, kind) for row in part], schema=schema), path, row_group_size=30)
        paths.append(path)
    return paths, expected


def sample(path):
    rows = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return [{**row, "date": row.get("date") or None} if "paper_url" in row else row for row in rows]


def read(paths):
    return [row.values for path in paths for row in read_rows(path)]


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("papers-with-abstracts", papers_schema(), DumpKind.PAPERS),
        ("links-between-papers-and-code", links_schema(), DumpKind.LINKS),
    ],
)
def test_shards_hold_the_rows_of_the_json_dump(shared_data, tmp_path, name, schema, kind):
    rows = sample(shared_data / f"pwc/archive/{name}.json.gz")
    paths, expected = shards(tmp_path / "any" / "data", rows, schema)
    assert read(paths) == expected
    assert [row.number for row in read_rows(paths[0])] == list(range(1, len(rows) // 2 + 1))
    assert [kind_of(path) for path in paths] == [kind, kind]


def test_tables_lose_the_nulls_of_their_merged_metrics_and_no_others(shared_data, tmp_path):
    rows = [row for path in sorted((shared_data / "pwc/archive/evaluation-tables").iterdir()) for row in sample(path)]
    metrics = sorted({name for row in rows for name in names(row)} | set(MANY_METRICS))
    paths, expected = shards(tmp_path / "evaluation-tables" / "data", rows, tables_schema(metrics, levels=4))
    assert sum(len(results(row)) for row in expected) > 1000
    assert read(paths) == expected
    assert {kind_of(path) for path in paths} == {DumpKind.TABLES}


def results(task):
    """The result rows of a task, of its sub-tasks too."""
    own = [row for dataset in task.get("datasets") or [] for row in (dataset.get("sota") or {}).get("rows") or []]
    return own + [row for subtask in task.get("subtasks") or [] for row in results(subtask)]


def names(task):
    return {name for row in results(task) for name in row["metrics"]}


@pytest.mark.parametrize(
    ("name", "row", "kind"),
    [
        (
            "methods",
            {"name": "ReLU", "full_name": "Rectifier", "num_papers": 3, "collections": [{"area": "General"}]},
            DumpKind.METHODS,
        ),
        ("datasets", {"name": "MNIST", "variants": ["MNIST"], "introduced_date": None, "num_papers": 5}, DumpKind.DATASETS),
    ],
)
def test_the_kind_is_told_by_columns_and_by_the_folder(tmp_path, name, row, kind):
    for folder in (tmp_path / "any", tmp_path / name / "data"):
        folder.mkdir(parents=True)
        path = folder / "train-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist([row]), path)
        assert (kind_of(path), read([path])) == (kind, [row])
    nameless = tmp_path / f"{name}-00000-of-00001.parquet"
    pq.write_table(pa.table({"x": [1]}), nameless)
    assert kind_of(nameless) == kind


def test_odd_cells_become_what_can_be_stored(tmp_path):
    path = tmp_path / "odd.parquet"
    columns = {
        "text": ["a\x00b", None, ""],
        "number": [float("nan"), float("inf"), 33.6],
        "day": pa.array([None, *map(datetime.fromisoformat, ("1900-01-01", "2026-08-01T12:00"))], pa.timestamp("ns")),
        "word": pa.array(["x", "y", "x"]).dictionary_encode(),
        "list": pa.array([None, [], [None, "z"]], TEXTS),
        "object": pa.array([None, {"a": None}, {"a": 1}], pa.struct({"a": pa.int32()})),
    }
    pq.write_table(pa.table(columns), path)
    assert list(read_rows(path)) == [
        ArchiveRow(1, {"text": "a\ufffdb", "number": None, "day": None, "word": "x", "list": None, "object": None}),
        ArchiveRow(2, {"text": None, "number": "inf", "day": "1900-01-01", "word": "y", "list": [], "object": {"a": None}}),
        ArchiveRow(3, {"text": "", "number": 33.6, "day": "2026-08-01", "word": "x", "list": [None, "z"], "object": {"a": 1}}),
    ]


def test_the_share_that_was_read_is_told(tmp_path):
    path = tmp_path / "links.parquet"
    pq.write_table(pa.table({"repo_url": [str(number) for number in range(2000)]}), path)
    told = []
    assert sum(1 for _ in read_rows(path, at=told.append)) == 2000
    assert (told, len(told)) == (sorted(told), 4)
    assert told[-1] == size_of(path)
    pq.write_table(pa.table({"repo_url": pa.array([], TEXT)}), path)
    assert list(read_rows(path, at=told.append)) == []
    assert told[-1] == size_of(path)


def wide_shard(path):
    pq.write_table(pa.table({"text": ["x" * 100] * 50_000}), path, use_dictionary=False, compression="NONE")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "is no sound parquet file (Parquet file size is 0 bytes); fetch it again"),
        (
            lambda data: data[:-100],
            "is no sound parquet file (Parquet magic bytes not found in footer); fetch it again",
        ),
        (
            lambda data: data[:100] + data[3_000_000:],
            "is no sound parquet file (Invalid column metadata (corrupt file?)); fetch it again",
        ),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, damage, message):
    path = tmp_path / "broken.parquet"
    path.write_bytes(damage(wide_shard(path)))
    with pytest.raises(ArchiveFileError) as refusal:
        list(read_rows(path))
    assert str(refusal.value) == message


def test_a_file_that_is_gone_or_holds_no_dump_is_a_sentence(tmp_path):
    with pytest.raises(ArchiveFileError) as refusal:
        list(read_rows(tmp_path / "gone.parquet"))
    assert str(refusal.value) == "cannot be read: No such file or directory"
    path = tmp_path / "bytes.parquet"
    pq.write_table(pa.table({"picture": [b"\xff"]}), path)
    with pytest.raises(ArchiveFileError) as refusal:
        list(read_rows(path))
    assert str(refusal.value) == "is no parquet file of a dump (a column is of type binary); give a dump of the archive"


def test_memory_does_not_grow_with_the_file(tmp_path):
    schema = tables_schema(MANY_METRICS, levels=2)
    result = {"model_name": "M", "paper_date": datetime.fromisoformat("2020-01-01"), "metrics": {"Metric 7": "1"}}
    task = {"task": "T", "datasets": [{"dataset": "D", "sota": {"metrics": ["Metric 7"], "rows": [result] * 30}}]}
    peaks = []
    for groups in (1, 6):
        path = tmp_path / f"evaluation-tables-{groups}.parquet"
        with pq.ParquetWriter(path, schema) as writer:
            for _ in range(groups):
                writer.write_table(pa.Table.from_pylist([task] * 30, schema=schema))
        peaks.append(peak_of_reading(path, rows=30 * groups))
    assert peaks[1] < peaks[0] + 60


def peak_of_reading(path, *, rows):
    """MiB that a process needs that reads the file."""
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom papers.archive.reader import read_rows\n"
        "count = sum(1 for _ in read_rows(Path(sys.argv[1])))\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    count, peak = map(int, done.stdout.split())
    assert count == rows
    return peak
