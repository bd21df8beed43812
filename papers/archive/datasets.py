"""The datasets dump: one row to one `DatasetRecord`. Pure."""

from dataclasses import dataclass
from datetime import date

from papers.archive.fields import RowFields
from papers.archive.keys import bounded, joined
from papers.archive.methods import Introduction, introduction, named, old_slug
from papers.archive.text import JsonObject
from papers.slugs import slug_of_old_url

SCHEMA = (
    "url", "name", "full_name", "homepage", "description", "paper", "introduced_date", "warning", "modalities", "tasks",
    "languages", "variants", "num_papers", "data_loaders", "short_description", "parent_dataset", "image",
)  # fmt: skip
OLD_SITE = "https://paperswithcode.com/dataset/"


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """One row of the dump. `slug` is the old site's address, which stands in the row's url; None where it holds none.

    `columns` go by the model's names, its lists among them; `tasks` are names, each once, and `task_slugs` the addresses
    that the row gives for some of them. `raw` keeps url, paper and tasks always: the archive's addresses, titles and order
    have no column.
    """

    key: str
    name: str
    slug: str | None
    columns: dict[str, str | int | date | list[str] | list[JsonObject] | None]
    paper: Introduction
    tasks: list[str]
    task_slugs: dict[str, str]
    raw: JsonObject
    absent: list[str]
    extra: JsonObject

    @property
    def key_if_repeated(self) -> str:
        """The key of a row whose name an earlier row of the dump has."""
        return joined(self.name, self.slug or str(self.raw.get("url") or ""))


def parse(values: JsonObject) -> DatasetRecord:
    """One row of the dump; raises `RowFault` where it is none."""
    row = RowFields(values, schema=SCHEMA)
    name = named(row)
    tasks, task_slugs = _tasks(row)
    return DatasetRecord(
        key=bounded(name),
        name=name,
        slug=old_slug(row, noun="dataset"),
        columns=_columns(row),
        paper=introduction(row),
        tasks=tasks,
        task_slugs=task_slugs,
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )


def _columns(row: RowFields) -> dict[str, str | int | date | list[str] | list[JsonObject] | None]:
    texts = {key: row.text(key) for key in ("full_name", "homepage", "description", "short_description", "warning", "image")}
    lists = {key: row.texts(key) for key in ("modalities", "languages", "variants")}
    return {
        **texts,
        **lists,
        "parent_name": row.text("parent_dataset"),
        "introduced_date": row.date("introduced_date"),
        "archive_paper_count": row.count("num_papers"),
        "data_loaders": row.objects("data_loaders"),
    }


def _tasks(row: RowFields) -> tuple[list[str], dict[str, str]]:
    objects = row.objects("tasks")
    if objects:
        row.keep_raw("tasks")
    names = [name for values in objects if isinstance(name := values.get("task"), str)]
    slugs: dict[str, str] = {}
    for values in objects:
        name, url = values.get("task"), values.get("url")
        slug = slug_of_old_url(url, noun="task") if isinstance(url, str) else None
        if isinstance(name, str) and slug:
            slugs.setdefault(name, slug)
    return list(dict.fromkeys(names)), slugs
