"""`manage.py up`: the whole site in one terminal."""

import os
import signal
import socket
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connections

from portal import administrator, collected
from portal.embedded import EmbeddedError
from portal.embedded.children import MARK, Children, site_children
from portal.embedded.commands import current_lease

ANSWER_SECONDS = 60.0
ROUND_SECONDS = 0.25


class Command(BaseCommand):
    """Bring the database up to date, then run web server, worker and scheduler until Ctrl-C."""

    help = "Run the whole site: database and Redis (unless DATABASE_URL and REDIS_URL are set), web server, worker, scheduler."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare and run; manage.py has started or joined the embedded servers."""
        # A stop during the preparation ends it wherever it is: every step is safe to repeat.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        try:
            self._prepare()
            self._run()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0)
        if settings.DATABASE_IS_EMBEDDED and (password := administrator.ensure()):
            who = f"user {administrator.USERNAME}, password {password}"
            self._tell(f"Administrator: {who} (shown this once; make admin-password resets it)")
        if "bootstrap" in get_commands():
            call_command("bootstrap", stdout=self.stdout, stderr=self.stderr)
        collected.collect_if_changed()
        connections.close_all()

    def _run(self) -> None:
        stops = _Stops()
        children = Children(
            site_children(
                Path(settings.VAR_DIR),
                host=settings.HOST,
                port=settings.PORT,
                log_level=settings.LOG_LEVEL,
                worker_url=settings.DATABASE_WORKER_URL,
            ),
            environment={**os.environ, MARK: str(settings.VAR_DIR)},
            tell=self._tell,
        )
        try:
            children.start()
            self._watch(children, stops)
        finally:
            if stops.count:
                self._tell("Stopping (Ctrl-C again to hurry) ...")
            children.stop(hurry=lambda: stops.count > 1)
        self._tell("Stopped.")

    def _watch(self, children: Children, stops: "_Stops") -> None:
        """Look after the children until a signal; say the address once the website answers."""
        deadline: float | None = time.monotonic() + ANSWER_SECONDS
        lease = current_lease()
        while not stops.count:
            if lease is not None:
                lease.ensure()
            children.look_after()
            if deadline is not None and _answers(settings.HOST, settings.PORT):
                deadline = None
                self._tell(f"Papers With Code 2 is at http://{_shown(settings.HOST)}:{settings.PORT}/  (Ctrl-C stops it)")
            elif deadline is not None and time.monotonic() > deadline:
                log = f"{settings.VAR_DIR}/log/web-server.log"
                raise EmbeddedError(f"The web server did not answer within {ANSWER_SECONDS:.0f} s: see {log}.")
            time.sleep(ROUND_SECONDS)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class _Stops:
    """How many signals have asked us to stop."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._remember)

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


def _shown(host: str) -> str:
    """The host as a reader on this machine can open it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((_shown(host).strip("[]"), port), timeout=1):
            return True
    except OSError:
        return False
