"""The seam at which a model answers requests: batches of a plan through the engine that shares what prompts begin with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from workers.evaluation.batching import plan_batches, sequences_of, stand_alone
from workers.evaluation.contract import Batch, Plan, PlannedRequest, Response
from workers.evaluation.errors import CheckpointBroken, OutOfMemory
from workers.evaluation.loading import LoadedModel
from workers.evaluation.memory import is_out_of_memory
from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.forward import Score, SharedForward
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence


class Scorer(Protocol):
    """Answers requests, in their order. Asked for the same batch again, it answers the same bits."""

    def prepare(self, requests: Sequence[PlannedRequest], cuts: tuple[int, ...] = ()) -> Callable[[], list[Response]]:
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

    def prepare(self, requests: Sequence[PlannedRequest], cuts: tuple[int, ...] = ()) -> Callable[[], list[Response]]:
        """Tokens of a whole batch of the plan with its cuts; one response a request when it is scored."""
        sequences = sequences_of(requests, self._encoder)
        return lambda: self._score(requests, sequences, cuts)

    def cut(self, plan: Plan, *, token_budget: int, samples: Sequence[int]) -> tuple[Batch, ...]:
        """These samples of the plan in batches of another budget, as a plan made with it would have them."""
        return plan_batches(plan, self._encoder, token_budget=token_budget, samples=samples)

    def forget(self) -> None:
        """Let go of what is kept between batches: the last trunk's memory."""
        self._forward.forget()

    def _score(
        self, requests: Sequence[PlannedRequest], sequences: Sequence[TokenSequence], cuts: tuple[int, ...]
    ) -> list[Response]:
        try:
            found = self._scores(sequences, cuts, stand_alone(requests))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            self.forget()
            prompts = len({sequence.tokens for sequence in sequences})
            raise OutOfMemory(
                f"Scoring {self._loaded.facts.architecture} ran out of memory on {self._loaded.device} at a batch of {prompts} "
                "prompts: a smaller token budget or a larger device is needed."
            ) from error
        return [self._response(request, score) for request, score in zip(requests, found, strict=True)]

    def _scores(self, sequences: Sequence[TokenSequence], cuts: tuple[int, ...], are_alone: Sequence[bool]) -> list[Score]:
        """Those that stand alone in a pass of their own, as they do not begin as the others do."""
        found: dict[int, Score] = {}
        for are_meant, own_cuts in ((False, cuts), (True, ())):
            places = [place for place, is_alone in enumerate(are_alone) if is_alone is are_meant]
            if places:
                scores = self._forward.score([sequences[place] for place in places], cuts=own_cuts)
                found.update(zip(places, scores, strict=True))
        return [found[place] for place in range(len(sequences))]

    def _response(self, request: PlannedRequest, score: Score) -> Response:
        if not math.isfinite(score.log_likelihood):
            facts = self._loaded.facts
            raise CheckpointBroken(
                f"The model ({facts.architecture} in {facts.dtype}) answered request {request.ordinal} with "
                f"{score.log_likelihood}, which is no likelihood: its weights are damaged or overflow this dtype; "
                "try another dtype."
            )
        return Response(score.log_likelihood, score.is_greedy, tokens=len(score.by_token))


def use_threads(count: int) -> None:
    """Compute with so many CPU threads: sums are cut by threads, so that their number is a part of a plan."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
