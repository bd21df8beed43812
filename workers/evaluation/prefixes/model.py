"""The engine as a language model for lm-eval: hand it to `simple_evaluate(model=PrefixSharingLM(...), ...)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.forward import Score
from workers.evaluation.prefixes.generation import Writer, settings_of
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence
from workers.evaluation.prefixes.tree import packs

TOKEN_BUDGET = 2048
"""Tokens computed at once: on a CPU more gains nothing; a GPU wants some thousands."""


class PrefixSharingLM(TemplateLM):  # type: ignore[misc]  # lm-eval ships no types
    """A causal model of transformers whose requests share what they begin with.

    Answers are those of lm-eval's `hf` model up to the rounding of float32: tokens, truncation from the left and greedy choices
    are the same. The softmax is in float32 whatever the weights are. `token_budget` decides what is computed together.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        token_budget: int = TOKEN_BUDGET,
        max_length: int | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.token_budget = token_budget
        self.encoder = Encoder.of(tokenizer, model.config, max_length=max_length)
        self.forward = forward_of(model)

    @property
    def eot_token_id(self) -> int:
        """What ends a text."""
        return int(self.tokenizer.eos_token_id)

    @property
    def prefix_token_id(self) -> int:
        """What stands before a text without a context."""
        return self.encoder.prefix_token

    @property
    def max_length(self) -> int:
        """Tokens that the model reads at most."""
        return self.encoder.max_length

    @property
    def tokenizer_name(self) -> str:
        """By which lm-eval tells cached requests apart."""
        return str(self.tokenizer.name_or_path).replace("/", "__")

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **kwargs: Any) -> list[int]:
        """A text's tokens."""
        return self.encoder.encode([string], add_special_tokens=add_special_tokens)[string]

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Of each request's continuation after its context: the log-likelihood, and whether it is the greedy one."""
        found = self.score(self.encoder.pairs([request.args for request in requests]))
        return [(score.log_likelihood, score.is_greedy) for score in found]

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """Of each text as a whole: the sum over its windows."""
        windows = [self.encoder.rolling(request.args[0]) for request in requests]
        found = iter(self.score([window for text in windows for window in text]))
        return [sum(next(found).log_likelihood for _ in text) for text in windows]

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """What the model writes after each context, up to a stop sequence or the number of tokens that the task allows."""
        self.forward.forget()
        asked = [(request.args[0], settings_of(request.args[1])) for request in requests]
        return Writer(self.forward, self.encoder).write(asked, token_budget=self.token_budget)

    def score(self, sequences: Sequence[TokenSequence]) -> list[Score]:
        """One score each, in their order, computed in packs of the token budget."""
        found: dict[int, Score] = {}
        for pack in packs([[sequence] for sequence in sequences], budget=self.token_budget):
            found.update(
                zip(pack.samples, self.forward.score([sequences[place] for place in pack.samples], cuts=pack.cuts), strict=True)
            )
        self.forward.forget()
        return [found[place] for place in range(len(sequences))]

    def _loglikelihood_tokens(
        self, requests: list[tuple[tuple[str, str], list[int], list[int]]], **kwargs: Any
    ) -> list[tuple[float, bool]]:
        found = self.score([self.encoder.behind([*context, *continuation], context) for _, context, continuation in requests])
        return [(score.log_likelihood, score.is_greedy) for score in found]
