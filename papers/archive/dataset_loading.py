"""Storing the records of the datasets dump."""

from collections.abc import Iterable, Mapping

from papers.archive.aliases import add_aliases
from papers.archive.copy_text import json_text
from papers.archive.datasets import DatasetRecord, parse
from papers.archive.fields import RowFault
from papers.archive.keys import bounded
from papers.archive.named_records import RecordReader
from papers.archive.naming import NameDesk, made_by_people
from papers.archive.ordered_lists import ListStage
from papers.archive.report import FileReport
from papers.archive.rows import ArchiveRow, RejectedRow
from papers.archive.screening import judge_dataset
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import BATCH, Upsert, batches
from papers.models import Dataset, SlugHistory, Task
from papers.slugs import slugify_title

_STATED = (
    "full_name", "homepage", "description", "short_description", "warning", "image", "modalities", "languages", "variants",
    "parent_name", "introduced_date", "archive_paper_count",
)  # fmt: skip
_COLUMNS = ("name", *_STATED, "data_loaders", "archive_raw", "archive_absent", "archive_extra", "spam_reason")


def dataset_task_slugs(rows: Iterable[ArchiveRow | RejectedRow]) -> dict[str, str]:
    """The addresses that the dump states for tasks, by the tasks' names; the first counts. Pure."""
    slugs: dict[str, str] = {}
    for row in rows:
        if isinstance(row, RejectedRow):
            continue
        try:
            stated = parse(row.values).task_slugs
        except RowFault:
            continue
        for name, slug in stated.items():
            slugs.setdefault(name, slug)
    return slugs


class DatasetLoader:
    """Stores the datasets of one dump, which may come in several files, with the tasks that they name.

    `task_addresses` are those of `dataset_task_slugs`; without them rows that come later state them later. The caller holds
    the transaction and the import's lock. `link_introductions` joins the datasets to their papers when those are there.
    """

    def __init__(self, session: Session, task_addresses: Mapping[str, str] | None = None) -> None:
        self._session = session
        self._adopted = {bounded(name): row_id for name, row_id in made_by_people(Dataset, session).items()}
        self._rows = Upsert(session, Dataset, _COLUMNS, made_once=("slug",), adopted=self._adopted)
        self._slugs = SlugDesk(Dataset, session=session, kind=SlugHistory.Kind.DATASET)
        self._task_addresses = dict(task_addresses or {})
        self._tasks = NameDesk(Task, session=session, addresses=self._task_addresses)
        self._lists = ListStage(
            session,
            "papers_dataset_tasks",
            owner="dataset_id",
            item="task_id",
            owner_table="papers_dataset",
            item_table="papers_task",
            field_name="tasks",
            position="",
        )
        self._reader = RecordReader(parse, noun="dataset", ledger=self._rows.ledger)
        self._aliases: list[tuple[str, int]] = []
        self._task_aliases: dict[str, int] = {}

    def stated_before(self) -> tuple[int, int]:
        """How many datasets of the dump before this one it states still, and how many no file of it stated."""
        return self._rows.ledger.stated_before()

    def load(self, rows: Iterable[ArchiveRow | RejectedRow], *, report: FileReport) -> None:
        """Store the datasets of one file and count them."""
        changed: set[str] = set()
        for batch in batches(self._reader.read(rows, report=report), size=BATCH):
            new = sum(self._put(key, record) for key, record in batch)
            report.count(new=new, changed=0, same=len(batch) - new)
            self._tasks.flush()
            changed |= self._rows.flush().changed | self._lists.flush()
        report.changed += len(changed)
        report.same -= len(changed)
        self._add_aliases()

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: datasets that a complete dump no longer states become tombstones; how many.

        Those that evaluation tables state too stay.
        """
        return self._rows.tombstone_unseen() if is_complete else 0

    def _put(self, key: str, record: DatasetRecord) -> bool:
        """Take a dataset; whether it is new."""
        stated = [record.columns[name] for name in _STATED]
        raw = [json_text(record.columns["data_loaders"]), json_text(record.raw)]
        values = [record.name, *stated, *raw, record.absent, json_text(record.extra), _judgement(record)]
        is_known = key in self._rows.ledger or key in self._adopted
        put = self._rows.put(key, values, once=["" if is_known else self._slug(record)])
        if record.slug:
            self._aliases.append((record.slug, put.id))
        tasks = self._task_ids(record)
        if put.is_other:
            self._lists.add(put.id, tasks, is_new=put.is_new)
        return put.is_new

    def _task_ids(self, record: DatasetRecord) -> list[int]:
        for name, slug in record.task_slugs.items():
            self._task_addresses.setdefault(name, slug)
        ids = self._tasks.ids(record.tasks)
        for name, row_id in zip(record.tasks, ids, strict=True):
            if name in record.task_slugs:
                self._task_aliases.setdefault(record.task_slugs[name], row_id)
        return ids

    def _slug(self, record: DatasetRecord) -> str:
        wanted = record.slug or slugify_title(record.name, fallback="dataset")
        return self._slugs.give(wanted, is_stated=record.slug is not None)

    def _add_aliases(self) -> None:
        """Stated addresses of rows that had another before redirect."""
        session, kinds = self._session, SlugHistory.Kind
        add_aliases(session, kind=kinds.DATASET, table="papers_dataset", pairs=self._aliases)
        add_aliases(session, kind=kinds.TASK, table="papers_task", pairs=self._task_aliases.items())
        self._aliases.clear()


def _judgement(record: DatasetRecord) -> str:
    full_name, description = record.columns["full_name"], record.columns["description"]
    assert full_name is None or isinstance(full_name, str)
    assert description is None or isinstance(description, str)
    return judge_dataset(record.name, full_name=full_name, description=description)
