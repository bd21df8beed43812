"""What people may call themselves: names stand in addresses and beside what they did, so nobody's may pass for another's."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator

LONGEST = 39
RESERVED = frozenset({
    "admin", "administrator", "anonymous", "api", "archive", "import", "moderator", "nobody", "official", "papers-with-code",
    "paperswithcode", "portal", "profile", "reviewer", "root", "staff", "support", "system", "webmaster",
})  # fmt: skip
ERASED = "erased-"
"""What the names of erased accounts begin with (accounts/erasure.py)."""


def not_reserved(name: str) -> None:
    """Refuse names that would speak for the site, or for an account that was erased."""
    if name.lower() in RESERVED or name.lower().startswith(ERASED):
        raise ValidationError(f"The name {name} is kept for the site: choose another.")


VALIDATORS = [
    RegexValidator(
        r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z",
        "A name is of letters a to z, digits, and dots, dashes or underscores between them.",
    ),
    MaxLengthValidator(LONGEST, f"A name has at most {LONGEST} letters."),
    not_reserved,
]
