"""`manage.py export_run`: a finished run as a folder that lm-eval's own tools read."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from workers import run_export
from workers.models import Run


class Command(BaseCommand):
    """Write a run's results, items and manifest into a folder."""

    help = "Write a finished run as lm-eval's results and samples, with a manifest of all that produced it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("run", metavar="RUN", type=UUID, help="the run's id, as its page's address has it")
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the export."""
        run = Run.objects.select_related("checkpoint", "protocol").filter(public_id=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}: take the id from the address of its page.")
        try:
            for path in run_export.write(run, options["folder"]):
                self.stdout.write(f"{path}  {path.stat().st_size:,} bytes")
        except (run_export.ExportRefused, OSError) as error:
            raise CommandError(str(error)) from error
