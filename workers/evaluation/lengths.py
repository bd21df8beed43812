"""How long a plan's prompts are in tokens, and which of them a model does not read whole."""

from __future__ import annotations

from dataclasses import replace

from workers.evaluation.contract import Plan, PlannedRequest, PromptLength
from workers.evaluation.prefixes.tokens import Encoder


def with_lengths(plan: Plan, encoder: Encoder) -> Plan:
    """The plan with the length of each sample's longest request.

    Longest by its letters: of requests that differ in what is scored alone, that one may have a token less than another.
    """
    longest: dict[int, PlannedRequest] = {}
    for request in plan.requests:
        known = longest.get(request.sample)
        if known is None or len(_text(request)) > len(_text(known)):
            longest[request.sample] = request
    texts = [_text(longest[sample.index]) for sample in plan.samples]
    encoded = encoder.encode(texts)
    samples = (
        replace(sample, length=_length(len(encoded[text]), encoder)) for sample, text in zip(plan.samples, texts, strict=True)
    )
    return replace(plan, samples=tuple(samples))


def _length(tokens: int, encoder: Encoder) -> PromptLength:
    return PromptLength(tokens, max(0, tokens - encoder.max_length - 1))  # the last token is scored and not read


def _text(request: PlannedRequest) -> str:
    return request.context + request.continuation
