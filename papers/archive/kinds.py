"""Which dump a file is: by its name or its folder's, else by the keys of its first row."""

import re
from collections.abc import Set
from pathlib import Path

from papers.archive.reader import ArchiveFileError, ArchiveRow, read_rows
from papers.archive.report import DumpKind

SUFFIXES = (".json", ".json.gz", ".parquet")

_NAMES = {
    re.compile("papers-with-abstracts"): DumpKind.PAPERS,
    # The hub's name for the same dump has "paper" in the singular.
    re.compile("links-between-paper"): DumpKind.LINKS,
    re.compile("evaluation-tables"): DumpKind.TABLES,
    # Words that stand in other names too: the whole name, or that of a shard.
    re.compile(r"methods($|\.|-\d+-of-\d+\.)"): DumpKind.METHODS,
    re.compile(r"datasets($|\.|-\d+-of-\d+\.)"): DumpKind.DATASETS,
}
# Folders that the hub's repositories have between their name and their shards.
_FOLDERS_OF_SHARDS = {"data", "default", "train"}


def is_dump_name(path: Path) -> bool:
    """Whether a file in a folder of dumps is taken for one."""
    return path.name.endswith(SUFFIXES)


def kind_of(path: Path) -> DumpKind:
    """The kind of the dump at `path`; raises `ArchiveFileError` for a file that is none."""
    for name in _telling_names(path):
        for pattern, kind in _NAMES.items():
            if pattern.match(name):
                return kind
    first = next(iter(read_rows(path)), None)
    kind_by_keys = _kind_by(first.values.keys()) if isinstance(first, ArchiveRow) else None
    if kind_by_keys:
        return kind_by_keys
    wanted = ", ".join(DumpKind)
    raise ArchiveFileError(f"is no dump that can be imported, by its name or its first row; give one of {wanted}")


def _telling_names(path: Path) -> list[str]:
    folder = path.parent
    while folder.name in _FOLDERS_OF_SHARDS:
        folder = folder.parent
    return [path.name, folder.name]


def _kind_by(keys: Set[str]) -> DumpKind | None:
    if "repo_url" in keys:
        return DumpKind.LINKS
    if "task" in keys and keys & {"datasets", "subtasks"}:
        return DumpKind.TABLES
    if "paper_url" in keys and keys & {"title", "abstract", "authors"}:
        return DumpKind.PAPERS
    if "name" in keys and keys & {"variants", "modalities", "data_loaders"}:
        return DumpKind.DATASETS
    if "name" in keys and keys & {"collections", "num_papers", "full_name"}:
        return DumpKind.METHODS
    return None
