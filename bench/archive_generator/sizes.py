"""How much of everything an archive has: the final one's counts, times a scale."""

from dataclasses import dataclass

METHODS_LINKS_PER_PAPER = 902_000 / 576_261
TASK_LINKS_PER_PAPER = 863_000 / 576_261
AUTHORS_PER_PAPER = 2_650_000 / 576_261


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts at one scale; each has a least value, below which the faults would not fit in."""

    papers: int
    links: int
    tasks: int
    top_tasks: int
    boards: int
    results: int
    metrics: int
    methods: int
    datasets: int
    author_names: int
    words: int
    topics: int


def sizes_at(scale: float) -> Sizes:
    """The counts at `scale`; 1 is the archive of July 2025."""

    def scaled(full: int, *, least: int) -> int:
        return max(least, round(full * scale))

    return Sizes(
        papers=scaled(576_261, least=400),
        links=scaled(300_161, least=300),
        tasks=scaled(4_450, least=150),
        top_tasks=scaled(2_254, least=70),
        boards=scaled(11_700, least=80),
        results=scaled(71_000, least=700),
        metrics=scaled(3_468, least=90),
        methods=scaled(8_725, least=80),
        datasets=scaled(15_008, least=120),
        author_names=scaled(600_000, least=1_000),
        words=scaled(80_000, least=5_000),
        topics=scaled(2_000, least=60),
    )
