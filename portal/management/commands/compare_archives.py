"""`manage.py compare_archives DUMPS EXPORT`: whether an export gives back the dumps that were imported."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.importing.sources import files_of
from portal.round_trip import compare


class Command(BaseCommand):
    """Compares row by row, and fails if a difference is explained by no rule."""

    help = "Compare the dumps of one folder with an export in another: the same, changed by a rule, or unexplained."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("dumps", type=Path, metavar="DUMPS", help="the folder that was imported")
        parser.add_argument("export", type=Path, metavar="EXPORT", help="the folder that was exported")

    def handle(self, *, dumps: Path, export: Path, **options: Any) -> None:
        """Compare and report."""
        trip = compare(_dumps(dumps), export)
        for line in trip.lines():
            self.stdout.write(line)
        if not trip.is_true:
            raise CommandError("The export does not give back what was imported.")


def _dumps(folder: Path) -> list[Path]:
    return [file.path for file in files_of([folder]) if file.kind]
