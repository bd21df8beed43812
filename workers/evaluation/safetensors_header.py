"""Reads a safetensors file's header and checks it against the file's size; the format is given in the safetensors README.

A file is eight bytes (little-endian length n), n bytes of JSON, then the tensors' bytes without gaps.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.evaluation.errors import CheckpointBroken

_MOST_HEADER_BYTES = 100_000_000
_MOST_JSON_BYTES = 200_000_000


@dataclass(frozen=True)
class Header:
    """What a weight file promises and holds: tensor names with their shapes' sizes, floating-point parameters, bytes on disk."""

    tensors: frozenset[str]
    floating_parameters: int
    file_bytes: int


def read_header(path: Path) -> Header:
    """The header of a whole safetensors file; one whose bytes don't add up is refused."""
    file_bytes = path.stat().st_size
    entries, data_start = _entries(path, file_bytes)
    end = data_start
    parameters = 0
    for name, entry in entries.items():
        dtype, shape, tensor_end = _tensor(path, name, entry)
        end = max(end, data_start + tensor_end)
        if is_floating(dtype):
            parameters += math.prod(shape)
    if end != file_bytes:
        kind = "truncated" if end > file_bytes else "padded with foreign bytes"
        raise CheckpointBroken(f"{path} is {kind}: its header describes {end:,} bytes, it holds {file_bytes:,}; fetch it again.")
    return Header(frozenset(entries), parameters, file_bytes)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of the checkpoint; anything else is refused in one sentence."""
    try:
        if path.stat().st_size > _MOST_JSON_BYTES:
            raise CheckpointBroken(f"{path} is larger than any such file needs to be: fetch it again.")
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointBroken(f"{path} can't be read as JSON ({_first_line(error)}): fetch it again.") from error
    if not isinstance(value, dict):
        raise CheckpointBroken(f"{path} holds no JSON object: fetch it again.")
    return value


def is_floating(dtype: str) -> bool:
    """Whether a safetensors dtype is one of weights (F32, BF16, ...), not of masks and counters (U8, BOOL, I64)."""
    return dtype.startswith(("F", "BF"))


def _entries(path: Path, file_bytes: int) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        prefix = file.read(8)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or length > file_bytes - 8:
            raise CheckpointBroken(f"{path} is truncated: not even its header is whole ({file_bytes:,} bytes); fetch it again.")
        if length > _MOST_HEADER_BYTES:
            raise CheckpointBroken(f"{path} is no safetensors file: its header would be {length:,} bytes; fetch it again.")
        try:
            entries = json.loads(file.read(length))
        except (ValueError, RecursionError) as error:
            raise CheckpointBroken(f"{path} is no safetensors file ({_first_line(error)}): fetch it again.") from error
    if not isinstance(entries, dict):
        raise CheckpointBroken(f"{path} is no safetensors file: its header is not a JSON object; fetch it again.")
    entries.pop("__metadata__", None)
    return entries, 8 + length


def _tensor(path: Path, name: str, entry: Any) -> tuple[str, list[int], int]:
    try:
        dtype, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, start, end]
        if not all(isinstance(number, int) and number >= 0 for number in numbers) or start > end or not isinstance(dtype, str):
            raise ValueError("negative or missing numbers")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointBroken(f"{path} describes the tensor {name[:100]!r} senselessly: fetch it again.") from error
    return dtype, shape, end


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
