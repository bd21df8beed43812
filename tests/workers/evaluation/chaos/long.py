"""The long chaos: which faults come when, who plays staff meanwhile, and what is said at the end."""

import time
from collections import Counter
from random import Random

import psutil
from django.conf import settings
from django.db.models import Sum

from tests.workers.evaluation.chaos.faults import FAULTS, Chaos, NothingLeft
from tests.workers.evaluation.chaos.findings import complaints_of, everything_of, scorers_at_once
from tests.workers.evaluation.chaos.patience import patiently, until
from tests.workers.evaluation.chaos.runs import WHOLE, Asker, size_for
from tests.workers.evaluation.chaos.site import Site, environment_of
from tests.workers.evaluation.comparison import make_checkpoint
from workers.evaluation.benchmark_data import stage
from workers.models import Run, Shard
from workers.states import RunState

CUTS = (64, 1, 12, 3, 24)
"""Shards of the disturbed runs, by turns."""
NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight")
FIRST, LAST = 0.01, 0.9
"""The parts of the work between which the faults come."""
PATIENCE = 900
"""Seconds without progress after which something hangs: lost leases and a machine that others keep busy fit in."""


def let_go(options, *, bench, folder, lease):
    """Whether anything is wrong in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    stage(bench, folder / "huggingface")
    tokenizer = bench / "gptneox_tokenizer" / "20B_tokenizer.json"
    neox = make_checkpoint(folder / "checkpoints" / "neox", tokenizer_file=tokenizer)
    names = NAMES[: options.workers]
    environment = environment_of(bench, neox)
    site = Site(folder, workers=names, forking=names[-1:], var_dir=settings.VAR_DIR, environment=environment)
    print(
        f"seed {options.seed}, {options.faults} faults over {options.runs} runs of {options.task}, {len(names)} workers",
        flush=True,
    )
    with site.running(lease=lease):
        return _Long(options, site=site, asker=Asker(neox, task=options.task)).go()


class _Long:
    def __init__(self, options, *, site, asker):
        self._options, self._site, self._asker = options, site, asker
        self._random = Random(options.seed)
        self._chaos = Chaos(site, self._random)
        self._began, self._done = time.monotonic(), Counter()

    def go(self):
        until(self._site.is_up, what="all workers are up", seconds=600)
        whole = self._undisturbed(WHOLE)
        many = self._undisturbed(size_for(whole, 64))
        self._say(f"undisturbed: {whole.samples_total:,} items, {whole.requests_total:,} requests, {_batches([whole]):,} batches")
        self._say(f"undisturbed in {many.shards.count()} shards: {scorers_at_once(many)} workers had shards of it at once")
        wanted, complaints = everything_of(whole), complaints_of([whole, many], wanted=everything_of(whole))
        sizes = [size_for(whole, CUTS[number % len(CUTS)]) for number in range(self._options.runs)]
        runs = [self._asker.ask(shard_tokens=size) for size in sizes]
        self._disturb(runs, of=_batches([whole]) * len(runs))
        self._wait(lambda: patiently(lambda: all(run.has_ended for run in _fresh(runs))), runs, what="every run ends")
        complaints += complaints_of(runs, wanted=wanted)
        self._report(runs, complaints)
        return bool(complaints)

    def _undisturbed(self, size):
        run = self._asker.ask(shard_tokens=size)
        self._wait(lambda: patiently(lambda: Run.objects.get(pk=run.pk).has_ended), [run], what="the undisturbed run ends")
        return Run.objects.get(pk=run.pk)

    def _disturb(self, runs, *, of):
        """One fault after another, each when so much of the work is done as was drawn for it."""
        kinds = [FAULTS[number % len(FAULTS)] for number in range(self._options.faults)]
        self._random.shuffle(kinds)
        points = sorted(self._random.uniform(FIRST, LAST) for _ in kinds)
        for number, point in enumerate(points, 1):
            self._wait(lambda point=point: _done(runs) >= point * of, runs, what=f"{point:.0%} are done")
            fault = kinds.pop(next((place for place, kind in enumerate(kinds) if self._chaos.is_possible(kind)), 0))
            try:
                line = self._do(fault)
            except NothingLeft:
                self._say(f"fault {number}, {fault.__name__}, came too late: nothing was left to disturb")
                continue
            self._done[fault.__name__] += 1
            self._say(f"fault {number} at {_done(runs) / of:.1%}: {line}")

    def _do(self, fault):
        """Do it; anew where its victim ended in that very moment."""
        while True:
            try:
                return fault(self._chaos)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue

    def _wait(self, is_so, runs, *, what):
        done, moved = -1, time.monotonic()
        while not is_so():
            patiently(self._chaos.tend)
            if (now := _done(runs)) != done:
                done, moved = now, time.monotonic()
            assert time.monotonic() - moved < PATIENCE, f"nothing moves while {what}: {_standing(runs)}"
            time.sleep(0.2)

    def _report(self, runs, complaints):
        did = ", ".join(f"{count} {what}" for what, count in sorted(self._chaos.staff_did.items())) or "nothing"
        self._say(f"{self._done.total()} faults over {len(runs)} runs, seed {self._options.seed}; staff did: {did}")
        self._say(", ".join(f"{count} {name}" for name, count in sorted(self._done.items())))
        at_once = [scorers_at_once(run) for run in _fresh(runs) if run.state == RunState.FINISHED]
        self._say(f"workers that scored a run at once: {at_once}; shards: {[run.shards.count() for run in runs]}")
        for complaint in complaints:
            self._say(f"WRONG: {complaint}")
        if not complaints:
            self._say("no run lost, none doubled, every request, sample and metric as in the undisturbed run, to the last bit")

    def _say(self, line):
        print(f"{time.monotonic() - self._began:7.1f} s  {line}", flush=True)


def _fresh(runs):
    return list(Run.objects.filter(pk__in=[run.pk for run in runs]).order_by("pk"))


def _done(runs):
    of_runs = Shard.objects.filter(run__in=runs)
    return patiently(lambda: of_runs.aggregate(done=Sum("batches_done"))["done"]) or 0


def _batches(runs):
    return Shard.objects.filter(run__in=runs).aggregate(count=Sum("batch_count"))["count"]


def _standing(runs):
    return [(run.pk, run.state, Counter(run.shards.values_list("state", flat=True))) for run in _fresh(runs)]
