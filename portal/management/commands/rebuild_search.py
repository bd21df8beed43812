"""`manage.py rebuild_search`: the search index anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from papers.search_rebuild import RebuildFailed, rebuild


class Command(BaseCommand):
    """Builds the search index anew beside the one that serves, and says how long it took."""

    help = "Build the search index of all papers anew; searches go on meanwhile."

    def handle(self, **options: Any) -> None:
        """Build and report."""
        try:
            built = rebuild(tell=self.stdout.write if options["verbosity"] >= 2 else lambda line: None)
        except RebuildFailed as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"The search index was not built, and the old one serves on; the database says: {reason}"
            ) from None
        self.stdout.write(
            f"{built.papers:,} papers can be found: {built.words_seconds:.1f} s for their words, {built.index_seconds:.1f} s for "
            f"the index, {built.titles_seconds:.1f} s for titles, {built.swap_seconds:.1f} s until it took the old one's place."
        )
