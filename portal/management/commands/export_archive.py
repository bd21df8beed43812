"""`manage.py export_archive DIR`: the catalogue as the archive's files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import nightly
from portal.archive_export import FILES, ExportRefused, alone, export
from portal.export_manifest import check
from portal.pages import figures


class Command(BaseCommand):
    """Exports and prints what was written, or checks an export that is there."""

    help = "Write the archive's files (.json.gz and .parquet) from the database, and a sixth with what only this portal knows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where the files go; it is made")
        parser.add_argument(
            "--files", nargs="+", choices=FILES, default=FILES, metavar="NAME", help=f"only these of {', '.join(FILES)}"
        )
        parser.add_argument("--no-parquet", action="store_true", help="write the JSON files alone")
        parser.add_argument("--publish", action="store_true", help="export for the download page, and remove the oldest there")
        parser.add_argument("--check", action="store_true", help="write nothing: read the export in DIR back and verify it")

    def handle(
        self, *, folder: Path | None, files: list[str], no_parquet: bool, publish: bool, check: bool, **options: Any
    ) -> None:
        """Do what was asked for."""
        if publish == bool(folder) or (publish and check):
            raise CommandError("Give a folder to export to or to --check, or --publish without one.")
        if check and folder:
            self._check(folder)
            return
        try:
            if publish:
                record = nightly.publish(progress=self._progress)
            elif folder:
                with alone():
                    record = export(folder, progress=self._progress, files=files, has_parquet=not no_parquet)
        except ExportRefused as error:
            raise CommandError(str(error)) from error
        for file in record.files.order_by("pk"):
            self.stdout.write(f"{file.name}: {file.rows:,} rows, {figures.size(file.size)}, sha256 {file.sha256}")
        self.stdout.write(f"Written to {record.folder}.")

    def _check(self, folder: Path) -> None:
        faults = list(check(folder))
        for fault in faults:
            self.stdout.write(fault)
        if faults:
            raise CommandError("The export is not sound; export again.")
        self.stdout.write("The export is whole: sizes, sha256 and rows are those of its manifest.")

    def _progress(self, line: str) -> None:
        """Say how far it is, where a person watches."""
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
