"""What people submit and its review: checks, decisions, and what came of it.

The seam is `desk`, and its functions stand here: `submissions.submit("result", {...}, by=user, via=Submission.Via.API)` for
forms, uploads and the API alike; `submissions.of_result(claim)` tells where a number came from.
"""

from leaderboards.submissions.desk import (
    Impossible,
    NotAllowed,
    Rejected,
    accept,
    amend,
    check,
    let_own_in,
    of_result,
    refuse,
    submit,
    told_of,
    withdraw,
)
from leaderboards.submissions.states import LostRace

__all__ = [
    "Impossible", "LostRace", "NotAllowed", "Rejected", "accept", "amend", "check", "let_own_in", "of_result", "refuse", "submit",
    "told_of", "withdraw",
]  # fmt: skip
