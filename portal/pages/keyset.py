"""Long lists, page by page: the next page is asked for by the last row's key, never by how many rows to skip."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from papers.keys_first import keys_first
from papers.models import PaperQuerySet
from portal.pages.paper_cards import STARS_MARK, PaperCard, cards

ItemT = TypeVar("ItemT")
RowsT = TypeVar("RowsT", bound=QuerySet[Any])

Kept = tuple[tuple[str, str], ...]
"""What addresses of a list's pages keep beside the mark: its order and filters, as (name, value) pairs."""

MARK_OF_A_PAPER = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})?~(?P<key>\d{1,18})", re.ASCII)
MARK_BY_STARS = re.compile(rf"{STARS_MARK}(?P<stars>\d{{1,9}})~(?P<key>\d{{1,18}})", re.ASCII)
MARK_BY_CODE = re.compile(r"(?P<links>\d{1,9})~(?P<key>\d{1,18})", re.ASCII)
LONGEST_SLUG = 500
NO_SUCH_PLACE = "There is no such place in this list: start from its first page."


@dataclass(frozen=True, kw_only=True)
class Page(Generic[ItemT]):
    """Some of a long list's items; `next_mark` is empty on the last page."""

    items: tuple[ItemT, ...]
    next_mark: str
    is_first: bool
    kept: Kept = ()

    @property
    def next_query(self) -> str:
        """The query string of the next page; empty on the last."""
        return "?" + urlencode([*self.kept, ("after", self.next_mark)]) if self.next_mark else ""

    @property
    def first_query(self) -> str:
        """The query string of the first page."""
        return "?" + urlencode(self.kept) if self.kept else ""


def newest_papers(papers: PaperQuerySet, *, after: str, size: int = 30, kept: Kept = ()) -> Page[PaperCard]:
    """Papers by date, newest first, from behind the mark `after` (the first page if that is empty).

    Undated ones come behind those, and last of all what is dated in the future: a slip, which would head each list for years.
    """
    today = timezone.localdate()
    day, key = _paper_mark(after) if after else (today, 0)
    ordered = papers.order_by("-date", "-pk")  # of the late ones below, those without a date first
    late = ordered.filter(Q(date=None) | Q(date__gt=today))
    found: tuple[PaperCard, ...] = ()
    if day is None:
        late = late.filter(Q(date=None, pk__lt=key) | Q(date__gt=today))
    elif day > today:
        late = late.filter(Q(date__lt=day) | Q(pk__lt=key), date__lte=day)
    else:
        past = ordered.filter(date__lte=day)
        found = cards(keys_first((past.filter(Q(date__lt=day) | Q(pk__lt=key)) if after else past)[: size + 1]))
    if len(found) <= size:
        found += cards(keys_first(late[: size + 1 - len(found)]))
    return cut(found, size=size, after=after, mark=lambda card: card.mark, kept=kept)


def most_code_first(papers: PaperQuerySet, *, after: str, size: int = 30, kept: Kept = ()) -> Page[PaperCard]:
    """Papers that have code, those with most repositories first, of equal ones the last added; from behind the mark `after`."""
    ordered = _by_code(papers, after=after)
    return cut(cards(ordered[: size + 1]), size=size, after=after, mark=lambda card: card.mark_by_code, kept=kept)


def most_stars_first(papers: PaperQuerySet, *, after: str, size: int = 30, kept: Kept = ()) -> Page[PaperCard]:
    """Papers by the stars of their code, those of which nobody observed any behind them, by their number of repositories."""
    found: tuple[PaperCard, ...] = ()
    if not after or after.startswith(STARS_MARK):
        starred = papers.filter(star_count__isnull=False).order_by("-star_count__stars", "-star_count__pk")
        if after:
            stars, key = _numbers(MARK_BY_STARS, after)
            behind = Q(star_count__stars__lt=stars) | Q(star_count__pk__lt=key)
            starred = starred.filter(behind, star_count__stars__lte=stars)
        found, after_code = cards(starred[: size + 1]), ""
    else:
        after_code = after
    if len(found) <= size:
        others = _by_code(papers.filter(star_count__isnull=True), after=after_code)
        found += cards(others[: size + 1 - len(found)])
    return cut(found, size=size, after=after, mark=lambda card: card.mark_by_stars, kept=kept)


def _by_code(papers: PaperQuerySet, *, after: str) -> PaperQuerySet:
    # By the count's own key, not the paper's: so the index of counts gives the order (papers/count_models.py).
    ordered = papers.filter(count__isnull=False).order_by("-count__code_links", "-count__pk")
    if not after:
        return ordered
    links, key = _numbers(MARK_BY_CODE, after)
    return ordered.filter(Q(count__code_links__lt=links) | Q(count__pk__lt=key), count__code_links__lte=links)


def _numbers(pattern: re.Pattern[str], mark: str) -> tuple[int, int]:
    match = pattern.fullmatch(mark)
    if match is None:
        raise Http404(NO_SUCH_PLACE)
    first, key = match.groups()
    return int(first), int(key)


def _paper_mark(mark: str) -> tuple[date | None, int]:
    match = MARK_OF_A_PAPER.fullmatch(mark)
    try:
        if match:
            return date.fromisoformat(match["day"]) if match["day"] else None, int(match["key"])
    except ValueError:
        pass  # such as a 31st of February: refused below like any other mark that we did not make
    raise Http404(NO_SUCH_PLACE)


def from_slug(rows: RowsT, *, after: str) -> RowsT:
    """Rows in the order of their slugs, from behind the slug `after`."""
    if len(after) > LONGEST_SLUG or not (after.isprintable() or not after):
        raise Http404(NO_SUCH_PLACE)
    return rows.filter(slug__gt=after).order_by("slug")


def cut(found: tuple[ItemT, ...], *, size: int, after: str, mark: Callable[[ItemT], str], kept: Kept = ()) -> Page[ItemT]:
    """A page of at most `size` of the items found; one more than `size` says that there is a next page."""
    items = found[:size]
    return Page(items=items, next_mark=mark(items[-1]) if len(found) > size else "", is_first=not after, kept=kept)
