"""The boards and the metric names of the sample tables."""

import csv
import json


def sampled_boards(shared_data):
    """(metric names, rows) of every board of the sample tables, in order."""
    boards = []
    for path in sorted((shared_data / "pwc/archive/evaluation-tables").glob("*.json")):
        _collect(json.loads(path.read_text()), boards)
    return boards


def sampled_metrics(shared_data):
    """Every distinct metric name of the sample tables and of the final archive's aggregate, without outer white space."""
    names = {name.strip(): None for metrics, _ in sampled_boards(shared_data) for name in metrics}
    with (shared_data / "pwc/all_tasks_detailed.csv").open(newline="") as file:
        names |= {name.strip(): None for row in csv.DictReader(file) for name in row["SOTA Metrics"].split("; ")}
    return list(names)


def _collect(node, boards):
    if isinstance(node, list):
        for part in node:
            _collect(part, boards)
    if isinstance(node, dict):
        if node.get("sota"):
            boards.append((node["sota"].get("metrics", []), node["sota"].get("rows", [])))
        for key in ("subtasks", "datasets", "subdatasets"):
            _collect(node.get(key), boards)
