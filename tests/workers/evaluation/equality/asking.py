"""What lm-eval says when a language model answers its requests: requests, answers, items and numbers, all of them."""

import random
from dataclasses import dataclass

import numpy as np
import torch
from lm_eval.evaluator import evaluate

from workers.evaluation import task_index
from workers.evaluation.harness import _templates_compiled_once


@dataclass(frozen=True)
class Answers:
    """`answers[n]` is what the model said to `requests[n]`: (log-likelihood, is greedy), a log-likelihood, or a text.

    `picks` has the log-likelihoods of each item's choices, by (task, item); `items` each item's numbers, by (task, item, filter);
    `metrics` the aggregated ones, by (task, metric).
    """

    kinds: list
    requests: list
    answers: list
    picks: dict
    items: dict
    metrics: dict


@dataclass(frozen=True)
class Question:
    """A task or group with so many worked examples for each item, and the first items of each of its tasks, or all."""

    task: str
    num_fewshot: int
    limit: int | None = None
    include_path: str | None = None


class Tasks:
    """lm-eval's tasks for a question, built once, that any number of models may be asked."""

    def __init__(self, question):
        self._question = question
        manager = task_index.find(question.task, include_path=question.include_path)
        self._tasks = manager.load([question.task])
        for task in self._tasks["tasks"].values():
            task.set_config(key="num_fewshot", value=question.num_fewshot)

    def ask(self, model):
        """All that lm-eval's `evaluate` says about the model, with the same worked examples each time."""
        random.seed(0)
        np.random.seed(1234)
        torch.manual_seed(1234)
        for task in self._tasks["tasks"].values():
            task.set_fewshot_seed(seed=1234)
        with _templates_compiled_once():
            # standard errors follow from the items' numbers, which are compared; those of perplexities would be drawn by lot
            results = evaluate(lm=model, task_dict=self._tasks, limit=self._question.limit, bootstrap_iters=0)
        return _answers(results, self._tasks["tasks"])


def _answers(results, tasks):
    kinds, requests, answers, picks, items = [], [], [], {}, {}
    for name, samples in results["samples"].items():
        task, first_filter = tasks[name], samples[0]["filter"]
        for sample in samples:
            key = (name, sample["doc_id"])
            items[*key, sample["filter"]] = {name: sample[name] for name in sample["metrics"]}
            if sample["filter"] != first_filter:
                continue  # the same answers, read another way
            own = [response[0] for response in sample["resps"]]
            requests.extend(tuple(arguments) for arguments in sample["arguments"])
            answers.extend(own)
            kinds.extend([task.OUTPUT_TYPE] * len(own))
            if task.OUTPUT_TYPE == "multiple_choice":
                choices = len(task.doc_to_choice(sample["doc"]))  # what follows them is unconditional
                picks[key] = [log_likelihood for log_likelihood, _ in own[:choices]]
    metrics = {
        (task, name): value
        for task, values in results["results"].items()
        for name, value in values.items()
        if "," in name and "_stderr," not in name
    }
    return Answers(kinds, requests, answers, picks, items, metrics)
