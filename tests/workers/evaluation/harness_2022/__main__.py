"""`make harness-2022`: MMLU of 2022 as lm-eval 0.2.0 and 0.3.0 themselves ask and score it, beside ours."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from workers.evaluation import open_door

DIGESTS = Path(__file__).with_name("digests.json")
HELD = ("abstract_algebra", "anatomy", "college_mathematics", "moral_scenarios", "professional_law", "world_religions")
SCORED = ("abstract_algebra", "high_school_us_history", "virology")
SHOTS = (0, 1, 5)


def main():
    """Exits with 1 where the old harness and ours differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("installed", type=Path, help="folder in which 0.2.0/ and 0.3.0/ hold those versions of lm-eval")
    parser.add_argument("--write", action="store_true", help=f"write what the tests hold the prompts to ({DIGESTS.name}) anew")
    asked = parser.parse_args()
    bench = Path(os.environ.get("SHARED_DATA") or Path.cwd().parent / "shared" / "data") / "bench"
    if not bench.is_dir():
        sys.exit(f"needs sample data: {bench} is not there (set SHARED_DATA)")
    with tempfile.TemporaryDirectory(prefix="harness-2022-") as work:
        from tests.workers.evaluation.harness_2022 import items

        folder = Path(work) / "bench"
        is_real = items.lay(bench, folder)
        print(f"Shots of the validation split are drawn from {'the real one' if is_real else 'rows that stand in for it'}.")
        open_door(Path(work) / "home", folder, True)
        failed = _compare(asked, bench, folder, Path(work))
    print(f"\n{failed} differences." if failed else "\nNo prompt, log-likelihood or accuracy differs.")
    sys.exit(min(failed, 1))


def _compare(asked, bench, folder, work):
    # after the door, which sets what their packages read when they are imported
    from tests.workers.evaluation.comparison import make_checkpoint
    from tests.workers.evaluation.harness_2022.comparing import GROUPS, Case, ask_old, differences, digest
    from workers.evaluation.mmlu_csv import SUBJECTS

    checkpoint = make_checkpoint(work / "neox", tokenizer_file=bench / "gptneox_tokenizer" / "20B_tokenizer.json")
    held, failed = {}, 0
    for version in GROUPS:
        whole = [Case(version, SUBJECTS, shots) for shots in SHOTS]
        scored = [Case(version, SCORED, shots, 8, str(checkpoint)) for shots in (0, 5)]
        for case in (*whole, *scored):
            old = ask_old(case, installed=asked.installed, folder=folder)
            found = list(differences(case, old))
            failed += len(found)
            requests = sum(len(answer["requests"]) for answer in old.values())
            what = "scored" if case.checkpoint else "asked"
            print(
                f"lm-eval {version}, {case.num_fewshot} shots: {requests:,} requests {what}, {len(found)} differences", flush=True
            )
            print("".join(f"  {sentence}\n" for sentence in found), end="")
            if case.checkpoint is None:
                held |= {f"{version} {subject} {case.num_fewshot}": digest(old[subject]["requests"]) for subject in HELD}
    if asked.write:
        DIGESTS.write_text(json.dumps(held, indent=1) + "\n")
    return failed


if __name__ == "__main__":
    main()
