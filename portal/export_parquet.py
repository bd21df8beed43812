"""Parquet beside the JSON: the same rows in columns, for analysis.

Rows come as the JSON that was written, and Arrow reads it by a fixed schema. A value that does not fit its column (a date of "",
a year in words) is null here; the JSON beside it has it to the letter. Keys beyond the schema are in the JSON alone.

The columns are those of the archive's own parquet files, dates as timestamps, but for evaluation-tables. There the archive
nests tasks in tasks and merges all metric names into one struct of thousands of fields, which few readers survive. Here each
task is one row wherever it stands, its sub-tasks are names, a part of a dataset stands beside its whole, and the metrics
of a result are a list of name and value.
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet

from papers.archive.export.selection import Dump
from portal.export_files import WrittenFile, gone_if_broken, measure
from portal.export_names import UNFINISHED

_BUFFER = 8 << 20
"""Bytes of JSON that make one group of rows."""
_LONGEST_DATE = 10

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)
_DATE = pa.timestamp("s")
_LINKS = pa.list_(pa.struct([("title", _TEXT), ("url", _TEXT)]))
_PAPER = pa.struct([("title", _TEXT), ("url", _TEXT)])
_COLLECTION = pa.struct([("name", _TEXT), ("description", _TEXT), ("parent", _TEXT), ("area", _TEXT)])
_METHOD = pa.struct(
    [
        ("name", _TEXT), ("full_name", _TEXT), ("description", _TEXT), ("introduced_year", pa.int64()), ("source_url", _TEXT),
        ("source_title", _TEXT), ("code_snippet_url", _TEXT), ("main_collection", _COLLECTION),
    ]
)  # fmt: skip
_RESULT = pa.struct(
    [
        ("model_name", _TEXT), ("paper_title", _TEXT), ("paper_url", _TEXT), ("paper_date", _TEXT), ("code_links", _LINKS),
        ("model_links", _LINKS), ("metrics", pa.list_(pa.struct([("name", _TEXT), ("value", _TEXT)]))),
        ("uses_additional_data", pa.bool_()),
    ]
)  # fmt: skip
_DATASET = pa.struct(
    [
        ("dataset", _TEXT), ("part_of", _TEXT), ("description", _TEXT), ("dataset_links", _LINKS), ("dataset_citations", _LINKS),
        ("sota", pa.struct([("metrics", _TEXTS), ("rows", pa.list_(_RESULT))])),
    ]
)  # fmt: skip
_PAPER_TEXTS = (
    "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf",
    "proceeding",
)  # fmt: skip

SCHEMAS = {
    Dump.PAPERS: pa.schema(
        [
            *((name, _TEXT) for name in _PAPER_TEXTS), ("authors", _TEXTS), ("tasks", _TEXTS), ("date", _DATE),
            ("conference_url_abs", _TEXT), ("conference_url_pdf", _TEXT), ("conference", _TEXT), ("reproduces_paper", _TEXT),
            ("methods", pa.list_(_METHOD)),
        ]
    ),
    Dump.LINKS: pa.schema(
        [
            ("paper_url", _TEXT), ("paper_title", _TEXT), ("paper_arxiv_id", _TEXT), ("paper_url_abs", _TEXT),
            ("paper_url_pdf", _TEXT), ("repo_url", _TEXT), ("is_official", pa.bool_()), ("mentioned_in_paper", pa.bool_()),
            ("mentioned_in_github", pa.bool_()), ("framework", _TEXT),
        ]
    ),
    Dump.TABLES: pa.schema(
        [
            ("task", _TEXT), ("is_top_level", pa.bool_()), ("description", _TEXT), ("categories", _TEXTS), ("subtasks", _TEXTS),
            ("synonyms", _TEXTS), ("source_link", _PAPER), ("datasets", pa.list_(_DATASET)),
        ]
    ),
    Dump.METHODS: pa.schema(
        [
            ("url", _TEXT), ("name", _TEXT), ("full_name", _TEXT), ("description", _TEXT), ("paper", _PAPER),
            ("introduced_year", pa.int64()), ("source_url", _TEXT), ("source_title", _TEXT), ("code_snippet_url", _TEXT),
            ("num_papers", pa.int64()),
            ("collections", pa.list_(pa.struct([("collection", _TEXT), ("area_id", _TEXT), ("area", _TEXT)]))),
        ]
    ),
    Dump.DATASETS: pa.schema(
        [
            ("url", _TEXT), ("name", _TEXT), ("full_name", _TEXT), ("homepage", _TEXT), ("description", _TEXT), ("paper", _PAPER),
            ("introduced_date", _DATE), ("warning", _TEXT), ("modalities", _TEXTS),
            ("tasks", pa.list_(pa.struct([("task", _TEXT), ("url", _TEXT)]))), ("languages", _TEXTS), ("variants", _TEXTS),
            ("num_papers", pa.int64()),
            ("data_loaders", pa.list_(pa.struct([("url", _TEXT), ("repo", _TEXT), ("frameworks", _TEXTS)]))),
            ("short_description", _TEXT), ("parent_dataset", _TEXT), ("image", _TEXT),
        ]
    ),
}  # fmt: skip


class ParquetFile:
    """Writes rows of JSON as parquet; leaving the block with an exception leaves no file."""

    def __init__(self, path: Path, *, schema: pa.Schema) -> None:
        self.path = path
        self.whole: WrittenFile | None = None
        self._part = path.with_name(path.name + UNFINISHED)
        self._schema = schema
        self._rows = 0
        self._held: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        with gone_if_broken(self._part):
            self._writer = pyarrow.parquet.ParquetWriter(self._part, self._schema, compression="zstd", compression_level=1)
        return self

    def add(self, rows: Iterable[bytes]) -> None:
        """Append rows, each a JSON object without line breaks."""
        for row in rows:
            self._held.append(row)
            self._size += len(row)
            if self._size >= _BUFFER:
                self._flush()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with gone_if_broken(self._part):
            try:
                if kind is None:
                    self._flush()
            finally:
                self._writer.close()
            if kind is None:
                whole = measure(self._part, rows=self._rows)
                self._part.rename(self.path)
                self.whole = WrittenFile(self.path.name, whole.size, whole.sha256, whole.rows)
        if kind is not None:
            self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(table(self._held, schema=self._schema))
        self._rows += len(self._held)
        self._held.clear()
        self._size = 0


def table(rows: Sequence[bytes], *, schema: pa.Schema) -> pa.Table:
    """Rows of JSON as a table; values that do not fit are null."""
    dates = [name for name in schema.names if schema.field(name).type == _DATE]
    texts = pa.schema([(field.name, _TEXT if field.name in dates else field.type) for field in schema])
    try:
        found = _read(rows, texts)
    except pa.ArrowInvalid:
        found = _read([_fitting(row, texts) for row in rows], texts)
    for name in dates:
        found = found.set_column(schema.get_field_index(name), name, _days(found[name]))
    return found.cast(schema)


def _read(rows: Sequence[bytes], schema: pa.Schema) -> pa.Table:
    data = b"\n".join(rows)
    # One block: a row must not straddle two.
    how = pyarrow.json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="ignore")
    return pyarrow.json.read_json(io.BytesIO(data), read_options=how, parse_options=parse).select(schema.names)


def _days(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    days = pc.utf8_slice_codeunits(texts, 0, _LONGEST_DATE)
    found = pc.strptime(days, format="%Y-%m-%d", unit="s", error_is_null=True)
    # Arrow reads February 30 as March 2.
    return pc.if_else(pc.equal(pc.strftime(found, format="%Y-%m-%d"), days), found, pa.scalar(None, _DATE))


def _fitting(row: bytes, schema: pa.Schema) -> bytes:
    values = msgspec.json.decode(row)
    return msgspec.json.encode({field.name: _fitted(values.get(field.name), field.type) for field in schema})


def _fitted(value: Any, kind: pa.DataType) -> Any:
    """The value where it is of the kind, and null where not; schemas are a few levels deep."""
    if pa.types.is_struct(kind):
        return {field.name: _fitted(value.get(field.name), field.type) for field in kind} if isinstance(value, dict) else None
    if pa.types.is_list(kind):
        return [_fitted(part, kind.value_type) for part in value] if isinstance(value, list) else None
    if pa.types.is_boolean(kind):
        return value if isinstance(value, bool) else None
    if pa.types.is_integer(kind):
        is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        return value if is_number else None
    return value if isinstance(value, str) else None
