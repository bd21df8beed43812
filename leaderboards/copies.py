"""Where boards, claims and measurements repeat what other rows say (papers/copies.py says what that is for)."""

from leaderboards.archive.settling import EMPTY_DATASETS, PART_OF
from leaderboards.copies_sent import SENT
from leaderboards.models import Claim, Leaderboard, Measurement, Model
from papers import copies
from papers.copies import ADDRESS, HIDDEN_KEY, NAMED, SAID_OF_PAPER, SELF, Copies, emptied, placeholder
from papers.hidden_keys import hidden_sql
from papers.models import Dataset, Paper, Task

_MODEL = frozenset({"model_name"})
_ON_BOARDS = "t.leaderboard_id IN (SELECT id FROM leaderboards_leaderboard WHERE {} = ANY(%(ids)s))"
_HIDDEN_KEYS = {"paper_key": f"CASE WHEN t.paper_key = '' THEN '' ELSE {hidden_sql('t.paper_key')} END", **HIDDEN_KEY}

COPIES = (
    *copies.COPIES,
    *SENT,
    Copies(
        of=Paper,
        fields=SAID_OF_PAPER,
        table=Claim,
        where="t.paper_id = ANY(%(ids)s)",
        columns={"paper_title": emptied("paper_title"), "paper_url": emptied("paper_url"), **_HIDDEN_KEYS},
    ),
    Copies(of=Claim, fields=frozenset({"paper_title", "paper_url"}), table=Claim, where=SELF, columns=_HIDDEN_KEYS),
    Copies(
        of=Task,
        fields=NAMED,
        table=Leaderboard,
        where="t.task_id = ANY(%(ids)s)",
        columns=HIDDEN_KEY,
        has_address=True,
    ),
    Copies(
        of=Dataset,
        fields=NAMED,
        table=Leaderboard,
        where="t.dataset_id = ANY(%(ids)s)",
        raw=(PART_OF,),
        columns={"dataset_name": placeholder("t.id"), **HIDDEN_KEY},
        has_address=True,
    ),
    Copies(of=Task, fields=NAMED, table=Claim, where=_ON_BOARDS.format("task_id"), columns=HIDDEN_KEY),
    Copies(of=Dataset, fields=NAMED, table=Claim, where=_ON_BOARDS.format("dataset_id"), columns=HIDDEN_KEY),
    Copies(
        of=Dataset,
        fields=NAMED,
        table=Task,
        where="t.id IN (SELECT task_id FROM leaderboards_leaderboard WHERE dataset_id = ANY(%(ids)s))",
        raw=(EMPTY_DATASETS,),
    ),
    Copies(
        of=Leaderboard,
        fields=frozenset({"dataset_name", ADDRESS}),
        table=Claim,
        where="t.leaderboard_id = ANY(%(ids)s)",
        columns=HIDDEN_KEY,
    ),
    *(
        Copies(of=of, fields=fields, table=Measurement, where=where, columns={"model_name": placeholder("t.id")})
        for of, fields, where in (
            (Claim, _MODEL, "t.claim_id = ANY(%(ids)s)"),
            (Model, NAMED, "t.model_id = ANY(%(ids)s)"),
        )
    ),
)
"""Those of the whole catalogue."""
