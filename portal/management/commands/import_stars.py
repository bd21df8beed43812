"""`manage.py import_stars FILE...`: GitHub stars as somebody observed them on a day."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from papers import stars
from papers.stars import StarsRefused


class Command(BaseCommand):
    """Stores observations; lists by stars, and trends, follow."""

    help = "Import observed stars of repositories: CSV with the columns repository, stars, observed_on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        """Each file by itself, all of it or nothing of it."""
        for file in files:
            try:
                with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                    report = stars.store(lines)
            except StarsRefused as error:
                raise CommandError(f"{file}: {error} Nothing of this file was imported.") from error
            except OSError as error:
                raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
            self.stdout.write(f"{file}: {report}.")
            for sample in report.samples:
                self.stdout.write(f"  {sample}")
