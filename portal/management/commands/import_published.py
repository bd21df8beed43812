"""`manage.py import_published DIR`: results that others published, as lm-eval writes them."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards import harness_boards, harness_results
from leaderboards.harness_results import HarnessResults, ResultsRefused
from leaderboards.measurements import Publication
from portal.pages.links import web_address

TASKS_NAMED = 6
PYTHIA = "EleutherAI/pythia"
PYTHIA_SOURCE = Publication(
    title="EleutherAI’s evaluations of Pythia",
    url="https://github.com/EleutherAI/pythia/tree/main/evals/pythia-v1",
    day=datetime(2023, 1, 1, tzinfo=UTC),
)
"""Where the results of Pythia's checkpoints were published, and in which year."""


class Command(BaseCommand):
    """Stores measurements by others; boards show them with their source."""

    help = "Import results that others published (lm-eval's results JSON) as measurements by others."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder with results files, or one such file")
        parser.add_argument("--url", default="", help="where they were published; known for EleutherAI's Pythia")
        parser.add_argument("--title", default="", help="what that publication is called")
        parser.add_argument("--day", default="", help="the day of the publication, as 2023-04-03")

    def handle(self, *, folder: Path, **options: Any) -> None:
        """Each file by itself, all of it or nothing of it; a file that is refused does not keep the others out."""
        given = _given(options)
        refused = 0
        for file in _files(folder):
            try:
                results = harness_results.read(file.read_text(encoding="utf-8"))
                report = harness_boards.store(results, publication=given or _known(results))
            except ResultsRefused as error:
                refused += 1
                self.stderr.write(f"{file.name} was not imported. {error}")
            except (OSError, UnicodeDecodeError):
                refused += 1
                self.stderr.write(f"{file.name} was not imported. It cannot be read as text in UTF-8.")
            else:
                self.stdout.write(f"{file.name}: {report.new} new numbers of {results.model}, {report.known} were here.")
                if report.left_out:
                    self.stdout.write(f"  Left out, since no board here is of their task: {_in_short(sorted(report.left_out))}.")
        if refused:
            raise CommandError(f"{refused} files were not imported; what is above says why.")


def _in_short(tasks: list[str]) -> str:
    """Some of the names, and how many more there are."""
    rest = len(tasks) - TASKS_NAMED
    return ", ".join(tasks[:TASKS_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _files(folder: Path) -> list[Path]:
    files = [folder] if folder.is_file() else sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not files:
        raise CommandError(f"{folder} holds no .json file; give the folder of the results files.")
    return files


def _given(options: dict[str, Any]) -> Publication | None:
    """The publication that the command line names, if it names one."""
    if not (options["url"] or options["title"] or options["day"]):
        return None
    if not web_address(options["url"]):
        raise CommandError("--url must be the http(s) address at which the results were published.")
    try:
        day = datetime.strptime(options["day"], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError("--day must say when the results were published, as 2023-04-03.") from error
    return Publication(title=options["title"], url=options["url"], day=day)


def _known(results: HarnessResults) -> Publication:
    if not results.model.startswith(PYTHIA):
        raise ResultsRefused(f"Where the results of {results.model} were published is not known: say it with --url and --day.")
    return PYTHIA_SOURCE
