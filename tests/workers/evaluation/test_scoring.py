"""What a scorer promises: the same bits for the same batch, a plain refusal where there is no number."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.workers.evaluation.comparison import score_all
from workers.evaluation import harness, selftest
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import PlannedRequest, ProtocolSpec
from workers.evaluation.errors import CheckpointBroken
from workers.evaluation.loading import load
from workers.evaluation.scoring import HarnessScorer

SPEC = ProtocolSpec(selftest.TASK, selftest.NUM_FEWSHOT, limit=10, include_path=str(selftest.TASK_FOLDER))


def scorer(folder, *, dtype="float32", batch_size=8):
    return HarnessScorer(load(CheckpointSource(str(folder), True, None, dtype), device="cpu"), batch_size)


def test_the_same_batches_give_the_same_bits(trained):
    plan = harness.build_plan(SPEC)
    first, second = scorer(trained), scorer(trained)

    once = score_all(first, plan, first._loaded.tokenizer, batch_size=8)

    assert score_all(second, plan, second._loaded.tokenizer, batch_size=8) == once


def test_a_response_is_the_log_probability_of_the_continuation(trained):
    plan = harness.build_plan(SPEC)
    own = scorer(trained)
    loaded = own._loaded
    request = plan.requests[2]
    ids = loaded.tokenizer(request.context, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        log_probabilities = torch.log_softmax(loaded.model(ids).logits[0, -1].float(), dim=-1)
    letters = loaded.tokenizer.convert_tokens_to_ids(["A", "B", "C", "D"])

    responses = own.score(plan.requests[:4])

    assert [response.log_likelihood for response in responses] == pytest.approx(log_probabilities[letters].tolist(), abs=2e-5)
    assert [response.is_greedy for response in responses] == [int(log_probabilities.argmax()) == letter for letter in letters]


def test_half_precision_scores_are_finer_than_half_precision(trained):
    plan = harness.build_plan(SPEC)

    responses = scorer(trained, dtype="bfloat16").score(plan.requests[:16])

    as_bfloat16 = [float(torch.tensor(response.log_likelihood).bfloat16()) for response in responses]
    assert [response.log_likelihood for response in responses] != as_bfloat16


def test_a_model_that_gives_no_number_is_refused(trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "checkpoint")
    weights = load_file(folder / "model.safetensors")
    weights["embed_out.weight"][:] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    request = PlannedRequest(7, 0, 0, "loglikelihood", "Answer:", " A")

    with pytest.raises(CheckpointBroken) as refused:
        scorer(folder).score([request])

    assert str(refused.value) == (
        "The model (GPTNeoXForCausalLM in float32) answered request 7 with nan, which is no likelihood: "
        "its weights are damaged or overflow this dtype; try another dtype."
    )


def test_no_requests_are_no_responses(trained):
    assert scorer(trained).score([]) == []
