"""A paper of the dump as the loader takes it: its own columns as COPY text already, and what names other things."""

from dataclasses import dataclass

from papers.archive.copy_text import EMPTY_OBJECT, columns, json_text
from papers.archive.papers_with_abstracts import MethodRecord, PaperRecord, ProceedingRecord
from papers.archive.text import JsonObject

TEXTS = (
    "title", "abstract", "short_abstract", "date", "arxiv_id", "nips_id", "openreview_id", "url_abs", "url_pdf",
    "conference_url_abs", "conference_url_pdf", "conference_slug", "reproduces_paper",
)  # fmt: skip
MARKS = ("abstract_by", "archive_code_count")
BESIDE = ("archive_absent", "archive_extra")
COLUMNS = (*TEXTS, *MARKS, *BESIDE, "archive_raw", "proceeding_id")

PLAIN_END = f"\tauthors\t\\N\t{{}}\t{EMPTY_OBJECT}"
NO_RAW: JsonObject = {}
"""MARKS and BESIDE of a row that says nothing beyond the schema."""


@dataclass(slots=True)
class Prepared:
    """`text` holds TEXTS, MARKS and BESIDE; `raw`, the methods' ids and the proceeding's are the loader's to add.

    `number` is the row's in its file, where it comes from one.
    """

    key: str
    slug: str
    text: bytes
    proceeding: ProceedingRecord | None
    authors: list[str]
    tasks: list[str]
    methods: list[MethodRecord]
    raw: JsonObject
    number: int = 0


def prepared(record: PaperRecord) -> Prepared:
    """A record as the loader takes it."""
    values = [record.columns[name] for name in TEXTS]
    values += [record.abstract_by, record.code_count, record.absent, json_text(record.extra)]  # type: ignore[list-item]
    return Prepared(
        key=record.key,
        slug=record.slug,
        text=columns(values),
        proceeding=record.proceeding,
        authors=record.authors,
        tasks=record.tasks,
        methods=record.methods,
        raw=record.raw,
    )
