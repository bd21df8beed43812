"""Claims against protocols: under which each claimed number was found again, under which not, and which nobody has tried.

A claim that two boards state in the same words, with the same measurements beside it, is shown once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leaderboards.models import Measurement, Protocol
from leaderboards.verdicts import Claimed, Verdict
from portal.pages import judged, measured
from portal.pages.figures import counted
from portal.pages.judged import Family, Judged, ProtocolFound
from portal.pages.links import Link
from portal.pages.measured import Measured, MeasurementFound


@dataclass(frozen=True, kw_only=True)
class TestedCell:
    """A claimed number with what was measured of it, and the protocols that could test it."""

    claimed: Claimed
    text: str
    metric: str
    model: str
    dataset: str
    board: Link
    measurements: Sequence[Measurement | MeasurementFound]
    mapped: Sequence[Protocol | ProtocolFound]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A claim under a protocol: what one measurement says, or that there is none."""

    protocol: str
    rule: str
    about: str
    measured: Measured | None
    verdict: Judged


@dataclass(frozen=True, kw_only=True)
class ClaimTests:
    """A claimed number with the boards that state it, and a line for each measurement and each protocol without one."""

    text: str
    metric: str
    model: str
    dataset: str
    boards: tuple[Link, ...]
    summary: str
    lines: tuple[Line, ...]


def of(cells: Iterable[TestedCell], *, family: Family | None = None) -> tuple[ClaimTests, ...]:
    """The claims of which something was measured, each under all protocols that its benchmark is measured under here."""
    cells = list(cells)
    protocols: dict[str, dict[str, Protocol | ProtocolFound]] = {}
    for cell in cells:
        known = protocols.setdefault(cell.dataset, {})
        known.update({item.protocol.slug: item.protocol for item in cell.measurements})
        known.update({protocol.slug: protocol for protocol in cell.mapped})
    merged: dict[object, list[TestedCell]] = {}
    for cell in cells:
        if cell.measurements:
            merged.setdefault(_sameness(cell), []).append(cell)
    return tuple(_tests(same, protocols[same[0].dataset], family) for same in merged.values())


def _sameness(cell: TestedCell) -> object:
    found = frozenset(judged.same_comparison(cell.claimed, item) for item in cell.measurements)
    return cell.text, cell.metric, cell.model, cell.dataset, found


def _tests(same: Sequence[TestedCell], protocols: Mapping[str, Protocol | ProtocolFound], family: Family | None) -> ClaimTests:
    first = same[0]
    lines = [_line(item.protocol, measured.in_words(item, claimed=first.claimed, family=family)) for item in first.measurements]
    tried = {item.protocol.slug for item in first.measurements}
    lines += [
        _untested(protocol, judged.untested(first.claimed, protocol)) for slug, protocol in protocols.items() if slug not in tried
    ]
    return ClaimTests(
        text=first.text,
        metric=first.metric,
        model=first.model,
        dataset=first.dataset,
        boards=tuple(dict.fromkeys(cell.board for cell in same)),
        summary=_summary(lines),
        lines=tuple(sorted(lines, key=lambda line: (line.verdict.rank, line.protocol))),
    )


def _line(protocol: Protocol | ProtocolFound, found: Measured) -> Line:
    assert found.verdict is not None  # it was held against a claim
    return Line(protocol=protocol.name, rule=rule_of(protocol), about=protocol.description, measured=found, verdict=found.verdict)


def _untested(protocol: Protocol | ProtocolFound, verdict: Judged) -> Line:
    return Line(protocol=protocol.name, rule=rule_of(protocol), about=protocol.description, measured=None, verdict=verdict)


def rule_of(protocol: Protocol | ProtocolFound) -> str:
    """What counts as the answer under a protocol, its worked examples and its mean, in words."""
    shots = "no worked example" if not protocol.num_fewshot else counted(protocol.num_fewshot, "worked example")
    return f"{Protocol.Scoring(protocol.scoring).label}; {shots}; {Protocol.Aggregation(protocol.aggregation).label.lower()}"


def _summary(lines: Iterable[Line]) -> str:
    """Which protocols make the claim true: those under which a measurement found it again."""
    tried: dict[str, bool] = {}
    for line in lines:
        if line.measured and line.verdict.word != Verdict.NOT_COMPARABLE:
            tried[line.protocol] = tried.get(line.protocol, False) or line.verdict.holds
    holding = [name for name, holds in tried.items() if holds]
    if not tried:
        return "No measurement of it can be compared with the claim."
    if not holding:
        return f"Found again under none of {counted(len(tried), 'protocol')}."
    if len(tried) == 1:
        return "Found again under the one protocol that it was measured under."
    return f"Found again under {len(holding)} of {counted(len(tried), 'protocol')}: {'; '.join(holding)}."
