"""Readers whose contributions were good become contributors, so that reviewers' time goes to people who are new."""

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Count
from django.db.models.functions import Coalesce

from accounts.models import User
from leaderboards.models import Submission
from leaderboards.submissions import notices
from leaderboards.submissions.undone import undone

State = Submission.State
TOLD = "You are a contributor now: what you send is published at once where no check has a doubt."


def consider(person: User | None, *, by: User) -> bool:
    """Make a reader a contributor once `PROMOTED_AFTER` (0: never) of their submissions were accepted and none was refused.

    An upload counts once, and what was undone since counts against it. Recorded in the administration's log as done by the
    reviewer `by` whose decision was the last of them; the person is told. Whether it was done.
    """
    most = settings.PROMOTED_AFTER
    if not most or person is None or person.role != User.Role.READER or not person.is_active:
        return False
    sent = Submission.objects.filter(submitter=person)
    accepted = sent.filter(state__in=[State.ACCEPTED, State.AMENDED])
    acts = accepted.aggregate(number=Count(Coalesce("batch", "public_id"), distinct=True))["number"]
    if acts < most or sent.filter(state=State.REFUSED).exists():
        return False
    if any(undone(each) for each in accepted.order_by("-pk")[:most]):
        return False
    if not User.objects.filter(pk=person.pk, role=User.Role.READER).update(role=User.Role.CONTRIBUTOR):
        return False  # somebody decided about the role at this moment
    person.role = User.Role.CONTRIBUTOR
    reason = f"Contributor: {acts} submissions were accepted and none refused."
    LogEntry.objects.log_actions(by.pk, [person], CHANGE, change_message=reason, single_object=True)
    notices.tell(person, TOLD, href="/submit")
    return True
