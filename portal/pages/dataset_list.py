"""The list of datasets: filtered by modality, task and language, in one of three orders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from papers import counts
from papers.models import Dataset, Task
from portal.context import page
from portal.pages import clean_address, keyset, task_choice
from portal.pages.excerpts import excerpt
from portal.pages.keyset import NO_SUCH_PLACE
from portal.pages.links import Link, address
from portal.pages.task_choice import TaskChosen

PAGE = 48
TASKS_OFFERED = 150
LONGEST_FILTER = 200
LONGEST_READ = 600
"""Characters of a description that an excerpt is made of."""

ORDERS: Mapping[str, str] = {"papers": "Most papers", "newest": "Newest", "name": "Name"}
MARK = re.compile(r"(?:(?P<papers>\d{1,9})~(?P<named>\d{1,9})|(?P<day>\d{4}-\d{2}-\d{2})?)~(?P<key>\d{1,18})", re.ASCII)

_OFFERED = """
SELECT 'modality' AS kind, item AS name, '' AS slug, count(DISTINCT dataset.id) AS datasets
FROM papers_dataset dataset, unnest(dataset.modalities) AS item WHERE {shown} GROUP BY item
UNION ALL
SELECT 'language', item, '', count(DISTINCT dataset.id)
FROM papers_dataset dataset, unnest(dataset.languages) AS item WHERE {shown} GROUP BY item
UNION ALL
(SELECT 'task', task.name, task.slug, count(*)
FROM papers_dataset dataset JOIN papers_dataset_tasks link ON link.dataset_id = dataset.id
JOIN papers_task task ON task.id = link.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
WHERE {shown} GROUP BY task.id ORDER BY count(*) DESC, task.slug LIMIT {tasks})
""".format(shown="dataset.removed_at IS NULL AND dataset.spam_reason = ''", tasks=TASKS_OFFERED)


@dataclass(frozen=True, kw_only=True)
class DatasetCard:
    """A dataset in a list; `papers` have a result on one of its boards."""

    name: str
    slug: str
    full_name: str
    about: str
    modalities: tuple[str, ...]
    introduced: date | None
    boards: int
    papers: int
    named_by: int
    key: int

    @property
    def href(self) -> str:
        """The dataset's page."""
        return address("datasets:detail", self.slug)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the query string asks for: a modality, a language and a task by its slug ("" for any), and an order."""

    modality: str
    language: str
    task: str
    order: str

    @property
    def is_filtered(self) -> bool:
        """Whether not all datasets are wanted."""
        return bool(self.modality or self.language or self.task)

    @property
    def query(self) -> dict[str, str]:
        """It as query parameters, without those that say nothing."""
        order = "" if self.order == "papers" else self.order
        pairs = {"modality": self.modality, "task": self.task, "language": self.language, "order": order}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a filter."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter with its values; `name` is its query parameter. Into one that `is_typed` any value can be written."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    is_typed: bool = False
    typed: str = ""


def datasets(request: HttpRequest) -> HttpResponse:
    """The page of one list, a page at a time: three queries, and one or two more where a task is asked for.

    What its form sends is answered by the address that readers share.
    """
    asked, after = wish(request.GET), request.GET.get("after", "")
    if clean := clean_address.shared(request, usual={"order": "papers"}):
        return clean
    task = task_choice.find(asked.task)
    if task and task.slug != asked.task:
        return HttpResponseRedirect(f"{request.path}?{urlencode(replace(asked, task=task.slug).query)}")
    found = listed(asked, after=after)
    query = urlencode(asked.query)
    following = urlencode({**asked.query, "after": found.next_mark}) if found.next_mark else ""
    context = {
        "datasets": found,
        "wish": asked,
        "filters": filters(asked, task=task),
        "total": None if asked.is_filtered else counts.totals().get("datasets", 0),
        "orders": tuple(Choice(value=name, text=text, is_chosen=name == asked.order) for name, text in ORDERS.items()),
        "first_page": f"?{query}" if query else "",
        "next_page": f"?{following}" if following else "",
    }
    return page(request, "papers/datasets.html", {**context, "section": "datasets"})


def wish(query: Mapping[str, str]) -> Wish:
    """What a query string asks for; what cannot be a name of ours is as if it were not there."""

    def text(name: str) -> str:
        value = query.get(name, "").strip()
        return value if value.isprintable() and len(value) <= LONGEST_FILTER else ""

    order = query.get("order", "")
    return Wish(
        modality=text("modality"), language=text("language"), task=text("task"), order=order if order in ORDERS else "papers"
    )


def listed(asked: Wish, *, after: str) -> keyset.Page[DatasetCard]:
    """A page of the datasets asked for, from behind the mark `after`: one query."""
    rows = Dataset.objects.published()
    if asked.modality:
        rows = rows.filter(modalities__contains=[asked.modality])
    if asked.language:
        rows = rows.filter(languages__contains=[asked.language])
    if asked.task:
        rows = rows.filter(tasks__in=Task.objects.published().filter(slug=asked.task))
    if asked.order == "name":
        found = cards(keyset.from_slug(rows, after=after)[: PAGE + 1])
        return keyset.cut(found, size=PAGE, after=after, mark=lambda card: card.slug)
    if asked.order == "newest":
        found = cards(_newest(rows, after=after)[: PAGE + 1])
        return keyset.cut(found, size=PAGE, after=after, mark=lambda card: f"{card.introduced or ''}~{card.key}")
    found = cards(_most_papers(rows, after=after)[: PAGE + 1])
    return keyset.cut(found, size=PAGE, after=after, mark=lambda card: f"{card.papers}~{card.named_by}~{card.key}")


def _most_papers(rows: QuerySet[Dataset], *, after: str) -> QuerySet[Dataset]:
    """By papers with results; where there are as many, by papers that the archive counted as naming the dataset."""
    rows = rows.annotate(with_results=Coalesce(F("count__papers"), 0), named_by=Coalesce(F("archive_paper_count"), 0))
    if after:
        found = MARK.fullmatch(after)
        if not found or found["papers"] is None:
            raise Http404(NO_SUCH_PLACE)
        papers, named_by, key = int(found["papers"]), int(found["named"]), int(found["key"])
        fewer = Q(with_results__lt=papers) | Q(with_results=papers, named_by__lt=named_by)
        rows = rows.filter(fewer | Q(with_results=papers, named_by=named_by, pk__gt=key))
    return rows.order_by("-with_results", "-named_by", "pk")


def _newest(rows: QuerySet[Dataset], *, after: str) -> QuerySet[Dataset]:
    """By the day of introduction, those without one last."""
    if after:
        found = MARK.fullmatch(after)
        if not found or found["papers"] is not None:
            raise Http404(NO_SUCH_PLACE)
        key, day = int(found["key"]), _day(found["day"])
        undated = Q(introduced_date=None)
        if day is None:
            rows = rows.filter(undated, pk__lt=key)
        else:
            rows = rows.filter(undated | Q(introduced_date__lt=day) | Q(introduced_date=day, pk__lt=key))
    return rows.order_by(F("introduced_date").desc(nulls_last=True), "-pk")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Http404(NO_SUCH_PLACE) from None


def cards(datasets: QuerySet[Dataset]) -> tuple[DatasetCard, ...]:
    """The datasets in their order: one query."""
    rows = datasets.annotate(
        board_count=Coalesce(F("count__boards"), 0),
        paper_count=Coalesce(F("count__papers"), 0),
        archive_count=Coalesce(F("archive_paper_count"), 0),
        beginning=Left("description", LONGEST_READ),
    ).values_list(
        "name", "slug", "full_name", "short_description", "beginning", "modalities", "introduced_date",
        "board_count", "paper_count", "archive_count", "pk",
    )  # fmt: skip
    return tuple(
        DatasetCard(
            name=name,
            slug=slug,
            full_name=full_name if full_name and full_name != name else "",
            about=excerpt(short or beginning),
            modalities=tuple(modalities),
            introduced=introduced,
            boards=boards,
            papers=papers,
            named_by=named_by,
            key=key,
        )
        for name, slug, full_name, short, beginning, modalities, introduced, boards, papers, named_by, key in rows
    )


def filters(asked: Wish, *, task: TaskChosen | None) -> tuple[Filter, ...]:
    """All that can be chosen, with how many datasets each value has; of tasks those with most; any other can be typed."""
    offered: dict[str, list[tuple[str, str, int]]] = {"modality": [], "task": [], "language": []}
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED)
        for kind, name, slug, number in cursor.fetchall():
            offered[kind].append((slug or name, name, number))
    tasks = (Choice(value=name, text=f"{number:,}", is_chosen=False) for _, name, number in sorted(offered["task"], key=_by_name))
    return (
        Filter(name="modality", label="Modality", choices=_choices(offered["modality"], asked.modality)),
        Filter(name="task", label="Task", choices=tuple(tasks), typed=task.name if task else asked.task, is_typed=True),
        Filter(name="language", label="Language", choices=_choices(offered["language"], asked.language)),
    )


def _by_name(item: tuple[str, str, int]) -> tuple[str, str]:
    return item[1].lower(), item[0]


def _choices(values: list[tuple[str, str, int]], chosen: str) -> tuple[Choice, ...]:
    """By number of datasets; a value asked for that is not offered stands first."""
    ordered = sorted(values, key=lambda item: (-item[2], *_by_name(item)))
    choices = [Choice(value=value, text=f"{name} ({number:,})", is_chosen=value == chosen) for value, name, number in ordered]
    if chosen and not any(choice.is_chosen for choice in choices):
        choices.insert(0, Choice(value=chosen, text=chosen, is_chosen=True))
    return tuple(choices)


def link_to(*, text: str, **query: str) -> Link:
    """The list filtered, e.g. by the modality of a dataset that is looked at."""
    return Link(text=text, href=f"{reverse('datasets:list')}?{urlencode(query)}")
