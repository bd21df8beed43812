"""Batches that write on: greedy, up to a stop sequence, with one cache of keys and values for what their prompts share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs, postprocess_generated_text

from workers.evaluation.contract import nobody
from workers.evaluation.prefixes.attention import KeysAndValues, as_computed, attending, for_heads, merge, piece
from workers.evaluation.prefixes.forward import PlainForward, SharedForward
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence
from workers.evaluation.prefixes.tree import packs_to_write

READ_AT_ONCE = {"cpu": 2048, "cuda": 8192}
"""Tokens of prompts in one pass: a pack that is written on may have many more, which are read in parts."""
MOST_TOKENS = 256
"""What a request writes at most that does not say, as in lm-eval's `hf` model."""
_GREEDY = {"do_sample": False, "temperature": 0.0, "num_beams": 1}
_IDLE_WHEN_GREEDY = {"top_p", "top_k", "typical_p", "min_p"}
_CHANGING = {
    "repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "encoder_no_repeat_ngram_size": 0, "min_length": 0, "min_new_tokens": 0,
    "bad_words_ids": None, "force_words_ids": None, "suppress_tokens": None, "begin_suppress_tokens": None,
    "forced_bos_token_id": None, "forced_eos_token_id": None, "sequence_bias": None, "guidance_scale": None,
}  # fmt: skip
"""Settings of a checkpoint's generation_config.json that change what is written, and what they are when they do not."""


class WritingRefused(Exception):
    """What a task or a checkpoint asks for is not greedy writing; the message goes on where either of them was named."""


class NoWord(ArithmeticError):
    """The model's logits are no numbers behind the request at `place`: no word is the likeliest."""

    def __init__(self, place: int, logit: float) -> None:
        super().__init__(f"a logit of {logit}")
        self.place = place
        self.logit = logit


@dataclass(frozen=True)
class Settings:
    """Where writing ends: before the first of these texts, or after so many tokens."""

    until: tuple[str, ...]
    most_tokens: int


def settings_of(given: Mapping[str, Any]) -> Settings:
    """What a task says about its requests, by the harness's own rules. Raises WritingRefused for anything but greedy writing."""
    asked = dict(normalize_gen_kwargs(dict(given), MOST_TOKENS))
    until, most_tokens = handle_stop_sequences(asked.pop("until", None), eos=None), int(asked.pop("max_gen_toks"))
    if not all(isinstance(text, str) for text in until):
        raise WritingRefused(f"has the stop sequences {until!r}, which have to be texts")
    for name, value in asked.items():
        if name not in _IDLE_WHEN_GREEDY and _GREEDY.get(name, object()) != value:
            raise WritingRefused(f"asks for {name}={value!r}, and only greedy writing is done here")
    if most_tokens < 1:
        raise WritingRefused(f"lets the model write {most_tokens} tokens, which has to be 1 at least")
    return Settings(tuple(until), most_tokens)


def check_checkpoint(generation_config: Any) -> None:
    """Raises WritingRefused where a checkpoint's own settings, as transformers reads them, change what is written greedily."""
    for name, idle in _CHANGING.items():
        value = getattr(generation_config, name, None)
        if value not in (None, idle):
            raise WritingRefused(
                f"sets {name}={value!r} in its generation_config.json, and only plain greedy writing is done here"
            )


@dataclass
class _Row:
    """A request while it is written."""

    number: int
    context: TokenSequence
    settings: Settings
    written: list[int] = field(default_factory=list)
    is_done: bool = False


