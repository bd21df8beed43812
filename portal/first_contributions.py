"""The proof and the trap (accounts/form_proof.py) on what somebody sends of whom nothing was accepted yet.

Asked for on the forms by which words get onto the site: submissions, uploads, changes, removals, answers to measurements. Votes
and watching say nothing to others, and have their rates. Whoever has a track record, or a role, is asked for nothing.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from redis.exceptions import RedisError

from accounts import form_proof
from accounts.models import User
from accounts.roles import is_trusted
from leaderboards.models import Submission
from leaderboards.submissions import Rejected, findings

logger = logging.getLogger(__name__)

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


@contextmanager
def proven(request: HttpRequest, *, by: User) -> Iterator[None]:
    """Store inside only what came with a proof, which is used up with it. Raises `Rejected`; then nothing was stored."""
    if not is_asked_of(by):
        yield
        return
    token = request.POST.get("proof", "")
    if request.POST.get("website"):
        raise _rejected(form_proof.TRAPPED)
    _try(form_proof.check, token)
    with transaction.atomic():
        yield
        try:
            _try(form_proof.use_up, token)
        except (RedisError, OSError) as error:
            # Nobody remembers which tokens were used: the other brakes hold all the same.
            logger.warning("A form's proof could not be marked as used (%s).", error)


def _try(step: Callable[[str], None], token: str) -> None:
    try:
        step(token)
    except ValidationError as refused:
        raise _rejected(refused.messages[0]) from refused


def _rejected(sentence: str) -> Rejected:
    return Rejected([findings.error("form_proof", "", sentence)])
