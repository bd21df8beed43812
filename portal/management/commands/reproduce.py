"""`manage.py reproduce`: ask for the run that tests a claim or a checkpoint."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from workers import lifecycle, passes, waiting
from workers.models import ClaimMapping

MOST_ITEMS = 1_000_000
MOST_TOKENS = 1_000_000


class Command(BaseCommand):
    """Ask for a measurement and print where to follow it."""

    help = "Ask for a run. WHAT is a claim's id (as its board links it) or a checkpoint's slug such as gpt-neox-20b."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("what", metavar="WHAT")
        parser.add_argument("--protocol", default="", help="slug of the protocol, where several could test it")
        parser.add_argument("--items-per-task", type=int, help="a trial over the first items of each task; measures no claim")
        parser.add_argument("--token-budget", type=int, help="tokens a batch, about (default: by what the checkpoint needs)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for the run."""
        items, token_budget = options["items_per_task"], options["token_budget"]
        if items is not None and not 1 <= items <= MOST_ITEMS:
            raise CommandError(f"--items-per-task must be from 1 to {MOST_ITEMS:,}.")
        if token_budget is not None and not 1 <= token_budget <= MOST_TOKENS:
            raise CommandError(f"--token-budget must be from 1 to {MOST_TOKENS:,}.")
        mapping = _mapping(options["what"], protocol=options["protocol"])
        mapping = passes.leader(mapping) if items is None else mapping
        run = lifecycle.request(mapping, by=None, items_per_task=items, token_budget=token_budget)
        self.stdout.write(f"/runs/{run.public_id}  {run.get_state_display()}. {waiting.why(run)}".rstrip())


def _mapping(what: str, *, protocol: str) -> ClaimMapping:
    try:
        mappings = ClaimMapping.objects.filter(claim__public_id=UUID(what))
    except ValueError:
        mappings = ClaimMapping.objects.filter(checkpoint__slug=what)
    if protocol:
        mappings = mappings.filter(protocol__slug=protocol)
    slugs = sorted(set(mappings.values_list("protocol__slug", flat=True)))
    if not slugs:
        known = ", ".join(sorted(set(ClaimMapping.objects.values_list("checkpoint__slug", flat=True)))) or "none"
        raise CommandError(f'Nothing here can test "{what}": add a mapping in the admin, or name a mapped checkpoint ({known}).')
    if len(slugs) > 1:
        raise CommandError(f'"{what}" can be tested under {", ".join(slugs)}: choose one with --protocol.')
    mapping = mappings.first()
    assert mapping is not None
    return mapping
