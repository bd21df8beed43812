"""A dataset as the datasets dump writes it. Pure."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from papers.archive.datasets import OLD_SITE
from papers.archive.export.methods import Origin
from papers.archive.export.restored import NOTHING, Beside, restored
from papers.archive.export.written import Row, Value

OLD_TASK = "https://paperswithcode.com/task/"

_NAMES = {"num_papers": "archive_paper_count", "parent_dataset": "parent_name", "url": "slug"}


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset's columns; `tasks` are (name, slug), `introduced_date` is ISO text, `data_loaders` a JSON list."""

    slug: str
    name: str
    full_name: str | None
    homepage: str | None
    description: str | None
    introduced_date: str | None
    warning: str | None
    modalities: Sequence[str]
    languages: Sequence[str]
    variants: Sequence[str]
    num_papers: int | None
    data_loaders: Value
    short_description: str | None
    parent_dataset: str | None
    image: str | None
    _: KW_ONLY
    tasks: Sequence[tuple[str, str]] = ()
    paper: Origin | None = None
    beside: Beside = NOTHING


def render(dataset: DatasetRow) -> Row:
    """The record of the datasets dump, with its keys in its order."""
    tasks: list[Value] = [{"task": name, "url": OLD_TASK + slug} for name, slug in dataset.tasks]
    columns: Row = {
        "url": "" if "url" in dataset.beside.absent else OLD_SITE + dataset.slug,
        "name": dataset.name,
        "full_name": dataset.full_name,
        "homepage": dataset.homepage,
        "description": dataset.description,
        "paper": dataset.paper.written() if dataset.paper else None,
        "introduced_date": dataset.introduced_date,
        "warning": dataset.warning,
        "modalities": dataset.modalities,
        "tasks": tasks,
        "languages": dataset.languages,
        "variants": dataset.variants,
        "num_papers": dataset.num_papers,
        "data_loaders": dataset.data_loaders,
        "short_description": dataset.short_description,
        "parent_dataset": dataset.parent_dataset,
        "image": dataset.image,
    }
    return restored(columns, dataset.beside, names=_NAMES)
