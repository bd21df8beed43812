"""The papers app: the catalogue."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Papers, tasks, datasets, methods, repositories and the people who wrote them."""

    name = "papers"
    default_auto_field = "django.db.models.BigAutoField"
