"""The engine is entered once, through one door; until then none of its heavy packages is imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ["torch", "transformers", "lm_eval", "datasets", "tokenizers", "safetensors", "huggingface_hub", "numpy", "django"]


def run(program, *, cwd=ROOT):
    """What a fresh process prints, as JSON; it knows nothing of this one's environment."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_contract_and_the_errors_import_nothing_heavy():
    program = (
        "import json, sys\n"
        "import workers.evaluation, workers.evaluation.contract, workers.evaluation.errors, workers.evaluation.checkpoints\n"
        "import workers.evaluation.selftest, workers.evaluation.benchmark_data\n"
        f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )

    assert run(program) == []


def test_the_engine_needs_no_django():
    program = (
        "import json, sys\n"
        "from workers.evaluation import harness, loading, scoring, devices, batching\n"
        "from workers.evaluation.selftest import training\n"
        "print(json.dumps([name for name in sys.modules if name.split('.')[0] in ('django', 'celery', 'psycopg2', 'portal')]))"
    )

    assert run(program) == []


def test_behind_the_door_the_stock_task_runs_from_any_folder(bench, tmp_path):
    program = (
        "import json, pathlib\n"
        "from workers.evaluation import open_door\n"
        f"staged = open_door(pathlib.Path('home'), pathlib.Path({str(bench)!r}), True, threads=1)\n"
        "from workers.evaluation import harness\n"
        "from workers.evaluation.contract import ProtocolSpec\n"
        "import torch\n"
        "plan = harness.build_plan(ProtocolSpec('mmlu_virology', 5, limit=2))\n"
        "print(json.dumps([staged.test_items, len(plan.requests), torch.get_num_threads()]))"
    )

    assert run(program, cwd=tmp_path) == [14_042, 8, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_partial_folder_serves_its_subjects_and_names_what_mmlu_lacks(bench, tmp_path):
    for split in ("test", "dev"):
        (tmp_path / "bench" / "mmlu" / split).mkdir(parents=True)
        name = f"mmlu/{split}/virology_{split}.csv"
        (tmp_path / "bench" / name).write_bytes((bench / name).read_bytes())
    program = (
        "import json, pathlib\n"
        "from workers.evaluation import open_door\n"
        "open_door(pathlib.Path('home'), pathlib.Path('bench'), True, threads=1)\n"
        "from workers.evaluation import harness\n"
        "from workers.evaluation.contract import ProtocolSpec\n"
        "from workers.evaluation.errors import DataMissing\n"
        "plan = harness.build_plan(ProtocolSpec('mmlu_virology', 5, limit=1))\n"
        "try:\n"
        "    harness.build_plan(ProtocolSpec('mmlu', 5))\n"
        "except DataMissing as error:\n"
        "    print(json.dumps([len(plan.samples), str(error)]))"
    )

    items, sentence = run(program, cwd=tmp_path)

    assert items == 1
    assert sentence.startswith("BENCHMARK_DATA lacks 56 of the 57 MMLU subjects that are needed (")


def test_the_door_must_come_first(tmp_path):
    program = (
        "import json, pathlib\n"
        "import huggingface_hub\n"
        "from workers.evaluation import open_door\n"
        "try:\n"
        "    open_door(pathlib.Path('home'), None, True)\n"
        "except RuntimeError as error:\n"
        "    print(json.dumps(str(error)))"
    )

    assert run(program, cwd=tmp_path) == "open_door must come before huggingface_hub is imported: it reads HF_HOME only then"
