"""One record of the archive out of a row: columns, and beside them what columns cannot give back. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from papers.archive.export.written import Row, Value


@dataclass(frozen=True, slots=True)
class Beside:
    """What a catalogue row keeps beside its columns (`papers.catalogue_row`)."""

    raw: Mapping[str, Value] = field(default_factory=dict)
    absent: Collection[str] = ()
    extra: Mapping[str, Value] = field(default_factory=dict)
    edited: Collection[str] = ()


NOTHING = Beside()


def restored(columns: Row, beside: Beside = NOTHING, *, names: Mapping[str, str] | None = None) -> Row:
    """The record with the archive's keys in the order of `columns`, then the extra keys.

    What the archive said word for word wins over a column, unless a person edited the column since. A key that the record
    lacked stays away while a column has nothing of its own to say. `names` gives the column of a key that is called otherwise.
    """
    if not (beside.raw or beside.absent or beside.extra):
        return columns
    names = names or {}
    row: Row = {}
    for key, value in columns.items():
        is_edited = bool({key, names.get(key, key)} & set(beside.edited))
        if key in beside.absent and not (is_edited or value):
            continue
        row[key] = beside.raw[key] if key in beside.raw and not is_edited else value
    for key, value in beside.extra.items():
        row.setdefault(key, value)
    return row


def is_still_said(raw: list[Value] | None, *, names: Sequence[Value], now: Sequence[str]) -> bool:
    """Whether a raw list, whose items are called `names`, says what the rows say now; a null says what no row does."""
    return list(dict.fromkeys(names)) == list(now) if raw is not None else not now
