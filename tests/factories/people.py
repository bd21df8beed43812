"""Builders of people: a reader, a contributor, a reviewer, a member of the staff."""

from itertools import count

from accounts.models import User

PASSWORD = "a long password of mine"

_numbers = count(1)


def make_person(role="reader", **values):
    """A person with that role; `staff` is a member of the staff."""
    name = f"{role}-{next(_numbers)}"
    if role == "staff":
        return User.objects.create_user(name, is_staff=True, is_superuser=True, **values)
    return User.objects.create_user(name, role=role, **values)
