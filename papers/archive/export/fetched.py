"""Fetching papers, links, methods and datasets for an export: batches by a cursor of the server, lists by a query a batch."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from papers.archive.export import methods as method_records
from papers.archive.export.datasets import DatasetRow
from papers.archive.export.links import LinkRow
from papers.archive.export.methods import Collection, MethodRow, Origin
from papers.archive.export.papers import EmbeddedMethod, PaperRow
from papers.archive.export.selection import BESIDE, Dump, Selection, beside
from papers.archive.export.snapshot import Snapshot
from papers.archive.export.written import as_written
from papers.hidden_keys import shown_sql

KNOWN_FROM_LINKS = "papers_paper.archive_extra ? '_known_from'"
_KEY = shown_sql("papers_paper.archive_key")
HAS_OLD_ADDRESS = "{}.archive_raw ? 'url'"
"""The parse of both dumps keeps the url of each row raw, so a row without one is known by its name alone."""

_PAPERS = """
SELECT papers_paper.id, {key}, papers_paper.slug, arxiv_id, nips_id, openreview_id, title, abstract,
       short_abstract, url_abs, url_pdf, date::text, conference_url_abs, conference_url_pdf, conference_slug, reproduces_paper,
       papers_proceeding.name, abstract_by, archive_code_count, {beside}
FROM papers_paper LEFT JOIN papers_proceeding ON papers_proceeding.id = proceeding_id
WHERE {stated} ORDER BY papers_paper.id
"""
_PLACES = """
SELECT place.paper_id, array_agg(item.{column} ORDER BY place.position)
FROM {through} place JOIN {table} item ON item.id = place.{item}_id
WHERE place.paper_id BETWEEN %s AND %s AND item.removed_at IS NULL GROUP BY place.paper_id
"""
_LINKS = """
SELECT link.archive_key, {key}, papers_paper.slug, title, arxiv_id, url_abs, url_pdf, url,
       is_official, mentioned_in_paper, mentioned_in_github, link.framework, {beside}
FROM papers_paperrepository link
JOIN papers_paper ON papers_paper.id = link.paper_id AND papers_paper.removed_at IS NULL
JOIN papers_repository ON papers_repository.id = link.repository_id AND papers_repository.removed_at IS NULL
WHERE {stated} ORDER BY link.id
"""
_METHODS = """
SELECT papers_method.id, papers_method.slug, papers_method.name, full_name, papers_method.description, introduced_year,
       source_url, source_title, code_snippet_url, archive_paper_count, {stated},
       main.name, main.description, main.parent_name, main.area,
       papers_paper.slug, {key}, papers_paper.title, {beside}
FROM papers_method
LEFT JOIN papers_methodcollection main ON main.id = main_collection_id AND main.removed_at IS NULL
LEFT JOIN papers_paper ON papers_paper.id = paper_id AND papers_paper.removed_at IS NULL
WHERE papers_method.removed_at IS NULL ORDER BY papers_method.id
"""
_COLLECTIONS = """
SELECT method_id, name, area FROM papers_method_collections
JOIN papers_methodcollection item ON item.id = methodcollection_id AND item.removed_at IS NULL
ORDER BY papers_method_collections.id
"""
_DATASETS = """
SELECT papers_dataset.id, papers_dataset.slug, name, full_name, homepage, description, introduced_date::text, warning,
       modalities, languages, variants, archive_paper_count, nullif(data_loaders, '[]')::text, short_description, parent_name,
       image, papers_paper.slug, {key}, papers_paper.title, {beside}
