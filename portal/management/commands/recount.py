"""`manage.py recount`: the stored counts made true, or compared with what is there."""

from argparse import ArgumentParser
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards import counts as board_counts
from papers import counts as catalogue_counts

MOST_PRINTED = 200


class Command(BaseCommand):
    """Counts anew; triggers keep counts right, so that there should be nothing to mend."""

    help = "Count papers, results and boards anew and mend what is stored; with --check, only say what is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("--check", action="store_true", help="print what differs and change nothing; fail if anything does")

    def handle(self, *, check: bool, **options: Any) -> None:
        """Mend or compare."""
        if check:
            self._check()
            return
        catalogue_counts.recount_all()
        board_counts.recount_all()
        self.stdout.write("Every stored count is true.")

    def _check(self) -> None:
        wrong = 0
        for wrong, difference in enumerate(chain(catalogue_counts.differences(), board_counts.differences()), start=1):
            if wrong <= MOST_PRINTED:
                self.stdout.write(str(difference))
        if wrong:
            raise CommandError(f"{wrong:,} stored counts are wrong; mend them with: manage.py recount")
        self.stdout.write("Every stored count is true.")
