"""The proof and the trap (accounts/form_proof.py) on what somebody sends of whom nothing was accepted yet.

Asked for on the forms by which words get onto the site: submissions, uploads, changes, removals, answers to measurements. Votes
and watching say nothing to others, and have their rates. Whoever has a track record, or a role, is asked for nothing.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from redis.exceptions import RedisError

from accounts import form_proof
from accounts.models import User
from accounts.roles import is_trusted
from leaderboards.models import Submission
from leaderboards.submissions import Impossible, Rejected, findings
from leaderboards.submissions.things import is_uuid

logger = logging.getLogger(__name__)

_NOT_WORDS = {"csrfmiddlewaretoken", "proof", "website"}
ACCEPTED = (Submission.State.ACCEPTED, Submission.State.AMENDED)


def is_asked_of(person: User) -> bool:
    """Whether this person still has to prove it: a reader of whom nothing was accepted; at most one query."""
    return not is_trusted(person) and not Submission.objects.filter(submitter=person, state__in=ACCEPTED).exists()


def token_for(request: HttpRequest, person: User | None) -> str:
    """What a form carries (templates/components/submission.html): the token that it came with while that counts, or a new one.

    Empty for whom nothing is asked of.
    """
    if person is None or not is_asked_of(person):
        return ""
    try:
        return form_proof.renewed(request.POST.get("proof", ""))
    except (RedisError, OSError):
        return form_proof.make()


class SentBefore(Exception):
    """The very same form was sent already, as by a second click: it made this submission."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(str(submission))
        self.submission = submission


@dataclass
class Sending:
    """What is being sent; where the submission that it makes is said, a second click leads to it too."""

    submission: Submission | None = None


@contextmanager
def proven(request: HttpRequest, *, by: User) -> Iterator[Sending]:
    """Store inside only what came with a proof, which is used up with it.

    Raises `Rejected`, and `SentBefore` for the same form once more; then nothing was stored.
    """
    sending = Sending()
    if not is_asked_of(by):
        yield sending
        return
    token = request.POST.get("proof", "")
    if request.POST.get("website"):
        raise _rejected(form_proof.TRAPPED)
    _try(form_proof.check, token)
    said = _digest(request)
    try:
        with transaction.atomic():
            yield sending
            try:
                made = sending.submission
                _try(partial(form_proof.use_up, by=f"{said} {made.public_id}" if made else ""), token)
            except (RedisError, OSError) as error:
                # Nobody remembers which tokens were used: the other brakes hold all the same.
                logger.warning("A form's proof could not be marked as used (%s).", error)
    except (Rejected, Impossible) as refused:
        first, _, public_id = _used_by(token).partition(" ")
        is_same = first == said and is_uuid(public_id)
        before = Submission.objects.filter(public_id=public_id, submitter=by).first() if is_same else None
        if before is not None:
            raise SentBefore(before) from refused
        raise


def _digest(request: HttpRequest) -> str:
    """The same for the same words in the same fields, by the same account."""
    sent = [(name, values) for name, values in sorted(request.POST.lists()) if name not in _NOT_WORDS]
    return hashlib.sha256(json.dumps([request.path, request.user.pk, sent]).encode()).hexdigest()


def _used_by(token: str) -> str:
    try:
        return form_proof.used_by(token)
    except (RedisError, OSError):
        return ""


def _try(step: Callable[[str], None], token: str) -> None:
    try:
        step(token)
    except ValidationError as refused:
        raise _rejected(refused.messages[0]) from refused


def _rejected(sentence: str) -> Rejected:
    return Rejected([findings.error("form_proof", "", sentence)])
