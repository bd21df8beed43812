"""Thin Celery tasks of this app."""

from celery import shared_task

from leaderboards.models import Notice
from leaderboards.submissions import notices


@shared_task(name=notices.MAIL, autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def mail_notice(notice_id: int) -> None:
    """Send one notice by mail; a mail server that is away is asked again."""
    notice = Notice.objects.select_related("user").filter(pk=notice_id).first()
    if notice is not None:
        notices.mail(notice)
