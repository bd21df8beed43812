"""The values that the engine takes and gives back; plain data, so that the web process may import this module.

A plan is made once, scored in batches, and reduced once: `plan -> score -> reduce`. Log-likelihoods are natural logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Aggregation = Literal["micro", "macro"]
"""How subtasks make one number: the mean over their items, or over the subtasks."""


@dataclass(frozen=True)
class Seeds:
    """The four seeds that lm-eval's `simple_evaluate` sets, with its defaults."""

    python: int = 0
    numpy: int = 1234
    torch: int = 1234
    fewshot: int = 1234


@dataclass(frozen=True)
class ProtocolSpec:
    """What to run: a task or group of lm-eval under its own definition, and how many worked examples precede each item.

    `num_fewshot` None leaves the task's own number. `limit` takes the first items of every subtask only. `include_path` names a
    folder of task definitions of our own (the self-test); None means that the definitions are those that lm-eval ships.
    """

    task: str
    num_fewshot: int | None
    limit: int | None = None
    include_path: str | None = None
    seeds: Seeds = field(default_factory=Seeds)


@dataclass(frozen=True)
class PromptLength:
    """How many tokens a sample's longest prompt has with what is scored, and how many of them a model can't read: its first."""

    tokens: int
    cut: int


@dataclass(frozen=True)
class PlannedSample:
    """One benchmark item; `target` is what the harness holds true, as text (the choice's text where there are choices).

    `length` is known once a tokenizer has been asked.
    """

    index: int
    task: str
    doc_id: int
    document: dict[str, Any]
    choices: tuple[str, ...]
    target: str
    length: PromptLength | None = None


@dataclass(frozen=True)
class PlannedRequest:
    """One log-likelihood to obtain: of `continuation` after `context`. `sample` is a PlannedSample's index.

    `ordinal` counts in the harness's own order over all subtasks. `choice` is the request's place within its sample.
    """

    ordinal: int
    sample: int
    choice: int
    kind: str
    context: str
    continuation: str


@dataclass(frozen=True)
class TaskFact:
    """What one subtask is, as it will be run. `prompt_sha256` covers every context and continuation in order."""

    name: str
    version: str
    num_fewshot: int
    items: int
    dataset: str
    prompt_sha256: str
    chance: float | None


@dataclass(frozen=True)
class Plan:
    """All requests of a protocol. `requests[n].ordinal == n` and `samples[n].index == n`."""

    samples: tuple[PlannedSample, ...]
    requests: tuple[PlannedRequest, ...]
    tasks: tuple[TaskFact, ...]


@dataclass(frozen=True)
class Batch:
    """Samples that are scored together, by their indexes; their requests are all in it.

    `cuts` are the lengths, in tokens, of the beginnings that all its prompts share and that are computed apart, shortest first.
    """

    samples: tuple[int, ...]
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Response:
    """A model's answer to one request: the continuation's log-likelihood, and whether greedy decoding would have written it."""

    log_likelihood: float
    is_greedy: bool


@dataclass(frozen=True)
class MetricValue:
    """One aggregated number of a task or a group. `chance` is what guessing would get, where that is known."""

    task: str
    metric: str
    value: float
    stderr: float | None
    items: int
    chance: float | None


@dataclass(frozen=True)
class SampleOutcome:
    """What the model picked on one item.

    `margin` is the best minus the second-best log-likelihood: 0.0 is a tie, None where there is only one answer. `logged` is what
    lm-eval logs of the item, an entry for each of the task's filters, without what the plan and the responses hold already.
    """

    index: int
    prediction: str
    target: str
    is_correct: bool
    margin: float | None
    logged: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Reduction:
    """The numbers that the harness computed. `harness` is its own results record, JSON-safe and free of machine paths."""

    metrics: tuple[MetricValue, ...]
    outcomes: tuple[SampleOutcome, ...]
    harness: dict[str, Any]
