"""`make equality`: all items of every kind and all of MMLU through lm-eval's own `hf` model and through our engine."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from workers.evaluation.benchmark_data import environment, stage


def main():
    """Exits with 1 where the two engines differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, help="ask the first items of each task only")
    parser.add_argument("--only", default="", metavar="WORD", help="ask the kinds with this in their name only")
    asked = parser.parse_args()
    bench = Path(os.environ.get("SHARED_DATA") or Path.cwd().parent / "shared" / "data") / "bench"
    if not bench.is_dir():
        sys.exit(f"needs sample data: {bench} is not there (set SHARED_DATA)")
    with tempfile.TemporaryDirectory(prefix="equality-") as home:
        os.environ.update(environment(Path(home), True, has_own_data=True))
        stage(bench, Path(home))
        # after the environment, which their packages read when they are imported
        from tests.workers.evaluation.equality.full import report
        from workers.evaluation import local_tasks

        folder = local_tasks.prepare(bench, Path(home) / "local_tasks")
        failed = report(bench, folder, limit=asked.limit, only=asked.only)
    print(f"\n{failed} kinds differ." if failed else "\nNo answer differs.")
    sys.exit(min(failed, 1))


if __name__ == "__main__":
    main()
