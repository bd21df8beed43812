"""`manage.py judge_related [PATH...]`: how good related papers are, by held-out shared tasks."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from papers.relating.features import Weights
    from papers.relating.judging import Catalogue, Judgement, Score

MOST_SAMPLED = 100_000


class Command(BaseCommand):
    """Prints a table of how often lists of related papers share a task that was hidden from them."""

    help = (
        "Judge related papers: hide a task of each sampled paper and count how many of its related papers have it. "
        "Without PATH on the database, else on dumps (evaluation tables, papers with abstracts, folders), which are not imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a dump, or a folder of dumps")
        parser.add_argument("--sample", type=int, default=2_000, help="papers that are asked about (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=0, help="of the choice of papers and hidden tasks (default: %(default)s)")

    def handle(self, *args: Any, paths: list[Path], sample: int, seed: int, **options: Any) -> None:
        """Judge and report."""
        from papers.relating.judging import judge  # loads scipy, which no other command needs

        if not 4 <= sample <= MOST_SAMPLED:
            raise CommandError(f"--sample must be from 4 to {MOST_SAMPLED:,}.")
        if seed < 0:
            raise CommandError("--seed must not be negative.")
        try:
            judgement = judge(self._catalogue(paths), sample=sample, seed=seed)
        except ValueError as error:
            raise CommandError(str(error)) from error
        for line in _lines(judgement):
            self.stdout.write(line)

    def _catalogue(self, paths: list[Path]) -> "Catalogue":
        from portal.judged_dumps import ArchiveFileError, NothingToJudge, read_catalogue  # loads scipy, as above
        from portal.related_papers import judged_catalogue

        try:
            return read_catalogue(paths) if paths else judged_catalogue(progress=self._progress)
        except (NothingToJudge, ArchiveFileError) as error:
            raise CommandError(str(error)) from error

    def _progress(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(line, style_func=str)


def _lines(judgement: "Judgement") -> list[str]:
    chosen = f"Weights chosen on {judgement.chosen_on:,} papers: {_in_words(judgement.chosen)}."
    return [
        chosen,
        "What follows is of other papers. In brackets: 95 % intervals by the bootstrap.",
        "",
        f"All {judgement.asked:,} papers",
        *_table(judgement.all_papers),
        "",
        f"The {judgement.asked_with_tasks_left:,} of them that have another task beside the hidden one",
        *_table(judgement.with_tasks_left),
    ]


def _in_words(weights: "Weights") -> str:
    return f"text {weights.text:g}, tasks {weights.tasks:g}, methods {weights.methods:g}, datasets {weights.datasets:g}"


def _table(scores: Sequence["Score"]) -> list[str]:
    head = f"{'way':<24} {'precision@8':<22} {'precision@10':<22} recall@10"
    return [head, *(f"{score.way:<24} {score.precision_page!s:<22} {score.precision!s:<22} {score.recall}" for score in scores)]
