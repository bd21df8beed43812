"""The front page's search: `/search/`, papers with their repositories."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from rest_framework.request import Request
from rest_framework.response import Response

from papers import models, search
from papers.models import PaperRepository
from portal.api import pagination
from portal.api.shapes.found import PaperRepo
from portal.api.shapes.papers import read_papers
from portal.api.shapes.repositories import read_links
from portal.api.viewsets import Asked, ReadingViewSet, words

MOST = 200
"""Papers that a search of the front page finds, as on the old site."""

Pair = tuple[int, int | None]
"""The keys of a paper and of one of its links to code."""


class SearchAsked(Asked):
    """What is looked for."""

    q = words("Words of title and abstract.")


class SearchViewSet(ReadingViewSet):
    """Papers with each of their repositories, best first, at most 200 papers; without words the newest that have code."""

    noun = "result of a search"
    row = PaperRepo
    asked = SearchAsked
    order = None

    def list(self, request: Request, **named: str) -> Response:
        """The pairs, page by page."""
        pairs = _pairs(_found(self.what_is_asked(SearchAsked).get("q", "")))
        page = pagination.page_of_list(request, range(len(pairs)))
        return self.around(page, lambda places: _read([pairs[place] for place in places]))


def _found(query: str) -> list[int]:
    if query:
        return [hit.paper for hit in search.papers(query, limit=MOST).hits]
    newest = models.Paper.objects.published().newest_first().filter(count__isnull=False)
    return list(newest.values_list("pk", flat=True)[:MOST])


def _pairs(papers: Sequence[int]) -> list[Pair]:
    """Each paper with each of its repositories, official ones first."""
    links: dict[int, list[int]] = {}
    found = PaperRepository.objects.published().filter(paper__in=papers, repository__removed_at=None)
    for paper, link in found.order_by(F("is_official").desc(nulls_last=True), "pk").values_list("paper", "pk"):
        links.setdefault(paper, []).append(link)
    return [(paper, link) for paper in papers for link in links.get(paper, [None])]


def _read(pairs: Sequence[Pair]) -> list[Any]:
    papers = list(dict.fromkeys(paper for paper, _ in pairs))
    links = [link for _, link in pairs if link is not None]
    by_paper = dict(zip(papers, read_papers(papers), strict=True))
    by_link = dict(zip(links, read_links(links), strict=True))
    return [
        PaperRepo(
            paper=by_paper[paper],
            repository=by_link[link] if link else None,
            is_official=bool(link and by_link[link].is_official),
        )
        for paper, link in pairs
    ]
