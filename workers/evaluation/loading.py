"""Loads a checkpoint with transformers' own code: the same lines for two layers and for twenty billion parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils import GENERATION_CONFIG_NAME

from workers.evaluation.checkpoints import (
    CheckpointFacts,
    CheckpointSource,
    FileFact,
    bytes_per_parameter,
    digests,
    inspect,
    local_folder,
    memory_needed,
)
from workers.evaluation.errors import CheckpointBroken, EvaluationError, OutOfMemory
from workers.evaluation.held_memory import Progress, telling
from workers.evaluation.memory import is_out_of_memory
from workers.evaluation.prefixes.generation import WritingRefused, check_checkpoint
from workers.evaluation.prefixes.tokens import Encoder

__all__ = [
    "CheckpointFacts",
    "CheckpointSource",
    "FileFact",
    "LoadedModel",
    "check_writing",
    "digests",
    "inspect",
    "load",
    "load_encoder",
    "load_tokenizer",
    "memory_needed",
]

# transformers lets a malformed checkpoint surface as any of these; each is about the files, not about us.
_MALFORMED = (
    RuntimeError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    ArithmeticError,
    StrictDataclassError,
    SafetensorError,
)
EIGHT_BIT = "int8"

# masks and frequencies that older GPT-NeoX and Pythia files hold beside their weights: computed from the configuration today
_OLD_BUFFERS = re.compile(r"(.+\.)?attention\.(bias|masked_bias|rotary_emb\.inv_freq)")


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to score: in evaluation mode, in the dtype that was asked for, whole on its device or devices."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    facts: CheckpointFacts
    device: str


def load(source: CheckpointSource, *, device: str, progress: Progress | None = None) -> LoadedModel:
    """The checkpoint on `device`: "cpu", "cuda" (spread over every GPU when one is too small) or one GPU, "cuda:1".

    Costs memory_needed(...) bytes and the time that reading the weights takes; `progress(bytes_held, bytes_expected)` is
    told now and then from another thread.
    """
    facts = inspect(source)
    folder = local_folder(source)
    try:
        tokenizer = _load_tokenizer(folder)
        expected = facts.parameter_count * bytes_per_parameter(facts.dtype)
        with telling(progress, expected=expected, device=device):
            model = _load_weights(folder, dtype=facts.dtype, device=device)
    except EvaluationError:
        raise
    except (MemoryError, *_MALFORMED) as error:
        raise _as_sentence(error, source=source, facts=facts, device=device) from error
    return LoadedModel(model=model, tokenizer=tokenizer, facts=facts, device=device)


def load_tokenizer(source: CheckpointSource) -> PreTrainedTokenizerBase:
    """The checkpoint's tokenizer alone, for a plan; no weight is read."""
    try:
        return _load_tokenizer(local_folder(source))
    except EvaluationError:
        raise
    except _MALFORMED as error:
        raise CheckpointBroken(
            f"The tokenizer of {source.location} can't be loaded ({_first_line(error)}): fetch it again."
        ) from error


def load_encoder(source: CheckpointSource) -> Encoder:
    """The checkpoint's tokenizer with its model's context limit, for a plan; no weight is read."""
    tokenizer = load_tokenizer(source)
    try:
        config = AutoConfig.from_pretrained(local_folder(source), trust_remote_code=False, local_files_only=True)
    except _MALFORMED as error:
        raise CheckpointBroken(
            f"The configuration of {source.location} can't be read ({_first_line(error)}): fetch it again."
        ) from error
    return Encoder.of(tokenizer, config)


def check_writing(source: CheckpointSource) -> None:
    """Refuses a checkpoint whose own settings change what is written greedily; no weight is read."""
    folder = local_folder(source)
    if not (folder / GENERATION_CONFIG_NAME).is_file():
        return
    try:
        check_checkpoint(GenerationConfig.from_pretrained(folder, local_files_only=True))
    except WritingRefused as refused:
        raise CheckpointBroken(f"The checkpoint {source.location} {refused}: register one without that.") from refused
    except _MALFORMED as error:
        raise CheckpointBroken(
            f"The {GENERATION_CONFIG_NAME} of {source.location} can't be read ({_first_line(error)}): fetch it again."
        ) from error


