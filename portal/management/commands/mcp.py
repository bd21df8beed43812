"""`manage.py mcp`: the catalogue for assistants, by the Model Context Protocol."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

HOST = "127.0.0.1"
PORT = 8100


class Command(BaseCommand):
    """Serves one assistant by standard input and output, or many by HTTP."""

    help = f"Serve the catalogue to assistants: by standard input and output, or with --http to many at http://{HOST}:{PORT}/mcp."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What can be said on the command line."""
        parser.add_argument("--http", action="store_true", help="serve by HTTP, to whoever reaches the address")
        parser.add_argument("--host", default=HOST, help=f"the address to listen at, with --http ({HOST})")
        parser.add_argument("--port", type=int, default=PORT, help=f"the port, with --http ({PORT}); 0 takes a free one")

    def handle(self, *, http: bool, host: str, port: int, **options: Any) -> None:
        """Until the other side has gone, or a signal comes."""
        if not http:
            from portal.mcp_server import server  # here, so that no other process loads the protocol's packages

            server().run("stdio")
            return
        if not 0 <= port <= 65535:
            raise CommandError(f"--port: {port} is no port; they go from 0 to 65535.")
        from portal import mcp_http  # here, for the same reason

        try:
            mcp_http.serve(host=host, port=port)
        except mcp_http.CannotListen as error:
            raise CommandError(str(error)) from error
