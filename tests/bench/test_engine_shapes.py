"""The made-up checkpoints load by the product's own loader and are what they say."""

import torch

from bench.engine.shapes import SHAPES, write
from workers.evaluation import loading
from workers.evaluation.checkpoints import CheckpointSource, inspect


def test_a_checkpoint_in_many_shards_loads_whole(shared_data, tmp_path, monkeypatch):
    monkeypatch.setattr("bench.engine.shapes.SHARD_BYTES", 4_000_000)
    tokenizer = shared_data / "bench" / "gptneox_tokenizer" / "20B_tokenizer.json"

    folder = write(tmp_path / "tiny", SHAPES["tiny"], tokenizer, dtype=torch.float32)
    source = CheckpointSource(str(folder), is_folder=True, revision=None, dtype="float32")
    loaded = loading.load(source, device="cpu")

    assert len(list(folder.glob("model-*.safetensors"))) > 1
    assert inspect(source).parameter_count == sum(weight.numel() for weight in loaded.model.parameters())
    assert loaded.model.config.num_hidden_layers == 2
    assert loaded.tokenizer("Question: 1").input_ids
