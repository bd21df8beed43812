"""Texts as tokens, cut as lm-eval's `hf` model cuts them (lm_eval.models.huggingface, 0.4.13), many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workers.evaluation.prefixes.texts import Texts

DEFAULT_MAX_LENGTH = 2048
_UNSET_LENGTH = 1_000_000_000_000_000_019_884_624_838_656
"""What a tokenizer says that knows no length."""
_AT_ONCE = 4096
_SPECIAL = ("pad", "eos", "bos")


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
    texts: Texts

    @classmethod
    def of(cls, tokenizer: Any, config: Any, *, max_length: int | None = None) -> Encoder:
        """For a model of this configuration."""
        return cls(tokenizer, max_length or max_length_of(config, tokenizer), Texts(tokenizer))

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

    def described(self) -> dict[str, Any]:
        """The context limit and the special tokens, by the names under which lm-eval writes them beside its results."""
        tokenizer = self.tokenizer
        special = {name: [getattr(tokenizer, f"{name}_token"), str(getattr(tokenizer, f"{name}_token_id"))] for name in _SPECIAL}
        named = {f"tokenizer_{name}_token": pair for name, pair in special.items()}
        return {**named, "eot_token_id": tokenizer.eos_token_id, "max_length": self.max_length}

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> list[TokenSequence]:
        """The sequence of each (context, continuation). Raises Unreadable.

        Each piece of text is encoded once, however often it stands there.
        """
        found: list[TokenSequence] = []
        for start in range(0, len(pairs), _AT_ONCE):
            found.extend(self._some_pairs(pairs[start : start + _AT_ONCE], start))
        return found

    def _some_pairs(self, pairs: Sequence[tuple[str, str]], start: int) -> Iterator[TokenSequence]:
        parts: list[_Parts] = []
        for context, continuation in pairs:
            parts.append(self._parts(context, continuation, parts[-1] if parts else None))
        self.texts.learn(piece for part in parts for piece in (*part.context.head, part.context.last, *part.tail))
        known: _Context | None = None
        for place, part in enumerate(parts, start=start):
            if part.context is not known:
                known = part.context
                read = (*known.before, *self.texts.tokens([*known.head, known.last]), *known.behind)
                of_last = len(self.texts.tokens([known.last])) + len(known.behind)
                same: dict[tuple[int, ...], TokenSequence] = {}
            # What the whole text has behind as many tokens as the context alone has: that is how the harness parts them.
            more = (*self.texts.tokens(part.tail), *known.behind)[of_last:]
            try:
                made = self._cut(read, more, targets=len(more) - (not read))
            except Unreadable as error:
                raise Unreadable(str(error), place=place) from error
            # A question's choices are mostly read after one and the same prompt: one object for all of them.
            first = same.setdefault(more[:-1], made)
            yield made if first is made else TokenSequence(first.tokens, made.targets)

    def encode(self, texts: Iterable[str], *, add_special_tokens: bool | None = None) -> dict[str, list[int]]:
        """The tokens of each text. One that begins as the tokenizer's own beginning gets no second one."""
        cut = {text: self.texts.pieces(text) for text in texts}
        self.texts.learn(piece for pieces in cut.values() for piece in pieces)
        found = {}
        for text, pieces in cut.items():
            before, behind = self._around(text) if add_special_tokens is None else ((), ())
            if add_special_tokens:
                before, behind = self.texts.around()
            found[text] = [*before, *self.texts.tokens(pieces), *behind]
        return found

    def _around(self, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the tokenizer puts before and behind this text: nothing where it begins so by itself."""
        return ((), ()) if text.startswith(self._beginning) else self.texts.around()

    @cached_property
    def _beginning(self) -> str:
        return str(self.tokenizer.decode(self.prefix_token))

    def _parts(self, context: str, continuation: str, last: _Parts | None) -> _Parts:
        """The request in pieces; those of its context are the last request's where that has the same one."""
        if not context:
            return self._without_context(continuation)
        bare, moved = _spaces_moved(context, continuation)
        known = last.context if last is not None and last.context.text == bare else self._context(bare)
        return _Parts(known, self.texts.pieces(known.last + moved))

    def _context(self, text: str) -> _Context:
        before, behind = self._around(text)
        *head, last = self.texts.pieces(text)
        return _Context(text, before, head, last, behind)

    def _without_context(self, continuation: str) -> _Parts:
        """Behind the token that stands for a beginning, or behind the continuation's own first one if it is that."""
        pieces = self.texts.pieces(continuation)
        self.texts.learn(pieces)
        begins = self.texts.tokens(pieces)[:1] == (self.prefix_token,)
        return _Parts(_Context("", () if begins else (self.prefix_token,), [], "", ()), pieces)

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

    def prompts(self, prompts: Sequence[tuple[str, int]]) -> list[TokenSequence]:
        """What is read before writing on: the last tokens of each text that leave room for so many more. Raises Unreadable."""
        encoded = self.encode(text for text, _ in prompts)
        found = []
        for place, (text, most_tokens) in enumerate(prompts):
            room = self.max_length - most_tokens
            if room < 1:
                raise Unreadable(
                    f"The task lets the model write {most_tokens:,} tokens, and it reads {self.max_length:,} at most: "
                    "no room is left for a prompt.",
                    place,
                )
            found.append(TokenSequence(tuple(encoded[text][-room:] or [self.prefix_token]), (0,)))
        return found

    def behind(self, whole: Sequence[int], context: Sequence[int]) -> TokenSequence:
        """What a text of these tokens has behind its context."""
        return self._cut((), tuple(whole), targets=len(whole) - len(context))

    def _cut(self, context: tuple[int, ...], more: tuple[int, ...], *, targets: int) -> TokenSequence:
        """All but the last of the last `max_length` + 1 tokens, as the harness cuts."""
        if not 1 <= targets < len(context) + len(more):
            raise Unreadable("Its context or what follows has no token of its own.")
        if targets > self.max_length:
            raise Unreadable(f"What is to be scored has {targets:,} tokens, and the model reads {self.max_length:,} at most.")
        whole = (*context, *more)
        return TokenSequence(whole[-(self.max_length + 1) : -1], whole[-targets:])


@dataclass(frozen=True, eq=False)
class _Context:
    """A context in pieces: what the tokenizer puts before it, its pieces, the last of them, which what follows may continue."""

    text: str
    before: tuple[int, ...]
    head: list[str]
    last: str
    behind: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Parts:
    """A request in pieces: `tail` is its context's last piece with what follows it."""

    context: _Context
    tail: list[str]


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
