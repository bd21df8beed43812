"""The seam at which a model answers requests: today lm-eval's own `hf` model class, later an engine of our own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from workers.evaluation.contract import PlannedRequest, Response
from workers.evaluation.errors import CheckpointBroken, OutOfMemory
from workers.evaluation.loading import LoadedModel
from workers.evaluation.memory import is_out_of_memory


class Scorer(Protocol):
    """Answers requests, in their order. Asked for the same requests together, it answers the same bits."""

    def score(self, requests: Sequence[PlannedRequest]) -> list[Response]:
        """One response a request; give it whole batches, for what is scored together decides the last bits."""
        ...


class HarnessScorer:
    """lm-eval's HFLM around a loaded model: fixed batch size, softmax in float32, no response cache."""

    def __init__(self, loaded: LoadedModel, batch_size: int) -> None:
        self._loaded = loaded
        self._batch_size = batch_size
        # softmax_dtype: in half precision log-probabilities come in steps of 0.06, and one item in ten ends in an exact tie.
        self._model = HFLM(
            pretrained=loaded.model,
            tokenizer=loaded.tokenizer,
            backend="causal",
            batch_size=batch_size,
            softmax_dtype="float32",
            truncation=False,
        )

    def score(self, requests: Sequence[PlannedRequest]) -> list[Response]:
        """One response a request. A context that is too long loses its beginning, as in lm-eval."""
        instances = [_instance(request) for request in requests]
        try:
            answers = self._model.loglikelihood(instances, disable_tqdm=True)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemory(
                f"Scoring {self._loaded.facts.architecture} in batches of {self._batch_size} ran out of memory "
                f"on {self._loaded.device}: use a smaller batch size or a larger device."
            ) from error
        return [self._response(request, answer) for request, answer in zip(requests, answers, strict=True)]

    def _response(self, request: PlannedRequest, answer: tuple[float, bool]) -> Response:
        log_likelihood, is_greedy = float(answer[0]), bool(answer[1])
        if not math.isfinite(log_likelihood):
            facts = self._loaded.facts
            raise CheckpointBroken(
                f"The model ({facts.architecture} in {facts.dtype}) answered request {request.ordinal} with {log_likelihood}, "
                "which is no likelihood: its weights are damaged or overflow this dtype; try another dtype."
            )
        return Response(log_likelihood, is_greedy)


def _instance(request: PlannedRequest) -> Instance:
    return Instance(
        request_type="loglikelihood",
        doc={},
        arguments=(request.context, request.continuation),
        idx=request.choice,
        metadata=(None, request.sample, 1),
    )
