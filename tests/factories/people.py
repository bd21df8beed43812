"""Builders of people: a reader, a contributor, a reviewer, a member of the staff; and the proof that a first form carries."""

import time
from itertools import count
from unittest.mock import patch

from accounts import form_proof
from accounts.models import User

PASSWORD = "a long password of mine"

_numbers = count(1)


def make_person(role="reader", **values):
    """A person with that role; `staff` is a member of the staff."""
    name = f"{role}-{next(_numbers)}"
    if role == "staff":
        return User.objects.create_user(name, is_staff=True, is_superuser=True, **values)
    return User.objects.create_user(name, role=role, **values)


def proof(seconds_ago=60):
    """What a form carries that was opened some time ago by somebody of whom nothing was accepted yet."""
    with patch("django.core.signing.time.time", return_value=time.time() - seconds_ago):
        return {"proof": form_proof.make()}
