"""The one door to `workers.evaluation`, which imports torch: only a worker process may open it.

`Engine` is what the rest of the product may ask of it, in plain values; `workers.evaluation.contract` has their types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from workers.evaluation.contract import Aggregation, Batch, Plan, PlannedRequest, Prepared, ProtocolSpec, Reduction, Response
from workers.portal_commit import portal_commit

if TYPE_CHECKING:
    from workers.evaluation.checkpoints import CheckpointFacts, CheckpointSource
    from workers.evaluation.devices import Device
    from workers.evaluation.loading import LoadedModel
    from workers.evaluation.prefixes.tokens import Encoder


class Scorer(Protocol):
    """Scores batches; the seam behind which engines are exchanged."""

    @property
    def way(self) -> str:
        """How it computes, in a word."""

    def prepare(self, requests: Sequence[PlannedRequest], cuts: tuple[int, ...] = ()) -> Prepared:
        """A whole batch made ready, without the model; the call that it gives scores it. Both may raise EvaluationError."""

    def cut(self, plan: Plan, *, token_budget: int, samples: Sequence[int]) -> tuple[Batch, ...]:
        """These samples of the plan in batches of another budget, as a plan made with it would have them."""

    def forget(self) -> None:
        """Let go of what is kept between batches."""


class Engine:
    """The evaluation engine of this process. Every method may raise an EvaluationError, whose text is one sentence."""

    def __init__(self) -> None:
        self._scorer: tuple[LoadedModel, Scorer] | None = None
        self._encoder: tuple[CheckpointSource, Encoder] | None = None

    def source(self, location: str, *, is_folder: bool, revision: str | None, dtype: str) -> "CheckpointSource":
        """Name a checkpoint; nothing is read yet."""
        from workers.evaluation.checkpoints import CheckpointSource

        return CheckpointSource(location=location, is_folder=is_folder, revision=revision, dtype=dtype)

    def inspect(self, source: "CheckpointSource") -> "CheckpointFacts":
        """What the checkpoint is, from its configuration and headers; no weight is read."""
        from workers.evaluation.checkpoints import inspect

        return inspect(source)

    def stamps(self, source: "CheckpointSource") -> tuple[tuple[str, int, int, int, int], ...]:
        """What tells cheaply whether a checkpoint's files are still the same on this disk."""
        from workers.evaluation.checkpoints import stamps

        return stamps(source)

    def digests(self, source: "CheckpointSource", *, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
        """Name, size and SHA-256 of every file that decides what the checkpoint answers; reads them whole."""
        from workers.evaluation.checkpoints import digests

        return [asdict(file) for file in digests(source, progress=progress)]

    def check(self, spec: ProtocolSpec, *, metric: str, aggregation: Aggregation, versions: Mapping[str, str]) -> None:
        """Refuse what could not give the protocol's number, before anything is built.

        A task that is unknown or executes generated code, a metric or an aggregation that it does not have, and other
        versions than the protocol was written for.
        """
        from workers.evaluation import harness

        harness.check_versions(versions)
        harness.check(spec)
        harness.check_metric(spec, metric=metric, aggregation=aggregation)

    def build_plan(self, spec: ProtocolSpec) -> Plan:
        """All requests of the protocol, built by lm-eval's own task objects."""
        from workers.evaluation import harness

        return harness.build_plan(spec)

    def batches(self, plan: Plan, source: "CheckpointSource", *, token_budget: int) -> tuple[Batch, ...]:
        """The plan's samples in batches: a pure function of the plan, the tokenizer and the budget.

        Refuses what the checkpoint can't answer: requests that are too long, and writing on by settings of its own.
        """
        from workers.evaluation import batching, loading

        if any(request.kind == "generate_until" for request in plan.requests):
            loading.check_writing(source)
        return batching.plan_batches(plan, self._encoder_of(source), token_budget=token_budget)

    def reading(self, source: "CheckpointSource") -> dict[str, Any]:
        """How many tokens the checkpoint reads at most, and its tokenizer's special ones, by lm-eval's names for them."""
        return self._encoder_of(source).described()

    def with_lengths(self, plan: Plan, source: "CheckpointSource") -> Plan:
        """The plan with the length of each sample's prompt for this checkpoint; cheap after `batches` of the same plan."""
        from workers.evaluation import lengths

        found = lengths.with_lengths(plan, self._encoder_of(source))
        self._encoder = None  # it remembers every line that it encoded
        return found

    def _encoder_of(self, source: "CheckpointSource") -> "Encoder":
        from workers.evaluation import loading

        if self._encoder is None or self._encoder[0] != source:
            self._encoder = (source, loading.load_encoder(source))
        return self._encoder[1]

    def load(self, source: "CheckpointSource", *, progress: Callable[[int, int], None]) -> "LoadedModel":
        """Load weights and tokenizer onto this worker's device; another thread tells `progress` of bytes held and expected."""
        from workers.evaluation import loading

        return loading.load(source, device=self.device().kind, progress=progress)

    def scorer(self, model: "LoadedModel", *, threads: int) -> Scorer:
        """What scores with a loaded model, on so many CPU threads; made once for each model, as it is tried before it is used."""
        from workers.evaluation import scoring

        scoring.use_threads(threads)
        if self._scorer is None or self._scorer[0] is not model:
            self._scorer = (model, scoring.PrefixScorer(model))
        return self._scorer[1]

    def threads(self) -> int:
        """CPU threads that a plan made here is to be computed with."""
        from workers.evaluation import devices

        return devices.threads()

    def reduce(
        self, spec: ProtocolSpec, plan: Plan, responses: Sequence[Response], *, dtype: str, metric: str = "acc"
    ) -> Reduction:
        """The harness's own metrics out of the responses of a model in that number format; items are judged by one of them."""
        from workers.evaluation import harness

        return harness.reduce(spec, plan, responses, dtype=dtype, metric=metric)

    def device(self) -> "Device":
        """Where this process computes, as WORKER_DEVICE prefers."""
        from workers.evaluation import devices

        return devices.describe(settings.WORKER_DEVICE)

    def joules(self) -> float | None:
        """What this process's GPUs have used in all, of which differences count; None where no device tells it."""
        from workers.evaluation import energy

        return energy.joules()

    def software(self) -> dict[str, str]:
        """Versions of everything a number may depend on, and the commit of this portal's own code where that is known."""
        from workers.evaluation import devices

        return {**devices.software(), **({"portal": commit} if (commit := portal_commit()) else {})}

    def make_selftest(self, folder: Path, *, progress: Callable[[int, int], None], should_stop: Callable[[], bool]) -> None:
        """Train the self-test's checkpoint into `folder`; nothing happens when it is there. TrainingStopped when told to stop."""
        from workers.evaluation.selftest import training

        training.prepare(folder, progress=progress, should_stop=should_stop)


@cache
def open_engine() -> Engine:
    """Open the evaluation engine in this process; the first call takes seconds (torch, transformers, lm-eval).

    Raises EvaluationError where the benchmark data cannot be used.
    """
    # Here and in `Engine`, inside functions: the web process imports this module and must never import torch.
    from workers.evaluation import open_door

    open_door(
        hf_home=Path(settings.VAR_DIR) / "huggingface",
        benchmark_data=settings.BENCHMARK_DATA,
        offline=settings.HUB_OFFLINE,
    )
    return Engine()
