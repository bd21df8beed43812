"""A person as named on papers: those papers, whom they were written with, and what they are about."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from papers.models import Author, Paper, PaperAuthor, PaperTask, SlugHistory
from portal.context import page
from portal.pages import absence
from portal.pages.keyset import newest_papers
from portal.pages.links import Link, address
from portal.pages.paper_cards import published_papers

PAPERS_ASKED = 500
"""The newest papers of an author, whose co-authors and tasks are counted; names that hundreds share have thousands."""
COAUTHORS_SHOWN = 24
TASKS_SHOWN = 16


@dataclass(frozen=True, kw_only=True)
class Company:
    """Who and what stands beside an author on papers, most often first, each with its number of papers."""

    coauthors: tuple[tuple[Link, int], ...]
    tasks: tuple[tuple[Link, int], ...]


NOBODY = Company(coauthors=(), tasks=())


def author_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one author; behind the first page of papers, those alone."""
    author = Author.objects.published().select_related("count").filter(slug=slug).first()
    if author is None:
        return absence.explain(request, kind=SlugHistory.Kind.AUTHOR, slug=slug)
    after = request.GET.get("after", "")
    number = author.count.papers if hasattr(author, "count") else 0
    context = {
        "name": author.name,
        "slug": slug,
        "number": number,
        "asked": min(number, PAPERS_ASKED),
        "company": NOBODY if after else company_of(author),
        "papers": newest_papers(published_papers().filter(pk__in=_papers(author)), after=after),
    }
    return page(request, "papers/author.html", {**context, "section": "papers"})


def _papers(author: Author) -> QuerySet[PaperAuthor, int]:
    """Ids of the author's papers; two people of one name on a paper are one author there."""
    return PaperAuthor.objects.filter(author=author).values_list("paper_id", flat=True)


def company_of(author: Author) -> Company:
    """The author's co-authors and tasks on the newest papers: two queries."""
    newest = Paper.objects.published().filter(pk__in=_papers(author)).newest_first().values("pk")[:PAPERS_ASKED]
    people = (
        PaperAuthor.objects.filter(paper__in=newest, author__removed_at=None)
        .exclude(author=author)
        .order_by()
        .values_list("author__name", "author__slug")
        .annotate(number=Count("paper", distinct=True))
        .order_by("-number", "author__slug")[:COAUTHORS_SHOWN]
    )
    tasks = (
        PaperTask.objects.filter(paper__in=newest, task__removed_at=None, task__spam_reason="")
        .order_by()
        .values_list("task__name", "task__slug")
        .annotate(number=Count("paper"))
        .order_by("-number", "task__slug")[:TASKS_SHOWN]
    )
    return Company(
        coauthors=tuple((Link(text=name, href=address("authors:detail", slug)), number) for name, slug, number in people),
        tasks=tuple((Link(text=name, href=address("tasks:detail", slug)), number) for name, slug, number in tasks),
    )
