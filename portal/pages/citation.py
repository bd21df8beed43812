"""A paper as a file for lists of references: BibTeX and RIS."""

from django.http import HttpRequest, HttpResponse

from papers import citations
from papers.models import SlugHistory
from portal import page_cache
from portal.pages import cited, paper
from portal.pages.beside import beside

PAPER = SlugHistory.Kind.PAPER


@beside(paper.paper_detail, kind=PAPER, ending=".bib")
def bibtex(request: HttpRequest, slug: str) -> HttpResponse | None:
    """The paper's BibTeX entry; None when the public sees no such paper."""
    found = cited.read(slug)
    return _file(citations.bibtex(found), name=f"{found.key}.bib", kind="application/x-bibtex") if found else None


@beside(paper.paper_detail, kind=PAPER, ending=".ris")
def ris(request: HttpRequest, slug: str) -> HttpResponse | None:
    """The paper's RIS record; None when the public sees no such paper."""
    found = cited.read(slug)
    return _file(citations.ris(found), name=f"{found.key}.ris", kind="application/x-research-info-systems") if found else None


def _file(text: str, *, name: str, kind: str) -> HttpResponse:
    """A file to be saved; its name is a citation's key, of letters and figures."""
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return page_cache.mark(response)
