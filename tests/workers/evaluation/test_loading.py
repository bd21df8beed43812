import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from workers.evaluation.checkpoints import CheckpointSource, stamps
from workers.evaluation.errors import CheckpointBroken, CheckpointMissing, OutOfMemory
from workers.evaluation.loading import check_writing, load, load_tokenizer
from workers.evaluation.memory import is_out_of_memory


@pytest.fixture
def checkpoint(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "checkpoint")


def source(folder, *, dtype="float32"):
    return CheckpointSource(str(folder), True, None, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_model_is_loaded_whole_in_the_dtype_that_was_asked_for(checkpoint, dtype):
    loaded = load(source(checkpoint, dtype=dtype), device="cpu")

    stored = load_file(checkpoint / "model.safetensors")
    stored["lm_head.weight"] = stored.pop("embed_out.weight")  # as transformers names it since version 5
    held = dict(loaded.model.named_parameters())
    assert sorted(held) == sorted(stored)
    assert all(torch.equal(held[name], stored[name].to(getattr(torch, dtype))) for name in stored)
    assert not loaded.model.training
    assert (loaded.device, loaded.facts.dtype) == ("cpu", dtype)
    assert loaded.tokenizer("Answer: A")["input_ids"] == loaded.tokenizer.convert_tokens_to_ids(["Answer", ":", "A"])


def test_eight_bits_need_a_gpu_and_their_package(checkpoint):
    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint, dtype="int8"), device="cpu")
    assert str(refused.value).endswith(
        "is to be loaded in int8, which needs a GPU and the package bitsandbytes on its worker: "
        "install it there, or register the checkpoint in float16."
    )


def test_loading_tells_how_much_is_in_memory(checkpoint, monkeypatch):
    monkeypatch.setattr("workers.evaluation.held_memory.EVERY", 0.001)
    told = []
    loaded = load(source(checkpoint), device="cpu", progress=lambda held, expected: told.append((held, expected)))
    assert {expected for _, expected in told} == {4 * loaded.facts.parameter_count}
    assert all(0 <= held <= expected for held, expected in told)


def test_a_hub_checkpoint_is_loaded_from_the_cache_by_the_same_lines(checkpoint):
    """The hub's own cache layout, as a download leaves it; the revision is that of the commit."""
    from huggingface_hub.constants import HF_HUB_CACHE

    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = Path(HF_HUB_CACHE) / "models--EleutherAI--cached-model"
    (repository / "refs").mkdir(parents=True, exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(checkpoint, repository / "snapshots" / commit)

    loaded = load(CheckpointSource("EleutherAI/cached-model", False, None, "float32"), device="cpu")

    assert loaded.facts.revision == commit
    cached = stamps(CheckpointSource("EleutherAI/cached-model", False, None, "float32"))
    assert cached == stamps(source(repository / "snapshots" / commit))
    assert loaded.facts.parameter_count == loaded.model.num_parameters()
    (repository / "snapshots" / commit / "model.safetensors").unlink()
    with pytest.raises(CheckpointMissing, match="holds no weights"):
        load(CheckpointSource("EleutherAI/cached-model", False, commit, "float32"), device="cpu")


def test_weights_that_lack_a_tensor_are_refused_in_place_of_filled_with_random_numbers(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    del weights["gpt_neox.layers.1.attention.dense.weight"]
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value) == (
        f"The weights in {checkpoint} lack gpt_neox.layers.1.attention.dense.weight (1 in all): fetch them all again."
    )


def test_weights_of_another_shape_are_refused(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    weights["embed_out.weight"] = weights["embed_out.weight"][:, :-1].contiguous()
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value) == (
        f"The weights in {checkpoint} have the wrong shape for lm_head.weight (1 in all): fetch them all again."
    )


def test_a_model_that_is_no_language_model_is_refused(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "model_type": "vit", "architectures": ["ViTModel"]}))

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value) == f"{checkpoint} holds a vit model, no causal language model: register another one."


def test_a_model_type_that_transformers_does_not_know_is_refused_in_one_sentence(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "model_type": "no_such_model"}))

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value).startswith(f"transformers can't load {checkpoint} (")
    assert "\n" not in str(refused.value)


def test_a_broken_tokenizer_is_refused(checkpoint):
    (checkpoint / "tokenizer.json").write_text('{"model": "?"}')

    with pytest.raises(CheckpointBroken, match=r"transformers can't load .*: fetch it again or register another one\."):
        load(source(checkpoint), device="cpu")


