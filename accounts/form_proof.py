"""A proof, without a third party and without script, that a form was looked at before it was sent; and a trap beside it.

The form carries a signed, timed token of its own: one that was never asked for, that comes back at once, a day later or
twice is refused. The trap is a field that people do not see. Neither stops who writes a program for this very site; limits
by address and the review of first contributions do (decision 20).
"""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import QueryDict

SALT = "accounts.form_proof"
LONGEST_SECONDS = 24 * 3600
TOO_QUICK = "The form came back quicker than anybody reads: wait a few seconds and send it again."
TOO_OLD = "The form was open for too long: send it again as it is now."
SENT_BEFORE = "The form was sent before: send it again as it is now."
TRAPPED = "Leave the field for the address of a website empty: it is there for programs."


def make() -> str:
    """A token for one sending of one form."""
    return signing.dumps(secrets.token_urlsafe(9), salt=SALT)


def check(token: str) -> None:
    """Refuse, by a ValidationError, a token that is not ours or not of the right age."""
    try:
        signing.loads(token, salt=SALT, max_age=LONGEST_SECONDS)
    except signing.BadSignature:
        raise ValidationError(TOO_OLD, code="too_old") from None
    try:
        signing.loads(token, salt=SALT, max_age=settings.FORM_PROOF_SECONDS)
    except signing.SignatureExpired:
        return
    if settings.FORM_PROOF_SECONDS:
        raise ValidationError(TOO_QUICK, code="too_quick")


def use_up(token: str, *, by: str = "") -> None:
    """Refuse, by a ValidationError, a token that was used before; of two sendings at once one is the first.

    `by` is kept with it, for `used_by`.
    """
    if not cache.add(_used(token), by, timeout=LONGEST_SECONDS):
        raise ValidationError(SENT_BEFORE, code="sent_before")


def used_by(token: str) -> str:
    """What was kept with a token when it was used up; empty where it was not, or where nothing was."""
    return str(cache.get(_used(token)) or "")


def renewed(token: str) -> str:
    """The token for the same form once more: itself while it may still be sent, so that nobody waits again; else a new one."""
    try:
        check(token)
    except ValidationError as refused:
        if refused.code != "too_quick":
            return make()
    return token if cache.get(_used(token)) is None else make()


def _used(token: str) -> str:
    return f"form-proof:{token}"


class ProvenForm(forms.Form):
    """A form with the proof and the trap; templates show `trap` off the page. An old or used token gives way to a new one."""

    proof = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    website = forms.CharField(
        required=False, label="Website (leave empty)", widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proof"].initial = make()

    def clean(self) -> dict[str, Any]:
        """Check trap and proof; the token is used up once everything else is well."""
        values = super().clean() or {}
        if self.data.get(self.add_prefix("website")):
            raise ValidationError(TRAPPED, code="trapped")
        token = values.get("proof", "")
        try:
            check(token)
            if not self.errors:
                use_up(token)
        except ValidationError as refused:
            if refused.code != "too_quick" and isinstance(self.data, QueryDict):
                sent = self.data.copy()
                sent[self.add_prefix("proof")] = make()
                self.data = sent
            raise
        return values
