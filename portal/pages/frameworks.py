"""What people call the frameworks that the archive names by short words."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "pytorch": "PyTorch", "tf": "TensorFlow", "jax": "JAX", "mxnet": "MXNet", "torch": "Torch", "caffe2": "Caffe2",
    "paddle": "PaddlePaddle", "mindspore": "MindSpore",
}  # fmt: skip
UNKNOWN = "none"
"""The archive's word for a repository whose framework it did not find."""
LONGEST = 60


def name_of(framework: str | None) -> str:
    """What people call a framework; empty where none is known."""
    word = (framework or "").strip()[:LONGEST]
    return "" if word == UNKNOWN else NAMES.get(word.lower(), word)
