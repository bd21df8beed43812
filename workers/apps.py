"""The workers app: measurement."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Checkpoints, runs, shards and the machines that score them."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"
