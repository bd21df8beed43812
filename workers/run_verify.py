"""Does a run's number follow from what the model answered? lm-eval's own code computes it again, from the database or an export.

Prompts are built anew too, from the benchmark data of this machine: answers to other prompts count for nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from workers import plan, reduce
from workers.engine import open_engine
from workers.evaluation.contract import FURTHER, Plan, PlannedRequest, ProtocolSpec, Reduction, Response, SampleOutcome, Seeds
from workers.models import Run, Sample
from workers.response_digest import digest_of
from workers.run_export import MANIFEST
from workers.run_settings import JUDGED_BEFORE
from workers.states import RunState

Json = dict[str, Any]


class CannotVerify(Exception):
    """There is nothing that could be verified; the text is one sentence."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, in a line."""

    is_same: bool
    line: str


def of_run(run: Run) -> Iterator[Check]:
    """Compute a run's numbers again from the responses in the database. Raises CannotVerify and EvaluationError."""
    if run.state != RunState.FINISHED:
        raise CannotVerify(f"The run is {run.get_state_display().lower()}: only a finished run has numbers.")
    responses = reduce.responses_of(run)
    stands = str(run.results.get("responses_sha256", ""))
    if stands:
        yield _digest("responses", stands=stands, found=digest_of(responses))
    dtype, metric = run.checkpoint.dtype, str(run.results.get("metric", JUDGED_BEFORE))
    reduction = open_engine().reduce(plan.spec_of(run), plan.stored_plan(run), responses, dtype=dtype, metric=metric)
    yield from _metrics(run.results["metrics"], reduction)
    if stands:
        yield from _task_hashes(run.results["harness"]["task_hashes"], reduction)
    yield _items(_outcomes_that_stand(run), reduction.outcomes, is_same=_is_as_stored)


def of_folder(folder: Path) -> Iterator[Check]:
    """Compute a run's numbers again from an export alone. Raises CannotVerify and EvaluationError."""
    manifest = _manifest(folder)
    yield from _files(folder, manifest)
    spec = _spec(manifest)
    engine = open_engine()
    planned = engine.build_plan(spec)
    yield from _prompts(manifest, planned)
    entries = _entries(folder, manifest, "samples_")
    further = {item: lines[0] for item, lines in _entries(folder, manifest, "further_").items()}
    responses = list(_responses(planned, entries, further))
    yield _digest("responses", stands=str(manifest["responses_sha256"]), found=digest_of(responses))
    dtype = str(manifest["provenance"]["checkpoint"]["dtype"])
    reduction = engine.reduce(spec, planned, responses, dtype=dtype)
    yield from _metrics(manifest["metrics"], reduction)
    yield from _results(folder, manifest, reduction)
    yield from _task_hashes(manifest["task_hashes"], reduction)
    logged = [entries[sample.task, sample.doc_id] for sample in planned.samples]
    yield _items(logged, reduction.outcomes, is_same=_is_as_logged)


def _digest(what: str, *, stands: str, found: str) -> Check:
    if stands == found:
        return Check(True, f"{what}: the same, SHA-256 {found[:12]}")
    return Check(False, f"{what}: DIFFERENT, SHA-256 {stands[:12] or 'missing'} stands, {found[:12]} is what they have")


def _metrics(stands: Sequence[Json], reduction: Reduction) -> Iterator[Check]:
    """A line for each metric that stands or that is computed."""
    recorded = {(metric["task"], metric["metric"]): metric for metric in stands}
    computed = {(metric.task, metric.metric): asdict(metric) for metric in reduction.metrics}
    for key in dict.fromkeys((*recorded, *computed)):
        yield _compared(" ".join(key), recorded.get(key), computed.get(key))


def _compared(name: str, stands: Json | None, found: Json | None) -> Check:
    if stands is None or found is None:
        return Check(False, f"{name}: DIFFERENT, {'does not stand' if stands is None else 'is not computed'}")
    if stands == found:
        return Check(True, f"{name}: the same, {found['value']!r} ± {found['stderr']!r} over {found['items']:,} items")
    different = ", ".join(
        f"{key} {stands.get(key)!r} stands, {found[key]!r} computed" for key in found if stands.get(key) != found[key]
    )
    return Check(False, f"{name}: DIFFERENT, {different}")


