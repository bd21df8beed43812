"""Which checkpoints may be loaded, and from where: hub owners on the allow-list, folders under CHECKPOINT_ROOTS."""

import re
from pathlib import Path

from django.conf import settings

from workers.models import Checkpoint

HUB_ID = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9._-]{0,95})/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
COMMIT = re.compile(r"[0-9a-f]{40}")


class CheckpointRefused(Exception):
    """The checkpoint may not be loaded; the text is one sentence that says why and what to do."""

    code = "checkpoint_refused"


def location_of(checkpoint: Checkpoint) -> str:
    """The hub id, or the absolute path of the folder, that the checkpoint may be loaded from.

    A folder need not be there yet. Raises CheckpointRefused for an owner who is not allowed, a revision that could
    move, and a folder outside of CHECKPOINT_ROOTS (symbolic links are followed first).
    """
    if checkpoint.hub_id:
        return _allowed_hub_id(checkpoint.hub_id, revision=checkpoint.revision)
    return str(_allowed_folder(checkpoint.folder))


def _allowed_hub_id(hub_id: str, *, revision: str) -> str:
    match = HUB_ID.fullmatch(hub_id)
    if match is None:
        raise CheckpointRefused(f'"{hub_id}" is no hub id: write owner/name, such as EleutherAI/gpt-neox-20b.')
    if match["owner"] not in settings.CHECKPOINT_OWNERS:
        allowed = ", ".join(sorted(settings.CHECKPOINT_OWNERS)) or "nobody"
        raise CheckpointRefused(f'Checkpoints of "{match["owner"]}" are not allowed here: CHECKPOINT_OWNERS names {allowed}.')
    if COMMIT.fullmatch(revision) is None:
        raise CheckpointRefused(f"{hub_id} needs its revision as a commit of 40 hexadecimal digits, since a branch can move.")
    return hub_id


def _allowed_folder(folder: str) -> Path:
    roots = [Path(root).resolve() for root in settings.CHECKPOINT_ROOTS]
    try:
        candidates = [path for root in roots if (path := (root / folder).resolve()).is_relative_to(root) and path != root]
        there = [path for path in candidates if path.is_dir()]
    except (OSError, ValueError) as error:  # a name that is too long, a NUL, a circle of links
        raise CheckpointRefused(
            f'The folder "{folder[:80]}" cannot be looked up: name a folder below CHECKPOINT_ROOTS.'
        ) from error
    if not candidates or folder.startswith("/"):
        raise CheckpointRefused(
            f'The folder "{folder}" is not below any of CHECKPOINT_ROOTS: name a folder relative to one of them.'
        )
    return (there or candidates)[0]
