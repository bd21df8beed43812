"""`manage.py bootstrap`: what a new installation needs to be alive; safe to repeat."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from leaderboards import published
from papers.models import Paper, Source
from portal import archive_import
from workers import lifecycle, registry
from workers.models import ClaimMapping, Run

DEMO = Path(__file__).resolve().parents[2] / "demo"


class Command(BaseCommand):
    """Load the demo catalogue into an empty database, register what ships, and ask for the self-test once."""

    help = "Load the demo catalogue into an empty database, register what ships, and ask for the self-test once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is still missing."""
        if not Paper.objects.exists() and not archive_import.archive_is_imported():
            report = archive_import.import_paths([DEMO], source=Source.DEMO)
            if report.has_failed:
                self.stderr.write("The demo catalogue could not be loaded; the site runs without it.")
        if archive_import.finish_broken_off():
            self.stdout.write("What an import that was broken off had left to do is done.")
        registry.ensure()
        registry.map_known_claims()
        published.load()
        mapping = ClaimMapping.objects.filter(checkpoint__slug=registry.SELFTEST, protocol__is_selftest=True).first()
        if settings.SELFTEST and mapping is not None and not Run.objects.filter(checkpoint=mapping.checkpoint).exists():
            run = lifecycle.request(mapping, by=None)
            self.stdout.write(f"The self-test was asked for: /runs/{run.public_id}")
