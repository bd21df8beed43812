"""What stood when a form of changes was opened: it comes back with it, so that nobody overwrites what they have not seen."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

from leaderboards.submissions import findings
from leaderboards.submissions.findings import Finding
from leaderboards.submissions.things import CELL, Thing

NAME = "stood"
LONGEST_SHOWN = 200


def told(held: Mapping[str, Any]) -> str:
    """What a hidden field of the form carries."""
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def of(posted: QueryDict, held: Mapping[str, Any]) -> dict[str, Any]:
    """What stood when the form was opened; what stands now where it does not say, or says what cannot be read."""
    try:
        said = json.loads(posted.get(NAME, ""))
    except (ValueError, RecursionError):
        said = None
    return {name: said[name] if isinstance(said, dict) and name in said else value for name, value in held.items()}


def clashes(thing: Thing, fields: Mapping[str, Any], *, stood: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[Finding]:
    """The fields that somebody else changed since the form was opened."""
    for name, value in fields.items():
        if name in held and stood.get(name) != held[name] and value != held[name]:
            field = thing.field(name)
            label = field.label if field else name.removeprefix(CELL)
            yield findings.error(
                "changed_since", name,
                f"{label} was changed while this form was open. It now says “{_brief(held[name])}”: look at it, and send again.",
            )  # fmt: skip


def _brief(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
