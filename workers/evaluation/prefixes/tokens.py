"""Texts as tokens, cut as lm-eval's `hf` model cuts them (lm_eval.models.huggingface, 0.4.13), many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_MAX_LENGTH = 2048
_UNSET_LENGTH = 1_000_000_000_000_000_019_884_624_838_656
"""What a tokenizer says that knows no length."""
_AT_ONCE = 1024
_words: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """What a model reads, and what should follow its last places.

    `tokens` are those before the last target, from the left as many as the context limit leaves; `targets[-1]` should follow
    `tokens[-1]`, `targets[-2]` the token before it, and so on. Neither is empty, and no target lacks its place.
    """

    tokens: tuple[int, ...]
    targets: tuple[int, ...]

    @property
    def first_scored(self) -> int:
        """The place of the first token whose successor is scored."""
        return len(self.tokens) - len(self.targets)


class Unreadable(ValueError):
    """A text that cannot be scored; `place` is that of its request. The message is a sentence."""

    def __init__(self, sentence: str, place: int = 0) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Encoder:
    """A fast tokenizer of transformers with a model's context limit."""

    tokenizer: Any
    max_length: int

    @property
    def prefix_token(self) -> int:
        """What stands before a text that has no context."""
        bos, eos = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        found = bos if bos is not None else eos
        if found is None:
            raise Unreadable(
                "The tokenizer has neither a beginning nor an end of text, which would stand before an empty context."
            )
        return int(found)

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> list[TokenSequence]:
        """The sequence of each (context, continuation); each text is encoded once, however often it stands there.

        Raises Unreadable.
        """
        found: list[TokenSequence] = []
        same: dict[tuple[int, ...], tuple[int, ...]] = {}  # a question's choices are read after one and the same prompt
        for start in range(0, len(pairs), _AT_ONCE):
            for sequence in self._some_pairs(pairs[start : start + _AT_ONCE], start):
                found.append(TokenSequence(same.setdefault(sequence.tokens, sequence.tokens), sequence.targets))
        return found

    def _some_pairs(self, pairs: Sequence[tuple[str, str]], start: int) -> Iterator[TokenSequence]:
        moved = [_spaces_moved(context, continuation) if context else ("", continuation) for context, continuation in pairs]
        with_context = [pair for pair, (context, _) in zip(moved, pairs, strict=True) if context]
        contexts = self.encode(context for context, _ in with_context)
        wholes = self.encode(context + continuation for context, continuation in with_context)
        alone = self.encode((continuation for context, continuation in pairs if not context), add_special_tokens=False)
        for place, ((context, continuation), (given, _)) in enumerate(zip(moved, pairs, strict=True), start=start):
            try:
                whole = wholes[context + continuation] if given else alone[continuation]
                yield self.behind(whole, contexts[context]) if given else self._without_context(whole)
            except Unreadable as error:
                raise Unreadable(str(error), place=place) from error

    def rolling(self, text: str) -> list[TokenSequence]:
        """A text's windows, each token scored once: `loglikelihood_rolling` sums over them. None for an empty text."""
        tokens = self.encode([text])[text]
        windows: list[TokenSequence] = []
        done = min(self.max_length, len(tokens))
        if done:
            windows.append(TokenSequence((self.prefix_token, *tokens[: done - 1]), tuple(tokens[:done])))
        while done < len(tokens):
            end = min(done + self.max_length, len(tokens))
            windows.append(TokenSequence(tuple(tokens[end - self.max_length - 1 : end - 1]), tuple(tokens[done:end])))
            done = end
        return windows

    def encode(self, texts: Iterable[str], *, add_special_tokens: bool | None = None) -> dict[str, list[int]]:
        """The tokens of each text. One that begins as the tokenizer's own beginning gets no second one."""
        beginning = str(self.tokenizer.decode(self.prefix_token)) if add_special_tokens is None else ""
        plain: list[str] = []
        begun: list[str] = []
        for text in dict.fromkeys(texts):
            (begun if beginning and text.startswith(beginning) else plain).append(text)
        options = {} if add_special_tokens is None else {"add_special_tokens": add_special_tokens}
        return {**self._encode(plain, options), **self._encode(begun, {"add_special_tokens": False})}

    def _encode(self, texts: list[str], options: dict[str, bool]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for start in range(0, len(texts), _AT_ONCE):
            chunk = texts[start : start + _AT_ONCE]
            encoded = self.tokenizer(chunk, return_attention_mask=False, verbose=False, **options)
            found.update(zip(chunk, encoded["input_ids"], strict=True))
        return found

    def behind(self, whole: list[int], context: list[int]) -> TokenSequence:
        """What a text of these tokens has behind its context."""
        return self._cut(whole, targets=len(whole) - len(context))

    def _without_context(self, continuation: list[int]) -> TokenSequence:
        if continuation and continuation[0] == self.prefix_token:
            return self._cut(continuation, targets=len(continuation) - 1)
        return self._cut([self.prefix_token, *continuation], targets=len(continuation))

    def _cut(self, whole: list[int], *, targets: int) -> TokenSequence:
        """All but the last of the last `max_length` + 1 tokens of the whole, as the harness cuts."""
        if not 1 <= targets < len(whole):
            raise Unreadable("Its context or what follows has no token of its own.")
        if targets > self.max_length:
            raise Unreadable(f"What is to be scored has {targets:,} tokens, and the model reads {self.max_length:,} at most.")
        # One object a word: a benchmark's ten million tokens would else be as many numbers of 28 bytes.
        words = [_words.setdefault(word, word) for word in whole[-(self.max_length + 1) :]]
        return TokenSequence(tuple(words[:-1]), tuple(words[-targets:]))


def max_length_of(config: Any, tokenizer: Any) -> int:
    """How many tokens the model reads at most, by the names and in the order in which lm-eval looks for it."""
    text_config = getattr(config, "text_config", None) or config
    for name in ("n_positions", "max_position_embeddings", "n_ctx"):
        value = getattr(text_config, name, None)
        if value is not None:
            return int(value)
    length = getattr(tokenizer, "model_max_length", None)
    return DEFAULT_MAX_LENGTH if length is None or length == _UNSET_LENGTH else int(length)


def _spaces_moved(context: str, continuation: str) -> tuple[str, str]:
    """Blanks at the end of a context belong to what follows, as tokenizers see words."""
    bare = context.rstrip()
    return bare, context[len(bare) :] + continuation
