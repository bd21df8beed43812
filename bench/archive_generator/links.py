"""The links dump: which repositories implement which papers, in all the spellings that people gave."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bench.archive_generator.faults import Planter
from bench.archive_generator.later import Changes
from bench.archive_generator.papers import OLD_SITE, Papers
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import Flags, Ints, Zipf, stream
from bench.archive_generator.vocabulary import made_up_words
from bench.archive_generator.writing import JsonObject, KeyOrder
from papers.slugs import slugify_title

SCHEMA = (
    "paper_url", "paper_title", "paper_arxiv_id", "paper_url_abs", "paper_url_pdf",
    "repo_url", "is_official", "mentioned_in_paper", "mentioned_in_github", "framework",
)  # fmt: skip
FRAMEWORKS = ("none", "pytorch", "tf", "jax", "mxnet", "torch", "caffe2", "paddle", "mindspore")
_FRAMEWORK_SHARES = (0, 0.66, 0.24, 0.04, 0.01, 0.01, 0.01, 0.02, 0.01)
SHARE_WITH_CODE = 0.33
SHARE_OF_SHARED_REPOSITORIES = 0.06
_HANDLES = 4_999
_HOSTS = (
    "https://gitlab.com/{0}", "https://bitbucket.org/{0}", "https://huggingface.co/{0}", "https://gitee.com/{0}",
    "https://codeberg.org/{0}", "http://code.made-up-lab.example/{0}", "https://www.kaggle.com/code/{0}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Links:
    """Links in the order of their making; `order` is that of the dump. `papers` is -1 where the papers dump lacks it.

    `unknown` has title and arXiv id of those papers by link. `is_single` says that no other link has its paper and repository.
    """

    papers: Ints
    repositories: Ints
    frameworks: Ints
    order: Ints
    faults: dict[str, Flags]
    is_single: Flags
    official: list[bool]
    unknown: dict[int, tuple[str, str]]

    def __len__(self) -> int:
        return len(self.papers)

    def first_of_papers(self, papers: int) -> list[int]:
        """For each paper a link to its code, -1 without one."""
        first = np.full(papers, -1)
        known = np.flatnonzero(self.papers >= 0)[::-1]
        first[self.papers[known]] = known
        numbers: list[int] = first.tolist()
        return numbers


def plan_links(
    seed: int, count: int, *, era: str, first_repository: int, papers: Papers, prose: Prose, planter: Planter
) -> Links:
    """The links of one era to the papers given; repositories are numbered from `first_repository`."""
    rng = stream(seed, era, "links")
    faults = {"links.no_arxiv": planter.choose_any("links.no_arxiv", count)}
    faults["links.paper_unknown"] = planter.choose("links.paper_unknown", among=~faults["links.no_arxiv"])
    linked = _linked_papers(rng, faults["links.no_arxiv"], papers)
    linked[faults["links.paper_unknown"]] = -1
    popular = max(4, count // 1_500)
    is_shared = rng.random(count) < SHARE_OF_SHARED_REPOSITORIES
    repositories = (
        np.where(is_shared, Zipf(popular, exponent=0.9).draw(rng, count), popular + np.arange(count)) + first_repository
    )
    is_single = np.ones(count, dtype=np.bool_)
    plain = ~(faults["links.no_arxiv"] | faults["links.paper_unknown"])
    repeated = planter.choose("links.repeated", among=plain & np.roll(plain, 1) & (np.arange(count) > 0))
    for link in np.flatnonzero(repeated).tolist():
        linked[link], repositories[link] = linked[link - 1], repositories[link - 1]
        is_single[link - 1 : link + 1] = False
    faults |= _spelling_faults(is_shared, is_single, planter)
    faults["links.mentioned_null"] = planter.choose_any("links.mentioned_null", count)
    unknown = np.flatnonzero(linked < 0)
    return Links(
        papers=linked,
        repositories=repositories,
        frameworks=_frameworks(rng, planter.choose_any("links.framework_none", count)),
        order=rng.permutation(count),
        faults=faults,
        is_single=is_single & ~is_shared,
        official=(rng.random(count) < 0.25).tolist(),
        unknown={
            link: (title, f"2508.{(90_000 if era == 'base' else 80_000) + number}")
            for number, (link, title) in enumerate(zip(unknown.tolist(), prose.titles(unknown % 50, rng=rng), strict=True))
        },
    )


def _linked_papers(rng: np.random.Generator, no_arxiv: Flags, papers: Papers) -> Ints:
    """Each paper with code once, the rest of the links by popularity."""
    linked = np.empty(len(no_arxiv), dtype=np.int64)
    has_arxiv = papers.has_arxiv
    for wanted, pool in ((~no_arxiv, np.flatnonzero(has_arxiv)), (no_arxiv, np.flatnonzero(~has_arxiv))):
        count = int(wanted.sum())
        with_code = rng.permutation(pool)[: max(1, round(SHARE_WITH_CODE * len(pool)))]
        once = with_code[:count]
        more = with_code[Zipf(len(with_code), exponent=0.6).draw(rng, count - len(once))]
        linked[wanted] = rng.permutation(np.concatenate((once, more)))
    return linked


def _spelling_faults(is_shared: Flags, is_single: Flags, planter: Planter) -> dict[str, Flags]:
    """Other spellings, of repositories that stand in several rows."""
    open_to = is_shared | ~is_single
    faults = {}
    for key in ("links.repository_case", "links.repository_git", "links.repository_slash"):
        faults[key] = planter.choose(key, among=open_to)
        open_to = open_to & ~faults[key]
    faults["links.not_github"] = planter.choose("links.not_github", among=~is_shared & is_single)
    return faults


def _frameworks(rng: np.random.Generator, none: Flags) -> Ints:
    return np.where(none, 0, rng.choice(len(FRAMEWORKS), len(none), p=_FRAMEWORK_SHARES))


class LinkRows:
    """The rows of the links of one era."""

    def __init__(self, seed: int, *, links: Links, papers: Papers) -> None:
        self._links, self._papers = links, papers
        words = list(islice(made_up_words(stream(seed, "handles"), taken=set()), 2 * _HANDLES))
        self._owners = [f"{word.capitalize()}-Lab" if len(word) % 5 == 0 else word for word in words[:_HANDLES]]
        self._names = [f"{word.capitalize()}Net" if len(word) % 3 == 0 else f"{word}-code" for word in words[_HANDLES:]]
        self._order = KeyOrder(seed, SCHEMA)

    def all(self, changes: Changes) -> Iterator[JsonObject]:
        """The rows in the dump's order, without those that are gone, with the changes made."""
        for link in self._links.order.tolist():
            if not changes.removed[link]:
                row = self._row(link)
                yield self._order(_changed(row) if changes.changed[link] else row)

    def path(self, link: int) -> str:
        """`owner/name` of the repository; each number of a repository has one of its own."""
        number = int(self._links.repositories[link])
        return f"{self._owners[number % _HANDLES]}/{self._names[(number * 13 + number // _HANDLES) % _HANDLES]}"

    def url(self, link: int) -> str:
        """The repository's address as this link spells it."""
        faults, path = self._links.faults, self.path(link)
        if faults["links.not_github"][link]:
            return _HOSTS[link % len(_HOSTS)].format(path)
        if faults["links.repository_case"][link]:
            path = path.swapcase()
        url = f"https://github.com/{path}"
        if faults["links.repository_git"][link]:
            return f"{url}.git"
        return f"{url}/" if faults["links.repository_slash"][link] else url

    def _row(self, link: int) -> JsonObject:
        links = self._links
        mentioned = None if links.faults["links.mentioned_null"][link] else link % 3 == 0
        return {
            **self._paper(link),
            "repo_url": self.url(link),
            "is_official": links.official[link],
            "mentioned_in_paper": mentioned,
            "mentioned_in_github": None if mentioned is None else link % 2 == 0,
            "framework": FRAMEWORKS[int(links.frameworks[link])],
        }

    def _paper(self, link: int) -> JsonObject:
        paper, papers = int(self._links.papers[link]), self._papers
        if paper < 0:
            title, arxiv_id = self._links.unknown[link]
            return {
                "paper_url": f"{OLD_SITE}/paper/{slugify_title(title)}",
                "paper_title": title,
                "paper_arxiv_id": arxiv_id,
                "paper_url_abs": f"https://arxiv.org/abs/{arxiv_id}v1",
                "paper_url_pdf": f"https://arxiv.org/pdf/{arxiv_id}v1.pdf",
            }
        return {
            "paper_url": papers.own_url(paper),
            "paper_title": None if papers.faults["papers.title_null"][paper] else papers.titles[paper],
            "paper_arxiv_id": papers.arxiv_ids[paper],
            "paper_url_abs": papers.abs_url(paper),
            "paper_url_pdf": papers.pdf_url(paper),
        }


def _changed(row: JsonObject) -> JsonObject:
    """Another framework, and official or not the other way."""
    row["framework"] = FRAMEWORKS[(FRAMEWORKS.index(str(row["framework"])) + 1) % len(FRAMEWORKS)]
    row["is_official"] = not row["is_official"]
    return row
