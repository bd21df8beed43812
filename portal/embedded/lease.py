"""Using the embedded servers: join those that run, or have them started, and let them go at the end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from portal.embedded import addresses, home
from portal.embedded.addresses import Addresses
from portal.embedded.errors import EmbeddedError
from portal.embedded.keeper import FAILED, NOTICE, READY, SERVERS, is_alive, ready_note, users_lock
from portal.embedded.locks import Lock, opened

JOIN_SECONDS = 60.0  # a keeper that is stopping, or one whose starter was killed
START_SECONDS = 240.0  # another command that is making the cluster
ROOT = Path(__file__).resolve().parent.parent.parent

# Keepers that this process started and that others still use: Python complains of a child that is forgotten.
_left_running: list[subprocess.Popen[str]] = []


class Hold:
    """The right to use one server of a VAR_DIR; it runs as long as any process holds one."""

    def __init__(self, var_dir: Path, server: str, *, tell: Callable[[str], None]) -> None:
        self._var_dir = var_dir
        self._server = server
        self._tell = tell
        self._users = Lock(users_lock(var_dir, server))
        self._keeper: subprocess.Popen[str] | None = None
        try:
            self._users.shared(seconds=JOIN_SECONDS)
            self.ensure()
        except BaseException:
            self.release()
            raise

    def ensure(self) -> None:
        """Make sure that the server runs: start its keeper when there is none, also when it has been killed."""
        if self._is_served():
            return
        with opened(self._var_dir / "run" / f"{self._server}.start.lock") as starting:
            starting.exclusive(seconds=START_SECONDS)
            if is_alive(self._var_dir, self._server):
                self._wait_for_ready()
            if not self._is_served():
                self._start_keeper()

    def release(self) -> None:
        """Let go, and when nobody else uses the server wait until it has stopped."""
        alone = self._users.try_exclusive()
        self._users.close()
        if alone:
            self._wait_for_end()
        if self._keeper is not None and self._keeper.poll() is None:
            _left_running.append(self._keeper)

    def _is_served(self) -> bool:
        return ready_note(self._var_dir, self._server).exists() and is_alive(self._var_dir, self._server)

    def _start_keeper(self) -> None:
        if self._keeper is not None:
            self._keeper.wait()  # it was killed
        log = self._var_dir / "log" / "keeper.log"
        with _open_log(log) as output:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "portal.embedded", str(self._var_dir), self._server],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=ROOT,
                text=True,
                start_new_session=True,
            )
        assert self._keeper.stdout is not None
        with self._keeper.stdout as said:
            for line in said:
                if line.startswith(NOTICE):
                    self._tell(line.removeprefix(NOTICE).strip())
                elif line.startswith(FAILED):
                    self._keeper.wait()
                    raise EmbeddedError(line.removeprefix(FAILED).strip())
                elif line.strip() == READY:
                    return
        self._keeper.wait()
        raise EmbeddedError(f"{self._server} did not start: see the end of {log}.")

    def _wait_for_ready(self) -> None:
        """Wait for a keeper whose starter was killed before it could see it ready, or for that keeper's end."""
        deadline = time.monotonic() + JOIN_SECONDS
        while time.monotonic() < deadline and is_alive(self._var_dir, self._server) and not self._is_served():
            time.sleep(0.05)

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + JOIN_SECONDS
        while time.monotonic() < deadline and is_alive(self._var_dir, self._server):
            if self._keeper is not None:
                self._keeper.poll()
            time.sleep(0.02)


class Lease:
    """The right to use some servers of a VAR_DIR."""

    def __init__(self, var_dir: Path, holds: Sequence[Hold]) -> None:
        self._var_dir = var_dir
        self._holds = holds

    @property
    def addresses(self) -> Addresses:
        """Where the servers answer; the same after a restart."""
        return addresses.expected(self._var_dir)

    def ensure(self) -> None:
        """Make sure that the servers run, also when what runs them has been killed."""
        for hold in self._holds:
            hold.ensure()


@contextmanager
def running(var_dir: Path, *, servers: Sequence[str] = SERVERS, tell: Callable[[str], None] = print) -> Iterator[Lease]:
    """The servers of a VAR_DIR for the duration of a block: joined when they run, else started."""
    home.prepare(var_dir)
    with ExitStack() as stack:
        holds = []
        for server in servers:
            hold = Hold(var_dir, server, tell=tell)
            stack.callback(hold.release)
            holds.append(hold)
        yield Lease(var_dir, holds)


def _open_log(path: Path) -> IO[bytes]:
    try:
        return path.open("ab")
    except OSError as error:
        raise home.unwritable(path.parent, error.strerror or str(error)) from None
