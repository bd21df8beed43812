"""What this machine can evaluate on, and the versions that decide what it computes."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import torch

from workers.evaluation.errors import DeviceMissing

_PACKAGES = ("torch", "transformers", "lm_eval", "datasets", "tokenizers", "accelerate", "safetensors", "numpy")
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True)
class Device:
    """`count` GPUs of one machine, or its CPU; `memory_bytes` is all their memory together, or the RAM this process may use."""

    kind: Literal["cuda", "cpu"]
    name: str
    count: int
    memory_bytes: int


def describe(preference: str = "auto") -> Device:
    """The device that a WORKER_DEVICE of auto, cuda or cpu stands for here; "auto" takes the GPUs where there are any."""
    if preference not in {"auto", "cuda", "cpu"}:
        raise DeviceMissing(f"The device {preference!r} is unknown: set WORKER_DEVICE to auto, cuda or cpu.")
    if preference != "cpu" and torch.cuda.is_available():
        return _gpus()
    if preference == "cuda":
        raise DeviceMissing(
            "WORKER_DEVICE is cuda, but torch finds no GPU on this machine: install its driver and a CUDA build of torch, "
            "or set WORKER_DEVICE to cpu."
        )
    return Device("cpu", _cpu_name(), len(os.sched_getaffinity(0)), _ram_bytes())


def threads() -> int:
    """The CPU threads that torch computes with in this process."""
    return int(torch.get_num_threads())


def software() -> dict[str, str]:
    """Versions and settings that a measurement is recorded with."""
    versions = {name: metadata.version(name) for name in _PACKAGES}
    versions["python"] = platform.python_version()
    versions["threads"] = str(torch.get_num_threads())
    versions["cpu_capability"] = torch.backends.cpu.get_cpu_capability()
    if torch.cuda.is_available():
        versions["cuda"] = str(torch.version.cuda)
        versions["cuda_driver"] = _driver_version()
    return versions


def _gpus() -> Device:
    properties = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    names = sorted({gpu.name for gpu in properties})
    return Device("cuda", " + ".join(names), len(properties), sum(gpu.total_memory for gpu in properties))


def _driver_version() -> str:
    text = _read(Path("/proc/driver/nvidia/version"))
    words = text.split("Kernel Module", 1)[-1].split()
    return next((word for word in words if word[0].isdigit()), "unknown")


def _cpu_name() -> str:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _ram_bytes() -> int:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = [int(text) for path in _CGROUP_LIMITS if (text := _read(path).strip()).isdigit()]
    return min([physical, *limits])


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
