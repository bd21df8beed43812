"""Texts as tokens, line by line where a tokenizer allows it: a benchmark's prompts are made of the same lines over and over.

Byte-level tokenizers cut a text into words by a regular expression before they look at it, and none of the expressions in
use lets a word reach over a line break that stands alone between two letters or signs, or looks beyond it. (Where several
blanks meet, the last is cut off by what follows.) So a text may be cut there, its lines encoded once each, and their tokens
put together. Which tokenizers these are is told from their own definition; for any other a text is one piece.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

_AT_ONCE = 1024
_LINE = re.compile(r"(?<=\S\n)(?=\S)")

_LOCAL_NORMALIZERS = {"NFC", None}
_KNOWN_PATTERNS = {
    # GPT-2's own, also GPT-NeoX's and Pythia's, which ByteLevel has built in
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    # Llama 3's, and Qwen's with single digits
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


@dataclass
class Texts:
    """A fast tokenizer of transformers, with the tokens of every piece of text that it was asked for."""

    tokenizer: Any
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _is_by_lines: bool | None = None
    _around: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def pieces(self, text: str) -> list[str]:
        """The text in pieces that are encoded by themselves."""
        if self._is_by_lines is None:
            self._is_by_lines = _has_local_lines(self.tokenizer)
        return _LINE.split(text) if self._is_by_lines else [text]

    def learn(self, pieces: Iterable[str]) -> None:
        """Encode the pieces that are new, many at a time."""
        new = [piece for piece in dict.fromkeys(pieces) if piece not in self._known]
        for start in range(0, len(new), _AT_ONCE):
            chunk = new[start : start + _AT_ONCE]
            encoded = self.tokenizer(chunk, add_special_tokens=False, return_attention_mask=False, verbose=False)
            self._known.update((piece, tuple(ids)) for piece, ids in zip(chunk, encoded["input_ids"], strict=True))

    def tokens(self, pieces: Sequence[str]) -> tuple[int, ...]:
        """The tokens of pieces that were learnt, one behind the other."""
        return tuple(chain.from_iterable(map(self._known.__getitem__, pieces)))

    def around(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the tokenizer puts before and behind a text by itself."""
        if self._around is None:
            bare, whole = (self.tokenizer("a", add_special_tokens=added)["input_ids"] for added in (False, True))
            start = next(place for place in range(len(whole)) if whole[place : place + len(bare)] == bare)
            self._around = tuple(whole[:start]), tuple(whole[start + len(bare) :])
        return self._around


def _has_local_lines(tokenizer: Any) -> bool:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return False
    definition = json.loads(backend.to_str())
    normalizer = (definition.get("normalizer") or {}).get("type")
    added = definition.get("added_tokens") or []
    reaches_over = any("\n" in token["content"] or token.get("lstrip") or token.get("rstrip") for token in added)
    return normalizer in _LOCAL_NORMALIZERS and not reaches_over and _cuts_words(definition.get("pre_tokenizer") or {})


def _cuts_words(pre_tokenizer: dict[str, Any]) -> bool:
    """Whether words are cut by one of the known expressions before anything else, and bytes are all that is done beside it."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    patterns = [
        step["pattern"].get("Regex") for step in steps if step.get("type") == "Split" and step.get("behavior") == "Isolated"
    ]
    levels = [step for step in steps if step.get("type") == "ByteLevel"]
    has_own = any(level.get("use_regex", True) for level in levels)
    return (
        len(levels) == 1
        and not levels[0].get("add_prefix_space")
        and len(patterns) + len(levels) == len(steps)
        and (patterns != [] or has_own)
        and all(pattern in _KNOWN_PATTERNS for pattern in patterns)
    )
