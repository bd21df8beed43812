"""What a checkpoint is and whether it can be loaded, told from its small files and its headers: no weight is read.

Only safetensors are accepted: the other weight formats can run code while they are read.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.evaluation.config_safety import refuse_detours, refuse_fetched_kernels, refuse_more_layers, refuse_remote_code
from workers.evaluation.errors import CheckpointBroken, CheckpointGated, CheckpointMissing
from workers.evaluation.safetensors_header import Header, read_header, read_json

BYTES_PER_PARAMETER = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""int8 is how bitsandbytes keeps the weights of linear layers; it computes in float16, on a GPU."""
_SMALL_FILES = ["*.json", "tokenizer.model", "merges.txt", "vocab.txt"]
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
_DIGEST_STEP = 16 * 1024 * 1024
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


@dataclass(frozen=True)
class CheckpointSource:
    """Where weights come from: a folder, or a hub id (`owner/name`) at a revision; and the dtype to load them in."""

    location: str
    is_folder: bool
    revision: str | None
    dtype: str


@dataclass(frozen=True)
class FileFact:
    """One file of a checkpoint; `sha256` is None until somebody pays for reading it (`digests`)."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True)
class CheckpointFacts:
    """What the checkpoint's own files say. `files` are those that decide what the model answers, weights included.

    `parameter_count` counts floating-point numbers in the weight files; `weight_bytes` is the weight files' size on disk;
    `context_length` is None where the configuration names none; `dtype` is the one it will be loaded in.
    """

    architecture: str
    parameter_count: int
    weight_bytes: int
    context_length: int | None
    dtype: str
    revision: str | None
    files: tuple[FileFact, ...]


def memory_needed(parameter_count: int, dtype: str) -> int:
    """Bytes of device memory that loading and scoring need: the weights in `dtype` and a tenth more.

    The tenth is for activations, logits and the allocator's losses; 20.6e9 parameters in float16 need 45.3e9 bytes.
    """
    return math.ceil(parameter_count * bytes_per_parameter(dtype) * 1.1)


def bytes_per_parameter(dtype: str) -> int:
    """Width of one weight; an unknown dtype is refused ("auto" too: it lets a config file choose)."""
    if dtype not in BYTES_PER_PARAMETER:
        known = ", ".join(BYTES_PER_PARAMETER)
        raise CheckpointBroken(f"The dtype {dtype!r} is not one that checkpoints are loaded in: choose one of {known}.")
    return BYTES_PER_PARAMETER[dtype]


def inspect(source: CheckpointSource) -> CheckpointFacts:
    """Facts about a checkpoint that looks loadable; a broken or absent one is refused in one sentence.

    A hub checkpoint is looked for in the local hub cache, else downloaded there (weights too: the headers are in them).
    """
    bytes_per_parameter(source.dtype)
    folder = local_folder(source)
    config = _read_config(folder)
    weight_files = _weight_files(folder)
    headers = {name: read_header(folder / name) for name in weight_files}
    _check_index(folder, headers)
    refuse_more_layers(folder / "config.json", config, tensors=sum(len(header.tensors) for header in headers.values()))
    parameter_count = sum(header.floating_parameters for header in headers.values())
    if not parameter_count:
        raise CheckpointBroken(f"The weight files in {folder} hold no floating-point weights: put the whole checkpoint there.")
    return CheckpointFacts(
        architecture=str(config["architectures"][0]),
        parameter_count=parameter_count,
        weight_bytes=sum(header.file_bytes for header in headers.values()),
        context_length=_context_length(config),
        dtype=source.dtype,
        revision=source.revision if source.is_folder else folder.name,
        files=tuple(FileFact(name, (folder / name).stat().st_size, None) for name in _deciding_files(folder, weight_files)),
    )


def digests(source: CheckpointSource, *, progress: Callable[[int, int], None] | None = None) -> tuple[FileFact, ...]:
    """The same files as `inspect` names, each with its SHA-256: reads every byte (20 B parameters in float16 are 41 GB).

    `progress(bytes_done, bytes_total)` is called after at most 16 MiB; what it raises ends the reading.
    """
    folder = local_folder(source)
    files = inspect(source).files
    total, done = sum(file.size for file in files), 0
    found = []
    for file in files:
        digest = hashlib.sha256()
        with (folder / file.name).open("rb") as content:
            while chunk := content.read(_DIGEST_STEP):
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done, total)
        found.append(replace(file, sha256=digest.hexdigest()))
    return tuple(found)


def stamps(source: CheckpointSource) -> tuple[tuple[str, int, int, int, int], ...]:
    """(name, device, inode, mtime in ns, size) of every file that `inspect` names: while they are equal, so are the contents.

    Links are followed. Nothing is opened but the index of a sharded checkpoint; a cached hub checkpoint is not looked up again.
    """
    folder = _cached_folder(source) or local_folder(source)
    try:
        facts = [(name, (folder / name).stat()) for name in _deciding_files(folder, _weight_files(folder))]
    except OSError as error:
        raise CheckpointMissing(
            f"The checkpoint in {folder} changes while it is looked at ({error}): wait until it is whole."
        ) from error
    return tuple((name, fact.st_dev, fact.st_ino, fact.st_mtime_ns, fact.st_size) for name, fact in facts)


def local_folder(source: CheckpointSource) -> Path:
    """The folder that holds the checkpoint on this machine; a hub checkpoint is fetched once, without any executable format."""
    if source.is_folder:
        folder = Path(source.location)
        if not folder.is_dir():
            raise CheckpointMissing(f"No checkpoint folder is at {folder}: copy the checkpoint there, or correct its location.")
        return folder
    if not _HUB_ID.fullmatch(source.location):
        raise CheckpointMissing(f"{source.location!r} is not a hub id: write it as owner/name, or register a folder.")
    return _hub_snapshot(source)


def _cached_folder(source: CheckpointSource) -> Path | None:
    """Where the hub checkpoint lies already; None for a folder, and for what would have to be fetched."""
    if source.is_folder or not _HUB_ID.fullmatch(source.location):
        return None
    # imported here for the reason that _fetch gives
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    patterns = [*_SMALL_FILES, "*.safetensors"]
    try:
        folder = Path(
            snapshot_download(source.location, revision=source.revision, allow_patterns=patterns, local_files_only=True)
        )
        _weight_files(folder)
    except (LocalEntryNotFoundError, CheckpointMissing):
        return None
    return folder


def _hub_snapshot(source: CheckpointSource) -> Path:
    """Small files first: what they forbid (remote code, quantisation) is known before any weight is fetched."""
    _read_config(_fetch(source, _SMALL_FILES))
    return _fetch(source, [*_SMALL_FILES, "*.safetensors"])


def _fetch(source: CheckpointSource, patterns: list[str]) -> Path:
    # imported here: it reads HF_HOME once, when it is imported, and this module may be imported before that is set
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    where = f"{source.location} at revision {source.revision or 'main'}"
    try:
        return Path(snapshot_download(source.location, revision=source.revision, allow_patterns=patterns))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError) as error:
        raise CheckpointMissing(
            f"The checkpoint {where} is not in this machine's hub cache and the hub can't be reached: "
            "download it on a machine that reaches the hub and register its folder."
        ) from error
    except GatedRepoError as error:
        raise CheckpointGated(
            f"The hub gives {where} to those alone who asked its owner: ask there, download it by hand and register its folder."
        ) from error
    except HfHubHTTPError as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise CheckpointMissing(f"The hub gives no checkpoint {where} ({reason}): check id and revision.") from error
    except OSError as error:
        raise CheckpointMissing(f"The checkpoint {where} can't be fetched ({error}): free space in the hub cache.") from error


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointMissing(f"{folder} holds no config.json: it is not a checkpoint folder, or its copy is incomplete.")
    config = read_json(path)
    architectures = config.get("architectures")
    if not (isinstance(architectures, list) and architectures and isinstance(architectures[0], str)):
        raise CheckpointBroken(f'{path} names no model architecture: add "architectures" as the model\'s authors publish it.')
    refuse_remote_code(path, config)
    refuse_fetched_kernels(path, config)
    refuse_detours(path, config)
    if config.get("quantization_config"):
        raise CheckpointBroken(
            f"{path} asks for quantised weights, which are not loaded here: register the unquantised checkpoint."
        )
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        names = ", ".join(_TOKENIZER_FILES)
        raise CheckpointMissing(f"{folder} holds no tokenizer ({names}): copy the model's tokenizer files there.")
    tokenizer_config = folder / "tokenizer_config.json"
    if tokenizer_config.is_file():
        refuse_remote_code(tokenizer_config, read_json(tokenizer_config))
    return config


def _weight_files(folder: Path) -> list[str]:
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return _shards(index)
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth", ".ckpt"})
    if pickles:
        raise CheckpointBroken(
            f"{folder} holds its weights only as {pickles[0]}, a format that can run code when it is read: "
            "convert the checkpoint to safetensors (save_pretrained does) and register that."
        )
    raise CheckpointMissing(f"{folder} holds no weights (model.safetensors, or its shards with their index): copy them there.")


def _shards(index: Path) -> list[str]:
    weight_map = read_json(index).get("weight_map")
    if not (isinstance(weight_map, dict) and weight_map and all(isinstance(name, str) for name in weight_map.values())):
        raise CheckpointBroken(f'{index} has no "weight_map" from tensors to files: fetch the index again.')
    names = sorted(set(weight_map.values()))
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise CheckpointBroken(f"{index} names {name!r}, which is no safetensors file of its folder: fetch the index again.")
        if not (index.parent / name).is_file():
            raise CheckpointMissing(
                f"{index.parent} lacks the weight file {name}: copy all {len(names)} that its index names there."
            )
    return names


def _check_index(folder: Path, headers: dict[str, Header]) -> None:
    index = folder / "model.safetensors.index.json"
    if "model.safetensors" in headers or not index.is_file():
        return
    for tensor, name in read_json(index)["weight_map"].items():
        if tensor not in headers[name].tensors:
            raise CheckpointBroken(f"{folder / name} lacks the tensor {tensor} that the index promises: fetch that shard again.")


def _context_length(config: dict[str, Any]) -> int | None:
    for key in ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"):
        if isinstance(config.get(key), int):
            return int(config[key])
    return None


def _deciding_files(folder: Path, weight_files: list[str]) -> list[str]:
    small = [path.name for pattern in _SMALL_FILES for path in folder.glob(pattern) if path.is_file()]
    return sorted({*small, *weight_files})


__all__ = [
    "CheckpointFacts",
    "CheckpointSource",
    "FileFact",
    "bytes_per_parameter",
    "digests",
    "inspect",
    "local_folder",
    "memory_needed",
    "stamps",
]
