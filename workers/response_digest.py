"""One digest over all that a model answered in a run: whatever is changed afterwards, a single bit, changes it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple

from workers.evaluation.contract import Response


def digest_of(responses: Iterable[Response]) -> str:
    """SHA-256 over the responses in the order of their ordinals, each as a line of JSON with its numbers to the last bit."""
    digest = hashlib.sha256()
    for response in responses:
        said = [value for value in astuple(response) if value is not None]
        digest.update(json.dumps(said).encode() + b"\n")
    return digest.hexdigest()
