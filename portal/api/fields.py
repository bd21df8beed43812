"""Values as clients of the old API can read them: where they take no null, a missing text is an empty one."""

import math
from typing import Any

from rest_framework import serializers

from portal.pages.links import web_address


class RequiredText(serializers.ReadOnlyField):
    """A text; "" for null."""

    def get_attribute(self, instance: Any) -> str:
        """The text."""
        return super().get_attribute(instance) or ""


class RequiredAddress(serializers.ReadOnlyField):
    """A web address; "" for null and for what is no http(s) address, so that a client may make a link of whatever it gets."""

    def get_attribute(self, instance: Any) -> str:
        """The address."""
        return web_address(super().get_attribute(instance))


class Address(serializers.ReadOnlyField):
    """A web address; null for null and for what is no http(s) address."""

    def get_attribute(self, instance: Any) -> str | None:
        """The address."""
        return web_address(super().get_attribute(instance)) or None


class Figure(serializers.ReadOnlyField):
    """A number; null for what JSON has no number for."""

    def get_attribute(self, instance: Any) -> float | None:
        """The number."""
        value = super().get_attribute(instance)
        return value if value is not None and math.isfinite(value) else None
