"""The administrator of a site that keeps its own database: made on the first start, with a generated password."""

import secrets

from accounts import second_factor
from accounts.models import User

USERNAME = "admin"


def ensure() -> str | None:
    """Make the administrator when nobody is one yet, and return the new password, which is stored hashed only."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    return reset(create=True)


def reset(*, create: bool) -> str | None:
    """Give the administrator a new password and return it, or None when there is none and none may be made."""
    user = User.objects.filter(username=USERNAME).first()
    if user is None and not create:
        return None
    password = secrets.token_urlsafe(15)
    if user is None:
        User.objects.create_superuser(username=USERNAME, email="", password=password)
    else:
        user.set_password(password)
        user.is_active = user.is_staff = user.is_superuser = True
        user.save(update_fields=["password", "is_active", "is_staff", "is_superuser"])
        second_factor.remove(user)  # whoever has the machine may have lost the phone
    return password
