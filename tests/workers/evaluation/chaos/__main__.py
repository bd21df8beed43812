"""`make chaos`: random faults to workers, scheduler, Redis and Postgres while runs are scored; every number must stay as it was.

It starts servers of its own, has one run scored undisturbed, then asks for runs cut in different ways and does one random fault
after another, spread evenly over the work. Nothing is hurried: a lease that is lost is waited for, the scheduler's reaper takes
it back. Where the product waits for staff (a worker that was set aside, a run that lost its workers three times), it plays
staff and counts that. Exits with 1 when a run is lost, doubled, or found anything else than the undisturbed one.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def main():
    """Prepare the environment, which packages read when they are first imported; then let go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of the faults")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--task", default="mmlu_astronomy", help="what the runs measure; more items, more to disturb")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the logs there")
    options = parser.parse_args()
    bench = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data") / "bench"
    if not bench.is_dir():
        sys.exit(f"needs sample data: {bench} is not there (set SHARED_DATA)")
    for number in (signal.SIGINT, signal.SIGTERM):  # either ends what was started, also what is frozen
        signal.signal(number, signal.default_int_handler)
    with _servers() as (folder, lease):
        from tests.workers.evaluation.chaos.long import let_go  # its imports read the environment

        failed = let_go(options, bench=bench, folder=options.keep or folder, lease=lease)
    sys.exit(1 if failed else 0)


@contextmanager
def _servers():
    """Servers of their own, migrated, that the settings of this process and its children name."""
    import django

    from portal import embedded
    from portal.embedded import home
    from workers.evaluation.benchmark_data import environment

    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        folder.chmod(0o711)  # the servers' account passes through
        stack.callback(home.remove, folder)
        (folder / "static").mkdir()
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ.update(VAR_DIR=str(folder), SELFTEST="0", PAGE_CACHE_MB="0", DJANGO_SETTINGS_MODULE="portal.settings")
        os.environ.update(environment(folder / "huggingface", True, has_own_data=True))
        lease = stack.enter_context(embedded.running(folder))
        os.environ.update(lease.addresses.environment())
        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        connections["owner"].close()
        yield folder, lease
        connections.close_all()


if __name__ == "__main__":
    main()
