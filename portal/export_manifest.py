"""The manifest of an export, which says that it is whole, and checking an export by it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from django.utils import timezone

from papers.archive.reader import ArchiveFileError, ArchiveRow, read_rows
from portal.export_files import WrittenFile, gone_if_broken, sha256_of
from portal.export_names import ATTRIBUTION, FORMAT, LICENCE, LICENCE_URL, MANIFEST, SUMS, UNFINISHED


def write_manifest(folder: Path, files: Sequence[WrittenFile], *, began: datetime, public_id: str) -> None:
    """Write digests for `sha256sum --check`, then the manifest: from now on the export is whole."""
    _write(folder / SUMS, "".join(f"{file.sha256}  {file.name}\n" for file in files))
    manifest = {
        "format": FORMAT,
        "id": public_id,
        "started_at": began.isoformat(),
        "finished_at": timezone.now().isoformat(),
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "attribution": ATTRIBUTION,
        "files": [file.described() for file in files],
    }
    _write(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def check(folder: Path) -> Iterator[str]:
    """Read an export back; what is wrong with it, in sentences: none for a sound one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        files = [(str(file["name"]), int(file["bytes"]), str(file["sha256"]), int(file["rows"])) for file in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{folder} holds no whole export: its {MANIFEST} cannot be read ({error})."
        return
    for name, size, sha256, rows in files:
        yield from _faults(folder / Path(name).name, size=size, sha256=sha256, rows=rows)


def _faults(path: Path, *, size: int, sha256: str, rows: int) -> Iterator[str]:
    try:
        if path.stat().st_size != size:
            yield f"{path.name} has {path.stat().st_size:,} bytes where the manifest says {size:,}."
        elif sha256_of(path) != sha256:
            yield f"{path.name} has another sha256 than the manifest says."
        elif (found := _count(path)) != rows:
            yield f"{path.name} holds {found:,} rows where the manifest says {rows:,}."
    except OSError as error:
        yield f"{path.name} cannot be read: {error.strerror or error}."
    except (ArchiveFileError, pa.ArrowInvalid) as error:
        yield f"{path.name} {error}."


def _count(path: Path) -> int:
    """The sound rows of a file."""
    if path.suffix == ".parquet":
        return int(pyarrow.parquet.read_metadata(path).num_rows)
    return sum(isinstance(row, ArchiveRow) for row in read_rows(path))


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + UNFINISHED)
    with gone_if_broken(part):
        part.write_text(text)
        part.rename(path)
