"""`manage.py import_archive PATH...`: dumps of the archive, which `--download` fetches first, into the catalogue."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from leaderboards import published
from papers.archive.report import ImportReport
from papers.models import Source
from portal import archive_download
from portal.archive_import import Extent, ImportRefused, finish_broken_off, import_paths
from portal.importing.sources import Progress
from portal.var_dir import var_dir
from workers import registry

BROKEN_OFF = (
    "Broken off: the dumps that were done are imported, nothing of the one that was at work. Import again to go on,"
    " or say --finish to have search and counts follow what is there."
)


class Command(BaseCommand):
    """Imports dumps and prints what each held; fails if any file could not be imported."""

    help = "Import dumps of the PWC Archive (.json, .json.gz, .parquet, or folders): all five kinds, any of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("paths", nargs="*", type=_path, metavar="PATH", help="a dump, or a folder of dumps")
        parser.add_argument(
            "--download",
            nargs="?",
            type=_path,
            const=var_dir() / "archive",
            metavar="DIR",
            help="fetch the five dumps from the hub first, into DIR (default: the folder archive of VAR_DIR)",
        )
        parser.add_argument(
            "--source",
            choices=["archive", "demo"],
            default="archive",
            help="mark the rows as the archive's (default) or the demo's",
        )

        parser.add_argument(
            "--finish",
            action="store_true",
            help="import nothing; bring up to date what an import that was broken off left (the night does it too)",
        )
        parser.add_argument("--skip-related", action="store_true", help="leave related papers to relate_papers, or to the night")
        extent = parser.add_mutually_exclusive_group()
        extent.add_argument(
            "--complete", action="store_true", help="the dump is whole: make tombstones of what it no longer states"
        )
        extent.add_argument("--delta", action="store_true", help="the dump is a part: nothing is removed")

    def handle(self, *, paths: list[Path], download: Path | None, source: str, **options: Any) -> None:
        """Import and report."""
        if options["finish"] and (paths or download):
            raise CommandError("--finish imports nothing: name no dumps with it.")
        if not paths and not download and not options["finish"]:
            raise CommandError("Name a dump or a folder of dumps, or say --download.")
        try:
            report = self._finish() if options["finish"] else self._import(paths, download, source, options)
        except KeyboardInterrupt:
            raise CommandError(BROKEN_OFF, returncode=130) from None
        if report is None:
            self.stdout.write("No import is left to be finished.")
            return
        self._report(report)
        if not options["skip_related"] and report.was_settled:
            call_command("relate_papers", stdout=self.stdout, stderr=self.stderr)
        if report.has_failed:
            raise CommandError("Some files were not imported; the lines above say which and why.")

    def _finish(self) -> ImportReport | None:
        return finish_broken_off(progress=Progress(stream=sys.stderr))

    def _import(self, paths: list[Path], download: Path | None, source: str, options: dict[str, Any]) -> ImportReport:
        try:
            if download:
                paths = [*paths, *archive_download.download(download, say=self.stdout.write)]
            progress = Progress(stream=sys.stderr)
            return import_paths(paths, source=Source(source), progress=progress, extent=_extent(options))
        except (ImportRefused, archive_download.DownloadFailed) as error:
            raise CommandError(str(error)) from error

    def _report(self, report: ImportReport) -> None:
        """Print and keep what was done."""
        lines = [*report.lines(), *report.fault_lines()]
        for line in lines:
            self.stdout.write(line)
        self._keep(lines, number=report.number)
        if mapped := registry.map_known_claims():
            self.stdout.write(f"{mapped} claims can be measured by mappings that ship with the portal.")
        if numbers := published.load():
            self.stdout.write(f"{numbers} numbers that others published, which ship with the portal, stand beside claims now.")

    def _keep(self, lines: list[str], *, number: int) -> None:
        """Write the report to a file too."""
        path = Path(settings.VAR_DIR) / "imports" / f"import-{number}.txt"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            # It stands in the database too, and what was imported is imported.
            self.stderr.write(f"This report could not be kept in {path}: {error.strerror}.")
        else:
            self.stdout.write(f"This report is kept in {path}.")


def _path(text: str) -> Path:
    """A path that was given; an empty one, such as a variable that is not set leaves, is no word for this folder."""
    if not text:
        raise ArgumentTypeError("a path is empty: give a dump or a folder of dumps")
    return Path(text)


def _extent(options: dict[str, Any]) -> Extent:
    if options.get("complete"):
        return Extent.COMPLETE
    return Extent.DELTA if options.get("delta") else Extent.AUTO
