"""What lm-eval itself says about a checkpoint, and the comparison of our engine's answers with it; the end-to-end tests use it too."""

import math
from dataclasses import dataclass

import pytest
import torch
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

from workers.evaluation import batching, harness
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.loading import load
from workers.evaluation.prefixes.tokens import Encoder
from workers.evaluation.scoring import PrefixScorer

TOLERANCE = 2e-5


@dataclass(frozen=True)
class Expected:
    """lm-eval's own answers in the order of its requests, and its numbers: {(task, metric): (value, standard error, items)}.

    `answers[n]` is (log-likelihood, is greedy), a log-likelihood or a text; `contexts[n]` is all that the request said; a metric
    of a named filter has that behind its name.
    """

    contexts: list
    answers: list
    metrics: dict

    @property
    def log_likelihoods(self):
        """Those of continuations and of running texts."""
        return [answer[0] if isinstance(answer, tuple) else answer for answer in self.answers if not isinstance(answer, str)]


def make_checkpoint(folder, *, tokenizer_file, layers=2, width=64, context_length=2048, scale=4.0, seed=0):
    """A GPT-NeoX of fixed seed with the real tokenizer.

    Its weights are scaled up: as initialised it barely reads its prompt, and dropping all shots would change no answer.
    """
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_file), bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>"
    )
    config = GPTNeoXConfig(
        vocab_size=50304,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=4 * width,
        max_position_embeddings=context_length,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPTNeoXForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(scale)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def expected(folder, spec, *, batch_size=4):
    """What `simple_evaluate` gets from its own `hf` model, called on the folder by its name."""
    if spec.include_path:
        manager = TaskManager(include_defaults=False, include_path=spec.include_path)
    else:
        manager = harness.task_index.find(spec.task, include_path=None)
    results = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(folder), "dtype": "float32", "softmax_dtype": "float32"},
        tasks=[spec.task],
        num_fewshot=spec.num_fewshot,
        limit=spec.limit,
        batch_size=batch_size,
        device="cpu",
        task_manager=manager,
        random_seed=spec.seeds.python,
        numpy_random_seed=spec.seeds.numpy,
        torch_random_seed=spec.seeds.torch,
        fewshot_random_seed=spec.seeds.fewshot,
    )
    contexts, answers = [], []
    for task in results["samples"].values():
        for sample in task:
            if sample["filter"] == task[0]["filter"]:  # further filters read the same answers
                contexts.extend(tuple(arguments) for arguments in sample["arguments"])
                answers.extend(response[0] for response in sample["resps"])
    return Expected(contexts, answers, _metrics(results))


def measure(folder, spec, *, token_budget=1024, change_plan=None, change_model=None):
    """Plan, responses and reduction of our engine; the changes plant a fault into what is scored."""
    loaded = load(CheckpointSource(str(folder), True, None, "float32"), device="cpu")
    plan = harness.build_plan(spec)
    scored = change_plan(plan) if change_plan else plan
    if change_model:
        change_model(loaded.model)
    responses = score_all(PrefixScorer(loaded), scored, encoder_of(loaded), token_budget=token_budget)
    return plan, responses, harness.reduce(spec, plan, responses)


def score_all(scorer, plan, encoder, *, token_budget):
    """Every response by ordinal, scored batch by batch."""
    responses = [None] * len(plan.requests)
    for batch in batching.plan_batches(plan, encoder, token_budget=token_budget):
        requests = [request for request in plan.requests if request.sample in set(batch.samples)]
        for request, response in zip(requests, scorer.prepare(requests, batch.cuts)(), strict=True):
            responses[request.ordinal] = response
    return responses


def encoder_of(loaded):
    """The loaded model's tokenizer with its context limit."""
    return Encoder.of(loaded.tokenizer, loaded.model.config)


def asked_of(plan):
    """What each request of a plan says, as lm-eval puts it."""
    more = {"loglikelihood": "continuation", "generate_until": "settings"}
    return [
        (request.context, getattr(request, more[request.kind])) if request.kind in more else (request.context,)
        for request in plan.requests
    ]


def assert_equal(wanted, responses, metrics, *, tolerance=TOLERANCE):
    """Every log-likelihood, greedy mark and text, every metric with its standard error and its number of items."""
    assert [_shape(answer) for answer in wanted.answers] == [response.kind for response in responses]
    largest = largest_difference(wanted, responses)
    assert largest <= tolerance, f"a log-likelihood differs by {largest}"
    assert [response.is_greedy for response in responses] == [
        answer[1] if isinstance(answer, tuple) else None for answer in wanted.answers
    ]
    texts = [answer if isinstance(answer, str) else None for answer in wanted.answers]
    for place, (response, text) in enumerate(zip(responses, texts, strict=True)):
        assert response.text == text, f"request {place} was answered {response.text!r} in place of {text!r}"
    found = {(metric.task, metric.metric): (metric.value, metric.stderr, metric.items) for metric in metrics}
    assert found == {key: _near(key[1], value) for key, value in wanted.metrics.items()}


def largest_difference(wanted, responses):
    """How far the worst log-likelihood is from lm-eval's; that of a running text by the tenth part of it, as rounding adds up."""
    differences = [0.0]
    for response, answer in zip(responses, wanted.answers, strict=True):
        if isinstance(answer, tuple):
            differences.append(abs(response.log_likelihood - answer[0]))
        elif isinstance(answer, float):
            differences.append(abs(response.log_likelihood - answer) / max(1.0, abs(answer) / 10))
    return max(differences)


def _shape(answer):
    return {tuple: "loglikelihood", float: "loglikelihood_rolling", str: "generate_until"}[type(answer)]


def _near(metric, value):
    """Shares of items are equal; what is made of log-likelihoods shares their rounding."""
    if "perplexity" in metric or "bits_per_byte" in metric:
        return pytest.approx(value[0], rel=1e-4), value[1] if value[1] is None else pytest.approx(value[1], rel=1e-3), value[2]
    return value


def _metrics(results):
    found = {}
    for name, values in results["results"].items():
        for key, value in values.items():
            metric, comma, filter_name = key.partition(",")
            if comma and not metric.endswith("_stderr"):
                stderr = values[f"{metric}_stderr,{filter_name}"]
                stderr = None if stderr == "N/A" or math.isnan(stderr) else stderr
                found[name, metric if filter_name == "none" else key] = (value, stderr, values["sample_len"])
    return found
