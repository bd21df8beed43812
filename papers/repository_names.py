"""Owner and name of a repository, out of its key, as an index has them: github.com/owner/name."""

from django.db.models import Func, TextField, Value

OWNER, NAME = "owner", "name"


class KeyPart(Func):
    """A part of a repository's key, the host being the first; empty where it has no such part."""

    function = "split_part"
    output_field = TextField()


def key_part(number: int) -> KeyPart:
    """That part, counted from 1."""
    return KeyPart("key", Value("/"), Value(number))
