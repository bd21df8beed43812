"""The parent of an embedded server: a process of its own, so that no command that uses the server has to outlive the others.

    python -m portal.embedded VAR_DIR postgres|redis

It is started by the first command that needs the server (portal/embedded/lease.py), starts it again when it dies, and
stops it when the last command has gone, which the kernel tells through a file lock even after a kill -9.
"""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from portal.embedded import addresses, binaries, home
from portal.embedded.errors import EmbeddedError
from portal.embedded.locks import Lock, is_held, opened
from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis

SERVERS = ("postgres", "redis")
POLL_SECONDS = 0.2
RESTART_PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0)  # after this many deaths in a row it gives up
HEALTHY_SECONDS = 30.0
SETTLE_SECONDS = 60.0

# What the keeper says to the command that started it, one line each on standard output.
READY = "ready"
NOTICE = "notice "
FAILED = "failed "

log = logging.getLogger("keeper")

Server = Postgres | Redis


def users_lock(var_dir: Path, server: str) -> Path:
    """Held shared by every command that uses the server, alone by a keeper that stops it."""
    return var_dir / "run" / f"{server}.users.lock"


def keeper_lock(var_dir: Path, server: str) -> Path:
    """Held by the keeper as long as it lives."""
    return var_dir / "run" / f"{server}.keeper.lock"


def ready_note(var_dir: Path, server: str) -> Path:
    """Holds the keeper's process number while the server answers."""
    return var_dir / "run" / f"{server}.ready"


def is_alive(var_dir: Path, server: str) -> bool:
    """Whether a keeper of this server is running."""
    return is_held(keeper_lock(var_dir, server))


class Keeper:
    """One server and how often it has died of late."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._deaths = 0
        self._started = 0.0

    def start(self) -> None:
        """Start the server; when it does not come up, nothing of it is left."""
        try:
            self._server.start()
        except BaseException:
            self._server.stop()
            raise
        self._started = time.monotonic()

    def restart_if_dead(self) -> None:
        """Start the server again when it has died, more slowly each time it dies soon after; in the end give up."""
        if self._server.is_running():
            return
        if time.monotonic() - self._started > HEALTHY_SECONDS:
            self._deaths = 0
        if self._deaths == len(RESTART_PAUSES):
            raise EmbeddedError(f"{self._server.name} died {len(RESTART_PAUSES)} times in a row.")
        pause = RESTART_PAUSES[self._deaths]
        self._deaths += 1
        log.warning("%s died; starting it again in %.0f s", self._server.name, pause)
        time.sleep(pause)
        self.start()

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()


def build(var_dir: Path, name: str) -> Server:
    """A server of a VAR_DIR, not started."""
    with opened(var_dir / "run" / "settle.lock") as settling:  # the other server's keeper may be as far
        settling.exclusive(seconds=SETTLE_SECONDS)
        place = home.settle(var_dir, tell=lambda line: say(NOTICE + line))
        passwords = addresses.make_passwords(var_dir)
    shelf = home.SHELF / "programs"
    logs = var_dir / "log" / f"{name}.log"
    if name == Postgres.name:
        programs = binaries.find_postgres(place.postgres / "data")
        programs = binaries.reachable_postgres(programs, account=place.account, shelf=shelf)
        return Postgres(place, programs=programs, passwords=passwords, log=logs)
    program = binaries.reachable_redis(binaries.find_redis(), account=place.account, shelf=shelf)
    return Redis(place, program=program, passwords=passwords, log=logs)


def keep(var_dir: Path, name: str) -> None:
    """Run a server until nobody uses it, or until this process is told to stop."""
    stopping = _stop_signals()
    note = ready_note(var_dir, name)
    note.unlink(missing_ok=True)
    keeper = Keeper(build(var_dir, name))
    keeper.start()
    try:
        note.write_text(str(os.getpid()))
        say(READY)
        _hush()
        users = Lock(users_lock(var_dir, name))
        # Whoever comes while this lock is ours waits until we are gone, and then starts a keeper of its own.
        while not stopping and not users.try_exclusive():
            keeper.restart_if_dead()
            time.sleep(POLL_SECONDS)
    finally:
        note.unlink(missing_ok=True)
        keeper.stop()


def say(line: str) -> None:
    """Tell the command that started us; that it has been killed meanwhile is no reason to fail."""
    try:
        print(line.replace("\n", " "), flush=True)
    except BrokenPipeError:
        _hush()


def _hush() -> None:
    """Let go of the pipe to the command that started us; what is said from now on is heard by nobody."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _stop_signals() -> list[int]:
    """A list that is empty until a signal asks us to stop."""
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, remember)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command; we go when it has gone
    return received


def main() -> int:
    """Keep the server that the command line names."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    var_dir, name = Path(sys.argv[1]), sys.argv[2]
    try:
        with opened(keeper_lock(var_dir, name)) as alone:
            if not alone.try_exclusive():
                raise EmbeddedError(f"Another keeper already runs {name} of {var_dir}: start again when it has stopped.")
            keep(var_dir, name)
    except EmbeddedError as error:
        return _fail(str(error))
    except OSError as error:
        log.exception("stopped")
        return _fail(f"{name} of {var_dir} cannot run: {error.strerror or error} ({error.filename or 'no file named'}).")
    return 0


def _fail(sentence: str) -> int:
    log.error("%s", sentence)
    say(FAILED + sentence)
    return 1
