"""Accounts are tested with a quick hasher, and without what limits counted before."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _quick_and_without_limits_of_before(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
