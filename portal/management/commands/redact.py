"""`manage.py redact PUBLIC_ID --reason ... [--field NAME ...]`: take content out of a thing, its copies and its past."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from leaderboards.copies import COPIES
from papers import redaction
from papers.catalogue_row import CatalogueRow
from papers.models import ArchiveExport, Paper
from portal import nightly
from portal.archive_export import ExportRefused
from portal.archive_import import alone


class Command(BaseCommand):
    """Redacts for law or against spam; goes by the owner role, since the site's own cannot rewrite the past."""

    help = "Take the content out of fields of a catalogue row, of its copies and of its recorded past; the events stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("public_id", type=UUID, metavar="PUBLIC_ID", help="of a paper, author, method, result, ...")
        parser.add_argument("--reason", required=True, help="kept with each event")
        parser.add_argument("--field", action="append", default=[], metavar="NAME", help="a field to redact in the row itself")
        parser.add_argument("--remove-exports", action="store_true", help="remove all exports from the download page, too")

    def handle(self, *, public_id: UUID, reason: str, field: list[str], remove_exports: bool, **options: Any) -> None:
        """Redact and report."""
        if not reason.strip():
            raise CommandError("Say why: --reason must not be empty.")
        row = _found(public_id)
        for name in field:
            _check(row, name)
        with alone():  # an import that runs knows the row by what is taken out of it
            done = redaction.redact(row, fields=field, reason=reason, copies=COPIES)
        emptied = f"{', '.join(field)} redacted, " if field else ""
        told = f"{emptied}{done.events} events redacted, copies cleared in {done.cleared} rows."
        self.stdout.write(f"{row._meta.verbose_name} {row.public_id}: {told}")
        for twin in _twins(row):
            self.stdout.write(f"A second row of the same paper keeps its own words: paper {twin}.")
        self._see_to_exports(is_wanted=remove_exports)

    def _see_to_exports(self, *, is_wanted: bool) -> None:
        """Remove the exports that were made before, or say what is to be done with them."""
        if is_wanted:
            try:
                self.stdout.write(f"Exports removed: {nightly.withdraw()}. `export_archive --publish` makes a new one.")
            except ExportRefused as error:
                raise CommandError(f"Redacted, but the old exports are still there. {error}") from error
        elif count := ArchiveExport.objects.filter(is_public=True).count():
            self.stdout.write(
                f"Exports on the download page that were made before, and may hold the content still: {count}."
                " Remove them by --remove-exports, then make a new one by `export_archive --publish`."
            )


def _found(public_id: UUID) -> CatalogueRow:
    for table in apps.get_models():
        if issubclass(table, CatalogueRow) and (row := table._default_manager.filter(public_id=public_id).first()):
            return row
    raise CommandError(f"Nothing in the catalogue has the public id {public_id}.")


def _check(row: CatalogueRow, name: str) -> None:
    fields = redaction.redactable(type(row))
    if name not in fields:
        raise CommandError(f"{name} cannot be redacted in a {row._meta.verbose_name}: choose among {', '.join(fields)}.")


def _twins(row: CatalogueRow) -> list[UUID]:
    """Public ids of the other rows of a paper."""
    if not isinstance(row, Paper):
        return []
    standing = row.duplicate_of_id or row.pk
    rows = Paper.objects.filter(duplicate_of=standing) | Paper.objects.filter(pk=standing)
    return list(rows.exclude(pk=row.pk).order_by("pk").values_list("public_id", flat=True))