class Writer:
    """Writes with a model whose attention is exchanged (`SharedForward`); without that, each request by itself."""

    def __init__(self, forward: SharedForward | PlainForward, encoder: Encoder, *, moved: Callable[[], None] = nobody) -> None:
        """`moved` is called with each word. Raises WritingRefused where the checkpoint's own settings change what is written."""
        config = getattr(forward.model, "generation_config", None)
        check_checkpoint(config)
        self._forward = forward
        self._encoder = encoder
        self._moved = moved
        ends = getattr(config, "eos_token_id", None)
        end = encoder.tokenizer.eos_token_id
        self._ends = {end, *(ends if isinstance(ends, list) else [ends])}
        self._end_text = str(encoder.tokenizer.decode([end], skip_special_tokens=False))

    def write(self, requests: Sequence[tuple[str, Settings]], *, token_budget: int) -> list[str]:
        """What the model writes after each context, in packs of the budget. Raises Unreadable where no room is left to write."""
        contexts = self._encoder.prompts([(context, settings.most_tokens) for context, settings in requests])
        asked = [(context, settings) for context, (_, settings) in zip(contexts, requests, strict=True)]
        texts = [""] * len(asked)
        most = [settings.most_tokens for _, settings in requests]
        for pack in packs_to_write([[context] for context in contexts], most, budget=token_budget):
            written = self.write_pack([asked[place] for place in pack.samples], cuts=pack.cuts)
            for place, text in zip(pack.samples, written, strict=True):
                texts[place] = text
        self._forward.forget()
        return texts

    def write_pack(self, requests: Sequence[tuple[TokenSequence, Settings]], *, cuts: tuple[int, ...] = ()) -> list[str]:
        """What the model writes after the contexts of one pack, which share trunks of the lengths `cuts`. Raises NoWord."""
        if not requests:
            return []
        rows = [
            _Row(number, context, Settings(tuple(dict.fromkeys((*settings.until, self._end_text))), settings.most_tokens))
            for number, (context, settings) in enumerate(requests)
        ]
        if isinstance(self._forward, SharedForward):
            self._write(self._forward, rows, cuts)
        else:
            self._write_alone(self._forward, rows)
        return [self._text(row) for row in rows]  # these still stand as they were asked

    @torch.inference_mode()
    def _write(self, forward: SharedForward, rows: list[_Row], cuts: tuple[int, ...]) -> None:
        depth = cuts[-1] if cuts else 0
        rows = sorted(rows, key=lambda row: row.context.tokens)
        logits, own, trunk = self._read(forward, rows, cuts, depth)
        lengths = [len(row.context.tokens) - depth for row in rows]
        longest = max(length + row.settings.most_tokens for length, row in zip(lengths, rows, strict=True))
        step = _Step(own, trunk, lengths=lengths, longest=longest)
        while True:
            self._moved()
            for row, token in zip(rows, _likeliest(logits, rows), strict=True):
                self._take(row, token)
            if all(row.is_done for row in rows):
                return
            left = [place for place, row in enumerate(rows) if not row.is_done]
            if len(left) < len(rows):
                rows = [rows[place] for place in left]
                step.keep(left)
            positions = [len(row.context.tokens) + len(row.written) - 1 for row in rows]
            with attending(step):
                logits = forward.step([row.written[-1] for row in rows], positions)
            step.lengthen()

    def _read(
        self, forward: SharedForward, rows: Sequence[_Row], cuts: tuple[int, ...], depth: int
    ) -> tuple[torch.Tensor, list[list[KeysAndValues]], Sequence[KeysAndValues] | None]:
        """As `SharedForward.read`, in parts; rows in the order of tokens, so that neighbours share what they begin with."""
        logits: list[torch.Tensor] = []
        own: list[list[KeysAndValues]] = []
        trunk: Sequence[KeysAndValues] | None = None
        for part in _parts(rows, depth, READ_AT_ONCE[forward.model.device.type]):
            found, layers, trunk = forward.read([row.context for row in part], cuts=cuts)
            logits.append(found)
            own = [[*before, *more] for before, more in zip(own, layers, strict=True)] if own else layers
            self._moved()
        return torch.cat(logits), own, trunk

    @torch.inference_mode()
    def _write_alone(self, forward: PlainForward, rows: list[_Row]) -> None:
        for row in rows:
            logits, cache = forward.read(row.context.tokens)
            while True:
                self._moved()
                self._take(row, *_likeliest(logits.unsqueeze(0), [row]))
                if row.is_done:
                    break
                logits, cache = forward.read(row.written[-1:], cache=cache)

    def _take(self, row: _Row, token: int) -> None:
        # an end that the tokenizer does not hold for special is text, and the harness keeps it
        row.written.append(token)
        row.is_done = token in self._ends or len(row.written) >= row.settings.most_tokens or self._has_stop(row)

    def _has_stop(self, row: _Row) -> bool:
        # A text of so many bytes lies within as many tokens, and the first of a piece may be decoded otherwise than in the whole.
        reach = max(len(text.encode()) for text in row.settings.until) + 4
        tail = str(self._encoder.tokenizer.decode(row.written[-reach:], skip_special_tokens=True))
        return any(text in tail for text in row.settings.until)

    def _text(self, row: _Row) -> str:
        whole = str(self._encoder.tokenizer.decode(row.written, skip_special_tokens=True))
        return str(postprocess_generated_text(whole, list(row.settings.until), None))


def _parts(rows: Sequence[_Row], depth: int, at_once: int) -> Iterator[list[_Row]]:
    """The rows in their order, about so many tokens beyond the trunk at a time."""
    part: list[_Row] = []
    size = 0
    for row in rows:
        own = len(row.context.tokens) - depth
        if part and size + own > at_once:
            yield part
            part, size = [], 0
        part.append(row)
        size += own
    yield part


