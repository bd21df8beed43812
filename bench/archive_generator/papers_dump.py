"""Writing papers-with-abstracts."""

from collections.abc import Iterator

from bench.archive_generator.later import Changes
from bench.archive_generator.papers import BLOCK, OLD_SITE, Papers
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import stream
from bench.archive_generator.venues import VENUES, proceeding
from bench.archive_generator.writing import JsonObject, KeyOrder
from papers.slugs import slugify_title

SCHEMA = (
    "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf",
    "proceeding", "authors", "tasks", "date", "conference_url_abs", "conference_url_pdf", "conference", "reproduces_paper",
    "methods",
)  # fmt: skip
REVISED = " This version corrects an error in the second table."


class PaperRows:
    """The rows of the papers of one era, a block at a time."""

    def __init__(
        self, seed: int, *, papers: Papers, prose: Prose, people: list[str], tasks: list[str], methods: list[JsonObject]
    ) -> None:
        self._seed, self._papers, self._prose = seed, papers, prose
        self._people, self._tasks, self._methods = people, tasks, methods
        self._order = KeyOrder(seed, SCHEMA)

    def all(self, changes: Changes) -> Iterator[JsonObject]:
        """The rows in order, without those that are gone, with the changes made."""
        for first in range(0, len(self._papers), BLOCK):
            end = min(first + BLOCK, len(self._papers))
            abstracts = self._abstracts(first, end)
            authors, tasks, methods = (
                lists.block(first, end) for lists in (self._papers.authors, self._papers.tasks, self._papers.methods)
            )
            for place, paper in enumerate(range(first, end)):
                if changes.removed[paper]:
                    continue
                row = self._row(paper, abstracts[place])
                row["authors"] = [self._people[person] for person in authors[place]]
                row["tasks"] = [self._tasks[task] for task in tasks[place]]
                row["methods"] = [self._methods[method] for method in methods[place]]
                yield self._order(_changed(row, paper) if changes.changed[paper] else row)

    def _abstracts(self, first: int, end: int) -> list[str]:
        papers = self._papers
        rng = stream(self._seed, papers.era, "abstracts", first)
        texts = self._prose.abstracts(papers.topics[first:end], rng=rng, oddities=papers.oddities(first, end))
        return [
            texts[source - first] if source == first + place else f"{texts[source - first]} Camera-ready version."
            for place, source in enumerate(papers.source[first:end].tolist())
        ]

    def _row(self, paper: int, abstract: str) -> JsonObject:
        papers = self._papers
        faults = papers.faults
        has_abstract = not faults["papers.abstract_null"][paper]
        return {
            "paper_url": f"{OLD_SITE}/paper/{papers.slugs[paper]}",
            "arxiv_id": papers.arxiv_ids[paper],
            "nips_id": self._id_at_site(paper, "nips"),
            "openreview_id": self._id_at_site(paper, "openreview"),
            "title": None if faults["papers.title_null"][paper] else papers.titles[paper],
            "abstract": abstract if has_abstract else None,
            "short_abstract": _first_sentence(abstract) if has_abstract and paper % 10 == 3 else None,
            "url_abs": papers.abs_url(paper),
            "url_pdf": papers.pdf_url(paper),
            "proceeding": self._proceeding(paper),
            "date": papers.date(paper),
            "conference_url_abs": papers.conference_url(paper),
            "conference_url_pdf": papers.conference_pdf_url(paper),
            "conference": papers.conference.get(paper),
            "reproduces_paper": papers.own_url(paper // 2) if paper % 900 == 11 else None,
        }

    def _id_at_site(self, paper: int, site: str) -> str | None:
        venue = int(self._papers.venues[paper])
        if venue < 0 or VENUES[venue].site != site:
            return None
        number = self._papers.first_number + paper + 1
        return str(number) if site == "nips" else f"Syn{number:08X}"

    def _proceeding(self, paper: int) -> str | None:
        venue = int(self._papers.venues[paper])
        if venue < 0:
            return None
        text = proceeding(VENUES[venue], year=self._papers.years[paper])
        return slugify_title(text) if self._papers.faults["papers.proceeding_slug"][paper] else text


def _first_sentence(abstract: str) -> str:
    return abstract[: abstract.find(".") + 1]


def _changed(row: JsonObject, paper: int) -> JsonObject:
    """One paper in five gets another title, the others another abstract; the address stays."""
    if paper % 5 == 0 and isinstance(row["title"], str):
        row["title"] = f"{row['title']} Revisited"
    else:
        row["abstract"] = f"{row['abstract'] or ''}{REVISED}"
    return row
