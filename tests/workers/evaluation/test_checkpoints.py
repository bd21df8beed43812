"""What is wrong with a checkpoint is said in one sentence, before any weight is read."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.workers.evaluation.checkpoint_files import edit, source
from workers.evaluation.checkpoints import CheckpointSource, digests, inspect, memory_needed
from workers.evaluation.errors import CheckpointBroken, CheckpointMissing
from workers.evaluation.loading import load


def refusal(folder, error=CheckpointBroken, *, dtype="float32"):
    """The sentence with which the folder is refused, both when it is inspected and when it is loaded."""
    with pytest.raises(error) as inspected:
        inspect(source(folder, dtype=dtype))
    with pytest.raises(error) as loaded:
        load(source(folder, dtype=dtype), device="cpu")
    assert str(inspected.value) == str(loaded.value)
    assert "\n" not in str(inspected.value)
    return str(inspected.value)


def test_inspect_reports_what_the_files_say(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")

    facts = inspect(source(checkpoint, dtype="bfloat16"))

    assert facts.architecture == "GPTNeoXForCausalLM"
    assert facts.parameter_count == sum(tensor.numel() for tensor in weights.values())
    assert facts.weight_bytes == (checkpoint / "model.safetensors").stat().st_size
    assert (facts.context_length, facts.dtype, facts.revision) == (128, "bfloat16", None)
    assert [file.name for file in facts.files] == sorted(path.name for path in checkpoint.iterdir())
    assert {file.sha256 for file in facts.files} == {None}


def test_digests_change_with_a_single_weight(checkpoint):
    before = {file.name: file.sha256 for file in digests(source(checkpoint))}
    weights = load_file(checkpoint / "model.safetensors")
    weights["embed_out.weight"][0, 0] += 1
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    after = {file.name: file.sha256 for file in digests(source(checkpoint))}

    assert [name for name in before if before[name] != after[name]] == ["model.safetensors"]


def test_masks_and_counters_are_no_parameters(checkpoint):
    expected = inspect(source(checkpoint)).parameter_count
    weights = load_file(checkpoint / "model.safetensors")
    weights["gpt_neox.layers.0.attention.bias"] = torch.ones(1, 1, 128, 128, dtype=torch.bool)
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})

    assert inspect(source(checkpoint)).parameter_count == expected


def test_sharded_weights_are_read_through_their_index(checkpoint):
    expected = inspect(source(checkpoint)).parameter_count
    names = split(checkpoint)

    facts = inspect(source(checkpoint))

    assert facts.parameter_count == expected
    assert [file.name for file in facts.files if file.name.endswith(".safetensors")] == names
    assert load(source(checkpoint), device="cpu").model.num_parameters() == expected


def split(folder):
    """Cuts model.safetensors into two shards with an index, as large checkpoints come."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    placed = {tensor: names[index % 2] for index, tensor in enumerate(sorted(weights))}
    for name in names:
        save_file(
            {tensor: weights[tensor] for tensor in placed if placed[tensor] == name}, folder / name, metadata={"format": "pt"}
        )
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": placed}))
    return names


def test_memory_for_the_20b_model_is_its_half_precision_weights_and_a_tenth():
    assert memory_needed(20_600_000_000, "float16") == 45_320_000_000
    assert memory_needed(20_600_000_000, "float32") == 90_640_000_000


def test_a_missing_folder_is_named(tmp_path):
    assert refusal(tmp_path / "nowhere", CheckpointMissing) == (
        f"No checkpoint folder is at {tmp_path / 'nowhere'}: copy the checkpoint there, or correct its location."
    )


def test_a_folder_without_config_is_no_checkpoint(checkpoint):
    (checkpoint / "config.json").unlink()

    assert refusal(checkpoint, CheckpointMissing) == (
        f"{checkpoint} holds no config.json: it is not a checkpoint folder, or its copy is incomplete."
    )


