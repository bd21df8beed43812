"""A crawl from the front page: every link of ours leads somewhere, and every page is whole."""

import re
from collections import Counter, defaultdict
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.http import HttpResponse

from leaderboards.models import Leaderboard
from papers.models import Author, Dataset, Method, Paper, Source, Task
from portal import archive_import
from tests.portal.reading import read

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.long]

MOST_OF_A_KIND = 25
"""Pages of one kind that are visited; of the others of that kind their rows are looked for."""
ROWS = {"paper": Paper, "task": Task, "sota": Leaderboard, "dataset": Dataset, "method": Method, "author": Author}
FILES = re.compile(r"\.(atom|bib|ris|csv|json|png)$")
"""What stands beside a page under its address."""
NOT_PAGES = ("/admin", "/api/", "/static/")


class Crawl:
    """What a crawl from `/` found: faulty pages by what is wrong with them, and what was left unvisited by kind."""

    def __init__(self, client):
        self.client = client
        self.seen = {"/"}
        self.visited = Counter()
        self.unvisited = defaultdict(set)
        self.faults = []
        waiting = ["/"]
        while waiting:
            waiting.extend(self._follow(waiting.pop()))

    def _follow(self, address):
        """Visit a page; the addresses on it that nobody has seen."""
        kind, _, rest = address.split("?")[0].removeprefix("/").partition("/")
        visited = self.visited[kind, bool(rest)]
        if visited >= MOST_OF_A_KIND:
            self.unvisited[kind].add(FILES.sub("", unquote(rest)))
            return []
        self.visited[kind, bool(rest)] += 1
        response = self.client.get(address)
        if response.status_code != 200:
            self.faults.append((address, f"answers {response.status_code}"))
            return []
        if not response["Content-Type"].startswith("text/html"):
            return []
        page = read(response)
        self.faults += [(address, fault) for fault in faults(page)]
        found = {urljoin(address, href).split("#")[0] for href in page.hrefs() if href and not urlsplit(href).scheme}
        new = {target for target in found if target.startswith("/") and not target.startswith(NOT_PAGES)} - self.seen
        self.seen |= new
        return sorted(new)

    def without_rows(self):
        """The unvisited addresses that lead to nothing that the public sees."""
        return {
            kind: missing
            for kind, slugs in self.unvisited.items()
            if kind in ROWS
            and (
                missing := slugs
                - {""}
                - set(ROWS[kind].objects.published().filter(slug__in=slugs).values_list("slug", flat=True))
            )
        }


def faults(page):
    """What a page lacks, in words."""
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    headings = [words for tag, words in page.headings if tag == "h1"]
    anchors = {href[1:] for href in page.hrefs() if href and href.startswith("#")}
    if not page.title.removesuffix("| Papers With Code 2").strip():
        yield "has no title"
    if len(headings) != 1 or not headings[0]:
        yield f"has these h1: {headings}"
    for name, many in ids.items():
        if many > 1:
            yield f"has {many} elements with the id {name!r}"
    for anchor in sorted(anchors - set(ids)):
        yield f"links to #{anchor}, which is not on it"


@pytest.fixture(params=["demo", "archive"])
def catalogue(request, settings):
    """A catalogue loaded by the importer: the demo as a new installation has it, or the sample archive over it."""
    paths = [settings.BASE_DIR / "portal" / "demo"]
    report = archive_import.import_paths(paths, source=Source.DEMO)
    assert not report.has_failed
    if request.param == "archive":
        report = archive_import.import_paths([request.getfixturevalue("shared_data") / "pwc" / "archive"], source=Source.ARCHIVE)
        assert not report.has_failed
    return request.param


def test_every_page_that_a_crawl_reaches_is_whole_and_every_link_leads_somewhere(client, catalogue):
    crawl = Crawl(client)
    assert crawl.faults == []
    assert crawl.without_rows() == {}
    assert {kind for kind, _ in crawl.visited} > {
        "",
        "papers",
        "paper",
        "task",
        "sota",
        "dataset",
        "about",
        "design",
        "runs",
    }
    assert catalogue == "archive" or ("author", True) in crawl.visited
    assert len(crawl.seen) > {"demo": 250, "archive": 300}[catalogue]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<html><head><title> | Papers With Code 2</title></head><body><h1>A</h1></body></html>", ["has no title"]),
        ("<html><head><title>A</title></head><body><h2>A</h2></body></html>", ["has these h1: []"]),
        (
            '<html><head><title>A</title></head><body><h1 id="a">A</h1><p id="a"></p><a href="#b">B</a></body></html>',
            ["has 2 elements with the id 'a'", "links to #b, which is not on it"],
        ),
    ],
)
def test_the_crawl_would_find_what_is_wrong(html, found):
    assert list(faults(read(HttpResponse(html)))) == found
