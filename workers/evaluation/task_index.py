"""Finds a task's definition among lm-eval's fourteen thousand without parsing them all (0.6 s in place of 10 s).

lm-eval's TaskManager can index one folder instead of everything. That gives the same task only if nothing outside the folder has
a say in it: the text of every definition is searched for its names first, and any doubt leads to the full index.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import lm_eval.tasks
from lm_eval.tasks import TaskManager
from lm_eval.tasks._index import Entry, Kind

from workers.evaluation.errors import UnknownTask

_ROOT = Path(lm_eval.tasks.__file__).parent
_NAME = re.compile(r"[A-Za-z0-9][\w.:+\-]{0,199}")


def find(task: str, *, include_path: str | None) -> TaskManager:
    """A task manager that knows `task` and all that it is made of; an unknown name is refused with the nearest ones.

    A name is looked up, never opened: lm-eval itself would take a path for a task and run the code beside it.
    """
    if not _NAME.fullmatch(task):
        raise UnknownTask(f"{task[:100]!r} is not a task name: give the name of an lm-eval task, such as mmlu.")
    manager = _index_of(include_path) if include_path else (_narrow_index(task) or _full_index())
    if task not in manager.task_index:
        near = difflib.get_close_matches(task, manager.all_tasks, n=3, cutoff=0.7)
        hint = f"the nearest names are {', '.join(near)}." if near else "see lm-eval's list of tasks for its name."
        raise UnknownTask(f"The evaluation harness (lm-eval {_version()}) has no task {task!r}: {hint}")
    return manager


def leaves(manager: TaskManager, task: str) -> dict[str, Entry]:
    """The entries of every single task that `task` (a task, group or tag) runs, by name."""
    found: dict[str, Entry] = {}
    for name in _closure(manager, task):
        entry = manager.task_index.get(name)
        if entry is not None and entry.kind in {Kind.TASK, Kind.PY_TASK}:
            found[name] = entry
    return found


@cache
def _full_index() -> TaskManager:
    return TaskManager()


@cache
def _index_of(folder: str) -> TaskManager:
    return TaskManager(include_defaults=False, include_path=folder)


@cache
def _narrow_index(task: str) -> TaskManager | None:
    declaring = [path for path, text in _texts_that_mention({task}).items() if _declares(text, task)]
    if len(declaring) != 1:
        return None
    folder = declaring[0].parent
    manager = _index_of(str(folder))
    if task not in manager.task_index:
        return None
    names = _closure(manager, task)
    tags = {name for name in names if name in manager.task_index and manager.task_index[name].kind is Kind.TAG}
    is_whole = all(name in manager.task_index for name in names)
    return manager if is_whole and not _may_be_tagged_outside(tags | {task}, folder=folder) else None


def _closure(manager: TaskManager, task: str) -> list[str]:
    names, waiting = [], [task]
    while waiting:
        name = waiting.pop()
        if name in names:
            continue
        names.append(name)
        entry = manager.task_index.get(name)
        if entry is not None and entry.kind is Kind.TAG:
            waiting.extend(sorted(entry.tags))
        elif entry is not None and entry.kind is Kind.GROUP:
            waiting.extend(_members(entry.cfg or {}))
    return names


def _members(group: dict[str, Any]) -> Iterator[str]:
    """Names of what a group runs; a group that is written out inside it stands for its own members."""
    members = group.get("task") or []
    for member in members if isinstance(members, list) else [members]:
        if isinstance(member, str):
            yield member
        elif "group" in member and member.get("task"):
            yield from _members(member)
        else:
            yield str(member.get("task") or member.get("group"))


def _texts_that_mention(words: set[str]) -> dict[Path, str]:
    sought = [word.encode() for word in words]
    paths = sorted(path for path in _ROOT.glob("**/*yaml") if path.is_file())
    contents = ((path, path.read_bytes()) for path in paths)
    return {path: content.decode("utf-8", "replace") for path, content in contents if any(word in content for word in sought)}


def _declares(text: str, task: str) -> bool:
    name = re.escape(task)
    return re.search(rf"^[\"']?(?:task|group)[\"']?\s*:\s*[\"']?{name}[\"']?\s*$", text, flags=re.MULTILINE) is not None


def _may_be_tagged_outside(names: set[str], *, folder: Path) -> bool:
    whole_names = re.compile(rf"(?<![\w.\-])(?:{'|'.join(map(re.escape, sorted(names)))})(?![\w.\-])")
    texts = [text for path, text in _texts_that_mention(names).items() if path.parent != folder]
    return any(re.search(r"\btag\b", text) and whole_names.search(text) for text in texts)


def _version() -> str:
    return str(lm_eval.__version__)
