"""The leaderboards app: what is said about results."""

from django.apps import AppConfig


class LeaderboardsConfig(AppConfig):
    """Boards, claims, protocols and measurements."""

    name = "leaderboards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Clear what goes with an erased account."""
        # Imported here: it needs the apps to be loaded.
        from leaderboards import erasing  # noqa: F401
