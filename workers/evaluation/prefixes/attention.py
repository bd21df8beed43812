"""Attention over a row of shared beginnings, in pieces that are merged by their log-sum-exp: no mask, no copy of a prefix.

`install` makes it the attention of a model of transformers, by the interface that those have for it. What a pass is about
is told by `attending`; within it every layer attends as the pass says, and may lay by its keys and values for a trunk.

A token attends to what it stands on: the trunk, each part that its own part continues, and the tokens before it in its own
part. Each of these is one call of a fused kernel that gives the log-sum-exp of its scores along; two results o1, o2 with l1, l2
make (e^l1 o1 + e^l2 o2) / (e^l1 + e^l2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from workers.evaluation.prefixes.layout import Part

NAME = "prefix_sharing"

KeysAndValues = tuple[torch.Tensor, torch.Tensor]
"""Of one layer, each [1, heads, tokens, width]; heads of keys, which may be fewer than those of queries."""

_HARMLESS = frozenset(
    {"sliding_window", "position_ids", "use_cache", "output_attentions", "is_causal", "cache_position", "return_dict"}
)
"""What models hand to attention that changes nothing about it here; anything else that is set is refused."""


class Unsupported(Exception):
    """A model's attention does something that is not done here; the message names it."""


class Attending(Protocol):
    """What the layers of a model do while a pass goes through it."""

    def attend(
        self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None
    ) -> torch.Tensor:
        """Queries [1, heads, tokens, width] with the row's own keys and values, to the same shape."""
        ...


@dataclass
class Pass:
    """One row through a model. `trunk` has keys and values a layer; `kept` collects the row's own where they are wanted later."""

    parts: Sequence[Part]
    trunk: Sequence[KeysAndValues] | None = None
    keeps: bool = False
    kept: dict[int, KeysAndValues] = field(default_factory=dict)

    def attend(
        self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None
    ) -> torch.Tensor:
        """In float32 on a CPU, whose kernels for half precision are slower than those for float32."""
        if self.keeps:
            self.kept[layer] = (key, value)
        query, key, value = as_computed(query), for_heads(as_computed(key), query), for_heads(as_computed(value), query)
        places = [slice(part.start, part.own_end) for part in self.parts]
        pieces = [piece(query[:, :, at], key[:, :, at], value[:, :, at], scaling, is_causal=True) for at in places]
        made, sums = _in_a_row(pieces)
        for part in self.parts:
            if part.end > part.own_end:
                own, above = slice(part.start, part.own_end), slice(part.own_end, part.end)
                merge(made, sums, above, *piece(query[:, :, above], key[:, :, own], value[:, :, own], scaling))
        if self.trunk is not None:
            keys, values = (for_heads(as_computed(tensor), query) for tensor in self.trunk[layer])
            merge(made, sums, slice(None), *piece(query, keys, values, scaling))
        return made


_now: ContextVar[Attending | None] = ContextVar("prefix_sharing_pass", default=None)


def install(model: PreTrainedModel) -> None:
    """Give the model this attention. Raises Unsupported for models whose attention cannot be exchanged, or sees a window only."""
    if not getattr(model, "_supports_attention_backend", False) and not getattr(model, "_supports_sdpa", False):
        raise Unsupported(f"{type(model).__name__} has an attention of its own")
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    if window is not None and window < (getattr(config, "max_position_embeddings", None) or math.inf):
        raise Unsupported(f"{type(model).__name__} sees a window of {window} tokens")
    ALL_ATTENTION_FUNCTIONS.register(NAME, attend)
    model.set_attn_implementation(NAME)


@contextmanager
def attending(what: Attending) -> Iterator[None]:
    """The model's layers attend as this pass says."""
    token = _now.set(what)
    try:
        yield
    finally:
        _now.reset(token)


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What a layer of the model calls: query [1, heads, tokens, width] to [1, tokens, heads, width]."""
    now = _now.get()
    if now is None:
        raise RuntimeError("this model's attention works only within `attending`")
    strange = [name for name, given in options.items() if given is not None and given is not False and name not in _HARMLESS]
    if strange or attention_mask is not None or dropout or query.shape[0] != 1:
        raise Unsupported(f"{type(module).__name__} asks for {', '.join(strange) or 'a mask, dropout or several rows'}")
    return now.attend(module.layer_idx, query, key, value, scaling).to(query.dtype).transpose(1, 2), None


def _in_a_row(pieces: Sequence[KeysAndValues]) -> KeysAndValues:
    """Pieces of tokens that follow each other, as one. Each token's heads lie side by side, as kernels and layers have them."""
    if len(pieces) == 1:
        return pieces[0]
    made = torch.cat([made.transpose(1, 2) for made, _ in pieces], dim=1).transpose(1, 2)
    return made, torch.cat([sums for _, sums in pieces], dim=2)


def merge(made: torch.Tensor, sums: torch.Tensor, where: slice, more: torch.Tensor, more_sums: torch.Tensor) -> None:
    """Take a further piece into account, for the tokens `where`."""
    share = torch.sigmoid(more_sums - sums[:, :, where]).unsqueeze(-1).to(made.dtype)
    made[:, :, where].lerp_(more, share)
    sums[:, :, where] = torch.logaddexp(sums[:, :, where], more_sums)


def piece(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float | None, *, is_causal: bool = False
) -> KeysAndValues:
    """Attention of some queries to some keys, with the log-sum-exp of the scores [1, heads, queries] in float32."""
    if query.device.type == "cpu":
        made, sums = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, 0.0, is_causal, scale=scaling)
        return made, sums
    if query.dtype == torch.float32:
        made, sums, *_ = torch.ops.aten._scaled_dot_product_efficient_attention(
            query, key, value, None, True, 0.0, is_causal, scale=scaling
        )
        return made, sums[:, :, : query.shape[2]]  # it is rounded up to whole blocks
    made, sums, *_ = torch.ops.aten._scaled_dot_product_flash_attention(query, key, value, 0.0, is_causal, False, scale=scaling)
    return made, sums[:, :, : query.shape[2]]


def as_computed(tensor: torch.Tensor) -> torch.Tensor:
    """In the precision in which attention is computed on the tensor's device."""
    return tensor.float() if tensor.device.type == "cpu" else tensor


def for_heads(tensor: torch.Tensor, query: torch.Tensor) -> torch.Tensor:
    """Keys or values repeated for the heads of the queries that share them."""
    groups = query.shape[1] // tensor.shape[1]
    return tensor if groups == 1 else tensor.repeat_interleave(groups, dim=1)
