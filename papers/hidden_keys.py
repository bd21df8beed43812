"""Keys and addresses whose words were redacted: a digest stands in their place.

By it a later dump's row is known again, and whoever follows an old address is told that it was redacted, while nothing says
what the words were. Digests stay in the database; no page, answer or export shows them.
"""

import hashlib
from typing import Any

HIDDEN = "redacted:"
REDACTED = "[redacted]"


def hidden(key: str) -> str:
    """The digest that stands for a key; what is one already stays."""
    return key if is_hidden(key) else HIDDEN + hashlib.sha256(key.encode()).hexdigest()


def is_hidden(key: str | None) -> bool:
    """Whether this is a digest."""
    return key is not None and key.startswith(HIDDEN)


def told(value: Any) -> Any:
    """A recorded value as readers see it: a digest says only that something was redacted; lists and objects part by part."""
    if isinstance(value, str):
        return REDACTED if is_hidden(value) else value
    if isinstance(value, list):
        return [told(part) for part in value]
    return {name: told(part) for name, part in value.items()} if isinstance(value, dict) else value


def hidden_sql(column: str) -> str:
    """`hidden` in SQL."""
    digest = f"'{HIDDEN}' || encode(sha256(convert_to({column}, 'UTF8')), 'hex')"
    return f"CASE WHEN {is_hidden_sql(column)} THEN {column} ELSE {digest} END"


def is_hidden_sql(column: str) -> str:
    """`is_hidden` in SQL; null for null."""
    return f"starts_with({column}, '{HIDDEN}')"


def shown_sql(column: str) -> str:
    """The key in SQL, null for one that is hidden."""
    return f"CASE WHEN NOT {is_hidden_sql(column)} THEN {column} END"