def _task_hashes(stands: Mapping[str, str], reduction: Reduction) -> Iterator[Check]:
    found: dict[str, str] = reduction.harness["task_hashes"]
    wrong = sorted(task for task in {*stands, *found} if stands.get(task) != found.get(task))
    if not wrong:
        yield Check(True, f"task hashes: the same, of {len(found)} task{'' if len(found) == 1 else 's'}")
    for task in wrong:
        yield _digest(f"task hash of {task}", stands=str(stands.get(task, "")), found=found.get(task, "none"))


def _items(stands: Sequence[Any], outcomes: Sequence[SampleOutcome], *, is_same: Callable[[Any, SampleOutcome], bool]) -> Check:
    """One line for all items; the first that differs is named."""
    wrong = [outcome.index for item, outcome in zip(stands, outcomes, strict=True) if not is_same(item, outcome)]
    if not wrong:
        return Check(True, f"items: the same, all {len(outcomes):,}")
    return Check(False, f"items: DIFFERENT, {len(wrong):,} of {len(outcomes):,}, the first is number {wrong[0]}")


def _outcomes_that_stand(run: Run) -> list[SampleOutcome]:
    columns = ("index", "prediction", "target", "is_correct", "margin", "logged")
    rows = Sample.objects.filter(run=run).order_by("index").values_list(*columns)
    return [
        SampleOutcome(index, prediction, target, is_correct, margin, tuple(logged))
        for index, prediction, target, is_correct, margin, logged in rows
    ]


def _is_as_stored(stands: SampleOutcome, found: SampleOutcome) -> bool:
    """Runs of before logged nothing of their items."""
    return stands == (found if stands.logged else replace(found, logged=()))


def _manifest(folder: Path) -> Json:
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
        assert isinstance(found, dict)
        assert {"run", "files", "metrics", "task_hashes", "responses_sha256", "provenance"} <= found.keys()
    except (OSError, ValueError, AssertionError, RecursionError) as error:
        raise CannotVerify(f"{folder / MANIFEST} is no manifest of an export: name the folder that export_run wrote.") from error
    return found


def _files(folder: Path, manifest: Json) -> Iterator[Check]:
    """A line for each file: those that are listed, and those that are there beside them."""
    listed = {str(file["name"]): str(file["sha256"]) for file in manifest["files"]}
    for name, stands in listed.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise CannotVerify(f"The manifest lists {name[:100]!r}, which leads out of the export: do not trust this folder.")
        path = folder / name
        yield _digest(name, stands=stands, found=_sha256(path) if path.is_file() else "none")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and name not in listed:
            yield Check(False, f"{name}: DIFFERENT, the manifest does not list it")


def _listed(folder: Path, manifest: Json, beginning: str, ending: str) -> list[Path]:
    """The files of one kind that the manifest lists, and that are there."""
    paths = [folder / str(file["name"]) for file in manifest["files"]]
    return [path for path in paths if path.name.startswith(beginning) and path.name.endswith(ending) and path.is_file()]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _spec(manifest: Json) -> ProtocolSpec:
    run = manifest["run"]
    return ProtocolSpec(
        task=str(run["task"]),
        num_fewshot=run["num_fewshot"],
        limit=run["items_per_task"],
        include_path=plan.own_definitions(str(run["task"]), is_selftest=bool(run["is_selftest"])),
        seeds=Seeds(**run["seeds"]),
        rules=tuple(map(str, run.get("rules", ()))),
    )


def _prompts(manifest: Json, planned: Plan) -> Iterator[Check]:
    """Whether the prompts that are built here are those that the run recorded, a line for each task where they are not."""
    stands = {str(task["name"]): str(task["prompt_sha256"]) for task in manifest["provenance"]["tasks"]}
    found = {fact.name: fact.prompt_sha256 for fact in planned.tasks}
    wrong = sorted(name for name in {*stands, *found} if stands.get(name) != found.get(name))
    if not wrong:
        yield Check(True, f"prompts: the same as built here, {len(planned.requests):,} requests")
    for name in wrong:
        yield _digest(f"prompts of {name}", stands=stands.get(name, ""), found=found.get(name, "none"))


