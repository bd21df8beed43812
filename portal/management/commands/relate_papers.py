"""`manage.py relate_papers [--all]`: compute which papers are near which."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Computes related papers and prints of how many."""

    help = "Compute the related papers of papers that are new or changed since the last time, or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("--all", action="store_true", dest="everything", help="compute all papers anew")

    def handle(self, *args: Any, everything: bool, **options: Any) -> None:
        """Compute and report."""
        from papers.relating.computing import AlreadyComputing  # loads scipy, which no other command needs
        from portal.related_papers import relate

        try:
            computed = relate(progress=self._progress, everything=everything)
        except AlreadyComputing as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Related papers were computed for {computed:,} {'paper' if computed == 1 else 'papers'}.")

    def _progress(self, line: str) -> None:
        """Say how far it is, where a person watches."""
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)
