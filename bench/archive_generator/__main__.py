"""`python -m bench.archive_generator DIR`: write a made-up archive and print its manifest."""

import argparse
import json
from pathlib import Path

from bench.archive_generator.dumps import FILES, Wanted, generate

SEED = 20250724


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, write the files, print the manifest."""
    parser = argparse.ArgumentParser(prog="python -m bench.archive_generator", description=__doc__.partition(": ")[2])
    parser.add_argument("directory", type=Path, metavar="DIR", help="where the files go; made where it is missing")
    parser.add_argument("--scale", type=_scale, default=1.0, help="1 is the archive of July 2025 (default)")
    parser.add_argument("--seed", type=_count, default=SEED, help=f"default {SEED}")
    parser.add_argument("--files", type=_files, default=tuple(FILES), help=f"some of {','.join(FILES)} (default all)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--next", action="store_true", dest="later", help="a later dump: 1 %% changed, 0.2 %% gone, 1 %% new")
    kind.add_argument(
        "--delta", type=_count, default=0, metavar="N", help="only a papers file of N papers that the archive lacks"
    )
    given = parser.parse_args(arguments)
    wanted = Wanted(seed=given.seed, scale=given.scale, files=given.files, later=given.later, delta=given.delta)
    print(json.dumps(generate(given.directory, wanted=wanted), indent=1))


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 10:
        raise argparse.ArgumentTypeError("give a number above 0, at most 10")
    return scale


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("give a whole number, 0 or more")
    return int(text)


def _files(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(FILES):
        raise argparse.ArgumentTypeError(f"give some of {','.join(FILES)}")
    return names


if __name__ == "__main__":
    main()
