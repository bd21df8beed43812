"""What a person may do, by role: each role may do what those before it may. Staff may do everything.

Areas that a reviewer is limited to hang on the catalogue's areas, so they stand in `leaderboards`, above this app.
"""

from typing import TypeGuard

from django.contrib.auth.models import AnonymousUser

from accounts.models import User

Person = User | AnonymousUser


def may_submit(person: Person) -> TypeGuard[User]:
    """Anyone signed in may: first contributions wait for a reviewer."""
    return isinstance(person, User) and person.is_active


def is_trusted(person: Person) -> bool:
    """Clean submissions of contributors, reviewers and staff may be published at once."""
    return may_submit(person) and (person.is_staff or person.role != User.Role.READER)


def may_review(person: Person) -> bool:
    """Decide about what others submit, and revert what they changed."""
    return may_submit(person) and (person.is_staff or person.role == User.Role.REVIEWER)
