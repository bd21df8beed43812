"""Answering a measurement and taking an answer back: who may, and how often."""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import roles
from accounts.models import User
from accounts.roles import Person
from leaderboards.answer_models import LONGEST, Answer
from leaderboards.models import Measurement

MOST_A_DAY = 20
"""Answers of one person within a day; whoever has more to say says it in fewer."""


class Refused(Exception):
    """An answer cannot be given or taken back; the message is one sentence."""


def of(measurement: Measurement) -> QuerySet[Answer]:
    """The answers to a measurement, oldest first, those taken back too, with who gave them and who took them back."""
    return Answer.objects.filter(measurement=measurement).select_related("author", "withdrawn_by").order_by("posted_at", "pk")


def may_answer(measurement: Measurement, person: Person) -> bool:
    """Anyone who may submit, to what everybody sees; staff also before it is published."""
    return roles.may_submit(person) and (measurement.published_at is not None or person.is_staff)


def may_withdraw(answer: Answer, person: Person) -> bool:
    """Its author, and whoever reviews."""
    return (
        answer.withdrawn_at is None and roles.may_submit(person) and (answer.author_id == person.pk or roles.may_review(person))
    )


def post(measurement: Measurement, *, text: str, by: User) -> Answer:
    """Answer a measurement. Raises `Refused` for an empty or too long text, or where the person may not or said too much today.

    The same words sent again, as by a second click, are one answer.
    """
    words = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not may_answer(measurement, by):
        raise Refused("Only people who have signed in can answer, and only what is published.")
    if not words:
        raise Refused("Write what you have to say about this measurement.")
    if len(words) > LONGEST:
        raise Refused(f"An answer has at most {LONGEST:,} characters, and this one has {len(words):,}: shorten it.")
    mine = Answer.objects.filter(author=by)
    same = mine.filter(measurement=measurement, text=words, withdrawn_at=None).first()
    if same is not None:
        return same
    if mine.filter(posted_at__gt=Now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Refused(f"You gave {MOST_A_DAY} answers within a day: wait until tomorrow.")
    return Answer.objects.create(measurement=measurement, author=by, text=words)


def withdraw(answer: Answer, *, reason: str, by: User) -> None:
    """Take an answer back; its reason is shown in its place.

    Raises `Refused` without a reason, for somebody else's answer, or where it was taken back before.
    """
    words = " ".join(reason.replace("\0", "").split())[:500]
    if not may_withdraw(answer, by):
        raise Refused("Only its author and reviewers can take an answer back, and only once.")
    if not words:
        raise Refused("Say in a sentence why it is taken back: readers see it.")
    standing = Answer.objects.filter(pk=answer.pk, withdrawn_at=None)
    if not standing.update(withdrawn_at=Now(), withdrawn_by=by, withdrawal_reason=words):
        raise Refused("This answer was taken back before.")
