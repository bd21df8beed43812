"""What importing a whole archive costs, beside what it cannot cost less than: `python -m bench.import_archive [--scale 1.0]`.

One run on one machine: makes an archive (bench.archive_generator), starts a PostgreSQL of its own, and prints the floor
(gunzip + COPY of the paper columns), the first import's load, indexes, search vectors and peak memory, a second unchanged
import, a later dump's update, related papers, the export, and whether the round trip gives back what came in. Each figure
stands beside the one that is asked for.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FLOOR_COLUMNS = (
    "title", "abstract", "short_abstract", "date", "arxiv_id", "nips_id", "openreview_id", "url_abs", "url_pdf",
    "conference_url_abs", "conference_url_pdf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took: seconds on the clock, seconds of CPU time, megabytes at its peak."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    """Run all of it and print."""
    options = _options()
    with _scratch(options.keep) as folder:
        first, later = _archives(options, folder)
        environment = {**os.environ, "VAR_DIR": str(folder / "var"), "SELFTEST": "0"}
        with _servers(folder / "var"):
            _run(["migrate", "--verbosity", "0"], environment)
            _measure(options, first, later, folder, environment)


def _measure(options: argparse.Namespace, first: Path, later: Path, folder: Path, environment: dict[str, str]) -> None:
    papers = json.loads((first / "manifest.json").read_text())["files"]["papers-with-abstracts.json.gz"]["rows"]
    floors = [_floor(first, folder, environment)]
    imported = _run(["import_archive", str(first), "--skip-related"], environment)
    floors.append(_floor(first, folder, environment))
    floor, steps = min(floors), _last_report(environment)["seconds"]
    load = steps["papers-with-abstracts"]
    _tell("papers", f"{papers:,}")
    _tell(
        "floor: gunzip + COPY of the paper columns", f"{floor:.1f} s ({papers / floor:,.0f} papers/s; each of {_seconds(floors)})"
    )
    _tell("load of papers and their lists, no indexes", f"{load:.1f} s ({papers / load:,.0f} papers/s)")
    _tell("  ratio to the floor's throughput", f"{floor / load:.2f}", asked="0.35")
    for step, took in steps.items():
        _tell(f"  step: {step}", f"{took:.1f} s")
    _tell("whole import, indexes and search vectors too", f"{imported.wall:.0f} s, {imported.cpu:.0f} s CPU", asked="300 s")
    _tell("  peak memory of the importing processes", f"{imported.peak:.0f} MB", asked="600 MB")
    again = _run(["import_archive", str(first), "--skip-related"], environment)
    report = _last_report(environment)
    changed = sum(file["new"] + file["changed"] for file in report["files"])
    _tell("second, unchanged import", f"{again.wall:.0f} s, {again.peak:.0f} MB, {changed} rows new or changed")
    _tell("  ratio to the first", f"{again.wall / imported.wall:.2f}", asked="0.30")
    for step, took in report["seconds"].items():
        _tell(f"  step: {step}", f"{took:.1f} s")
    if not options.skip_related:
        related = _run(["relate_papers", "--all"], environment)
        _tell("related papers for all", f"{related.wall:.0f} s, {related.cpu:.0f} s CPU", asked="480 s")
        _tell("  peak memory", f"{related.peak:.0f} MB", asked="3000 MB")
    if options.only_import:
        return
    exported = _run(["export_archive", str(folder / "export"), "--no-parquet"], environment)
    _tell("export of the six files", f"{exported.wall:.0f} s, {exported.peak:.0f} MB")
    trip = _run(["compare_archives", str(first), str(folder / "export")], environment, shows=True)
    _tell("round trip compared in", f"{trip.wall:.0f} s, {trip.peak:.0f} MB")
    if not options.skip_update:
        update = _run(["import_archive", str(later), "--skip-related"], environment)
        report = _last_report(environment)
        counts = {file["file"]: (file["new"], file["changed"]) for file in report["files"]}
        _tell(
            "a later dump (1 % changed, 1 % new, 0.2 % gone)",
            f"{update.wall:.0f} s; new and changed {counts}; gone {report['gone']}",
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is the final archive's size")
    parser.add_argument("--archive", type=Path, help="a folder that the generator filled, instead of making one")
    parser.add_argument("--later", type=Path, help="the same for the later dump (--next)")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    parser.add_argument("--only-import", action="store_true", help="stop after the second import")
    parser.add_argument("--skip-related", action="store_true")
    parser.add_argument("--skip-update", action="store_true")
    return parser.parse_args()


@contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    folder = keep or Path(tempfile.mkdtemp(prefix="bench-import-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # the servers' account passes through
    try:
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _servers(var_dir: Path) -> Iterator[None]:
    from portal import embedded

    var_dir.mkdir(exist_ok=True)
    var_dir.chmod(0o711)
    with embedded.running(var_dir, servers=["postgres"]):
        yield


def _archives(options: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    first, later = options.archive or folder / "archive", options.later or folder / "later"
    for place, words in ((first, []), (later, ["--next"])):
        if not (place / "manifest.json").is_file() and not (words and options.skip_update):
            command = [sys.executable, "-m", "bench.archive_generator", str(place), "--scale", str(options.scale), *words]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return first, later


def _run(words: list[str], environment: dict[str, str], *, shows: bool = False) -> Ran:
    """Run a command of manage.py; its output is shown if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        with _watched(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode or shows:
        print(said, flush=True)
    if process.returncode:
        raise SystemExit(f"manage.py {words[0]} failed.")
    return Ran(time.monotonic() - began, usage.ru_utime + usage.ru_stime, max(peak) / 2**20)


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Bytes in memory of a process and its children together, shared pages counted once; looked at twice a second."""
    seen, is_over = [0], threading.Event()

    def look() -> None:
        while not is_over.wait(0.5):
            with suppress(OSError):
                children = [part for path in Path(f"/proc/{pid}/task").glob("*/children") for part in path.read_text().split()]
                seen.append(sum(map(_memory, [str(pid), *children])))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def _memory(pid: str) -> int:
    """Bytes of a process, its share of what it shares; nothing where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _last_report(environment: dict[str, str]) -> dict[str, Any]:
    """The newest import's report."""
    code = (
        "import json; from papers.models import ArchiveImport; "
        "print('REPORT' + json.dumps(ArchiveImport.objects.order_by('-pk').first().report))"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout.split("REPORT", 1)[1])
    return report


def _floor(archive: Path, folder: Path, environment: dict[str, str]) -> float:
    """Seconds of the floor: a gzipped text of the paper columns, unzipped and copied into a table without an index."""
    text = folder / "floor.tsv.gz"
    if not text.is_file():
        _write_columns(archive / "papers-with-abstracts.json.gz", text)
    code = "from bench import floor; import sys; print('FLOOR', floor.seconds(sys.argv[-1]))"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code.replace("sys.argv[-1]", repr(str(text)))],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.split("FLOOR", 1)[1])


def _write_columns(dump: Path, text: Path) -> None:
    from isal import igzip

    from papers.archive.copy_text import line
    from papers.archive.reader import ArchiveRow, read_rows

    with igzip.open(text, "wt", compresslevel=1, encoding="utf-8") as output:
        for row in read_rows(dump):
            if isinstance(row, ArchiveRow):
                output.write(line(row.values.get(column) or None for column in FLOOR_COLUMNS))


def _seconds(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def _tell(what: str, figure: str, *, asked: str = "") -> None:
    print(f"{what:<58} {figure}{f'   (asked: {asked})' if asked else ''}", flush=True)


if __name__ == "__main__":
    main()
