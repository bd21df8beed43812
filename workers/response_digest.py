"""One digest over all that a model answered in a run: whatever is changed afterwards, a single bit, changes it."""

import hashlib
import json
from collections.abc import Iterable

from workers.evaluation.contract import Response


def digest_of(responses: Iterable[Response]) -> str:
    """SHA-256 over the responses in the order of their ordinals, each as a line of JSON with its numbers to the last bit.

    How many tokens a continuation has is the tokenizer's word, not the model's, and no part of it.
    """
    digest = hashlib.sha256()
    for response in responses:
        said = [value for value in (response.log_likelihood, response.is_greedy, response.text) if value is not None]
        digest.update(json.dumps(said).encode() + b"\n")
    return digest.hexdigest()
