"""Telling people what became of what they sent: on the site, and by mail where that is configured."""

from collections.abc import Iterable

from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from leaderboards.models import Notice, Submission

MAIL = "leaderboards.tasks.mail_notice"
SENTENCES = {
    Submission.State.ACCEPTED: "“{title}” was accepted.",
    Submission.State.AMENDED: "“{title}” was accepted with changes: {reason}",
    Submission.State.REFUSED: "“{title}” was refused: {reason}",
}


def decided(submission: Submission) -> None:
    """Tell who sent it what was decided; nobody is told of what they decided themselves."""
    if submission.submitter is None or submission.submitter == submission.reviewer:
        return
    sentence = SENTENCES[Submission.State(submission.state)].format(title=submission.title, reason=submission.reason)
    tell(submission.submitter, sentence, href=f"/submissions/{submission.public_id}", submission=submission)


def tell(user: User, sentence: str, *, href: str = "", submission: Submission | None = None) -> Notice:
    """Leave a notice, and once it is stored have it mailed where mail is configured and the person has an address."""
    notice = Notice.objects.create(user=user, sentence=sentence[:2000], href=href, submission=submission)
    if user.email and getattr(settings, "HAS_MAIL", False):
        transaction.on_commit(lambda: current_app.send_task(MAIL, [notice.pk]), robust=True)
    return notice


def unread(user: User) -> QuerySet[Notice]:
    """What a person has not read yet, newest first."""
    return Notice.objects.filter(user=user, read_at=None).order_by("-pk")


def mark_read(notices: Iterable[Notice]) -> None:
    """They were read."""
    keys = [notice.pk for notice in notices if notice.read_at is None]
    if keys:
        Notice.objects.filter(pk__in=keys, read_at=None).update(read_at=timezone.now())


def mail(notice: Notice) -> None:
    """Send it by mail, unless it was read meanwhile."""
    if notice.read_at is None and notice.user.email:
        send_mail("Papers With Code 2: your submission", notice.sentence, None, [notice.user.email])
