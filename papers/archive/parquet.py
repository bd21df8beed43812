"""Reading a parquet shard of a dump as the hub holds it, in small batches, into the rows that the JSON dump would give.

The hub's conversion changes three things, which are undone here. It merges the metric names of all boards into one struct of
thousands of fields, null for nearly all: nulls go from structs called `metrics`, and from nowhere else. It makes
timestamps of days. And a table that went through floating point writes null as NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from papers.archive.rows import ArchiveFileError, ArchiveRow
from papers.archive.text import JsonObject, JsonValue

if TYPE_CHECKING:
    import pyarrow

LARGEST_BATCH = 512

# A batch holds about this many cells of top-level rows, so that wide rows come a few at a time.
_CELLS = 1 << 17
_MANY_COLUMNS = 1000
_NAMES_WITHOUT_NULLS = "metrics"


def read_rows(path: Path, *, at: Callable[[int], None] | None = None) -> Iterator[ArchiveRow]:
    """The rows of the shard at `path`, in order; raises `ArchiveFileError` where it is no sound parquet file of such rows.

    `at` is told the share that was read, in bytes of the file; at the end that is its size.
    """
    with _faults_named():
        import pyarrow.parquet  # heavy: only who reads a shard pays for it

        size = path.stat().st_size
        metadata = pyarrow.parquet.read_metadata(path)
        columns, total, number = metadata.num_columns, metadata.num_rows, 0
        # A buffer for each of thousands of columns would be dear; without one, a column's part of a row group is held packed.
        buffer = 1 << 16 if columns < _MANY_COLUMNS else 0
        with pyarrow.parquet.ParquetFile(path, metadata=metadata, pre_buffer=False, buffer_size=buffer) as file:
            size_of_batch = max(1, min(LARGEST_BATCH, _CELLS // max(1, columns)))
            for batch in file.iter_batches(batch_size=size_of_batch, use_threads=False):
                for values in _values(batch.to_struct_array(), name=""):
                    number += 1
                    yield ArchiveRow(number, cast(JsonObject, values))
                if at:
                    at(size * number // total)
            if at and not total:
                at(size)


def is_flat(path: Path) -> bool:
    """Whether a parquet file holds tasks as this portal exports them: one row each, for analysis, and not the dump's tree."""
    with _faults_named():
        import pyarrow.parquet  # heavy, as above

        return "is_top_level" in pyarrow.parquet.read_schema(path).names


@contextmanager
def _faults_named() -> Iterator[None]:
    import pyarrow  # heavy, as above

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        # Arrow says of damaged data too that they cannot be read; only the system's errors have a number.
        if isinstance(error, OSError) and error.errno:
            raise ArchiveFileError(f"cannot be read: {error.strerror}") from error
        reason = str(error).partition("\n")[0].split(". ")[0][:200].rstrip(".")
        raise ArchiveFileError(f"is no sound parquet file ({reason}); fetch it again") from error
    except UnicodeDecodeError as error:
        raise ArchiveFileError(f"is no sound parquet file (a text is not UTF-8: {error.reason}); fetch it again") from error
    except RecursionError as error:
        raise ArchiveFileError("is no parquet file of a dump (its columns nest too deep); give a dump of the archive") from error


def _values(array: pyarrow.Array, *, name: str) -> list[JsonValue]:
    """A column's values as a JSON dump has them; `name` is the column's."""
    import pyarrow
    from pyarrow import types  # heavy, as above

    if types.is_struct(array.type):
        return _objects(array, without_nulls=name == _NAMES_WITHOUT_NULLS)
    if types.is_fixed_size_list(array.type):
        return _values(array.cast(pyarrow.list_(array.type.value_type)), name=name)
    if types.is_string_view(array.type):
        return _values(array.cast(pyarrow.string()), name=name)
    if types.is_list(array.type) or types.is_large_list(array.type):
        return _lists(array, name=name)
    if types.is_dictionary(array.type):
        return _values(array.dictionary_decode(), name=name)
    if types.is_string(array.type) or types.is_large_string(array.type):
        return [text.replace("\x00", "\ufffd") if text and "\x00" in text else text for text in array.to_pylist()]
    if types.is_timestamp(array.type) or types.is_date(array.type):
        return _days(array)
    if types.is_floating(array.type):
        return [_finite(number) for number in array.to_pylist()]
    if types.is_integer(array.type) or types.is_boolean(array.type) or types.is_null(array.type):
        return cast(list[JsonValue], array.to_pylist())
    raise ArchiveFileError(f"is no parquet file of a dump (a column is of type {array.type}); give a dump of the archive")


def _objects(array: pyarrow.Array, *, without_nulls: bool) -> list[JsonValue]:
    objects: list[JsonObject] = [{} for _ in range(len(array))]
    for index, field in enumerate(array.type):
        column = array.field(index)
        if without_nulls and column.null_count == len(column):
            continue
        key = field.name.replace("\x00", "\ufffd")
        for values, value in zip(objects, _values(column, name=field.name), strict=True):
            if value is not None or not without_nulls:
                values[key] = value
    if not array.null_count:
        return cast(list[JsonValue], objects)
    return [values if is_valid else None for values, is_valid in zip(objects, array.is_valid().to_pylist(), strict=True)]


def _lists(array: pyarrow.Array, *, name: str) -> list[JsonValue]:
    ends = array.offsets.to_pylist()
    if len(array) == 0:
        return []
    start = ends[0]
    parts = _values(array.values.slice(start, ends[-1] - start), name=name)
    lists: list[JsonValue] = [parts[first - start : last - start] for first, last in zip(ends[:-1], ends[1:], strict=True)]
    if not array.null_count:
        return lists
    return [values if is_valid else None for values, is_valid in zip(lists, array.is_valid().to_pylist(), strict=True)]


def _days(array: pyarrow.Array) -> list[JsonValue]:
    import pyarrow  # heavy, as above

    try:
        days = array.cast(pyarrow.date32(), safe=False).to_pylist()
    except (OverflowError, ValueError) as error:
        raise ArchiveFileError("holds a day that no calendar has; fetch it again") from error
    return [day.isoformat() if day is not None else None for day in days]


def _finite(number: float | None) -> JsonValue:
    """NaN is how tables write null; an infinity can only be kept as text."""
    if number is None or math.isnan(number):
        return None
    return str(number) if math.isinf(number) else number
