"""The embedded Postgres: made once, started, recovered after any death, stopped."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from portal.embedded.addresses import ADMIN_ROLE, DATABASE, OWNER_ROLE, POSTGRES_PORT, RUNTIME_ROLE, WORKER_ROLE, Passwords
from portal.embedded.binaries import PostgresPrograms
from portal.embedded.errors import EmbeddedError
from portal.embedded.home import Home
from portal.embedded.memory import shared_buffers
from portal.embedded.processes import command_of, has_ended, run, start_server, stop, stop_leftover

START_SECONDS = 120  # a start after a crash replays what was written since the last checkpoint
STOP_SECONDS = 8
DATA = "data"

# No TCP; the socket is for its owner only; the rest stays Postgres' own.
OPTIONS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    # Nobody copies from this server, so what is filled in the transaction that made it is not written twice (tables, then log).
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # An import writes gigabytes; a checkpoint for each would write the same pages again and again.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",  # compiling a search costs ten times what the search does
}


class Postgres:
    """One Postgres server, a child of this process."""

    name = "postgres"

    def __init__(self, home: Home, *, programs: PostgresPrograms, passwords: Passwords, log: Path) -> None:
        self._home = home
        self._programs = programs
        self._passwords = passwords
        self._log = log
        self._data = home.postgres / DATA
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers; the first time, make its cluster, roles and database."""
        if not self._data.is_dir():
            self._make_cluster()
        self._clear_leftovers()
        options = {"unix_socket_directories": str(self._home.sockets), "shared_buffers": shared_buffers(), **OPTIONS}
        argv = [str(self._programs.postgres), "-D", str(self._data)]
        argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            begin = log.tell()
            self._process = start_server(
                argv,
                account=self._home.account,
                folder=self._data,
                log=log,
                stdin=subprocess.DEVNULL,
                death_signal=signal.SIGINT,
            )
        self._wait_until_ready(begin)
        self._ensure_roles()

    def is_running(self) -> bool:
        """Whether the server's process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server, ending what its clients do."""
        if self._process is not None:
            stop(self._process, politely=signal.SIGINT, seconds=STOP_SECONDS)

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole: a start that was killed leaves nothing half-made."""
        draft = self._home.postgres / "new"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self._write_password()
        try:
            # The builtin locale folds case as Unicode does and is the same on every machine, whatever its libc.
            made = run(
                [
                    str(self._programs.initdb), "-D", str(draft), f"--username={ADMIN_ROLE}", f"--pwfile={password_file}",
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                    *(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self._programs.major >= 17 else []),
                ],
                account=self._home.account,
                folder=self._home.postgres,
            )  # fmt: skip
        finally:
            password_file.unlink()
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(f"The database could not be made in {self._home.postgres}: {_reason(made.stderr)}")
        draft.rename(self._data)

    def _write_password(self) -> Path:
        path = self._home.postgres / "password"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._passwords.admin)
            if self._home.account is not None:
                os.fchown(file.fileno(), self._home.account.uid, self._home.account.gid)
        return path

    def _clear_leftovers(self) -> None:
        """Stop a server whose parent was killed, and drop lock files whose number belongs to another program or to a dead one.

        Lock files with a number that nobody has are left to Postgres, which knows what else to look at before it starts.
        """
        for path in (self._data / "postmaster.pid", self._home.sockets / f".s.PGSQL.{POSTGRES_PORT}.lock"):
            pid = read_pid(path)
            if not pid or not psutil.pid_exists(pid):
                continue
            self._stop_if_ours(pid)
            if psutil.pid_exists(pid):
                path.unlink(missing_ok=True)

    def _stop_if_ours(self, pid: int) -> None:
        """End a server of these data; return when that number is a dead process' or another program's."""
        deadline = time.monotonic() + STOP_SECONDS
        while not (command := command_of(pid)) and not has_ended(pid) and time.monotonic() < deadline:
            time.sleep(0.02)  # it was just killed and is ending
        if str(self._data) in command:
            stop_leftover(pid, politely=signal.SIGINT, seconds=STOP_SECONDS)
            if not has_ended(pid):
                raise EmbeddedError(f"An earlier database server (process {pid}) does not end: end it, then start again.")

    def _wait_until_ready(self, begin: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                raise EmbeddedError(f"The database in {self._data} did not start: {_reason(_tail(self._log, begin))}")
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise EmbeddedError(
                        f"The database in {self._data} has other passwords than passwords.json: "
                        "put the file back that belongs to it, or set VAR_DIR to a new folder."
                    ) from None
                time.sleep(0.02)
            else:
                return
        self.stop()
        raise EmbeddedError(f"The database in {self._data} did not answer within {START_SECONDS} s: see {self._log}.")

    def _ensure_roles(self) -> None:
        """The owner role with its database, the runtime role with the right to connect, the workers' role; made when missing."""
        logins = {
            OWNER_ROLE: self._passwords.owner,
            RUNTIME_ROLE: self._passwords.runtime,
            WORKER_ROLE: self._passwords.worker,
        }
        connection = self._connect("postgres")
        connection.autocommit = True  # CREATE DATABASE cannot be part of a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(logins)])
            known = {row[0] for row in cursor.fetchall()}
            for role, password in logins.items():
                verb = sql.SQL("ALTER" if role in known else "CREATE")
                statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
                cursor.execute(statement.format(verb, sql.Identifier(role), sql.Literal(password)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                cursor.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)))
        connection.close()
        connection = self._connect(DATABASE)
        connection.autocommit = True
        with connection.cursor() as cursor:
            names = {"database": sql.Identifier(DATABASE), "runtime": sql.Identifier(RUNTIME_ROLE)}
            for right in RIGHTS:
                cursor.execute(sql.SQL(right).format(**names))
        connection.close()

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            dbname=database,
            user=ADMIN_ROLE,
            password=self._passwords.admin,
            host=str(self._home.sockets),
            port=POSTGRES_PORT,
            connect_timeout=10,
        )


RIGHTS = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {runtime}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {runtime}",
)


def read_pid(path: Path) -> int:
    """The process number in the first line of a pid file, 0 when there is none."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace")


def _reason(output: str) -> str:
    """The line of a server's output that says why it gave up."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern in (r"(?:FATAL|PANIC): +(.*)", r"(?:initdb: )?error: (.*)"):
        if found := [match[1] for line in lines if (match := re.search(pattern, line))]:
            return found[0].rstrip(".") + "."
    return lines[-1] if lines else "it said nothing."
