"""The portal app: the website."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages that join several apps, and the commands."""

    name = "portal"

    def ready(self) -> None:
        """Make the Celery app, which the tasks of every process belong to, and register the system checks."""
        # Imported here: both need the apps to be loaded.
        from portal import celery, checks  # noqa: F401
