"""A checkpoint that writes texts of all lengths, and tasks on which some of what it writes is right."""

import json
import re
import shutil
from pathlib import Path

from datasets import DatasetInfo, Features, SplitDict, SplitInfo, Value, Version
from datasets.arrow_writer import ArrowWriter

from tests.workers.evaluation.comparison import expected
from tests.workers.evaluation.equality.models import END, FEW_WORDS, make_model, make_tokenizer, prefer
from workers.evaluation import local_tasks
from workers.evaluation.contract import ProtocolSpec

ENDS_BY = 1.5
"""By how much the words that end a text are preferred: enough for some texts, too little for others."""

LAST_NUMBER = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
"""As the tasks' flexible-extract has it."""


def make_writer(folder, *, bench, context_length=1024):
    """Random weights that like numbers and, now and then, to end a text or to begin a new paragraph."""
    tokenizer = make_tokenizer(bench, words=FEW_WORDS)
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=context_length)
    prefer(model, tokenizer, ["4", "7", " 12"], by=2.0)
    prefer(model, tokenizer, [END, "\n\n"], by=ENDS_BY)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_arithmetic(folder, *, writer, bench, spec):
    """Our word problems, of which every second one of those that `spec` asks has as its answer what the checkpoint writes.

    So that an accuracy is neither none nor all, which many a fault would leave as it is.
    """
    asked = local_tasks.prepare(bench, folder / "asked", tasks=[spec.task])
    texts = expected(writer, spec_in(asked, spec), batch_size=1).answers
    numbers = [(LAST_NUMBER.findall(text) or [("", "")])[-1] for text in texts]
    made = local_tasks.prepare(bench, folder / "made", tasks=[spec.task])
    items = made / f"{spec.task}.items.jsonl"
    rows = [json.loads(line) for line in items.read_text().splitlines()]
    for row, number in list(zip(rows, numbers, strict=False))[::2]:
        row["answer"] = f"#### {number[0] or number[1]}"
    items.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return made


def spec_in(folder, spec):
    """The same protocol over the tasks of another folder."""
    return ProtocolSpec(spec.task, spec.num_fewshot, limit=spec.limit, include_path=str(folder))


def lay_down(hf_home, *, path, name, splits):
    """Rows of texts where lm-eval's stock task finds its data set when the hub is not asked: as a download would have left them.

    In place of what another module of the same process laid down there.
    """
    folder = Path(hf_home) / "datasets" / path.replace("/", "___") / name / "0.0.0" / "made-for-tests"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dataset = path.rpartition("/")[2]
    features = Features({column: Value("string") for column in splits["test"][0]})
    info = DatasetInfo(
        features=features, builder_name="parquet", dataset_name=dataset, config_name=name, version=Version("0.0.0")
    )
    info.splits = SplitDict(dataset_name=dataset)
    for split, rows in splits.items():
        with ArrowWriter(path=str(folder / f"{dataset}-{split}.arrow"), features=features) as writer:
            for row in rows:
                writer.write(row)
            _, size = writer.finalize()
        info.splits.add(SplitInfo(name=split, num_bytes=size, num_examples=len(rows), dataset_name=dataset))
    info.write_to_directory(str(folder))
