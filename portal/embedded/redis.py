"""The embedded Redis: started, recovered after any death, stopped."""

import signal
import subprocess
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.embedded.addresses import REDIS_SOCKET, Passwords
from portal.embedded.errors import EmbeddedError
from portal.embedded.home import Home
from portal.embedded.processes import remember, remembered, start_server, stop, stop_leftover

START_SECONDS = 60
STOP_SECONDS = 5

# Queued tasks survive a crash (appendonly); a full memory throws out cached pages, which expire, and never a task, which
# does not (volatile-lru). The configuration goes in by standard input: it holds the password.
CONFIGURATION = """
port 0
unixsocket "{socket}"
unixsocketperm 700
requirepass "{password}"
dir "{folder}"
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy volatile-lru
"""


class Redis:
    """One Redis server, a child of this process."""

    name = "redis"

    def __init__(self, home: Home, *, program: Path, passwords: Passwords, log: Path) -> None:
        self._home = home
        self._program = program
        self._passwords = passwords
        self._log = log
        self._socket = home.sockets / REDIS_SOCKET
        self._note = home.run / "redis.process"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._clear_leftovers()
        configuration = CONFIGURATION.format(socket=self._socket, password=self._passwords.redis, folder=self._home.redis)
        with self._log.open("ab") as log:
            self._process = start_server(
                [str(self._program), "-"],
                account=self._home.account,
                folder=self._home.redis,
                log=log,
                stdin=subprocess.PIPE,
                death_signal=signal.SIGTERM,
            )
        remember(self._process, note=self._note)
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write(configuration.encode())
        self._wait_until_ready()

    def is_running(self) -> bool:
        """Whether the server's process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server after it has written what it holds."""
        if self._process is not None:
            stop(self._process, politely=signal.SIGTERM, seconds=STOP_SECONDS)

    def _clear_leftovers(self) -> None:
        """Stop a server whose parent was killed: two on one folder would spoil each other's file."""
        if pid := remembered(self._note):
            stop_leftover(pid, politely=signal.SIGTERM, seconds=STOP_SECONDS)

    def _wait_until_ready(self) -> None:
        client = redis.Redis(
            unix_socket_path=str(self._socket),
            password=self._passwords.redis,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),  # the client's own retries wait a second and more
        )
        deadline = time.monotonic() + START_SECONDS
        try:
            while time.monotonic() < deadline:
                if not self.is_running():
                    raise EmbeddedError(f"Redis in {self._home.redis} did not start: see the end of {self._log}.")
                try:
                    client.ping()
                except redis.ConnectionError:  # not there yet, or still loading its file
                    time.sleep(0.02)
                else:
                    return
        finally:
            client.close()
        self.stop()
        raise EmbeddedError(f"Redis in {self._home.redis} did not answer within {START_SECONDS} s: see {self._log}.")
