"""Embedded servers in a folder of their own, and what tests ask of them."""

import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import redis

from portal.embedded import home
from portal.embedded.keeper import SERVERS, is_alive, ready_note
from portal.embedded.postgres import read_pid
from portal.embedded.processes import has_ended, remembered


@contextmanager
def new_var_dir():
    folder = Path(tempfile.mkdtemp(prefix="portal-embedded-"))
    folder.chmod(0o711)  # the servers' account passes through
    yield folder / "var"
    home.remove(folder / "var")
    shutil.rmtree(folder)


def postgres_pid(var_dir):
    return read_pid(var_dir / "servers" / "postgres" / "data" / "postmaster.pid")


def redis_pid(var_dir):
    return remembered(var_dir / "run" / "redis.process")


def keepers(var_dir):
    """The process numbers of the keepers that live."""
    return [int(ready_note(var_dir, server).read_text()) for server in SERVERS if is_alive(var_dir, server)]


def is_stopped(var_dir):
    return not any(is_alive(var_dir, server) for server in SERVERS)


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    until(lambda: has_ended(pid))


def until(condition, *, seconds=15):
    """Wait for something to come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def ask(lease, statement, *, role="database_url"):
    """Run a statement and return the first column of its first row, None without one."""
    connection = psycopg2.connect(getattr(lease.addresses, role))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def answers(lease):
    try:
        return ask(lease, "SELECT 1") == 1 and cache(lease, "ping")
    except (psycopg2.OperationalError, redis.ConnectionError):
        return False


def cache(lease, command, *arguments):
    with redis.Redis.from_url(lease.addresses.redis_url) as client:
        return client.execute_command(command, *arguments)


def redis_settings(lease, *names):
    with redis.Redis.from_url(lease.addresses.redis_url, decode_responses=True) as client:
        return [client.config_get(name)[name] for name in names]


def write(lease):
    """Put one row and one key where a later start has to find them."""
    ask(lease, "DROP TABLE IF EXISTS kept", role="owner_url")
    ask(lease, "CREATE TABLE kept AS SELECT 'row' AS word", role="owner_url")
    cache(lease, "set", "kept", "key")


def is_kept(lease):
    return (ask(lease, "SELECT word FROM kept", role="owner_url"), cache(lease, "get", "kept")) == ("row", b"key")
