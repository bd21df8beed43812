"""What a run found, to the last bit, and whether anything of it is missing or there twice."""

from collections import Counter

from leaderboards.models import Measurement
from workers.models import Request, Run, RunEvent
from workers.states import RunState, ShardState

ANSWERS = (
    "ordinal",
    "choice",
    "kind",
    "prompt__digest",
    "continuation",
    "log_likelihood",
    "is_greedy",
    "response_text",
    "tokens",
)
SAMPLES = (
    "index", "task", "document_id", "document", "choices", "target", "token_count", "tokens_cut", "prediction", "is_correct",
    "margin", "logged",
)  # fmt: skip


def everything_of(run):
    """Requests with their answers, samples and metrics; Python compares floats to the last bit."""
    requests = [
        tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
        for row in Request.objects.filter(run=run).order_by("ordinal").values_list(*ANSWERS)
    ]
    samples = list(run.samples.order_by("index").values_list(*SAMPLES))
    tasks = [(task["name"], task["prompt_sha256"]) for task in run.provenance["tasks"]]
    found = {name: run.results[name] for name in ("metrics", "ties", "responses_sha256")}
    return requests, samples, found, tasks


def complaints_of(asked, *, wanted):
    """What is lost, doubled or not as in `wanted`, the undisturbed run's; nothing when all is well."""
    runs = list(Run.objects.filter(pk__in=[run.pk for run in asked]).order_by("pk"))
    said = [] if len(runs) == len(asked) else [f"{len(asked) - len(runs)} runs are gone"]
    for number, run in enumerate(runs, 1):
        if run.state != RunState.FINISHED:
            said.append(f"run {number} is {run.state}: {run.error_message}")
            continue
        said += [f"run {number}: {what}" for what in _doubled(run)]
        names = ("requests", "samples", "metrics", "prompts")
        pairs = zip(names, everything_of(run), wanted, strict=True)
        said += [f"run {number} has other {name} than the undisturbed one" for name, mine, theirs in pairs if mine != theirs]
        if run.provenance["plan"]["is_bit_identical"] is not True:
            said.append(f"run {number} promises no bits")
    return said


def _doubled(run):
    if set(run.shards.values_list("state", flat=True)) != {ShardState.DONE}:
        yield "not every shard is done"
    done = Counter(RunEvent.objects.filter(run=run, note__regex=r"^Shard \d+ scored\.$").values_list("note", flat=True))
    if done != {f"Shard {index + 1} scored.": 1 for index in run.shards.values_list("index", flat=True)}:
        yield "not every shard was scored once"
    planned = RunEvent.objects.filter(run=run, note__startswith="Planned: ").count()
    ended = RunEvent.objects.filter(run=run, state=RunState.FINISHED).count()
    if (planned, ended) != (1, 1):
        yield f"planned {planned} times and finished {ended} times"
    measured = Measurement.objects.filter(run_id=run.public_id).count()
    if measured != int(run.items_per_task is None):
        yield f"{measured} measurements"


def scorers_at_once(run):
    """The most workers that had a shard of the run in the same moment."""
    moments = []
    for claimed, done, scored_by in run.shards.values_list("claimed_at", "done_at", "scored_by"):
        worker = scored_by[-1]["worker"]
        moments += [(claimed, 1, worker), (done, 0, worker)]
    at_it, most = Counter(), 0
    for _, begins, worker in sorted(moments):
        at_it[worker] += 1 if begins else -1
        most = max(most, sum(count > 0 for count in at_it.values()))
    return most


def scorers_of(run):
    """The workers that scored anything of the run."""
    return {entry["worker"] for entries in run.shards.values_list("scored_by", flat=True) for entry in entries}
