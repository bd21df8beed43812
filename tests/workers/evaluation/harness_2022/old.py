"""Runs in a process of its own, where `lm_eval` is one of the harness's versions of 2022: what that asks and what it says.

    PYTHONPATH=<folder with lm-eval 0.2.0 or 0.3.0> python old.py job.json answer.json

The harness's own classes build the requests and compute the numbers. Two things are ours: its list of all tasks is not
imported, since that needs the packages of eighty others; and 0.3.0 is given the items that it would have fetched. Nothing of
this project is imported here.
"""

import csv
import importlib.util
import json
import os
import sys
import tempfile
import types
from pathlib import Path


def main(job_file, answer_file):
    """Read what is asked, write {task: {"requests", "answers", "results"}}."""
    job = json.loads(Path(job_file).read_text())
    tasks = _import_tasks()
    folder = Path(job["mmlu"])
    make = _from_csv if job["version"] == "0.2.0" else _from_rows
    model = None
    found = {}
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        for subject in job["subjects"]:
            task = make(tasks, folder, subject)
            model = model or _model(job["checkpoint"])
            found[subject] = _evaluate(task, subject, model, num_fewshot=job["num_fewshot"], limit=job["limit"])
    Path(answer_file).write_text(json.dumps(found))


def _import_tasks():
    """The file of MMLU's task alone, out of the package `lm_eval.tasks`."""
    place = importlib.util.find_spec("lm_eval.tasks").submodule_search_locations
    bare = types.ModuleType("lm_eval.tasks")
    bare.__path__ = list(place)
    sys.modules["lm_eval.tasks"] = bare
    import lm_eval

    lm_eval.tasks = bare
    from lm_eval.tasks import hendrycks_test

    return hendrycks_test


def _from_csv(tasks, folder, subject):
    """0.2.0 reads the benchmark's own files, which have no line of names, and letters for answers."""
    there = Path("data/hendrycksTest")
    for split in ("test", "dev", "val"):
        (there / split).mkdir(parents=True, exist_ok=True)
        with (there / split / f"{subject}_{split}.csv").open("w", newline="") as file:
            for row in _rows(folder, subject, split):
                csv.writer(file).writerow([row["question"], *row["choices"], "ABCD"[row["answer"]]])
    (there / "done").touch()
    return tasks.create_task(subject)()


def _from_rows(tasks, folder, subject):
    """0.3.0 gets its items from the hub: here from the files, in the form in which the hub has them."""
    splits = {"test": "test", "dev": "dev", "validation": "val"}

    class Local(tasks.create_task(subject)):
        def download(self, *_arguments, **_options):
            self.dataset = {name: _rows(folder, subject, split) for name, split in splits.items()}

    return Local()


def _rows(folder, subject, split):
    path = folder / split / f"{subject}_{split}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {"question": row["question"], "choices": [row[f"choice{n}"] for n in range(4)], "answer": int(row["answer"])}
            for row in csv.DictReader(file)
        ]


class Heard(Exception):
    """All requests are known; no answer is made up to go on."""


def _model(checkpoint):
    from lm_eval.base import BaseLM

    class Model(BaseLM):
        """The harness's own way to score, over a causal model that transformers loads."""

        vocab_size = max_gen_toks = None
        batch_size, device = 1, "cpu"
        eot_token_id = max_length = None

        def loglikelihood(self, requests):
            self.requests = requests
            if checkpoint is None:
                raise Heard
            self.answers = super().loglikelihood(requests)
            return self.answers

        def tok_encode(self, string):
            return self.tokenizer.encode(string, add_special_tokens=False)

        def _model_call(self, inps):
            import torch

            with torch.no_grad():
                return self.network(inps)[0]

        def tok_decode(self, tokens):
            raise NotImplementedError

        def _model_generate(self, context, max_length, eos_token_id):
            raise NotImplementedError

    model = Model()
    if checkpoint is not None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        model.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        model.network = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
        Model.max_length = model.network.config.max_position_embeddings
        Model.eot_token_id = model.tokenizer.eos_token_id
    return model


def _evaluate(task, subject, model, *, num_fewshot, limit):
    from lm_eval.evaluator import evaluate

    name = f"hendrycksTest-{subject}"
    try:
        results = evaluate(lm=model, task_dict={name: task}, num_fewshot=num_fewshot, limit=limit)["results"][name]
    except Heard:
        return {"requests": model.requests, "answers": None, "results": None}
    return {"requests": model.requests, "answers": model.answers, "results": results}


if __name__ == "__main__":
    main(*sys.argv[1:])
