"""Campaigns: which claims can be measured and by what, what measuring all of them costs, and asking for it.

A mapping is a person's word. What is suggested here only saves the search: weights whose name the claim bears, and protocols of
its benchmark with the worked examples that its row says.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from accounts.models import User
from leaderboards import comparable, harness_boards
from leaderboards.comparable import Subject
from leaderboards.measurements import is_proportion
from leaderboards.models import Measurement, Protocol, Score
from workers import lifecycle, passes
from workers.models import Checkpoint, ClaimMapping, Run
from workers.states import RunState

Cell = tuple[int, int]
"""A cell of a board: the ids of its claim and of its metric."""

_SHOTS = re.compile(r"\(?\b(?:(\d{1,3})|(zero)|(one)|(few))[- ]?shots?\b[^()]*\)?", re.IGNORECASE)
_LONGEST_READ = 200


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What could test a claim."""

    checkpoint: Checkpoint
    protocol: Protocol
    scale: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it takes to measure a set of mapped claims.

    `runs` are to be asked for; `open_runs` are under way and would be joined; `measured` claims have a number already. `took` is
    what the last finished runs of the same weights under the same protocols took together, `unknown` how many runs have none.
    """

    claims: int
    runs: int
    open_runs: int
    measured: int
    took: timedelta
    unknown: int
    memory_bytes: int


def shots_of(name: str) -> int | None:
    """How many worked examples the name of a claim's model says, e.g. 5 for "GPT-NeoX 20B (5-shot)"; None where it does not."""
    found = _SHOTS.search(name[:_LONGEST_READ])
    if not found or found[4]:
        return None
    return int(found[1]) if found[1] else 0 if found[2] else 1


def bare_name(name: str) -> str:
    """A model's name without what it says of examples, folded: "gptneox20b"."""
    words = _SHOTS.sub("", name[:_LONGEST_READ])
    return "".join(letter for letter in words.casefold() if letter.isalnum())


def suggestions(scores: Iterable[Score]) -> Mapping[Cell, tuple[Suggestion, ...]]:
    """What could test each cell and is not mapped to it yet; the scores come with `claim` and `metric__leaderboard`."""
    checkpoints: dict[str, list[Checkpoint]] = defaultdict(list)
    for checkpoint in Checkpoint.objects.select_related("model"):
        for name in {bare_name(checkpoint.name), bare_name(checkpoint.model.name)}:
            checkpoints[name].append(checkpoint)
    scores = [score for score in scores if bare_name(score.claim.model_name) in checkpoints]
    protocols = sorted(runnable_protocols(), key=lambda protocol: protocol.pk)
    scales = {metric.pk: harness_boards.scale_of(metric) for metric in {score.metric for score in scores}}
    mapped = set(_keys(ClaimMapping.objects.filter(claim__in={score.claim_id for score in scores})))
    return {
        (score.claim_id, score.metric_id): tuple(
            Suggestion(
                checkpoint=checkpoint,
                protocol=protocol,
                scale=scales[score.metric_id] if is_proportion(protocol.metric) else 1.0,
            )
            for checkpoint in checkpoints[bare_name(score.claim.model_name)]
            for protocol in protocols
            if _fits(score, protocol) and (score.claim_id, score.metric_id, checkpoint.pk, protocol.pk) not in mapped
        )
        for score in scores
    }


def map_all(scores: Iterable[Score]) -> None:
    """Map every cell to all that is suggested for it; what is mapped meanwhile stays as it is."""
    proposed = [
        ClaimMapping(claim_id=claim, metric_id=metric, checkpoint=item.checkpoint, protocol=item.protocol, scale=item.scale)
        for (claim, metric), items in suggestions(scores).items()
        for item in items
    ]
    ClaimMapping.objects.bulk_create(proposed, ignore_conflicts=True)


