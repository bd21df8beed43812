"""Names of people, tasks, models, repositories and datasets, all made up."""

from itertools import islice, product

import numpy as np

from bench.archive_generator.randomness import pick, stream
from bench.archive_generator.vocabulary import made_up_words

AREAS = (
    "Computer Vision", "Natural Language Processing", "Miscellaneous", "Medical", "Methodology", "Time Series", "Graphs",
    "Audio", "Computer Code", "Robots", "Knowledge Base", "Reasoning", "Speech", "Playing Games", "Music", "Adversarial",
)  # fmt: skip
AREA_TASKS = (865, 436, 219, 190, 157, 98, 87, 69, 61, 56, 50, 50, 48, 40, 32, 31)
"""How many tasks each area had."""

VANDAL_TASKS = ("", "model", "16k", "2k", "' OR 1=1; DROP TABLE tasks; --", "*&^%(@@!)(((", "<b>test</b>", "asdfasdf", "   ")
VANDAL_BOARDS = ("'; SELECT pg_sleep(5); --", "!!!((**&&^^%%", "<script>alert(7)</script>", "", "test test", "x" * 300)

_MANNERS = (
    "", "Few-Shot ", "Zero-Shot ", "Unsupervised ", "Weakly-Supervised ", "Semi-Supervised ", "Self-Supervised ", "Open-Set ",
    "Real-Time ", "Cross-Domain ", "Multi-View ", "Long-Tail ", "Interactive ", "Online ", "Fine-Grained ", "Multi-Label ",
    "Continual ", "Federated ", "Low-Light ", "Hierarchical ",
)  # fmt: skip
_OBJECTS = (
    "Glacier", "Handwriting", "Beehive", "Bridge Crack", "Street Sign", "Dialect", "Recipe", "Orchard", "Melody", "Gait",
    "Tax Form", "Coral", "Protein Loop", "River Flow", "Sarcasm", "Footnote", "Chess Opening", "Knot", "Cargo", "Pollen",
    "Timetable", "Mosaic", "Wing Beat", "Sediment", "Lecture", "Patent Claim", "Roof", "Tooth", "Tide", "Sign Language",
    "Crowd", "Textile", "Loanword", "Meteor", "Heartbeat", "Compiler Warning", "Proof Step", "Grasp", "Rumour", "Birdsong",
    "Layout", "Shadow", "Traffic Jam", "Folk Tale", "Retina", "Query Plan", "Swarm", "Ferry", "Fossil", "Alloy", "Accent",
    "Citation", "Puddle", "Locomotion", "Blueprint", "Drumming", "Seismic Trace", "Poem", "Sensor Drift", "Contract",
)  # fmt: skip
_ACTIONS = (
    "Detection", "Segmentation", "Classification", "Retrieval", "Forecasting", "Generation", "Tracking", "Matching", "Parsing",
    "Counting", "Summarization", "Captioning", "Restoration", "Ranking", "Clustering", "Localization", "Recognition",
    "Translation", "Alignment", "Anomaly Detection", "Question Answering", "Estimation", "Reconstruction", "Verification",
)  # fmt: skip
_GIVEN_ENDS = ("a", "o", "an", "is", "el", "ine", "ïs", "é", "ö", "u")
_MODEL_ENDS = ("Net", "Former", "BERT", "GAN", "-XL", "Flow", "RCNN", "LM", "Mix", "-Tiny", "Diff", "Graph", "")
_MODEL_NOTES = (
    "",
    "",
    "",
    "",
    "",
    " (ensemble)",
    " (5-shot)",
    " + TTA",
    " w/ pretraining",
    "-50",
    " (ours)",
    "-7B",
    "-L",
    " (zero-shot)",
)
_DATASET_ENDS = ("", "-10k", "Bench", " Corpus", "-100", "QA", "Set", " 2017", "-Wild", " v2.0", "3D", "Net", " (Large)", "-C")


def task_names(seed: int, count: int) -> list[str]:
    """That many distinct names."""
    every = [f"{manner}{thing} {action}" for manner, thing, action in product(_MANNERS, _OBJECTS, _ACTIONS)]
    chosen = stream(seed, "task names").choice(len(every), count - 2, replace=False)
    # The first owns the address that the rule gives to the second one's name.
    return ["Source Glossary Summarization", "Glossary Summarization", *(every[number] for number in chosen)]


def person_names(seed: int, count: int) -> list[str]:
    """That many distinct names."""
    rng = stream(seed, "people")
    words = made_up_words(rng, taken=set())
    given = [(word[:6] + pick(rng, _GIVEN_ENDS)).capitalize() for word in islice(words, 2_000)]
    given = list(dict.fromkeys(given))
    family = [_family(word, rng) for word in islice(words, 7_919)]
    family = list(dict.fromkeys(family))
    cells = len(given) * len(family)
    # Steps that share no factor with the grid visit each cell once; of the golden section's length, they spread evenly.
    step = next(number for number in range(round(cells * 0.618034), cells) if np.gcd(number, cells) == 1)
    places = (np.arange(count, dtype=np.int64) * step % cells).tolist()
    middles = np.where(rng.random(count) < 0.2, rng.integers(0, 26, count), -1).tolist()
    return [
        f"{given[place // len(family)]}{f' {chr(65 + middle)}.' if middle >= 0 else ''} {family[place % len(family)]}"
        for place, middle in zip(places, middles, strict=True)
    ]


def _family(word: str, rng: np.random.Generator) -> str:
    name = word[:9].capitalize()
    return (name, name, name, name, f"de {name}", f"{name}ović", f"O'{name}", f"{name}-{name[:3]}i", f"{name}sson")[
        int(rng.integers(9))
    ]


def model_names(seed: int, *, count: int, kind: str) -> list[str]:
    """That many names of models or methods, not all distinct."""
    rng = stream(seed, "model names", kind)
    words = list(islice(made_up_words(rng, taken=set()), count // 2 + 1))
    return [f"{pick(rng, words)[:8].capitalize()}{pick(rng, _MODEL_ENDS)}" for _ in range(count)]


def with_note(name: str, rng: np.random.Generator) -> str:
    """A model's name as a row of a board spells it."""
    return f"{name}{pick(rng, _MODEL_NOTES)}"


def dataset_names(seed: int, count: int) -> list[str]:
    """That many distinct names."""
    rng = stream(seed, "dataset names")
    words = islice(made_up_words(rng, taken=set()), count)
    return [f"{word.upper() if len(word) < 6 else word.capitalize()}{pick(rng, _DATASET_ENDS)}" for word in words]
