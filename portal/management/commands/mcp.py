"""`manage.py mcp`: the catalogue for assistants, by the Model Context Protocol."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

PORT = 8100


class Command(BaseCommand):
    """Serves one assistant by standard input and output, or many by HTTP."""

    help = "Serve the catalogue to assistants: by standard input and output, or with --http to many at http://127.0.0.1:8100/mcp."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("--http", action="store_true", help="serve by HTTP; a proxy of yours decides who reaches it")
        parser.add_argument("--port", type=int, default=PORT, help=f"the port, with --http ({PORT})")

    def handle(self, *, http: bool, port: int, **options: Any) -> None:
        """Until the other side has gone."""
        from portal.mcp_server import server  # here, so that no other process loads the protocol's packages

        if http:
            server().run("streamable-http", port=port, stateless_http=True, json_response=True)
        else:
            server().run("stdio")
