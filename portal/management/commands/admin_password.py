"""`manage.py admin_password`: a new password for the administrator."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import administrator


class Command(BaseCommand):
    """Give the user `admin` a new generated password and print it."""

    help = "Give the user `admin` a new generated password and print it. Made on a database of the site's own only."

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset and print."""
        password = administrator.reset(create=settings.DATABASE_IS_EMBEDDED)
        if password is None:
            raise CommandError(
                "There is no user `admin`, and none is made on a database of yours: use manage.py createsuperuser."
            )
        self.stdout.write(f"user {administrator.USERNAME}, password {password}")