def test_more_memory_than_there_is_is_told_from_other_failures():
    with pytest.raises(RuntimeError) as failed:
        torch.empty(1 << 58, dtype=torch.uint8)
    assert is_out_of_memory(failed.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(RuntimeError) as failed:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_out_of_memory(failed.value)


def test_a_checkpoint_that_needs_too_much_memory_says_how_much(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "vocab_size": 1 << 50}))

    with pytest.raises(OutOfMemory, match=r"ran out of memory on cpu: it needs about .* GB; use a larger device"):
        load(source(checkpoint), device="cpu")


def edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_config_of_fewer_layers_than_the_weights_is_another_model_and_refused(checkpoint):
    surplus = sorted(name for name in load_file(checkpoint / "model.safetensors") if name.startswith("gpt_neox.layers.2."))
    edit_config(checkpoint, num_hidden_layers=2)

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value) == (
        f"The weights in {checkpoint} hold {surplus[0]} ({len(surplus)} such in all), for which its config.json has no place: "
        "fetch the configuration and the weights of one model again."
    )


def test_the_buffers_of_older_files_are_no_surplus(checkpoint):
    expected = load(source(checkpoint), device="cpu").model.num_parameters()
    weights = load_file(checkpoint / "model.safetensors")
    for layer in range(3):
        prefix = f"gpt_neox.layers.{layer}.attention."
        weights[f"{prefix}bias"] = torch.ones(1, 1, 256, 256, dtype=torch.bool)
        weights[f"{prefix}masked_bias"] = torch.tensor(-1e9)
        weights[f"{prefix}rotary_emb.inv_freq"] = torch.ones(16)
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})

    assert load(source(checkpoint), device="cpu").model.num_parameters() == expected


@pytest.mark.parametrize("name", ["invented.weight", "gpt_neox.layers.3.attention.dense.bias", "gpt_neox.masked_bias"])
def test_any_other_tensor_is_surplus(checkpoint, name):
    weights = load_file(checkpoint / "model.safetensors")
    save_file({**weights, name: torch.ones(2)}, checkpoint / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(CheckpointBroken, match=r"hold .* \(1 such in all\), for which its config.json has no place"):
        load(source(checkpoint), device="cpu")


@pytest.mark.parametrize(
    "changes",
    [
        {"num_attention_heads": 0},
        {"num_attention_heads": "four"},
        {"num_hidden_layers": "10000000"},
        {"hidden_size": -128},
        {"hidden_size": None},
        {"vocab_size": 0.5},
        {"layer_norm_eps": "small"},
    ],
)
def test_numbers_that_make_no_model_are_refused_in_one_sentence(checkpoint, changes):
    edit_config(checkpoint, **changes)

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value).startswith((f"transformers can't load {checkpoint} (", f"The weights in {checkpoint} "))
    assert "\n" not in str(refused.value)
    assert ":)" not in str(refused.value)


@pytest.mark.parametrize("content", ["{}", "[]", '{"model": {"type": "Nothing"}}', "", '{"version": "1.0", "model": 7}'])
def test_a_tokenizer_that_makes_no_sense_is_refused_in_one_sentence(checkpoint, content):
    (checkpoint / "tokenizer.json").write_text(content)

    for attempt in (lambda: load(source(checkpoint), device="cpu"), lambda: load_tokenizer(source(checkpoint))):
        with pytest.raises(CheckpointBroken) as refused:
            attempt()
        assert str(checkpoint) in str(refused.value)
        assert "\n" not in str(refused.value)


def test_tensors_that_overlap_are_refused_in_one_sentence(checkpoint):
    path = checkpoint / "model.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    last = max((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"][0])
    header[last]["data_offsets"][0] -= 4
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])

    with pytest.raises(CheckpointBroken) as refused:
        load(source(checkpoint), device="cpu")

    assert str(refused.value).startswith(f"transformers can't load {checkpoint} (")


def test_a_checkpoint_with_a_way_of_writing_of_its_own_is_refused_for_writing(checkpoint):
    settings = checkpoint / "generation_config.json"
    check_writing(source(checkpoint))
    settings.write_text(json.dumps({"eos_token_id": 0, "do_sample": True, "temperature": 0.6}))
    check_writing(source(checkpoint))  # a task that asks for greedy writing gets it
    settings.write_text(json.dumps({"eos_token_id": 0, "repetition_penalty": 1.2}))

    with pytest.raises(CheckpointBroken) as refused:
        check_writing(source(checkpoint))

    assert str(refused.value) == (
        f"The checkpoint {checkpoint} sets repetition_penalty=1.2 in its generation_config.json, and only plain greedy writing "
        "is done here: register one without that."
    )


def test_settings_for_writing_that_are_no_json_are_refused(checkpoint):
    (checkpoint / "generation_config.json").write_text("{")

    with pytest.raises(CheckpointBroken, match=r"The generation_config.json of .* can't be read \("):
        check_writing(source(checkpoint))
