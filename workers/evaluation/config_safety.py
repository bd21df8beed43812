"""What a checkpoint's configuration may not ask for; told from its JSON, before transformers reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workers.evaluation.errors import CheckpointBroken

_OWN_KERNELS = ("eager", "sdpa")
_KERNEL_CHOICES = {
    f"{prefix}{kind}_implementation{suffix}"
    for prefix in ("", "_")
    for kind in ("attn", "experts")
    for suffix in ("", "_internal")
}
# the names under which transformers' configurations count layers
_LAYER_COUNTS = {
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "layers",
    "depth",
    "encoder_layers",
    "decoder_layers",
    "num_encoder_layers",
    "num_decoder_layers",
    "decoder_num_hidden_layers",
}


def refuse_remote_code(path: Path, config: dict[str, Any]) -> None:
    """Refuses a configuration (of a model or a tokenizer) that names code of the checkpoint's own."""
    if any(key == "auto_map" for key, _ in _settings(config)):
        raise CheckpointBroken(
            f'{path} asks to run the checkpoint\'s own code ("auto_map"), which is never done here: '
            "register a checkpoint whose architecture the transformers package ships."
        )


def refuse_fetched_kernels(path: Path, config: dict[str, Any]) -> None:
    """Refuses an attention or experts implementation that transformers would fetch from a hub, at any depth."""
    for key, value in _settings(config):
        if key in _KERNEL_CHOICES and value is not None and value not in _OWN_KERNELS:
            raise CheckpointBroken(
                f'{path} asks for "{key}": {str(value)[:100]!r}, which may fetch code: '
                f"remove that line, or make it one of {' and '.join(_OWN_KERNELS)}."
            )


def refuse_detours(path: Path, config: dict[str, Any]) -> None:
    """Refuses what makes transformers read other files than those that are checked here and have their digests taken."""
    for key in ("configuration_files", "transformers_weights"):
        if config.get(key) is not None:
            raise CheckpointBroken(
                f'{path} sends its reader to other files ("{key}"), which are not checked here: remove that line.'
            )
    adapter = path.with_name("adapter_config.json")
    if adapter.exists():
        raise CheckpointBroken(
            f"{adapter} makes the checkpoint an adapter of other weights, which are not measured here: "
            "merge it into its base model and register that."
        )


def refuse_more_layers(path: Path, config: dict[str, Any], *, tensors: int) -> None:
    """Refuses a configuration of more layers than the weights have tensors: building them could take for ever."""
    for key, value in _settings(config):
        if key in _LAYER_COUNTS and isinstance(value, int | float) and value > tensors:
            raise CheckpointBroken(
                f"{path} says {value:,} layers ({key}), but the weight files hold only {tensors:,} tensors: "
                "fetch the configuration and the weights of one model again."
            )


def _settings(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every key with its value, those of nested configurations too."""
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
