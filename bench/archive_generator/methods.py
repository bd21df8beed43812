"""The methods dump: a quarter real ones, three quarters spam, and the object that papers carry of each."""

from dataclasses import dataclass

import numpy as np

from bench.archive_generator.faults import Planter
from bench.archive_generator.names import model_names
from bench.archive_generator.papers import OLD_SITE, Papers
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import Flags, Ints, pick, stream
from bench.archive_generator.spam import spam_text
from bench.archive_generator.writing import JsonObject, KeyOrder
from papers.slugs import first_free, slugify_title

SCHEMA = (
    "url", "name", "full_name", "description", "paper", "introduced_year", "source_url", "source_title", "code_snippet_url",
    "num_papers", "collections",
)  # fmt: skip
INLINED_SCHEMA = (
    "name", "full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url", "main_collection",
)  # fmt: skip
AREAS = (
    ("general", "General"), ("computer-vision", "Computer Vision"),
    ("natural-language-processing", "Natural Language Processing"), ("reinforcement-learning", "Reinforcement Learning"),
    ("audio", "Audio"), ("sequential", "Sequential"), ("graphs", "Graphs"),
)  # fmt: skip
FILLER_YEAR = 2000

_COLLECTION_ENDS = (
    "Layers",
    "Blocks",
    "Optimizers",
    "Losses",
    "Attention",
    "Regularization",
    "Transformers",
    "Embeddings",
    "Search",
    "Heads",
)
_FORMULAE = (
    r"$$ \text{out}_{i} = \sum_{j}\alpha_{ij} W x_{j} + b $$", r"$f\left(x\right) = \max\left(0, \gamma x\right)$",
    r"$$ \theta_{t+1} = \theta_{t} - \eta\,\frac{\hat{m}_{t}}{\sqrt{\hat{v}_{t}} + \epsilon} $$",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collection:
    """A family of methods; `parent` is null for most."""

    name: str
    description: str
    parent: str | None
    area: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Methods:
    """The rows of the dump and, in the same order, what papers carry of them."""

    rows: list[JsonObject]
    inlined: list[JsonObject]


def plan_spam(count: int, *, planter: Planter) -> Flags:
    """Which of the methods are spam."""
    return planter.choose_any("methods.spam", count)


class MethodWriter:
    """Makes the methods of one archive."""

    def __init__(self, seed: int, *, papers: Papers, prose: Prose, is_spam: Flags, planter: Planter) -> None:
        self._rng = stream(seed, "methods")
        self._papers, self._prose, self._is_spam = papers, prose, is_spam
        self._collections = _collections(seed, max(12, len(is_spam) // 30), prose)
        self._faults = {
            "paper_null": planter.choose("methods.paper_null", among=~is_spam),
            "year_filler": planter.choose("methods.year_filler", among=~is_spam),
            **{name: planter.choose_any(f"methods.{name}", len(is_spam)) for name in ("no_collection", "latex", "crlf")},
        }
        self._names = model_names(seed, count=len(is_spam), kind="method")
        self._row_order, self._inlined_order = KeyOrder(seed, SCHEMA), KeyOrder(seed, INLINED_SCHEMA)
        self._first_paper = _first_papers(self._rng, papers, len(is_spam))
        self._uses = np.bincount(papers.methods.values, minlength=len(is_spam)).tolist()
        self._taken: set[str] = set()

    def all(self) -> Methods:
        """All methods, in the order of their numbers."""
        rows, inlined = [], []
        for number in range(len(self._is_spam)):
            row, collection = self._method(number)
            carried: JsonObject = {key: row[key] for key in INLINED_SCHEMA[:-1]}
            carried["main_collection"] = _main_collection(collection)
            rows.append(self._row_order(row))
            inlined.append(self._inlined_order(carried))
        return Methods(rows, inlined)

    def _method(self, number: int) -> tuple[JsonObject, Collection | None]:
        name, full_name, description = self._texts(number)
        slug = first_free(slugify_title(name, fallback="method"), self._taken)
        self._taken.add(slug)
        paper = -1 if self._faults["paper_null"][number] else self._first_paper[number]
        title = self._papers.titles[paper] if paper >= 0 else None
        collection = None if self._faults["no_collection"][number] else pick(self._rng, self._collections)
        row: JsonObject = {
            "url": f"{OLD_SITE}/method/{slug}",
            "name": name,
            "full_name": full_name,
            "description": description,
            "paper": {"title": title, "url": self._papers.own_url(paper)} if paper >= 0 else None,
            "introduced_year": self._year(number, paper),
            "source_url": self._papers.abs_url(paper) if paper >= 0 else None,
            "source_title": title,
            "code_snippet_url": self._snippet(number, name),
            "num_papers": self._uses[number],
            "collections": _places(collection),
        }
        return row, collection

    def _texts(self, number: int) -> tuple[str, str, str]:
        if self._is_spam[number]:
            name, description = spam_text(self._rng)
            return name, name, description
        name = self._names[number]
        text = self._prose.sentence(number % 50, rng=self._rng, words=int(self._rng.integers(30, 120)))
        parts = [f"**{name}** is {text}"]
        if self._faults["latex"][number]:
            parts.append(pick(self._rng, _FORMULAE))
        if self._rng.random() < 0.4:
            parts.append(f"Image: [source](https://production-media.paperswithcode.com/methods/figure_{number}.png)")
        return name, name if self._rng.random() < 0.5 else f"{name} {number % 9 + 1}", self._break(number).join(parts)

    def _break(self, number: int) -> str:
        return "\r\n\r\n" if self._faults["crlf"][number] else "\n\n"

    def _year(self, number: int, paper: int) -> int:
        if self._is_spam[number] or self._faults["year_filler"][number] or paper < 0:
            return FILLER_YEAR
        return self._papers.years[paper]

    def _snippet(self, number: int, name: str) -> str | None:
        if self._is_spam[number] or self._rng.random() < 0.5:
            return None
        return f"https://github.com/made-up-lab/layers/blob/{number:07x}/{slugify_title(name)}.py#L{number % 400 + 1}"


def _first_papers(rng: np.random.Generator, papers: Papers, methods: int) -> list[int]:
    """For each method one of the papers that carry it; any other for a method that none carries."""
    first = np.arange(methods) * 31 % len(papers)
    owners: Ints = np.repeat(np.arange(len(papers)), papers.methods.lengths)
    order = rng.permutation(len(owners))
    first[papers.methods.values[order]] = owners[order]
    numbers: list[int] = first.tolist()
    return numbers


def _collections(seed: int, count: int, prose: Prose) -> list[Collection]:
    rng = stream(seed, "collections")
    names = model_names(seed, count=count, kind="collection")
    collections: list[Collection] = []
    for number, name in enumerate(dict.fromkeys(names)):
        title = f"{name} {pick(rng, _COLLECTION_ENDS)}"
        text = prose.sentence(number % 50, rng=rng, words=int(rng.integers(15, 60)))
        parent = pick(rng, collections).name if collections and rng.random() < 0.2 else None
        collections.append(Collection(title, f"**{title}** are {text}\r\n\r\n", parent, pick(rng, AREAS)))
    return collections


def _main_collection(collection: Collection | None) -> JsonObject | None:
    if collection is None:
        return None
    return {
        "name": collection.name,
        "description": collection.description,
        "parent": collection.parent,
        "area": collection.area[1],
    }


def _places(collection: Collection | None) -> list[JsonObject]:
    if collection is None:
        return []
    return [{"collection": collection.name, "area_id": collection.area[0], "area": collection.area[1]}]
