"""A small checkpoint in a folder, for tests that spoil it."""

import json

from workers.evaluation.checkpoints import CheckpointSource


def source(folder, *, dtype="float32"):
    return CheckpointSource(str(folder), True, None, dtype)


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