FROM papers_dataset LEFT JOIN papers_paper ON papers_paper.id = paper_id AND papers_paper.removed_at IS NULL
WHERE {stated} ORDER BY papers_dataset.id
"""
_DATASET_TASKS = """
SELECT dataset_id, name, slug FROM papers_dataset_tasks
JOIN papers_task item ON item.id = task_id AND item.removed_at IS NULL
WHERE dataset_id BETWEEN %s AND %s ORDER BY papers_dataset_tasks.id
"""


def papers(data: Snapshot, selection: Selection) -> Iterator[list[PaperRow]]:
    """The papers of the dump, batch by batch."""
    carried = {pk: method_records.embedded(row) for pk, row, _ in _methods(data, selection)}
    query = _PAPERS.format(
        key=_KEY,
        beside=BESIDE.format("papers_paper"),
        stated=selection.stated("papers_paper", Dump.PAPERS, unmarked=f"NOT {KNOWN_FROM_LINKS}"),
    )
    for rows in data.batches(query):
        first, last = rows[0][0], rows[-1][0]
        authors = _places(data, "papers_paperauthor", "papers_author", "author", first, last)
        tasks = _places(data, "papers_papertask", "papers_task", "task", first, last)
        methods = _places(data, "papers_papermethod", "papers_method", "method", first, last, column="id")
        yield [
            PaperRow(
                *row[1:19],
                authors=authors.get(row[0], ()),
                tasks=tasks.get(row[0], ()),
                methods=_carried(methods.get(row[0], ()), carried),
                beside=beside(*row[19:]),
            )
            for row in rows
        ]


def links(data: Snapshot, selection: Selection) -> Iterator[list[LinkRow]]:
    """The links of the dump, batch by batch."""
    query = _LINKS.format(key=_KEY, beside=BESIDE.format("link"), stated=selection.stated("link", Dump.LINKS))
    for rows in data.batches(query):
        yield [LinkRow(*row[:12], beside=beside(*row[12:])) for row in rows]


def methods(data: Snapshot, selection: Selection) -> Iterator[list[MethodRow]]:
    """The methods of the methods dump, in one batch: an archive has some ten thousand."""
    collections: dict[int, list[Collection]] = defaultdict(list)
    for pk, name, area in data.all(_COLLECTIONS):
        collections[pk].append(Collection(name, area=area))
    yield [row for _, row, is_stated in _methods(data, selection, collections) if is_stated]


def datasets(data: Snapshot, selection: Selection) -> Iterator[list[DatasetRow]]:
    """The datasets of the datasets dump, batch by batch."""
    unmarked = HAS_OLD_ADDRESS.format("papers_dataset")
    stated = selection.stated("papers_dataset", Dump.DATASETS, unmarked=unmarked)
    for rows in data.batches(_DATASETS.format(key=_KEY, beside=BESIDE.format("papers_dataset"), stated=stated)):
        tasks: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for pk, name, slug in data.all(_DATASET_TASKS, [rows[0][0], rows[-1][0]]):
            tasks[pk].append((name, slug))
        yield [
            DatasetRow(
                *_with_loaders(row[1:16]),
                tasks=tasks.get(row[0], ()),
                paper=_origin(*row[16:19]),
                beside=beside(*row[19:]),
            )
            for row in rows
        ]


def _methods(
    data: Snapshot, selection: Selection, collections: Mapping[int, list[Collection]] | None = None
) -> Iterator[tuple[int, MethodRow, bool]]:
    """Every method that is not removed, with its id and whether the methods dump states it."""
    unmarked = HAS_OLD_ADDRESS.format("papers_method")
    stated = selection.stated("papers_method", Dump.METHODS, unmarked=unmarked)
    for rows in data.batches(_METHODS.format(key=_KEY, beside=BESIDE.format("papers_method"), stated=stated)):
        for row in rows:
            method = MethodRow(
                *row[1:11],
                main_collection=Collection(*row[11:15]) if row[11] is not None else None,
                collections=(collections or {}).get(row[0], ()),
                paper=_origin(*row[15:18]),
                beside=beside(*row[18:]),
            )
            yield row[0], method, row[10]


def _with_loaders(columns: tuple[Any, ...]) -> Iterator[Any]:
    """The columns of a dataset, its data loaders as JSON to splice."""
    yield from columns[:11]
    yield as_written(columns[11]) if columns[11] else []
    yield from columns[12:]


def _origin(slug: str | None, key: str | None, title: str | None) -> Origin | None:
    return None if slug is None else Origin(key, slug, title)


def _places(
    data: Snapshot, through: str, table: str, item: str, first: int, last: int, *, column: str = "name"
) -> dict[int, list[Any]]:
    query = _PLACES.format(through=through, table=table, item=item, column=column)
    return dict(data.all(query, [first, last]))


def _carried(ids: Any, carried: Mapping[int, EmbeddedMethod]) -> list[EmbeddedMethod]:
    return [carried[pk] for pk in ids]
