"""The values that the engine takes and gives back; plain data, so that the web process may import this module.

A plan is made once, scored in batches, and reduced once: `plan -> score -> reduce`. Log-likelihoods are natural logarithms.
Requests are of the harness's three kinds, and each kind has its own answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

Aggregation = Literal["micro", "macro"]
"""How subtasks make one number: the mean over their items, or over the subtasks."""

RequestKind = Literal["loglikelihood", "loglikelihood_rolling", "generate_until"]
"""What is asked of a model: how likely a continuation is, how likely a text is as a whole, or to write on."""
KINDS: tuple[RequestKind, ...] = get_args(RequestKind)

FURTHER = 10_000
"""From this place within its sample on, a request is not the harness's own: a scoring rule asked for it."""


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
    folder of task definitions of our own (the self-test); None means that the definitions are those that lm-eval ships. `rules`
    names scoring rules whose numbers are wanted beside the task's own (workers.evaluation.rules).
    """

    task: str
    num_fewshot: int | None
    limit: int | None = None
    include_path: str | None = None
    seeds: Seeds = field(default_factory=Seeds)
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptLength:
    """How many tokens a sample's longest prompt has with what is scored, and how many of them a model can't read: its first."""

    tokens: int
    cut: int


@dataclass(frozen=True)
class PlannedSample:
    """One benchmark item; `target` is what the harness holds true, as text (the choice's text where there are choices).

    Of running text nothing is true or false: its target is empty. `length` is known once a tokenizer has been asked.
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
    """One answer to obtain. `sample` is a PlannedSample's index, `choice` the request's place within its sample.

    `ordinal` counts in the harness's own order over all subtasks, and on over what scoring rules ask for, whose `choice` is from
    FURTHER on. "loglikelihood" asks about `continuation` after `context`, "loglikelihood_rolling" about the text `context`, and
    "generate_until" for what follows `context`, written by `settings`: the harness's own, as JSON. What a kind does not have is
    empty.
    """

    ordinal: int
    sample: int
    choice: int
    kind: RequestKind
    context: str
    continuation: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskFact:
    """What one subtask is, as it will be run. `prompt_sha256` covers what every request says, in order."""

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
    """Samples that are scored together, by their indexes; their requests are all in it, and all of one kind.

    `cuts` are the lengths, in tokens, of the beginnings that all its prompts share and that are computed apart, shortest first.
    What it costs: `tokens` are computed for it alone, and of its beginnings `kept` tokens are there already when the batches
    before it in the plan were scored by the same worker.
    """

    samples: tuple[int, ...]
    cuts: tuple[int, ...] = ()
    tokens: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Response:
    """A model's answer to one request, in the shape of its kind; what a kind does not have is None.

    "loglikelihood": the continuation's log-likelihood, and whether greedy decoding would have written it;
    "loglikelihood_rolling": the text's log-likelihood alone; "generate_until": the text that was written. `tokens` is how many
    tokens a continuation has, None where that is not known.
    """

    log_likelihood: float | None = None
    is_greedy: bool | None = None
    text: str | None = None
    tokens: int | None = None

    @property
    def kind(self) -> RequestKind:
        """The kind of request that this answers. Raises ValueError for what answers none."""
        shape = tuple(value is not None for value in (self.log_likelihood, self.is_greedy, self.text))
        if shape not in _ANSWERS:
            raise ValueError(f"{self} answers no kind of request")
        return _ANSWERS[shape]


def nobody() -> None:
    """Whom it need not be told how a batch moves."""


class Prepared(Protocol):
    """A batch that is ready to be answered."""

    def __call__(self, moved: Callable[[], None] = nobody) -> list[Response]:
        """One response a request. `moved` is called with each word that is written, as writing a batch may take very long."""


_ANSWERS: dict[tuple[bool, ...], RequestKind] = {
    (True, True, False): "loglikelihood",
    (True, False, False): "loglikelihood_rolling",
    (False, False, True): "generate_until",
}


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
    """What the model picked or wrote on one item; of a written answer, what the metric's filter took out of it.

    Picked and right are by the metric that was asked for (`Reduction.judged_by`). `is_correct` is None where the harness calls
    nothing right or wrong: running text, or a metric of degrees. `margin` is by how much the best two options' log-likelihoods
    differ, or would have to for the metric to be as near its turn: 0.0 is a tie, None where there is only one answer.
    `logged` is what lm-eval logs of the item, an entry for each of the task's filters, without what the plan and the responses
    hold already.
    """

    index: int
    prediction: str
    target: str
    is_correct: bool | None
    margin: float | None
    logged: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Reduction:
    """The numbers that the harness computed. `harness` is its own results record, JSON-safe and free of machine paths.

    `judged_by` is the metric by which items were judged: the one that was asked for, or "acc" where that says of no single item
    whether it is right. Then options were picked as they stand, and texts were judged by whatever their task says first.
    """

    metrics: tuple[MetricValue, ...]
    outcomes: tuple[SampleOutcome, ...]
    harness: dict[str, Any]
    judged_by: str = "acc"
