"""Who may read a run's items: that is for the benchmarks' licences to say."""

from dataclasses import dataclass

from workers import records
from workers.evaluation import selftest
from workers.models import BenchmarkLicence, Run

KNOWN: tuple[tuple[str, str, str], ...] = (
    ("cais/mmlu", "MIT", "https://huggingface.co/datasets/cais/mmlu"),
    (selftest.DATASET, "made by this portal", ""),
)
"""Datasets whose items everybody may read: the name that a task's definition has, the licence, where it stands."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The licences of a run's benchmarks, and the datasets of which none is on record."""

    licences: tuple[BenchmarkLicence, ...]
    unknown: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        """Whether everybody may read prompts, choices and answers; false where a single dataset does not allow it."""
        return bool(self.licences) and not self.unknown and all(licence.allows_prompts for licence in self.licences)

    @property
    def sentence(self) -> str:
        """Why the items are for staff only; empty when they are for everybody."""
        closed = [f"{licence.dataset} ({licence.name})" for licence in self.licences if not licence.allows_prompts]
        if closed:
            return f"The licence of {', '.join(closed)} does not let us show its items to everybody: only staff see their texts."
        if self.unknown:
            return f"No licence of {', '.join(self.unknown)} is on record here: until one is, only staff see the items' texts."
        return "" if self.licences else "Which benchmark the items come from is not on record: only staff see their texts."


def terms_of(run: Run) -> Terms:
    """The terms of the datasets that the run's record names: one query."""
    names = dataset_names(run)
    licences = tuple(BenchmarkLicence.objects.filter(dataset__in=names))
    known = {licence.dataset for licence in licences}
    return Terms(licences=licences, unknown=tuple(name for name in names if name not in known))


def dataset_names(run: Run) -> list[str]:
    """The datasets of the run's tasks, each once, without the parts of them that a subject uses."""
    return list(dict.fromkeys(str(task.get("dataset") or "a task").partition(":")[0] for task in records.tasks_of(run)))


def ensure() -> None:
    """Add the licences that ship with the portal where they are missing; what staff changed stays."""
    for dataset, name, url in KNOWN:
        BenchmarkLicence.objects.get_or_create(dataset=dataset, defaults={"name": name, "url": url, "allows_prompts": True})
