"""Libraries: the repositories that most papers' code is in, and what papers' code is written with.

The archive has no dump of the old site's model zoos. What it has is which papers link to which repository: the ones that many
link to are libraries.
"""

import re
from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, Sum
from django.http import Http404, HttpRequest, HttpResponse

from papers.models import FrameworkMonth, Repository
from portal.context import page
from portal.pages import keyset
from portal.pages.frameworks import UNKNOWN, name_of
from portal.pages.keyset import NO_SUCH_PLACE, Page
from portal.pages.links import Link, host_of, repository_name, web_address

PAGE = 60
LEAST_PAPERS = 2
FRAMEWORKS_SHOWN = 12
MARK = re.compile(r"(?P<papers>\d{1,9})~(?P<key>\d{1,18})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Library:
    """A repository that several papers link to."""

    link: Link
    host: str
    framework: str
    papers: int
    key: int


def libraries(request: HttpRequest) -> HttpResponse:
    """The page of one list, a page at a time: two queries."""
    after = request.GET.get("after", "")
    context = {"frameworks": () if after else frameworks(), "libraries": listed(after), "section": "libraries"}
    return page(request, "papers/libraries.html", context)


def frameworks() -> tuple[tuple[str, int], ...]:
    """Frameworks by how many dated papers have code in them: one query over stored counts."""
    rows = FrameworkMonth.objects.exclude(framework=UNKNOWN).values_list("framework").annotate(number=Sum("papers"))
    found = Counter(dict(rows))
    return tuple((name_of(name), number) for name, number in found.most_common(FRAMEWORKS_SHOWN))


def listed(after: str) -> Page[Library]:
    """Repositories of two papers or more, those of most papers first: one query."""
    rows = Repository.objects.published().filter(count__papers__gte=LEAST_PAPERS)
    if after:
        mark = MARK.fullmatch(after)
        if not mark:
            raise Http404(NO_SUCH_PLACE)
        papers, key = int(mark["papers"]), int(mark["key"])
        rows = rows.filter(Q(count__papers__lt=papers) | Q(count__papers=papers, pk__gt=key))
    found = rows.order_by("-count__papers", "count__repository_id").values_list("pk", "url", "framework", "count__papers")
    items = tuple(_library(*row) for row in found[: PAGE + 1])
    return keyset.cut(items, size=PAGE, after=after, mark=lambda item: f"{item.papers}~{item.key}")


def _library(key: int, url: str, framework: str | None, papers: int) -> Library:
    href = web_address(url)
    return Library(
        link=Link(text=repository_name(href) if href else url, href=href),
        host=host_of(href),
        framework=name_of(framework),
        papers=papers,
        key=key,
    )