Items = Mapping[tuple[str, int], list[Json]]


def _entries(folder: Path, manifest: Json, beginning: str) -> Items:
    """The lines of each item in files of one kind, of samples one for each filter, by task and document."""
    found: dict[tuple[str, int], list[Json]] = {}
    for path in _listed(folder, manifest, beginning, ".jsonl"):
        task = path.name.removeprefix(beginning).rpartition("_")[0]
        try:
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    entry = json.loads(line)
                    found.setdefault((task, int(entry["doc_id"])), []).append(entry)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CannotVerify(f"{path} is not lm-eval's samples: export the run again.") from error
    return found


def _responses(planned: Plan, entries: Items, further: Mapping[tuple[str, int], Json]) -> Iterator[Response]:
    """The answers by ordinal; only an answer to the very prompt that is asked here."""
    own = Counter(request.sample for request in planned.requests if request.choice < FURTHER)
    for request in planned.requests:
        sample = planned.samples[request.sample]
        item = (sample.task, sample.doc_id)
        where = f"item {sample.doc_id} of {sample.task}"
        place = request.choice if request.choice < FURTHER else request.choice - FURTHER
        entry = entries[item][0] if request.choice < FURTHER and entries.get(item) else further.get(item)
        if not entry:
            raise CannotVerify(f"The export has no {where}: it is not whole.")
        tokens = further[item].get("tokens", []) if item in further else []
        answered = request.choice if request.choice < FURTHER else own[request.sample] + place
        response = _response(request, entry, place, where=where)
        yield replace(response, tokens=tokens[answered] if answered < len(tokens) else None)


def _response(request: PlannedRequest, entry: Json, place: int, *, where: str) -> Response:
    try:
        asked = list(entry["arguments"][f"gen_args_{place}"].values())
        (said,) = entry["resps"][place]
        response = _READ[request.kind](said)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CannotVerify(f"The export's {where} has no answer {request.choice} as lm-eval writes it.") from error
    if asked != [request.context, *_more(request)]:
        raise CannotVerify(f"The export's {where} was asked otherwise than lm-eval asks here: the data or the export changed.")
    return response


def _more(request: PlannedRequest) -> list[Any]:
    """What is asked with beside the context."""
    more: dict[str, list[Any]] = {"loglikelihood": [request.continuation], "generate_until": [request.settings]}
    return more.get(request.kind, [])


def _read_choice(said: Any) -> Response:
    log_likelihood, is_greedy = said
    return Response(log_likelihood=float(log_likelihood), is_greedy={"True": True, "False": False}[is_greedy])


_READ: Mapping[str, Callable[[Any], Response]] = {
    "loglikelihood": _read_choice,
    "loglikelihood_rolling": lambda said: Response(log_likelihood=float(said), is_greedy=None),
    "generate_until": lambda said: Response(log_likelihood=None, is_greedy=None, text=str(said)),
}
"""Reads an answer of each kind as lm-eval's samples write it."""


def _results(folder: Path, manifest: Json, reduction: Reduction) -> Iterator[Check]:
    """Whether lm-eval's own file of results says what is computed."""
    for path in _listed(folder, manifest, "results_", ".json"):
        try:
            stands = json.loads(path.read_bytes())["results"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CannotVerify(f"{path} is not lm-eval's results: export the run again.") from error
        wrong = [name for name, value in reduction.harness["results"].items() if stands.get(name) != value]
        name = path.relative_to(folder).as_posix()
        yield Check(not wrong, f"results in {name}: {'DIFFERENT, of ' + ', '.join(wrong) if wrong else 'the same'}")


def _is_as_logged(stands: Iterable[Json], found: SampleOutcome) -> bool:
    """Whether an item's lines say what is computed: hashes, target, filtered answers, metrics."""
    lines = list(stands)
    return len(lines) == len(found.logged) and all(
        all(line.get(name) == value for name, value in entry.items()) for line, entry in zip(lines, found.logged, strict=True)
    )
