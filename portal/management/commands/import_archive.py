"""`manage.py import_archive PATH...`: dumps of the archive into the catalogue."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from papers.models import Source
from portal.archive_import import ImportRefused, import_paths
from workers import registry


class Command(BaseCommand):
    """Imports dumps and prints what each held; fails if any file could not be imported."""

    help = "Import dumps of the PWC Archive: papers-with-abstracts, links and evaluation-tables (.json, .json.gz, or folders)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a dump, or a folder of dumps")
        parser.add_argument(
            "--source",
            choices=["archive", "demo"],
            default="archive",
            help="mark the rows as the archive's (default) or the demo's",
        )

    def handle(self, *, paths: list[Path], source: str, **options: Any) -> None:
        """Import and report."""
        try:
            report = import_paths(paths, source=Source(source), progress=self._progress)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        for line in report.lines():
            self.stdout.write(line)
        if mapped := registry.map_known_claims():
            self.stdout.write(f"{mapped} claims can be measured by mappings that ship with the portal.")
        if report.has_failed:
            raise CommandError("Some files were not imported; the lines above say which and why.")

    def _progress(self, line: str) -> None:
        """Say how far it is, where a person watches."""
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
