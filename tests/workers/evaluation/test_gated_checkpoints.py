"""A checkpoint that the hub hands out to those alone who asked for it, at a hub of our own that says so as the real one does."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FETCH = """
from workers.evaluation.checkpoints import CheckpointSource, local_folder
from workers.evaluation.errors import EvaluationError
try:
    local_folder(CheckpointSource("EleutherAI/closed", False, "a" * 40, "float16"))
except EvaluationError as error:
    print(error.code, error, sep="|")
"""


class Hub(BaseHTTPRequestHandler):
    """Refuses whatever is asked."""

    def do_GET(self):
        self.send_response(403)
        self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("X-Error-Message", "Access to this model is restricted.")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = HTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_gated_checkpoint_says_whom_to_ask(hub, tmp_path):
    closed = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"}
    environment = {
        name: value for name, value in os.environ.items() if name not in closed and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [sys.executable, "-c", FETCH], cwd=ROOT, env={**environment, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path)}, capture_output=True,
        text=True, timeout=100,
    )  # fmt: skip
    assert done.stdout.strip() == (
        f"checkpoint_gated|The hub gives EleutherAI/closed at revision {'a' * 40} to those alone who asked its owner: "
        "ask there, download it by hand and register its folder."
    ), done.stderr
