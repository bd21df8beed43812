"""Exports, and catalogues that went out and came in again."""

import gzip
import json
import subprocess
import sys

from papers.models import Source
from portal.archive_export import alone, export
from portal.round_trip import compare
from portal.var_dir import BASE_DIR
from tests.conftest import empty_tables
from tests.portal.catalogue_snapshot import catalogue
from tests.portal.dumps import load

_FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "export_archive", *{words}])
"""


def export_to_full_disk(*words, limit):
    """The command in a process whose files cannot grow beyond `limit` bytes, as on a disk that is full then."""
    line = [sys.executable, "-c", _FULL_DISK.format(limit=limit, words=words)]
    return subprocess.run(line, cwd=BASE_DIR, capture_output=True, text=True, check=False)


def write(folder, **options):
    with alone():
        return export(folder, progress=lambda line: None, **options)


def exported(folder, name):
    """The rows of a file, floats as they are written."""
    return json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()), parse_float=str)


def written(tmp_path, name):
    write(tmp_path / "out", files=[name], has_parquet=False)
    return exported(tmp_path / "out", name)


def dumps_in(folder):
    return sorted([*folder.rglob("*.json"), *folder.rglob("*.json.gz")])


def there_and_back(dumps, folder, *, source=Source.ARCHIVE):
    """Import, export, and import the export into the emptied database: the comparison, and both catalogues."""
    load(*dumps, source=source)
    before = catalogue()
    write(folder)
    trip = compare([file for dump in dumps for file in (dumps_in(dump) if dump.is_dir() else [dump])], folder)
    empty_tables()
    load(folder, source=source)
    return trip, before, catalogue()
