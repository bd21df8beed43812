"""`manage.py redact PUBLIC_ID --reason ... [--field NAME ...]`: take content out of a thing and its past."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from papers import history
from papers.catalogue_row import CatalogueRow


class Command(BaseCommand):
    """Redacts for law or privacy; goes by the owner role, since the site's own cannot rewrite the past."""

    help = "Empty fields of a catalogue row and take the content out of its recorded past; the events stay, with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("public_id", type=UUID, metavar="PUBLIC_ID", help="of a paper, author, method, result, ...")
        parser.add_argument("--reason", required=True, help="kept with each event")
        parser.add_argument("--field", action="append", default=[], metavar="NAME", help="a text to empty in the row itself")

    def handle(self, *, public_id: UUID, reason: str, field: list[str], **options: Any) -> None:
        """Redact and report."""
        if not reason.strip():
            raise CommandError("Say why: --reason must not be empty.")
        row = _found(public_id)
        for name in field:
            _check(row, name)
        history.redact_row(row, fields=dict.fromkeys(field, ""), reason=reason)
        emptied = f"{', '.join(field)} emptied, and " if field else ""
        self.stdout.write(f"{row}: {emptied}{history.of(row).count()} events redacted.")


def _found(public_id: UUID) -> CatalogueRow:
    for table in apps.get_models():
        if issubclass(table, CatalogueRow) and (row := table._default_manager.filter(public_id=public_id).first()):
            return row
    raise CommandError(f"Nothing in the catalogue has the public id {public_id}.")


def _check(row: CatalogueRow, name: str) -> None:
    texts = {field.name for field in row._meta.concrete_fields if field.get_internal_type() == "TextField"}
    if name not in texts - {"slug", "archive_key", "key"}:
        raise CommandError(f"{name} is no text that can be emptied: choose among {', '.join(sorted(texts))}.")
