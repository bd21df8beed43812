"""What goes with an account that is erased: what it was told, watched and wished, and its words to reviewers.

What it submitted stays, with its evidence: that is said of the catalogue and not of a person.
"""

from typing import Any

from django.db import connection
from django.dispatch import receiver

from accounts.erasure import erased
from accounts.models import User
from leaderboards.models import Alert, Notice, RerunVote, ReviewArea, Watch
from papers.models import BrakeTrip


@receiver(erased, dispatch_uid="leaderboards.erasing")
def clear(sender: type[User], user: User, **more: Any) -> None:
    """Delete it, within the transaction of the erasure."""
    for table in (Alert, Watch):
        table._default_manager.filter(person=user).delete()
    for mine in (Notice, RerunVote):
        mine._default_manager.filter(user=user).delete()
    ReviewArea.objects.filter(reviewer=user).delete()
    # Others were told by name whom a brake held.
    trips = [str(key) for key in BrakeTrip.objects.filter(actor=user).values_list("pk", flat=True)]
    Alert.objects.filter(kind=Alert.Kind.BRAKE, about__in=trips).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE leaderboards_submission SET payload = payload - 'note', accepted_payload = accepted_payload - 'note'"
            " WHERE submitter_id = %s",
            [user.pk],
        )
