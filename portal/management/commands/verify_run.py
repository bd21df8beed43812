"""`manage.py verify_run`: compute a run's numbers again from what the model answered."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from workers import run_verify
from workers.evaluation.errors import EvaluationError
from workers.models import Run
from workers.run_verify import CannotVerify, Check


class Command(BaseCommand):
    """Say of each metric whether it is what lm-eval's own code makes of the answers; ends with 1 when anything is not."""

    help = "Compute a run's metrics again by lm-eval's own code, from the database or from a folder of export_run alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("what", metavar="RUN|FOLDER", help="a run's id, or a folder that export_run wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify."""
        try:
            wrong = 0
            for check in _checks(options["what"]):
                self.stdout.write(check.line)
                wrong += not check.is_same
        except (CannotVerify, EvaluationError) as error:
            raise CommandError(str(error)) from error
        if wrong:
            raise CommandError(
                f"{wrong} of these differ{'s' if wrong == 1 else ''} from what stands: this run's numbers are not its answers'."
            )
        self.stdout.write("Everything is the same.")


def _checks(what: str) -> Iterator[Check]:
    if Path(what).is_dir():
        return run_verify.of_folder(Path(what))
    try:
        run = Run.objects.select_related("checkpoint", "protocol").filter(public_id=UUID(what)).first()
    except ValueError:
        run = None
    if run is None:
        raise CannotVerify(f'"{what}" is neither a folder nor the id of a run: take the id from the address of its page.')
    return run_verify.of_run(run)
