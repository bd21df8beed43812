"""What the web process may not load."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import portal.wsgi
from django.urls import get_resolver
from django.conf import settings
import workers.tasks, workers.registry, workers.admin
get_resolver().url_patterns
heavy = {"torch", "transformers", "lm_eval", "datasets", "tokenizers", "safetensors", "accelerate", "scipy", "numpy"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_web_process_loads_no_model_library():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
