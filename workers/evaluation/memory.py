"""Tells an allocation that failed from every other failure, on the GPU, in torch's CPU allocator and in Python."""

from __future__ import annotations

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device's memory is exhausted.

    torch's CPU allocator raises a bare RuntimeError, so its words are all there is to go by.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error)
    return isinstance(error, RuntimeError) and ("not enough memory" in words or "can't allocate memory" in words)