@pytest.mark.parametrize(
    ("content", "fault"), [("{", "can't be read as JSON"), ("[]", "holds no JSON object"), ("{}", "names no model architecture")]
)
def test_a_config_that_says_nothing_is_refused(checkpoint, content, fault):
    (checkpoint / "config.json").write_text(content)

    assert fault in refusal(checkpoint)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_checkpoint_that_brings_its_own_code_is_refused(checkpoint, name):
    (checkpoint / "evil.py").write_text("raise SystemExit('the code of a checkpoint ran')")
    edit(checkpoint / name, auto_map={"AutoConfig": "evil.Config", "AutoTokenizer": ["evil.Tokenizer", None]})

    assert refusal(checkpoint) == (
        f'{checkpoint / name} asks to run the checkpoint\'s own code ("auto_map"), which is never done here: '
        "register a checkpoint whose architecture the transformers package ships."
    )


def test_quantised_weights_are_refused(checkpoint):
    edit(checkpoint / "config.json", quantization_config={"quant_method": "gptq", "bits": 4})

    assert "asks for quantised weights" in refusal(checkpoint)


def test_missing_weights_are_told_from_missing_shards(checkpoint):
    first, second = split(checkpoint)
    (checkpoint / second).unlink()
    assert refusal(checkpoint, CheckpointMissing) == (
        f"{checkpoint} lacks the weight file {second}: copy all 2 that its index names there."
    )

    (checkpoint / first).unlink()
    (checkpoint / "model.safetensors.index.json").unlink()
    assert refusal(checkpoint, CheckpointMissing) == (
        f"{checkpoint} holds no weights (model.safetensors, or its shards with their index): copy them there."
    )


def test_an_index_may_not_point_outside_its_folder(checkpoint):
    split(checkpoint)
    edit(checkpoint / "model.safetensors.index.json", weight_map={"x": "../other/model.safetensors"})

    assert "which is no safetensors file of its folder" in refusal(checkpoint)


def test_a_shard_must_hold_what_the_index_promises(checkpoint):
    first, _ = split(checkpoint)
    edit(checkpoint / "model.safetensors.index.json", weight_map={"invented.weight": first})

    assert refusal(checkpoint) == (
        f"{checkpoint / first} lacks the tensor invented.weight that the index promises: fetch that shard again."
    )


def test_a_truncated_weight_file_is_refused_with_both_sizes(checkpoint):
    path = checkpoint / "model.safetensors"
    whole_size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(whole_size - 100)

    assert refusal(checkpoint) == (
        f"{path} is truncated: its header describes {whole_size:,} bytes, it holds {whole_size - 100:,}; fetch it again."
    )


@pytest.mark.parametrize(
    "content", [b"", b"\x10\x00", b"\xff" * 64, (5).to_bytes(8, "little") + b"{nope", (2).to_bytes(8, "little") + b"[]"]
)
def test_a_file_that_is_no_safetensors_is_refused(checkpoint, content):
    (checkpoint / "model.safetensors").write_bytes(content)

    assert str(checkpoint / "model.safetensors") in refusal(checkpoint)


