"""Which commit of this portal's own code runs, for the record of what it measures."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings

_COMMIT = re.compile(r"[0-9a-f]{40}")


@cache
def portal_commit() -> str:
    """The commit that PORTAL_COMMIT names, else that of a checkout beside manage.py; empty where neither is there."""
    return str(settings.PORTAL_COMMIT) or commit_in(Path(settings.BASE_DIR))


def commit_in(folder: Path) -> str:
    """The commit that is checked out in a folder, read without git; empty where that cannot be told."""
    git = folder / ".git"
    if git.is_file():  # a second checkout of one repository names its folder there
        git = (folder / _text(git).removeprefix("gitdir:").strip()).resolve()
    head = _text(git / "HEAD")
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else ""
    name = head.removeprefix("ref:").strip()
    common = (git / (_text(git / "commondir") or ".")).resolve()
    found = _text(common / name) or _packed(common, name)
    return found if _COMMIT.fullmatch(found) else ""


def _packed(git: Path, name: str) -> str:
    lines = (line.split(" ", 1) for line in _text(git / "packed-refs").splitlines())
    return next((parts[0] for parts in lines if len(parts) == 2 and parts[1] == name), "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
