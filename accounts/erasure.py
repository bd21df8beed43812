"""Erasing an account: what is personal goes, what was done stays, under a name that is nobody's.

The row of the account stays as the one who did it, so that all of a vandal's changes can still be reverted together; it
holds nothing of the person any more and nobody can sign in by it. Apps above clear what they keep for a person when
`erased` is sent.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import User
from accounts.usernames import ERASED

erased = Signal()
"""Sent with `user`, within the transaction of the erasure."""


class Refused(Exception):
    """An account cannot be erased; the message says why and what to do."""


@transaction.atomic
def erase(user: User) -> None:
    """Take all that is personal out of an account, for good. Raises Refused for the last administrator."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        raise Refused("This is the only administrator of the portal: make another one first.")
    for table in (EmailAddress, Authenticator, SocialAccount):
        table._default_manager.filter(user=user).delete()
    user.api_tokens.all().delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username = f"{ERASED}{user.pk}"
    user.email = user.first_name = user.last_name = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.role, user.last_login, user.erased_at = User.Role.READER, None, timezone.now()
    user.set_unusable_password()  # which ends every session, too
    user.save()
    # The administration's own log repeats the name of whomever it was about.
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    about.update(object_repr=user.username, change_message="")
    erased.send(sender=User, user=user)
