"""The datasets dump, and the strings by which boards name datasets."""

from dataclasses import dataclass

from bench.archive_generator.faults import Planter
from bench.archive_generator.names import dataset_names
from bench.archive_generator.papers import OLD_SITE, Papers
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import Flags, pick, stream
from bench.archive_generator.spam import spam_text
from bench.archive_generator.tasks import Tasks
from bench.archive_generator.writing import JsonObject, KeyOrder
from papers.slugs import first_free, slugify_title

SCHEMA = (
    "url", "name", "full_name", "homepage", "description", "short_description", "parent_dataset", "image", "paper",
    "introduced_date", "warning", "modalities", "tasks", "languages", "variants", "num_papers", "data_loaders",
)  # fmt: skip
_VARIANTS = (
    " (val)",
    " test-dev",
    " val",
    " minival",
    " - 10% labeled data",
    " (test)",
    "-A",
    " test",
    " 256x256",
    " (5-way, 1-shot)",
)
_MODALITIES = (
    "Images",
    "Texts",
    "Videos",
    "Audio",
    "Graphs",
    "3D",
    "Time series",
    "Tabular",
    "Point cloud",
    "Medical",
    "Speech",
    "LiDAR",
)
_LANGUAGES = ("English", "Chinese", "German", "French", "Spanish", "Hindi", "Arabic", "Japanese", "Swahili", "Persian")
_LOADERS = ("pytorch", "tf", "jax", "none")


@dataclass(frozen=True, slots=True)
class Datasets:
    """Names, the strings that boards use for each, and which are spam."""

    names: list[str]
    variants: list[list[str]]
    is_spam: Flags
    descriptions: dict[int, str]


def plan_datasets(seed: int, count: int, *, planter: Planter) -> Datasets:
    """The datasets of one archive; those that are no spam have distinct names."""
    rng = stream(seed, "datasets")
    names = dataset_names(seed, count)
    is_spam = planter.choose_any("datasets.spam", count)
    unlisted = planter.choose("datasets.no_variants", among=~is_spam)
    variants: list[list[str]] = []
    descriptions = {}
    for number in range(count):
        if is_spam[number]:
            names[number], descriptions[number] = spam_text(rng)
        suffixes = dict.fromkeys(pick(rng, _VARIANTS) for _ in range(int(rng.integers(0, 5))))
        variants.append([] if unlisted[number] else [names[number], *(f"{names[number]}{suffix}" for suffix in suffixes)])
    return Datasets(names, variants, is_spam, descriptions)


class DatasetWriter:
    """Makes the rows of the dump; `tasks_of` gives the tasks whose boards use a dataset."""

    def __init__(
        self,
        seed: int,
        *,
        datasets: Datasets,
        tasks: Tasks,
        tasks_of: dict[int, list[int]],
        papers: Papers,
        prose: Prose,
        planter: Planter,
    ) -> None:
        self._rng = stream(seed, "dataset rows")
        self._datasets, self._tasks, self._tasks_of = datasets, tasks, tasks_of
        self._papers, self._prose = papers, prose
        self._undated = planter.choose_any("datasets.date_null", len(datasets.names))
        self._external = planter.choose("datasets.external_paper", among=~datasets.is_spam)
        self._order = KeyOrder(seed, SCHEMA)
        self._taken: set[str] = set()

    def all(self) -> list[JsonObject]:
        """All rows, in the order of their numbers."""
        return [self._order(self._row(number)) for number in range(len(self._datasets.names))]

    def _row(self, number: int) -> JsonObject:
        rng, name = self._rng, self._datasets.names[number]
        spam = bool(self._datasets.is_spam[number])
        slug = first_free(slugify_title(name, fallback="dataset"), self._taken)
        self._taken.add(slug)
        paper = int(rng.integers(len(self._papers)))
        text = self._datasets.descriptions[number] if spam else self._description(number, name)
        return {
            "url": f"{OLD_SITE}/dataset/{slug}",
            "name": name,
            "full_name": f"{name} of Made-Up Measurements" if rng.random() < 0.3 else None,
            "homepage": f"https://{slugify_title(name)}.example/" if rng.random() < 0.7 else None,
            "description": text,
            "short_description": None if rng.random() < 0.6 else text[:80],
            "parent_dataset": f"{OLD_SITE}/dataset/{slugify_title(self._datasets.names[0])}" if number % 200 == 7 else None,
            "image": f"https://production-media.paperswithcode.com/datasets/{slug}.jpg" if rng.random() < 0.4 else None,
            "paper": None if spam or rng.random() < 0.2 else self._paper(number, paper),
            "introduced_date": None if self._undated[number] else str(self._papers.days[paper]),
            "warning": "This dataset was withdrawn by its authors." if number % 700 == 9 else None,
            "modalities": [] if spam else list(dict.fromkeys(pick(rng, _MODALITIES) for _ in range(int(rng.integers(0, 3))))),
            "tasks": [] if spam else self._task_places(number),
            "languages": [pick(rng, _LANGUAGES)] if rng.random() < 0.2 else [],
            "variants": self._datasets.variants[number],
            "num_papers": 0 if spam else int(rng.pareto(0.9) * 2) % 9_000,
            "data_loaders": [self._loader(slug)] if rng.random() < 0.15 else [],
        }

    def _description(self, number: int, name: str) -> str:
        text = self._prose.sentence(number % 50, rng=self._rng, words=int(self._rng.integers(20, 110)))
        return f"**{name}** is {text}{pick(self._rng, (chr(13) + chr(10), chr(10), ''))}"

    def _paper(self, number: int, paper: int) -> JsonObject:
        external = f"https://zenodo.example/record/{number}"
        return {"title": self._papers.titles[paper], "url": external if self._external[number] else self._papers.own_url(paper)}

    def _task_places(self, number: int) -> list[JsonObject]:
        tasks = self._tasks_of.get(number) or [int(self._tasks.ordinary[number % len(self._tasks.ordinary)])]
        return [{"task": self._tasks.names[task], "url": f"{OLD_SITE}/task/{self._tasks.slugs[task]}"} for task in tasks]

    def _loader(self, slug: str) -> JsonObject:
        repository = f"https://github.com/made-up-lab/{slug}"
        return {"url": f"{repository}/blob/main/README.md", "repo": repository, "frameworks": [pick(self._rng, _LOADERS)]}
