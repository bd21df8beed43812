"""Collecting the static files, when they have changed since the last time."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

NOTE = "sources.sha256"


def collect_if_changed() -> bool:
    """Collect the static files unless they are the same as at the last time; whether they were collected."""
    root = Path(settings.STATIC_ROOT)
    note = root / NOTE
    digest = _digest()
    if note.is_file() and note.read_text() == digest:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    note.write_text(digest)
    return True


def _digest() -> str:
    """A digest of every source file's name, size and time: reading them all would take as long as collecting."""
    lines = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            lines.append(f"{path}\0{found.st_size}\0{found.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
