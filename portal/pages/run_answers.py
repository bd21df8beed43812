"""What a model wrote on the first items of a run, where its protocol has it write."""

from collections.abc import Mapping
from dataclasses import dataclass

from leaderboards.models import Protocol
from workers.models import Request, Run

ANSWERS_SHOWN = 10
LONGEST_SHOWN = 600
"""Characters of a written text that a page shows."""

_VERDICTS: Mapping[bool | None, str] = {True: "right", False: "wrong", None: ""}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A text that the model wrote; what the harness read in it, and whether that is right, are empty until it has."""

    item: str
    written: str
    read: str
    verdict: str


def read(run: Run) -> tuple[Answer, ...]:
    """The first answers that are there, in the harness's order: one query, and none where nothing is written."""
    if run.protocol.scoring != Protocol.Scoring.WRITTEN:
        return ()
    found = Request.objects.filter(run=run, kind=Request.Kind.GENERATE_UNTIL, response_text__isnull=False)
    return tuple(_answer(request) for request in found.select_related("sample").order_by("ordinal")[:ANSWERS_SHOWN])


def _answer(request: Request) -> Answer:
    text = request.response_text or ""
    sample = request.sample
    return Answer(
        item=f"{sample.task}, item {sample.document_id + 1}",
        written=text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN].rstrip()} …",
        read=sample.prediction or "",
        verdict=_VERDICTS[sample.is_correct],
    )
