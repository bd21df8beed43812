"""The accounts app: people."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People: a user model of our own from the first migration."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
