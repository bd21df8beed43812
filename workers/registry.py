"""What this portal knows from the start how to measure: checkpoints, protocols, the self-test, and known mappings.

`ensure` may be run at any time: it adds what is missing and leaves alone what staff changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from django.db import transaction
from django.utils.text import slugify

from leaderboards.models import Claim, Leaderboard, Metric, Model, Protocol, Score, Source
from papers.models import Dataset, Task
from workers import licences, stock_protocols
from workers.evaluation import mmlu_2022, selftest
from workers.models import Checkpoint, ClaimMapping

NEOX_20B = "gpt-neox-20b"
MMLU_LETTERS = "mmlu-5-shot-letters"
MMLU_2022_BY_LENGTH = "mmlu-5-shot-whole-answers-by-length-2022"
MMLU_2022 = "mmlu-5-shot-whole-answers-2022"
MMLU_2022_RULES = [
    "letter",
    *(f"full_text{rule}" for rule in ("", "_per_character", "_per_byte", "_per_token", "_unconditional")),
]
"""What a run of MMLU's form of 2022 reports in one pass: every rule that a published number may have been scored by."""
SELFTEST = "portal-selftest"
SELFTEST_MODEL = "Self-Test GPT-NeoX (3 layers × 128)"
SELFTEST_PARAMETERS = 432_768
SELFTEST_ACCURACY = "100.0"
"""What the recipe reached when it was written, in percent of the held-out items."""


@dataclass(frozen=True)
class KnownMapping:
    """A claim of the archive that we know how to test, named by what identifies it in any copy of the archive."""

    task: str
    dataset: str
    model_name: str
    paper_key: str
    metric: str
    checkpoint: str
    protocols: tuple[str, ...]
    scale: float


KNOWN_MAPPINGS = [
    KnownMapping(
        task,
        "MML",
        "GPT-NeoX 20B (5-shot)",
        "arxiv:2204.06745",
        "Average (%)",
        NEOX_20B,
        (MMLU_LETTERS, MMLU_2022_BY_LENGTH, MMLU_2022),
        100.0,
    )  # fmt: skip
    for task in ("Transfer Learning", "Multi-Task Learning")
]


@transaction.atomic
def ensure() -> None:
    """Add the checkpoints, protocols, boards and licences that ship with the portal where they are missing."""
    _neox_20b()
    for slug in _MMLU:
        _mmlu(slug)
    for facts in stock_protocols.facts():
        _protocol(str(facts.pop("slug")), **facts)
    _selftest()
    licences.ensure()


@transaction.atomic
def map_known_claims() -> int:
    """Map every known claim that the catalogue holds by now; returns how many mappings are new.

    Nothing before `ensure` has registered what measures them.
    """
    return sum(_map(known) for known in KNOWN_MAPPINGS if Checkpoint.objects.filter(slug=known.checkpoint).exists())


def _map(known: KnownMapping) -> int:
    metrics = Metric.objects.filter(
        leaderboard__task__name=known.task, leaderboard__dataset_name=known.dataset, name=known.metric
    )
    claims = Claim.objects.published().filter(model_name=known.model_name, paper_key=known.paper_key)
    new = 0
    for metric in metrics:
        for claim in claims.filter(leaderboard=metric.leaderboard):
            for slug in known.protocols:
                _, is_new = ClaimMapping.objects.get_or_create(
                    claim=claim,
                    metric=metric,
                    checkpoint=Checkpoint.objects.get(slug=known.checkpoint),
                    protocol=_mmlu(slug),
                    defaults={"scale": known.scale},
                )
                new += is_new
    return new


def _neox_20b() -> None:
    """GPT-NeoX-20B: 44 layers of width 6,144 and a vocabulary of 50,432 make 20,554,567,680 parameters.

    The revision is the one that its hub repository's main branch names, with safetensors.
    """
    Checkpoint.objects.get_or_create(
        slug=NEOX_20B,
        defaults={
            "name": "GPT-NeoX-20B",
            "model": _model("GPT-NeoX-20B"),
            "hub_id": "EleutherAI/gpt-neox-20b",
            "revision": "c292233c833e336628618a88a648727eb3dff0a7",
            "dtype": Checkpoint.Dtype.FLOAT16,
            "parameter_count": 20_554_567_680,
            "memory_bytes": memory_needed(20_554_567_680, bytes_each=2),
            "device": Checkpoint.Device.GPU,
        },
    )