def _load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if not tokenizer.is_fast:
        raise CheckpointBroken(f"{folder} holds no tokenizer.json that loads: copy the model's own tokenizer.json there.")
    return tokenizer


def _load_weights(folder: Path, *, dtype: str, device: str) -> PreTrainedModel:
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if config.model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise CheckpointBroken(f"{folder} holds a {config.model_type} model, no causal language model: register another one.")
    model: PreTrainedModel
    report: dict[str, Any]
    model, report = AutoModelForCausalLM.from_pretrained(  # type: ignore[misc]  # its stub forgets output_loading_info
        folder,
        config=config,
        dtype=torch.float16 if dtype == EIGHT_BIT else getattr(torch, dtype),
        quantization_config=_eight_bit(folder, device=device) if dtype == EIGHT_BIT else None,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        device_map={"cpu": {"": "cpu"}, "cuda": "auto"}.get(device, {"": device}),
        ignore_mismatched_sizes=True,  # _check_report refuses them, in one sentence
        output_loading_info=True,
    )
    _check_report(folder, report)
    _check_placement(folder, model, device=device)
    model.eval()  # type: ignore[no-untyped-call]
    return model


def _eight_bit(folder: Path, *, device: str) -> BitsAndBytesConfig:
    """How bitsandbytes loads linear layers in 8 bits; refused where it is not installed, and on a CPU."""
    if find_spec("bitsandbytes") is None or not device.startswith("cuda"):
        raise CheckpointBroken(
            f"{folder} is to be loaded in int8, which needs a GPU and the package bitsandbytes on its worker: "
            "install it there, or register the checkpoint in float16."
        )
    return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]


def _check_report(folder: Path, report: dict[str, Any]) -> None:
    # transformers fills absent weights with random numbers and only warns: such a model must never be measured.
    absent = sorted(report["missing_keys"])
    misshapen = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report["mismatched_keys"])
    for names, fault in ((absent, "lack"), (misshapen, "have the wrong shape for")):
        if names:
            raise CheckpointBroken(f"The weights in {folder} {fault} {names[0]} ({len(names)} in all): fetch them all again.")
    # a configuration of fewer layers loads without a word, and is another model than the one whose weights these are
    surplus = sorted(key for key in report["unexpected_keys"] if not _OLD_BUFFERS.fullmatch(key))
    if surplus:
        raise CheckpointBroken(
            f"The weights in {folder} hold {surplus[0]} ({len(surplus)} such in all), for which its config.json has no place: "
            "fetch the configuration and the weights of one model again."
        )


def _check_placement(folder: Path, model: PreTrainedModel, *, device: str) -> None:
    placement = {str(place) for place in (getattr(model, "hf_device_map", None) or {}).values()}
    if device != "cpu" and placement & {"cpu", "disk"}:
        raise OutOfMemory(f"The model in {folder} does not fit whole into this machine's GPU memory: use more or larger GPUs.")


def _as_sentence(error: BaseException, *, source: CheckpointSource, facts: CheckpointFacts, device: str) -> EvaluationError:
    if is_out_of_memory(error):
        needed = memory_needed(facts.parameter_count, facts.dtype)
        return OutOfMemory(
            f"Loading {source.location} in {facts.dtype} ran out of memory on {device}: it needs about {needed / 1e9:.1f} GB; "
            "use a larger device or a narrower dtype."
        )
    return CheckpointBroken(
        f"transformers can't load {source.location} ({_first_line(error)}): fetch it again or register another one."
    )


def _first_line(error: BaseException) -> str:
    first, *more = str(error).strip().splitlines() or [type(error).__name__]
    # a validation error names only the field in its first line
    return (f"{first} {more[0].strip()}" if first.endswith(":") and more else first)[:300]
