"""Verdicts on claims in words, as pages and the API give them: derived at each reading, from what stands there and then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models.functions import JSONObject

from leaderboards import comparable, verdicts
from leaderboards.comparable import Subject
from leaderboards.measurements import is_proportion
from leaderboards.models import Leaderboard, Metric, Protocol, Score
from leaderboards.verdicts import Claimed, Found, Judgement, Terms, Verdict

SMALLEST_P = 0.001
_ORDER = (
    Verdict.EXACT, Verdict.CONSISTENT, Verdict.INCONCLUSIVE, Verdict.DIFFERS, Verdict.NOT_RUN, Verdict.NOT_COMPARABLE,
)  # fmt: skip
"""The order in which a reader wants to see them."""


class ProtocolFound(msgspec.Struct, frozen=True):
    """A protocol as far as its name is shown and verdicts go by it."""

    slug: str
    name: str
    description: str
    is_selftest: bool
    num_fewshot: int
    scoring: str
    aggregation: str
    metric: str
    split: str
    dataset_names: list[str]
    margin: float | None
    noise: float


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict in words, with its place in a list of several.

    `p` says how often luck alone would do it, `adjusted` the same over a whole table.
    """

    word: str
    key: str
    holds: bool
    rank: int
    reason: str
    chance: str = ""
    p: str = ""
    adjusted: str = ""


def protocol_json(prefix: str = "") -> JSONObject:
    """A protocol as a column of a read: `ProtocolFound`; `prefix` is the lookup that leads to it, e.g. "protocol__"."""
    fields: dict[str, Any] = {name: prefix + name for name in ProtocolFound.__struct_fields__}
    return JSONObject(**fields)


def claimed(raw: str, value: float | None, *, scale: float, dataset: str, metric: str) -> Claimed | None:
    """A cell of a board as a claim that can be judged; None where it holds no number."""
    if value is None:
        return None
    return Claimed(raw=raw, value=value, scale=scale, subject=comparable.of_board(dataset, metric=metric))


def of_score(score: Score | None, *, board: Leaderboard, metric: Metric) -> Claimed | None:
    """The same of a stored cell, where there is one."""
    if score is None:
        return None
    return claimed(score.raw, score.value, scale=score.scale, dataset=board.dataset_name, metric=metric.name)


def terms_of(protocol: Protocol | ProtocolFound) -> Terms:
    """What of a protocol decides about verdicts."""
    about = Subject(benchmarks=protocol.dataset_names, split=protocol.split, metric=protocol.metric)
    return Terms(subject=about, margin=protocol.margin, noise=protocol.noise)


def found_of(measurement: Any) -> Found:
    """What of a measurement decides about verdicts: a `Measurement`, or a row of the same names, with its protocol."""
    return Found(
        value=measurement.value,
        items=measurement.items,
        standard_error=measurement.standard_error,
        low=measurement.interval_low,
        high=measurement.interval_high,
        chance=measurement.chance_level,
        scale=measurement.scale,
        is_proportion=is_proportion(measurement.protocol.metric),
    )


def judge(claim: Claimed, measurement: Any) -> Judgement:
    """The verdict on a claim by a measurement, a `Measurement` or a row of the same names, under its protocol."""
    return verdicts.judge(claim, found_of(measurement), terms_of(measurement.protocol))


def untested(claim: Claimed, protocol: Protocol | ProtocolFound) -> Judged:
    """The verdict where nothing was measured: not run, or not comparable."""
    return in_words(verdicts.judge(claim, None, terms_of(protocol)))


def in_words(judgement: Judgement, *, adjusted: float | None = None, among: int = 0) -> Judged:
    """A verdict as a reader sees it; `adjusted` is the p-value over the table of `among` comparisons that it stands in."""
    return Judged(
        word=judgement.verdict.value,
        key=judgement.verdict.key,
        holds=judgement.verdict.holds,
        rank=_ORDER.index(judgement.verdict),
        reason=judgement.reason,
        chance=judgement.chance,
        p="" if judgement.p_value is None or judgement.verdict == Verdict.NOT_COMPARABLE else p_in_words(judgement.p_value),
        adjusted="" if adjusted is None or among < 2 else f"{p_in_words(adjusted)} over {among} comparisons",
    )


def p_in_words(value: float) -> str:
    """A p-value: "p = 0.45", "p < 0.001"."""
    return f"p < {SMALLEST_P:g}" if value < SMALLEST_P else f"p = {value:.2g}"


@dataclass(frozen=True, kw_only=True)
class Family:
    """The comparisons of one table, whose p-values Holm's method adjusts for how many there are."""

    adjusted: Mapping[object, float]

    def of(self, key: object, judgement: Judgement) -> Judged:
        """A verdict of this table in words."""
        return in_words(judgement, adjusted=self.adjusted.get(key), among=len(self.adjusted))


def family(judgements: Iterable[tuple[object, Judgement]]) -> Family:
    """The comparisons of a table by what tells them apart: a claim that two boards state is one."""
    tested = {key: found.p_value for key, found in judgements if found.verdict != Verdict.NOT_COMPARABLE}
    p_values = {key: p for key, p in tested.items() if p is not None}
    return Family(adjusted=dict(zip(p_values, verdicts.holm(list(p_values.values())), strict=True)))


def same_comparison(claim: Claimed, measurement: Any) -> object:
    """What tells comparisons of a table apart: the claimed cell's text, and the number with its source and protocol."""
    source = measurement.run_id or measurement.publication_url
    return claim.raw, measurement.protocol.name, measurement.value, str(source)