def _likeliest(logits: torch.Tensor, rows: Sequence[_Row]) -> list[int]:
    """Of each row [rows, words] the likeliest word, the first of equal ones. Raises NoWord."""
    words = logits.argmax(dim=-1, keepdim=True)
    best = logits.gather(-1, words).squeeze(-1).float().tolist()
    for row, logit in zip(rows, best, strict=True):
        if not math.isfinite(logit):
            raise NoWord(row.number, logit)
    return [int(word) for word in words.squeeze(-1).tolist()]


class _Step:
    """One token further for each row: attention to what the row has of its own, and to the trunk that all stand on.

    The rows' own keys and values lie in [rows, heads, places, width], each from the left, with room to grow by; no layer is ever
    in memory twice but the one at hand.
    """

    GROWS_BY = 64

    def __init__(
        self,
        own: list[list[KeysAndValues]],
        trunk: Sequence[KeysAndValues] | None,
        *,
        lengths: Sequence[int],
        longest: int,
    ) -> None:
        """`own` has a list of rows for each layer, and is emptied. No row will have more places than `longest`."""
        self._trunk = trunk
        self._longest = longest
        places = self._room_from(max(lengths))
        self._layers: list[list[torch.Tensor]] = []
        while own:
            rows = own.pop(0)
            self._layers.append([_padded([keys for keys, _ in rows], places), _padded([values for _, values in rows], places)])
        self._lengths = torch.tensor(lengths)

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows alone."""
        chosen = torch.tensor(rows)
        for layer in self._layers:
            for place, tensor in enumerate(layer):
                layer[place] = tensor.index_select(0, chosen.to(tensor.device))
            del tensor  # or it would hold on to what it was cut from
        self._lengths = self._lengths[chosen]

    def lengthen(self) -> None:
        """The token that was given last is a part of its row."""
        self._lengths = self._lengths + 1

    def attend(
        self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None
    ) -> torch.Tensor:
        """Queries [1, heads, rows, width]: one token of each row."""
        keys, values = self._with(layer, key, value)
        asked = as_computed(query).transpose(0, 2)  # [rows, heads, 1, width]
        scores = torch.matmul(asked, for_heads(as_computed(keys), query).transpose(-1, -2)).float()
        scores *= scaling if scaling is not None else 1 / math.sqrt(query.shape[-1])
        places = torch.arange(keys.shape[2], device=scores.device)
        scores.masked_fill_((places > self._lengths.to(scores.device)[:, None])[:, None, None], -torch.inf)
        sums = torch.logsumexp(scores, dim=-1)  # [rows, heads, 1]
        weights = torch.exp(scores - sums.unsqueeze(-1)).to(asked.dtype)
        made = torch.matmul(weights, for_heads(as_computed(values), query)).transpose(0, 2).contiguous()
        if self._trunk is not None:
            trunk_keys, trunk_values = (for_heads(as_computed(tensor), query) for tensor in self._trunk[layer])
            more, more_sums = piece(as_computed(query), trunk_keys, trunk_values, scaling)
            merge(made, sums.permute(2, 1, 0).contiguous(), slice(None), more, more_sums)
        return made

    def _with(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> list[torch.Tensor]:
        """The layer's keys and values with those of the new tokens [1, heads, rows, width] at the end of each row."""
        held, needed = self._layers[layer][0].shape[2], int(self._lengths.max())
        if needed >= held:
            more = self._room_from(needed) - held
            self._layers[layer] = [torch.nn.functional.pad(tensor, (0, 0, 0, more)) for tensor in self._layers[layer]]
        rows, lengths = torch.arange(len(self._lengths), device=key.device), self._lengths.to(key.device)
        for tensor, new in zip(self._layers[layer], (key, value), strict=True):
            tensor[rows, :, lengths] = new[0].transpose(0, 1)
        return self._layers[layer]

    def _room_from(self, places: int) -> int:
        """How many places to make where so many are taken: some more, and never more than will be needed."""
        return max(places + 1, min(places + self.GROWS_BY, self._longest))


def _padded(rows: Sequence[torch.Tensor], places: int) -> torch.Tensor:
    """[1, heads, tokens, width] each, with zeros behind them up to so many places."""
    made = rows[0].new_zeros((len(rows), rows[0].shape[1], places, rows[0].shape[3]))
    for place, row in enumerate(rows):
        made[place, :, : row.shape[2]] = row[0]
    return made
