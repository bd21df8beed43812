"""`manage.py import_archive PATH...`: dumps of the archive, which `--download` fetches first, into the catalogue."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from papers.models import Source
from portal import archive_download
from portal.archive_import import Extent, ImportRefused, import_paths
from portal.importing.sources import Progress
from portal.var_dir import var_dir
from workers import registry


class Command(BaseCommand):
    """Imports dumps and prints what each held; fails if any file could not be imported."""

    help = "Import dumps of the PWC Archive (.json, .json.gz, .parquet, or folders): all five kinds, any of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a dump, or a folder of dumps")
        parser.add_argument(
            "--download",
            nargs="?",
            type=Path,
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

        parser.add_argument("--skip-related", action="store_true", help="leave related papers to relate_papers, or to the night")
        extent = parser.add_mutually_exclusive_group()
        extent.add_argument(
            "--complete", action="store_true", help="the dump is whole: make tombstones of what it no longer states"
        )
        extent.add_argument("--delta", action="store_true", help="the dump is a part: nothing is removed")

    def handle(self, *, paths: list[Path], download: Path | None, source: str, **options: Any) -> None:
        """Import and report."""
        if not paths and not download:
            raise CommandError("Name a dump or a folder of dumps, or say --download.")
        try:
            if download:
                paths = [*paths, *archive_download.download(download, say=self.stdout.write)]
            progress = Progress(stream=sys.stderr)
            report = import_paths(paths, source=Source(source), progress=progress, extent=_extent(options))
        except (ImportRefused, archive_download.DownloadFailed) as error:
            raise CommandError(str(error)) from error
        lines = [*report.lines(), *report.fault_lines()]
        for line in lines:
            self.stdout.write(line)
        self.stdout.write(f"This report is kept in {self._keep(lines, number=report.number)}.")
        if mapped := registry.map_known_claims():
            self.stdout.write(f"{mapped} claims can be measured by mappings that ship with the portal.")
        if not options["skip_related"] and any(file.new or file.changed for file in report.files):
            call_command("relate_papers", stdout=self.stdout, stderr=self.stderr)
        if report.has_failed:
            raise CommandError("Some files were not imported; the lines above say which and why.")

    def _keep(self, lines: list[str], *, number: int) -> Path:
        """Write the report to a file too."""
        folder = Path(settings.VAR_DIR) / "imports"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"import-{number}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def _extent(options: dict[str, Any]) -> Extent:
    if options.get("complete"):
        return Extent.COMPLETE
    return Extent.DELTA if options.get("delta") else Extent.AUTO
