"""One archive: its parts, each made when something first needs it, all from the seed."""

from functools import cached_property

import numpy as np

from bench.archive_generator.boards import Boards, plan_boards
from bench.archive_generator.datasets import Datasets, DatasetWriter, plan_datasets
from bench.archive_generator.faults import Planter
from bench.archive_generator.later import added
from bench.archive_generator.links import LinkRows, Links, plan_links
from bench.archive_generator.methods import Methods, MethodWriter, plan_spam
from bench.archive_generator.metrics import MetricPool, metric_pool
from bench.archive_generator.names import person_names
from bench.archive_generator.papers import PaperKinds, Papers, plan_papers
from bench.archive_generator.papers_dump import PaperRows
from bench.archive_generator.prose import Prose
from bench.archive_generator.randomness import Flags
from bench.archive_generator.sizes import sizes_at
from bench.archive_generator.tables_dump import TableRows
from bench.archive_generator.tasks import Tasks, areas_of_topics, plan_tasks
from bench.archive_generator.vocabulary import build_vocabulary
from bench.archive_generator.writing import JsonObject

# Behind every number of the base: of papers, and, a thousandth of it, of papers in a month.
_FIRST_LATER = {"next": 50_000_000, "delta": 60_000_000}


class Archive:
    """The archive of one seed and scale. A part costs its time when it is first asked for; the whole, under 1 GB."""

    def __init__(self, seed: int, *, scale: float) -> None:
        self._seed = seed
        self.sizes = sizes_at(scale)
        self.planter = Planter(seed, era="base", at_least_one=True)
        self.later_planter = Planter(seed, era="later", at_least_one=False)

    @cached_property
    def prose(self) -> Prose:
        areas = areas_of_topics(self._seed, self.sizes.topics)
        return Prose(build_vocabulary(self._seed, words=self.sizes.words, area_of_topic=areas))

    @cached_property
    def tasks(self) -> Tasks:
        areas = areas_of_topics(self._seed, self.sizes.topics)
        return plan_tasks(self._seed, sizes=self.sizes, area_of_topic=areas, planter=self.planter)

    @cached_property
    def is_spam_method(self) -> Flags:
        return plan_spam(self.sizes.methods, planter=self.planter)

    @cached_property
    def papers(self) -> Papers:
        return self._papers("base", self.sizes.papers, taken=set())

    def later_papers(self, era: str, count: int) -> Papers:
        """Papers that the base lacks."""
        return self._papers(era, count, taken=set(self.papers.slugs))

    @cached_property
    def methods(self) -> Methods:
        makes = MethodWriter(self._seed, papers=self.papers, prose=self.prose, is_spam=self.is_spam_method, planter=self.planter)
        return makes.all()

    @cached_property
    def people(self) -> list[str]:
        return person_names(self._seed, self.sizes.author_names)

    @cached_property
    def links(self) -> Links:
        return self._links("base", self.sizes.links)

    @cached_property
    def later_links(self) -> Links:
        return self._links("next", added(self.sizes.links))

    @cached_property
    def datasets(self) -> Datasets:
        return plan_datasets(self._seed, self.sizes.datasets, planter=self.planter)

    @cached_property
    def metric_pool(self) -> MetricPool:
        return metric_pool(self._seed, self.sizes.metrics)

    @cached_property
    def boards(self) -> Boards:
        return plan_boards(
            self._seed,
            sizes=self.sizes,
            tasks=self.tasks,
            datasets=self.datasets,
            pool=self.metric_pool,
            papers=self.papers,
            planter=self.planter,
        )

    def paper_rows(self, papers: Papers) -> PaperRows:
        return PaperRows(
            self._seed,
            papers=papers,
            prose=self.prose,
            people=self.people,
            tasks=self.tasks.names,
            methods=self.methods.inlined,
        )

    def link_rows(self, links: Links) -> LinkRows:
        return LinkRows(self._seed, links=links, papers=self.papers)

    def table_rows(self) -> TableRows:
        return TableRows(
            self._seed,
            tasks=self.tasks,
            boards=self.boards,
            pool=self.metric_pool,
            papers=self.papers,
            code=self.link_rows(self.links),
            links_of=self.links.first_of_papers(len(self.papers)),
            prose=self.prose,
        )

    def dataset_rows(self) -> list[JsonObject]:
        makes = DatasetWriter(
            self._seed,
            datasets=self.datasets,
            tasks=self.tasks,
            tasks_of=self.boards.tasks_of_datasets(),
            papers=self.papers,
            prose=self.prose,
            planter=self.planter,
        )
        return makes.all()

    def _papers(self, era: str, count: int, *, taken: set[str]) -> Papers:
        kinds = PaperKinds(
            tasks=self.tasks,
            ordinary_methods=np.flatnonzero(~self.is_spam_method),
            spam_methods=np.flatnonzero(self.is_spam_method),
            author_names=self.sizes.author_names,
        )
        return plan_papers(
            self._seed,
            count,
            era=era,
            first_number=_FIRST_LATER.get(era, 0),
            kinds=kinds,
            prose=self.prose,
            planter=self._planter(era),
            taken=taken,
        )

    def _links(self, era: str, count: int) -> Links:
        return plan_links(
            self._seed,
            count,
            era=era,
            first_repository=2 * self.sizes.links if era == "next" else 0,
            papers=self.papers,
            prose=self.prose,
            planter=self._planter(era),
        )

    def _planter(self, era: str) -> Planter:
        return self.planter if era == "base" else self.later_planter
