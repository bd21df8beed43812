"""What a scorer promises: the same bits for the same batch, a plain refusal where there is no number."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.workers.evaluation.comparison import encoder_of, score_all
from workers.evaluation import harness, selftest
from workers.evaluation.batching import plan_batches
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import PlannedRequest, ProtocolSpec
from workers.evaluation.errors import CheckpointBroken
from workers.evaluation.loading import load
from workers.evaluation.scoring import PrefixScorer

SPEC = ProtocolSpec(selftest.TASK, selftest.NUM_FEWSHOT, limit=10, include_path=str(selftest.TASK_FOLDER))


def loaded(folder, *, dtype="float32"):
    return load(CheckpointSource(str(folder), True, None, dtype), device="cpu")


def answers(folder, requests, **options):
    return PrefixScorer(loaded(folder, **options)).prepare(requests)()


def test_the_same_batches_give_the_same_bits(trained):
    plan = harness.build_plan(SPEC)
    first, second = loaded(trained), loaded(trained)

    once = score_all(PrefixScorer(first), plan, encoder_of(first), token_budget=300)

    assert score_all(PrefixScorer(second), plan, encoder_of(second), token_budget=300) == once


def test_a_batch_gives_the_same_bits_whatever_was_scored_before(neox, mmlu):
    plan = harness.build_plan(ProtocolSpec("mmlu_abstract_algebra", 5, limit=12))
    model = loaded(neox)
    batches = plan_batches(plan, encoder_of(model), token_budget=200)
    assert len(batches) > 3 and {batch.cuts for batch in batches} != {()}
    wanted = [[request for request in plan.requests if request.sample in batch.samples] for batch in batches]
    scorer = PrefixScorer(model)
    in_order = [scorer.prepare(requests, batch.cuts)() for requests, batch in zip(wanted, batches, strict=True)]
    for place in (3, 1, 2, 0):
        assert scorer.prepare(wanted[place], batches[place].cuts)() == in_order[place]
        scorer.forget()


def test_a_response_is_the_log_probability_of_the_continuation(trained):
    plan = harness.build_plan(SPEC)
    model = loaded(trained)
    request = plan.requests[2]
    ids = model.tokenizer(request.context, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        log_probabilities = torch.log_softmax(model.model(ids).logits[0, -1].float(), dim=-1)
    letters = model.tokenizer.convert_tokens_to_ids(["A", "B", "C", "D"])

    responses = PrefixScorer(model).prepare(plan.requests[:4])()

    assert [response.log_likelihood for response in responses] == pytest.approx(log_probabilities[letters].tolist(), abs=2e-5)
    assert [response.is_greedy for response in responses] == [int(log_probabilities.argmax()) == letter for letter in letters]


def test_half_precision_scores_are_finer_than_half_precision(trained):
    plan = harness.build_plan(SPEC)

    responses = answers(trained, plan.requests[:16], dtype="bfloat16")

    as_bfloat16 = [float(torch.tensor(response.log_likelihood).bfloat16()) for response in responses]
    assert [response.log_likelihood for response in responses] != as_bfloat16


def test_a_model_that_gives_no_number_is_refused(trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "checkpoint")
    weights = load_file(folder / "model.safetensors")
    weights["embed_out.weight"][:] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    request = PlannedRequest(7, 0, 0, "loglikelihood", "Answer:", " A")

    with pytest.raises(CheckpointBroken) as refused:
        answers(folder, [request])

    assert str(refused.value) == (
        "The model (GPTNeoXForCausalLM in float32) answered request 7 with nan, which is no likelihood: "
        "its weights are damaged or overflow this dtype; try another dtype."
    )


def test_no_requests_are_no_responses(trained):
    assert answers(trained, []) == []