def memory_needed(parameter_count: int, *, bytes_each: int) -> int:
    """Bytes that loading and scoring need: the weights, and a tenth for activations, logits and the allocator's losses."""
    return -(-parameter_count * bytes_each * 11 // 10)


_MMLU: Mapping[str, Mapping[str, object]] = {
    MMLU_LETTERS: {
        "task": "mmlu",
        "scoring": Protocol.Scoring.LETTER,
        "name": "MMLU, 5-shot, letters",
        "description": (
            "The harness's stock task over 57 subjects: a line that names the subject, five worked examples that are "
            "the same for every question, and the letter A, B, C or D with the highest log-likelihood as the answer."
        ),
    },
    MMLU_2022_BY_LENGTH: {
        "task": mmlu_2022.TASK,
        "scoring": Protocol.Scoring.CHARACTERS,
        "metric": "acc_norm",
        "rules": MMLU_2022_RULES,
        "name": "MMLU, 5-shot, whole answers by length (as in 2022)",
        "description": (
            "As lm-eval 0.2.0 of March 2022 asked and scored it, prompts to the byte: no line that names the subject, five "
            "worked examples drawn for each question, which answer in full text, and as the answer the option whose whole text "
            "has the highest log-likelihood by its length in characters. The same run scores letters too."
        ),
    },
    MMLU_2022: {
        "task": mmlu_2022.TASK,
        "scoring": Protocol.Scoring.FULL_TEXT,
        "metric": "acc",
        "rules": MMLU_2022_RULES,
        "name": "MMLU, 5-shot, whole answers (as in 2022)",
        "description": (
            "As lm-eval 0.2.0 of March 2022 asked and scored it, prompts to the byte, with the option whose whole text has the "
            "highest log-likelihood as the answer, however long it is. One run measures this and the same by length."
        ),
    },
}
"""The ways to ask and score MMLU that ship, by slug."""


def _mmlu(slug: str) -> Protocol:
    return _protocol(slug, num_fewshot=5, dataset_names=["MMLU", "MML"], **_MMLU[slug])


def _protocol(slug: str, **words: object) -> Protocol:
    """The protocol of these facts under the installed harness, whatever staff call it; the letter is the answer unless said.

    Another harness makes another protocol, since its numbers may differ: it gets a slug that names its version.
    """
    harness = version("lm-eval")
    facts = {name: words.pop(name, usual) for name, usual in _USUAL.items()}
    facts |= {
        "split": words.pop("split", "test"),
        "task": words.pop("task"),
        "num_fewshot": words.pop("num_fewshot"),
        "versions": {"lm_eval": harness},
    }
    if Protocol.objects.filter(slug=slug).exclude(**facts).exists():
        slug = f"{slug}-{slugify(harness.replace('.', '-'))}"
    known = Protocol.objects.filter(**facts).order_by("pk").first()
    return known or Protocol.objects.create(slug=slug, prompt_family=str(facts["task"]), **facts, **words)


_USUAL: Mapping[str, object] = {
    "scoring": Protocol.Scoring.LETTER,
    "aggregation": Protocol.Aggregation.MICRO,
    "metric": "acc",
    "rules": [],
}


def _selftest() -> None:
    """The self-test: our own checkpoint, protocol and board, so that the whole path runs on any machine."""
    checkpoint = Checkpoint.objects.filter(recipe=Checkpoint.Recipe.SELFTEST).order_by("pk").first() or _selftest_checkpoint()
    protocol = _protocol(
        SELFTEST,
        task=selftest.TASK,
        num_fewshot=selftest.NUM_FEWSHOT,
        name=f"Portal self-test, {selftest.NUM_FEWSHOT}-shot, letters",
        description=(
            "Multiple-choice questions of our own in MMLU's schema; a check of this portal's machinery, not a public benchmark."
        ),
        is_selftest=True,
        dataset_names=["Portal Facts"],
    )
    metric = _selftest_metric()
    claim = _selftest_claim(metric, model=checkpoint.model)
    ClaimMapping.objects.get_or_create(
        claim=claim, metric=metric, checkpoint=checkpoint, protocol=protocol, defaults={"scale": 100.0}
    )


def _selftest_checkpoint() -> Checkpoint:
    return Checkpoint.objects.create(
        slug=SELFTEST,
        name=SELFTEST_MODEL,
        model=_model(SELFTEST_MODEL),
        folder="selftest",
        dtype=Checkpoint.Dtype.FLOAT32,
        parameter_count=SELFTEST_PARAMETERS,
        memory_bytes=2 * 1024**3,
        recipe=Checkpoint.Recipe.SELFTEST,
    )


def _selftest_metric() -> Metric:
    task, _ = Task.objects.get_or_create(
        slug="portal-self-test",
        defaults={
            "name": "Portal Self-Test",
            "source": Source.RUN,
            "description": "Checks of this portal's own machinery. What stands here says nothing about the state of the art.",
        },
    )
    dataset, _ = Dataset.objects.get_or_create(
        slug="portal-facts",
        defaults={
            "name": "Portal Facts",
            "source": Source.RUN,
            "description": "Multiple-choice questions that this portal generates.",
        },
    )
    board, _ = Leaderboard.objects.get_or_create(
        task=task,
        dataset_name="Portal Facts",
        defaults={
            "slug": "portal-self-test-on-portal-facts",
            "dataset": dataset,
            "source": Source.RUN,
            "note": (
                "A self-test of this portal: a small GPT-NeoX model that a worker here trained on generated text, measured on "
                "generated questions it has not seen. It shows that loading, scoring and recording work on this machine. The "
                "claim is this project's own: what the training recipe reached when it was written."
            ),
        },
    )
    metric, _ = Metric.objects.get_or_create(
        leaderboard=board, name="Accuracy (%)", defaults={"position": 0, "direction": Metric.Direction.HIGHER}
    )
    return metric


def _selftest_claim(metric: Metric, *, model: Model) -> Claim:
    """What the recipe reached when it was written: the makers' claim, which every machine checks for itself."""
    claim, is_new = Claim.objects.get_or_create(
        leaderboard=metric.leaderboard, model_name=model.name, paper_key="", occurrence=0,
        defaults={"source": Source.RUN, "model": model, "uses_additional_data": False},
    )  # fmt: skip
    if is_new:
        Score.objects.create(claim=claim, metric=metric, raw=f'"{SELFTEST_ACCURACY}"', value=float(SELFTEST_ACCURACY))
    return claim


def _model(name: str) -> Model:
    model, _ = Model.objects.get_or_create(slug=slugify(name), defaults={"name": name, "source": Source.RUN})
    return model
