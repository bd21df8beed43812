"""Migrations by the owner role, and the runtime role's rights after them."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import OperationalError

from portal.database_roles import grant_runtime_rights
from portal.worker_role import grant_worker_rights

OWNER = "owner"


class Command(DjangoMigrate):
    """Migrate as the owner role and grant the runtime role what it needs, and no more."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of Django's own command; only the default alias differs."""
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant."""
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from None
        runtime_role = str(settings.DATABASES[DEFAULT_DB_ALIAS]["USER"])
        changes_nothing = options["plan"] or options["check_unapplied"]
        if options["database"] != OWNER or changes_nothing or runtime_role == settings.DATABASES[OWNER]["USER"]:
            return
        tables = grant_runtime_rights(
            connections[OWNER],
            runtime_role=runtime_role,
            append_only=settings.APPEND_ONLY_TABLES,
            read_only=settings.READ_ONLY_TABLES,
        )
        if settings.DATABASE_WORKER_ROLE:
            database = str(settings.DATABASES[OWNER]["NAME"])
            grant_worker_rights(connections[OWNER], role=settings.DATABASE_WORKER_ROLE, database=database)
        if options["verbosity"] >= 2:
            self.stdout.write(f"Granted {runtime_role} its rights on {tables} tables.")
