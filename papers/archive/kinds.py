"""Which dump a file is: by its name or its folder's, else by the keys of its first row."""

from pathlib import Path

from papers.archive.reader import ArchiveFileError, ArchiveRow, read_rows
from papers.archive.report import DumpKind

_NAMES = {
    "papers-with-abstracts": DumpKind.PAPERS,
    # The hub's name for the same dump has "paper" in the singular.
    "links-between-paper": DumpKind.LINKS,
    "evaluation-tables": DumpKind.TABLES,
}
_LATER = ("methods", "datasets")


def is_of_later_kind(path: Path) -> bool:
    """Whether the file is one of the archive's dumps that cannot be imported yet."""
    return any(path.name in {f"{name}.json", f"{name}.json.gz"} for name in _LATER)


def kind_of(path: Path) -> DumpKind:
    """The kind of the dump at `path`; raises `ArchiveFileError` for a file that is none."""
    for name in (path.name, path.parent.name):
        for start, kind in _NAMES.items():
            if name.startswith(start):
                return kind
    first = next(iter(read_rows(path)), None)
    keys = first.values.keys() if isinstance(first, ArchiveRow) else set()
    if "repo_url" in keys:
        return DumpKind.LINKS
    if "task" in keys and keys & {"datasets", "subtasks"}:
        return DumpKind.TABLES
    if "paper_url" in keys and keys & {"title", "abstract", "authors"}:
        return DumpKind.PAPERS
    wanted = ", ".join(DumpKind)
    raise ArchiveFileError(f"is no dump that can be imported, by its name or its first row; give one of {wanted}")