def runs_beside(mappings: Iterable[ClaimMapping], suggested: Iterable[Suggestion]) -> int:
    """How many runs what is suggested takes beside those of what is mapped."""
    known = {_pass(item) for item in mappings}
    return len({(item.checkpoint.pk, passes.key(item.protocol)) for item in suggested} - known)


def runnable_protocols() -> list[Protocol]:
    """The protocols of the installed harness, by name; how others measured cannot be rerun here."""
    harness = version("lm-eval")
    return [protocol for protocol in Protocol.objects.order_by("name") if _runs_here(protocol, harness)]


def _keys(mappings: Iterable[ClaimMapping]) -> Iterable[tuple[int | None, int, int, int]]:
    return ((item.claim_id, item.metric_id, item.checkpoint_id, item.protocol_id) for item in mappings)


def _runs_here(protocol: Protocol, harness: str) -> bool:
    """Whether it is one of the installed harness."""
    return isinstance(protocol.versions, dict) and protocol.versions.get("lm_eval") == harness


def _fits(score: Score, protocol: Protocol) -> bool:
    """Whether a protocol is of the claim's benchmark, metric and part of the data, with the examples that its row says."""
    claim = comparable.of_board(score.metric.leaderboard.dataset_name, metric=score.metric.name)
    about = Subject(benchmarks=protocol.dataset_names, split=protocol.split, metric=protocol.metric)
    shots = shots_of(score.claim.model_name)
    return bool(
        protocol.dataset_names
        and not comparable.obstacle(claim=claim, protocol=about)
        and comparable.kind_of(score.metric.name)
        and shots in {None, protocol.num_fewshot}
    )


def cost(mappings: Collection[ClaimMapping]) -> Cost:
    """What measuring these claims takes; the mappings come with `checkpoint` and `protocol`. Five queries at most."""
    to_measure = _unmeasured(mappings)
    pairs = {_pass(item): item.checkpoint for item in to_measure}
    runs = Run.objects.filter(checkpoint__in={key for key, _ in pairs}, items_per_task=None).select_related("protocol")
    open_pairs = {_pass(run) for run in runs.open().defer("provenance", "results")} & pairs.keys()
    finished = runs.filter(state=RunState.FINISHED, started_at__isnull=False, finished_at__isnull=False).order_by("finished_at")
    took = {_pass(run): _took(run) for run in finished.defer("provenance", "results")}
    asked = pairs.keys() - open_pairs
    return Cost(
        claims=len(to_measure),
        runs=len(asked),
        open_runs=len(open_pairs),
        measured=len(mappings) - len(to_measure),
        took=sum((took[pair] for pair in asked if pair in took), timedelta()),
        unknown=sum(pair not in took for pair in asked),
        memory_bytes=max((pairs[pair].memory_bytes for pair in asked), default=0),
    )


def _pass(item: ClaimMapping | Run) -> tuple[int, str]:
    """What one run measures: the weights, and all protocols that one pass answers."""
    return item.checkpoint_id, passes.key(item.protocol)


def _took(run: Run) -> timedelta:
    assert run.started_at is not None and run.finished_at is not None  # the query asks for it
    return run.finished_at - run.started_at


def measure(mappings: Collection[ClaimMapping], *, by: User) -> list[Run]:
    """Ask for the runs that measure these claims, one for each checkpoint and pass; open ones are joined."""
    firsts = {_pass(item): item for item in _unmeasured(mappings)}
    return [lifecycle.request(passes.leader(mapping), by=by) for mapping in firsts.values()]


def _unmeasured(mappings: Collection[ClaimMapping]) -> Sequence[ClaimMapping]:
    """Those whose claim no run has measured under the protocol, published or not."""
    claims = {item.claim_id for item in mappings}
    found = Measurement.objects.filter(claim__in=claims, run_id__isnull=False, superseded_by=None, retracted_at=None)
    done = set(found.values_list("claim_id", "metric_id", "protocol_id", "checkpoint"))
    return [item for item in mappings if (item.claim_id, item.metric_id, item.protocol_id, item.checkpoint.name) not in done]