@pytest.mark.parametrize("entry", [{"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}, {"dtype": "F32"}, None, 7])
def test_a_header_that_makes_no_sense_is_refused(checkpoint, entry):
    header = json.dumps({"weight": entry}).encode()
    (checkpoint / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)

    assert "describes the tensor 'weight' senselessly" in refusal(checkpoint)


def test_pickled_weights_are_never_read(checkpoint):
    (checkpoint / "model.safetensors").unlink()
    trace = checkpoint / "the-pickle-ran"
    (checkpoint / "pytorch_model.bin").write_bytes(f"cos\nsystem\n(S'touch {trace}'\ntR.".encode())

    assert refusal(checkpoint) == (
        f"{checkpoint} holds its weights only as pytorch_model.bin, a format that can run code when it is read: "
        "convert the checkpoint to safetensors (save_pretrained does) and register that."
    )
    assert not trace.exists()


def test_a_checkpoint_without_tokenizer_is_refused(checkpoint):
    for path in checkpoint.glob("tokenizer*"):
        path.unlink()

    assert "holds no tokenizer (tokenizer.json," in refusal(checkpoint, CheckpointMissing)


@pytest.mark.parametrize("dtype", ["int4", "auto", "", "float64"])
def test_an_unknown_dtype_is_refused(checkpoint, dtype):
    assert refusal(checkpoint, dtype=dtype) == (
        f"The dtype {dtype!r} is not one that checkpoints are loaded in: choose one of float32, float16, bfloat16, int8."
    )


@pytest.mark.parametrize("location", ["gpt-neox-20b", "../x/y", "EleutherAI/../x", "/etc/passwd", "https://a.example/b", "a/b/c"])
def test_what_is_no_hub_id_is_never_looked_up(location):
    with pytest.raises(CheckpointMissing, match="is not a hub id: write it as owner/name"):
        inspect(CheckpointSource(location, False, None, "float16"))


def test_an_uncached_hub_checkpoint_is_missing_when_the_hub_is_out_of_reach():
    with pytest.raises(CheckpointMissing) as refused:
        inspect(CheckpointSource("EleutherAI/gpt-neox-20b", False, None, "float16"))

    assert str(refused.value) == (
        "The checkpoint EleutherAI/gpt-neox-20b at revision main is not in this machine's hub cache and the hub can't be reached: "
        "download it on a machine that reaches the hub and register its folder."
    )


def test_a_folder_of_the_same_name_is_not_taken_for_a_hub_checkpoint(checkpoint, tmp_path, monkeypatch):
    (tmp_path / "EleutherAI").mkdir()
    checkpoint.rename(tmp_path / "EleutherAI" / "gpt-neox-20b")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CheckpointMissing, match="hub can't be reached"):
        load(CheckpointSource("EleutherAI/gpt-neox-20b", False, None, "float16"), device="cpu")


@pytest.mark.parametrize("value", ["kernels-community/flash-attn3", "flash_attention_2", "grouped_mm", {"": "evil/kernel"}, 7])
@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation", "experts_implementation"])
def test_kernels_that_would_be_fetched_are_refused(checkpoint, key, value):
    edit(checkpoint / "config.json", **{key: value})

    assert refusal(checkpoint) == (
        f'{checkpoint / "config.json"} asks for "{key}": {str(value)!r}, which may fetch code: '
        "remove that line, or make it one of eager and sdpa."
    )


@pytest.mark.parametrize(
    "nested", [{"text_config": {"attn_implementation": "evil/kernel"}}, {"x": [{"_attn_implementation": "a/b"}]}]
)
def test_kernels_are_refused_in_nested_configurations_too(checkpoint, nested):
    edit(checkpoint / "config.json", **nested)

    assert "which may fetch code: remove that line" in refusal(checkpoint)


@pytest.mark.parametrize("value", ["eager", "sdpa", None])
def test_the_kernels_that_torch_brings_may_be_asked_for(checkpoint, value):
    edit(checkpoint / "config.json", attn_implementation=value)

    loaded = load(source(checkpoint), device="cpu")

    assert loaded.model.config._attn_implementation == (value or "sdpa")


def test_an_adapter_is_no_checkpoint(checkpoint):
    (checkpoint / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "someone/else"}))

    assert refusal(checkpoint) == (
        f"{checkpoint / 'adapter_config.json'} makes the checkpoint an adapter of other weights, which are not measured here: "
        "merge it into its base model and register that."
    )


def test_a_config_may_not_send_its_reader_to_other_weights_or_another_config(checkpoint):
    before = (checkpoint / "config.json").read_text()
    for key, value in (("transformers_weights", "other.safetensors"), ("configuration_files", ["config.4.0.0.json"])):
        (checkpoint / "config.json").write_text(before)
        edit(checkpoint / "config.json", **{key: value})

        assert refusal(checkpoint) == (
            f'{checkpoint / "config.json"} sends its reader to other files ("{key}"), which are not checked here: remove that line.'
        )


@pytest.mark.parametrize("nested", [False, True])
def test_more_layers_than_tensors_are_refused_before_anything_is_built(checkpoint, nested):
    tensors = len(load_file(checkpoint / "model.safetensors"))
    layers = {"num_hidden_layers": 10**7}
    edit(checkpoint / "config.json", **({"text_config": layers} if nested else layers))

    assert refusal(checkpoint) == (
        f"{checkpoint / 'config.json'} says 10,000,000 layers (num_hidden_layers), but the weight files hold only {tensors} tensors: "
        "fetch the configuration and the weights of one model again."
    )
