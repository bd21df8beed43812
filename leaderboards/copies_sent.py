"""What submissions repeat of the rows that they made, changed or are about: it goes with the rows' recorded past.

That there was a submission, who sent it and how it was decided stays.
"""

from collections.abc import Iterator

from leaderboards.models import Claim, Leaderboard, Notice, Submission, SubmissionEvent
from papers.catalogue_row import CatalogueRow
from papers.copies import SAID_OF_PAPER, Copies
from papers.models import Author, Dataset, Method, Paper, PaperRepository, Repository, Task

_MADE = "SELECT submission_id FROM leaderboards_maderow WHERE object_id IN ({ids})"
_ABOUT = "SELECT id FROM leaderboards_submission WHERE kind IN ('edit', 'removal') AND target_id IN ({ids})"
_WORDS = "CASE WHEN t.{0} = '' THEN '' ELSE '[redacted]' END"
_EMPTIED = {
    "title": "'[redacted]'",
    # A page of a change still says what kind of thing it is about.
    "payload": "CASE WHEN t.kind IN ('edit', 'removal') THEN jsonb_build_object('thing', t.payload -> 'thing',"
    " 'id', t.payload -> 'id', 'fields', '{}'::jsonb) ELSE '{}'::jsonb END",
    "accepted_payload": "NULL::jsonb",
    "findings": "'[]'::jsonb",
    "reason": _WORDS.format("reason"),
}


def _of(table: type[CatalogueRow]) -> Iterator[Copies]:
    ids = f"SELECT public_id FROM {table._meta.db_table} WHERE id = ANY(%(ids)s)"
    sent = f"{_MADE.format(ids=ids)} UNION ALL {_ABOUT.format(ids=ids)}"
    yield Copies(of=table, table=Submission, where=f"t.id IN ({sent})", columns=_EMPTIED, is_past=True)
    for told, column in ((SubmissionEvent, "note"), (Notice, "sentence")):
        words = {column: _WORDS.format(column)}
        yield Copies(of=table, table=told, where=f"t.submission_id IN ({sent})", columns=words, is_past=True)


SENT = (
    *(each for table in (Paper, Author, Task, Dataset, Method, Repository, PaperRepository, Leaderboard, Claim)
      for each in _of(table)),
    Copies(
        of=Paper,
        fields=SAID_OF_PAPER,
        table=Submission,
        where="t.id IN (SELECT m.submission_id FROM leaderboards_maderow m JOIN leaderboards_claim c ON c.public_id = m.object_id"
        " WHERE c.paper_id = ANY(%(ids)s))",
        columns={
            "payload": "t.payload - 'paper'",
            "accepted_payload": "t.accepted_payload - 'paper'",
            "findings": "'[]'::jsonb",  # they quote it
        },
    ),
)  # fmt: skip
