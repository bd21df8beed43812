"""The only code that writes a state, a fence or a lease.

Every move is a compare-and-set that leaves a `RunEvent`; losing the race is an answer, not a crash. Work is claimed
under a lease by the database's clock: a claim raises the fence by one, and every later write names the fence it was
claimed with, so that a worker which lost its lease can write no more.

By job: `control` is what people do to a run, `claims` how a worker gets work, `progress` what it writes while it has it,
`endings` how work ends well or badly, `reaping` what becomes of work whose worker went silent.
"""

from workers.faults import CODE_ERROR, LOST_WORKER, MAX_ATTEMPTS
from workers.lifecycle.claims import Warmth, claim_next, claim_planning, claim_reducing
from workers.lifecycle.control import (
    TOKEN_BUDGETS,
    cancel,
    pause,
    put_back,
    request,
    resume,
    retry,
    set_aside,
    set_priority,
)
from workers.lifecycle.endings import TOLD_TO_STOP, fail, finish, finish_shard, release
from workers.lifecycle.leases import LEASE, Lease, LostLease, LostRace, RunLease, ShardLease, renew, tell
from workers.lifecycle.progress import advance, planned, record_scorer, replan
from workers.lifecycle.reaping import reap

__all__ = [
    "CODE_ERROR", "LEASE", "LOST_WORKER", "MAX_ATTEMPTS", "TOKEN_BUDGETS", "TOLD_TO_STOP", "Lease", "LostLease", "LostRace",
    "RunLease", "ShardLease", "Warmth", "advance", "cancel", "claim_next", "claim_planning", "claim_reducing",
    "fail", "finish", "finish_shard", "pause", "planned", "put_back", "reap", "record_scorer", "release", "renew", "replan",
    "request", "resume", "retry", "set_aside", "set_priority", "tell",
]  # fmt: skip
