"""Checkpoints of random weights in the shapes of real models, written shard by shard so that 41 GB need no such memory."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

END = "<|endoftext|>"
SHARD_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Shape:
    """A GPT-NeoX: layers, width, heads and words of the output head; a quarter of each head turns with the position."""

    layers: int
    width: int
    heads: int
    words: int
    context: int = 2048

    @property
    def body(self) -> int:
        """Weights that every token is multiplied with: 12 width² a layer."""
        return 12 * self.layers * self.width**2

    @property
    def head(self) -> int:
        """Weights that a scored place is multiplied with besides."""
        return self.words * self.width


SHAPES = {
    "tiny": Shape(layers=2, width=64, heads=4, words=50_304),
    "70M": Shape(layers=6, width=512, heads=8, words=50_304),
    "160M": Shape(layers=12, width=768, heads=12, words=50_304),
    "20B": Shape(layers=44, width=6144, heads=64, words=50_432),
}
"""Pythia's two smallest and GPT-NeoX-20B (their published configurations), and one that costs next to nothing."""


def checkpoint(name: str, folder: Path, data: Path, *, dtype: str, device: str = "cpu") -> Path:
    """The checkpoint of this shape and dtype below `folder`, written if it is not there, with the tokenizer of `data`."""
    tokenizer = data / "gptneox_tokenizer" / "20B_tokenizer.json"
    return write(folder / f"{name}-{dtype}", SHAPES[name], tokenizer, dtype=getattr(torch, dtype), device=device)


def write(folder: Path, shape: Shape, tokenizer: Path, *, dtype: torch.dtype, device: str = "cpu", seed: int = 0) -> Path:
    """A checkpoint as transformers would save it, with the tokenizer of that file; what is there already stays.

    Weights are drawn so that each layer changes what it reads by about as much as it is: a prompt matters to the last layer.
    """
    if (folder / "config.json").is_file():
        return folder
    making = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    config = _config(shape, dtype)
    with torch.device("meta"):
        model = GPTNeoXForCausalLM(config)
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    places: dict[str, str] = {}
    shards = list(_shards(wanted, dtype.itemsize))
    draw = torch.Generator(device).manual_seed(seed)
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {name: _drawn(name, wanted[name], draw, dtype).cpu() for name in names}
        save_file(tensors, making / file, metadata={"format": "pt"})
        places.update(dict.fromkeys(names, file))
    total = sum(math.prod(size) * dtype.itemsize for size in wanted.values())
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (making / "model.safetensors.index.json").write_text(json.dumps(index))
    made = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(tokenizer), bos_token=END, eos_token=END, unk_token=END
    )
    made.save_pretrained(making)
    config.save_pretrained(making)
    making.rename(folder)
    return folder


def _config(shape: Shape, dtype: torch.dtype) -> GPTNeoXConfig:
    config = GPTNeoXConfig(
        vocab_size=shape.words,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.context,
        use_parallel_residual=True,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
    )
    config.dtype = dtype
    config.architectures = ["GPTNeoXForCausalLM"]
    return config


def _shards(wanted: dict[str, tuple[int, ...]], width: int) -> Iterator[list[str]]:
    names: list[str] = []
    size = 0
    for name, shape in wanted.items():
        own = math.prod(shape) * width
        if names and size + own > SHARD_BYTES:
            yield names
            names, size = [], 0
        names.append(name)
        size += own
    yield names


def _drawn(name: str, size: tuple[int, ...], draw: torch.Generator, dtype: torch.dtype) -> torch.Tensor:
    device = draw.device
    if len(size) < 2:
        return (torch.ones if name.endswith("norm.weight") else torch.zeros)(size, dtype=dtype, device=device)
    spread = 1.0 if "embed_in" in name else 1.5 / math.sqrt(size[-1])
    made = torch.empty(size, dtype=torch.float32 if device.type == "cpu" else dtype, device=device)
    return made.normal_(0.0, spread, generator=draw).to(dtype)
