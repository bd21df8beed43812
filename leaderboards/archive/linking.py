"""Joining claims to the papers that they name: by arXiv id, then by address, then by title."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from leaderboards.models import Claim
from papers.archive.keys import folded_title, folded_url, url_spellings
from papers.archive.upsert import batches
from papers.models import Paper

BATCH = 20_000
"""Claims that one finder serves: each reads every title."""

Named = tuple[str, str | None]
"""A claim's paper key and paper title."""


class PaperFinder:
    """Finds the papers that many claims name, in three queries at most.

    Of several papers with one arXiv id or address the first known counts. A title counts only if one paper alone has it
    and that paper has no other arXiv id than the one that the claim names.
    """

    def __init__(self, wanted: Iterable[Named]) -> None:
        names = set(wanted)
        self._by_key: dict[str, int] = {}
        self._by_title: dict[str, tuple[int, str | None] | None] = {}
        self._find_by_id({key for key, _ in names if key})
        self._find_by_address({key for key, _ in names if key.startswith("url:")})
        self._find_by_title({folded_title(title) for key, title in names if title and key not in self._by_key})

    def paper_id(self, key: str, *, title: str | None) -> int | None:
        """The row id of the paper that a claim names."""
        if key in self._by_key:
            return self._by_key[key]
        found = self._by_title.get(folded_title(title)) if title else None
        if not found:
            return None
        paper_id, arxiv_id = found
        return None if arxiv_id and key.startswith("arxiv:") else paper_id

    def _find_by_id(self, keys: set[str]) -> None:
        arxiv_ids = [key.removeprefix("arxiv:") for key in keys if key.startswith("arxiv:")]
        slugs = [key.removeprefix("paper:") for key in keys if key.startswith("paper:")]
        if not arxiv_ids and not slugs:
            return
        papers = Paper.objects.published().filter(Q(arxiv_id__in=arxiv_ids) | Q(slug__in=slugs))
        for pk, slug, arxiv_id in papers.order_by("pk").values_list("pk", "slug", "arxiv_id"):
            self._by_key.setdefault(f"arxiv:{arxiv_id}", pk)
            self._by_key.setdefault(f"paper:{slug}", pk)

    def _find_by_address(self, keys: set[str]) -> None:
        spellings = [spelling for key in keys for spelling in url_spellings(key.removeprefix("url:"))]
        if not spellings:
            return
        papers = Paper.objects.published().filter(Q(url_abs__in=spellings) | Q(conference_url_abs__in=spellings))
        for pk, *urls in papers.order_by("pk").values_list("pk", "url_abs", "conference_url_abs"):
            for url in urls:
                if url:
                    self._by_key.setdefault(f"url:{folded_url(url)}", pk)

    def _find_by_title(self, titles: set[str]) -> None:
        """Reads every title once: how a database folds letters depends on its locale."""
        if not titles:
            return
        papers = Paper.objects.published().exclude(title=None).values_list("pk", "title", "arxiv_id")
        for pk, title, arxiv_id in papers.iterator(chunk_size=10_000):
            folded = folded_title(str(title))
            if folded in titles:
                self._by_title[folded] = None if folded in self._by_title else (pk, arxiv_id)


def link_waiting_claims() -> int:
    """Link the claims whose paper was not known, or was removed since, to the papers that are known now; how many were linked."""
    waiting = (
        Claim.objects.published()
        .filter(Q(paper__isnull=True) | Q(paper__removed_at__isnull=False))
        .exclude(paper_key="", paper_title=None)
    )
    linked = 0
    known = waiting.only("pk", "paper_key", "paper_title", "paper_id", "edited_fields")
    for batch in batches(known.iterator(chunk_size=2000), size=BATCH):
        linked += _link(batch)
    return linked


def _link(claims: Sequence[Claim]) -> int:
    finder = PaperFinder((claim.paper_key, claim.paper_title) for claim in claims)
    found = []
    for claim in claims:
        paper_id = finder.paper_id(claim.paper_key, title=claim.paper_title)
        if paper_id and "paper" not in claim.edited_fields:
            claim.paper_id, claim.updated_at = paper_id, timezone.now()
            found.append(claim)
    Claim.objects.bulk_update(found, ["paper", "updated_at"], batch_size=1000)
    return len(found)
