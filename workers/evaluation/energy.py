"""The energy that this process's GPUs have used, by their own meters: NVML, through the package nvidia-ml-py."""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any

import torch

logger = logging.getLogger(__name__)


def joules() -> float | None:
    """Joules that the GPUs which torch uses have used since some moment in the past, whoever used them; None where nothing tells.

    Only differences say something. Nothing tells on a CPU, without the module pynvml (nvidia-ml-py brings it), and on GPUs that
    have no meter.
    """
    meters = _meters()
    if not meters:
        return None
    nvml, handles = meters
    try:
        return sum(int(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) for handle in handles) / 1000
    except nvml.NVMLError:
        return None


@cache
def _meters() -> tuple[Any, list[Any]] | None:
    """NVML and its name for each of torch's GPUs, which may be fewer than the machine has, or in another order."""
    if not torch.cuda.is_available():
        return None
    try:
        nvml = import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
        ids = [torch.cuda.get_device_properties(index).uuid for index in range(torch.cuda.device_count())]
        return nvml, [nvml.nvmlDeviceGetHandleByUUID(f"GPU-{name}") for name in ids]
    except nvml.NVMLError as error:
        logger.info("The GPUs do not tell what energy they use: %s", error)
        return None
