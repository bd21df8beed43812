"""System checks: settings that work but are not as they should be."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("security")
def owner_role_is_separate(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the site runs as the role that migrates: it could then alter tables and rewrite history."""
    if settings.DATABASE_OWNER_IS_SEPARATE:
        return []
    return [
        Warning(
            "DATABASE_URL is set and DATABASE_OWNER_URL is not: the site runs as the role that owns its tables.",
            hint="Make a second role, let DATABASE_OWNER_URL name the owner and DATABASE_URL the other; "
            "manage.py migrate grants it its rights.",
            id="portal.W001",
        )
    ]
