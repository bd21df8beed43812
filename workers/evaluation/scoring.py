"""The seam at which a model answers requests: batches of a plan through the engine that shares what prompts begin with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

import torch

from workers.evaluation.batching import kind_of, plan_batches, sequences_of, settings_of_all, stand_alone
from workers.evaluation.contract import Batch, Plan, PlannedRequest, Prepared, Response, nobody
from workers.evaluation.errors import CheckpointBroken, OutOfMemory
from workers.evaluation.loading import LoadedModel
from workers.evaluation.memory import is_out_of_memory
from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.forward import Score, SharedForward
from workers.evaluation.prefixes.generation import NoWord, Settings, Writer, WritingRefused
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence


class Scorer(Protocol):
    """Answers requests, in their order. Asked for the same batch again, it answers the same bits."""

    def prepare(self, requests: Sequence[PlannedRequest], cuts: tuple[int, ...] = ()) -> Prepared:
        """Get a batch ready, which needs no model and may be done while another is scored; the call that it gives scores it."""
        ...


class PrefixScorer:
    """A loaded model behind the engine. The softmax is in float32 whatever the weights are."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self._encoder = Encoder.of(loaded.tokenizer, loaded.model.config)
        self._forward = forward_of(loaded.model)

    @property
    def way(self) -> str:
        """How it computes: "shared", or "plain" for a model whose attention cannot be exchanged."""
        return "shared" if isinstance(self._forward, SharedForward) else "plain"

    def prepare(self, requests: Sequence[PlannedRequest], cuts: tuple[int, ...] = ()) -> Prepared:
        """Tokens of a whole batch of the plan with its cuts; one response a request when it is scored."""
        sequences = sequences_of(requests, self._encoder)
        if kind_of(requests) == "generate_until":
            prompts = [prompt for (prompt,) in sequences]
            settings = settings_of_all(requests)
            return partial(self._write, requests, list(zip(prompts, settings, strict=True)), cuts)
        return lambda moved=nobody: self._score(requests, sequences, cuts)

    def cut(self, plan: Plan, *, token_budget: int, samples: Sequence[int]) -> tuple[Batch, ...]:
        """These samples of the plan in batches of another budget, as a plan made with it would have them."""
        return plan_batches(plan, self._encoder, token_budget=token_budget, samples=samples)

    def forget(self) -> None:
        """Let go of what is kept between batches: the last trunk's memory."""
        self._forward.forget()

    def _score(
        self, requests: Sequence[PlannedRequest], sequences: Sequence[Sequence[TokenSequence]], cuts: tuple[int, ...]
    ) -> list[Response]:
        with self._memory_for(sequences, what="Scoring"):
            found = self._scores_of(sequences, cuts, stand_alone(requests))
        return [self._response(request, scores) for request, scores in zip(requests, found, strict=True)]

    def _scores_of(
        self, sequences: Sequence[Sequence[TokenSequence]], cuts: tuple[int, ...], are_alone: Sequence[bool]
    ) -> list[list[Score]]:
        """Of each request the score of each of its sequences, from one pass over the batch.

        Those that stand alone, as they do not begin as the others do, have a pass of their own. A text of several windows that
        has a batch to itself may be far longer than the budget: its windows, which hardly share anything, have a pass each.
        """
        windows = [window for own in sequences for window in own]
        if len(sequences) == 1 and len(windows) > 1:
            return [[score for window in windows for score in self._forward.score([window])]]
        found: list[list[Score]] = [[] for _ in sequences]
        for are_meant, own_cuts in ((False, cuts), (True, ())):
            places = [place for place, is_alone in enumerate(are_alone) if is_alone is are_meant]
            scores = iter(self._forward.score([window for place in places for window in sequences[place]], cuts=own_cuts))
            for place in places:
                found[place] = [next(scores) for _ in sequences[place]]
        return found

    def _response(self, request: PlannedRequest, scores: Sequence[Score]) -> Response:
        log_likelihood = float(sum(score.log_likelihood for score in scores))
        if not math.isfinite(log_likelihood):
            raise self._no_number(request, f"{log_likelihood}, which is no likelihood")
        if request.kind == "loglikelihood_rolling":
            return Response(log_likelihood)
        tokens = sum(len(score.by_token) for score in scores)
        return Response(log_likelihood, all(score.is_greedy for score in scores), tokens=tokens)

    def _write(
        self,
        requests: Sequence[PlannedRequest],
        asked: Sequence[tuple[TokenSequence, Settings]],
        cuts: tuple[int, ...],
        moved: Callable[[], None] = nobody,
    ) -> list[Response]:
        try:
            with self._memory_for([[prompt] for prompt, _ in asked], what="Writing with"):
                texts = Writer(self._forward, self._encoder, moved=moved).write_pack(asked, cuts=cuts)
        except WritingRefused as refused:
            raise CheckpointBroken(
                f"The checkpoint of {self._loaded.facts.architecture} {refused}: register one without that."
            ) from refused
        except NoWord as error:
            raise self._no_number(requests[error.place], f"{error}, by which no word is the likeliest") from error
        return [Response(text=text) for text in texts]

    @contextmanager
    def _memory_for(self, sequences: Sequence[Sequence[TokenSequence]], *, what: str) -> Iterator[None]:
        """Raises OutOfMemory for whatever says in the block that memory ran out."""
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            self.forget()
            prompts = len({sequence.tokens for own in sequences for sequence in own})
            raise OutOfMemory(
                f"{what} {self._loaded.facts.architecture} ran out of memory on {self._loaded.device} at a batch of {prompts} "
                "prompts: a smaller token budget or a larger device is needed."
            ) from error

    def _no_number(self, request: PlannedRequest, what: str) -> CheckpointBroken:
        facts = self._loaded.facts
        return CheckpointBroken(
            f"The model ({facts.architecture} in {facts.dtype}) answered request {request.ordinal} with {what}: "
            "its weights are damaged or overflow this dtype; try another dtype."
        )


def use_threads(count: int) -> None:
    """Compute with so many CPU threads: sums are cut by threads, so that their number is a part of a plan."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
