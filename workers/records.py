"""What a run's record says; it is JSON that workers write, and a part of another shape counts as missing."""

from typing import Any

from workers.models import Run


def tasks_of(run: Run) -> list[dict[str, Any]]:
    """The facts of the run's tasks; none before it is planned."""
    tasks = run.provenance.get("tasks") if isinstance(run.provenance, dict) else None
    return [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
