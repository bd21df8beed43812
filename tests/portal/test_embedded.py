"""The embedded servers for real: shared, killed in every way, started again, and refused in one line."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.embedded import addresses, home, running
from portal.embedded.keeper import SERVERS, is_alive
from portal.embedded.processes import Account, has_ended
from tests.portal.embedded_servers import (
    answers,
    ask,
    cache,
    is_kept,
    is_stopped,
    keepers,
    kill,
    new_var_dir,
    postgres_pid,
    redis_pid,
    redis_settings,
    until,
    write,
)  # fmt: skip

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: it is about dropping root's rights")


@pytest.fixture
def fresh_var_dir():
    """A VAR_DIR that was never used, removed afterwards with all that belongs to it."""
    with new_var_dir() as folder:
        yield folder


@pytest.fixture(scope="module")
def var_dir():
    """A VAR_DIR that every test finds as the one before left it, however it ended."""
    with new_var_dir() as folder:
        yield folder


def test_the_servers_are_real_private_and_not_root(var_dir):
    with running(var_dir) as lease:
        assert ask(lease, "SHOW server_version_num").startswith("18")
        assert ask(lease, "SHOW listen_addresses") == ""
        assert redis_settings(lease, "port", "maxmemory-policy", "appendonly") == ["0", "volatile-lru", "yes"]
        for pid in (postgres_pid(var_dir), redis_pid(var_dir)):
            assert psutil.Process(pid).uids().effective != 0
            connections = psutil.Process(pid).net_connections("inet")
            assert [connection for connection in connections if connection.status == "LISTEN"] == []
        for name in ("postgres", "redis", "socket"):
            assert stat.S_IMODE((var_dir / "servers" / name).stat().st_mode) == 0o700
        assert stat.S_IMODE(addresses.password_file(var_dir).stat().st_mode) == 0o600


def test_no_password_is_in_a_list_of_processes(var_dir):
    with running(var_dir):
        passwords = json.loads(addresses.password_file(var_dir).read_text()).values()
        assert len(set(passwords)) == 5
        shown = " ".join(" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
        assert [password for password in passwords if password in shown] == []


def test_every_role_needs_its_password(var_dir):
    with running(var_dir) as lease:
        for role in (addresses.ADMIN_ROLE, addresses.OWNER_ROLE, addresses.RUNTIME_ROLE):
            wrong = addresses.postgres_url(var_dir / "servers" / "socket", role=role, password="wrong")
            with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
                psycopg2.connect(wrong)
        assert ask(lease, "SELECT current_user") == "portal_runtime"
        assert ask(lease, "SELECT current_user", role="owner_url") == "portal_owner"
        socket = str(var_dir / "servers" / "socket" / "redis.sock")
        stranger = redis.Redis(unix_socket_path=socket, retry=Retry(NoBackoff(), 0))
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
        stranger.close()


def test_the_runtime_role_makes_nothing(var_dir):
    with running(var_dir) as lease, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(lease, "CREATE TABLE mine (id int)")


def test_the_last_to_leave_stops_the_servers(var_dir):
    with running(var_dir):
        with running(var_dir) as second:
            assert answers(second)
        with running(var_dir) as third:
            assert answers(third)
            pids = [*keepers(var_dir), postgres_pid(var_dir), redis_pid(var_dir)]
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert is_stopped(var_dir)
    assert [pid for pid in pids[-2:] if not has_ended(pid)] == []
    until(lambda: all(has_ended(pid) for pid in pids))


def test_only_the_servers_that_are_wanted_run(var_dir):
    with running(var_dir, servers=["redis"]) as lease:
        assert cache(lease, "ping")
        assert [is_alive(var_dir, server) for server in SERVERS] == [False, True]
        with running(var_dir) as both:
            assert answers(both)
        assert [is_alive(var_dir, server) for server in SERVERS] == [False, True]
    assert is_stopped(var_dir)


def test_commands_that_start_at_once_share_one_cluster(fresh_var_dir):
    code = "from portal.embedded import running; import sys, pathlib, psycopg2\n"
    code += "with running(pathlib.Path(sys.argv[1])) as lease:\n"
    code += "    cursor = psycopg2.connect(lease.addresses.database_url).cursor()\n"
    code += "    cursor.execute('SELECT system_identifier FROM pg_control_system()'); print(cursor.fetchone()[0])\n"
    argv = [sys.executable, "-c", code, str(fresh_var_dir)]
    started = [subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len(set(said)) == 1
    assert said[0].strip().isdigit()
    until(lambda: is_stopped(fresh_var_dir))


@pytest.mark.parametrize("victim", [postgres_pid, redis_pid])
def test_a_killed_server_comes_back_with_its_data(var_dir, victim):
    with running(var_dir) as lease:
        write(lease)
        first = victim(var_dir)
        kill(first)
        until(lambda: victim(var_dir) not in (0, first) and answers(lease))
        assert is_kept(lease)


def test_a_killed_keeper_takes_its_servers_along_and_is_replaced(var_dir):
    with running(var_dir) as lease:
        write(lease)
        pids = [postgres_pid(var_dir), redis_pid(var_dir)]
        for pid in keepers(var_dir):
            kill(pid)
        lease.ensure()
        assert is_kept(lease)
        assert not {postgres_pid(var_dir), redis_pid(var_dir)} & set(pids)


def test_after_a_kill_of_everything_the_next_start_has_the_data(var_dir):
    lease = running(var_dir)
    write(lease.__enter__())
    for pid in (*keepers(var_dir), postgres_pid(var_dir), redis_pid(var_dir)):
        kill(pid)
    lease.__exit__(None, None, None)
    with running(var_dir) as again:
        assert is_kept(again)


def test_a_server_left_by_a_killed_keeper_is_stopped_first(var_dir):
    """Where the kernel does not end a child with its parent, the next start has to."""
    with running(var_dir) as lease:
        write(lease)
        left = [postgres_pid(var_dir), redis_pid(var_dir)]
        for pid in left:  # a stopped process does not answer the signal that its parent's death sends
            os.kill(pid, signal.SIGSTOP)
        for pid in keepers(var_dir):
            kill(pid)
        for pid in left:
            os.kill(pid, signal.SIGCONT)
        lease.ensure()
        assert is_kept(lease)


def test_a_pid_file_whose_number_belongs_to_another_program_is_no_hindrance(var_dir):
    with running(var_dir) as lease:
        write(lease)
        owner = psutil.Process(postgres_pid(var_dir)).uids().real
    data = var_dir / "servers" / "postgres" / "data"
    stranger = subprocess.Popen(["sleep", "60"], **({"user": owner} if IS_ROOT else {}))
    try:
        lines = [str(stranger.pid), str(data), "1", "5432", str(var_dir / "servers/socket"), "", "  1  1"]
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        os.chown(data / "postmaster.pid", owner, -1)
        with running(var_dir) as lease:
            assert is_kept(lease)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_socket_that_was_left_is_no_hindrance(var_dir):
    with running(var_dir):
        pass
    sockets = var_dir / "servers" / "socket"
    for name in (".s.PGSQL.5432", "redis.sock"):
        (sockets / name).write_text("")
    with running(var_dir) as lease:
        assert answers(lease)


def test_a_long_path_gets_short_sockets(fresh_var_dir):
    deep = fresh_var_dir / ("deep" * 20) / ("er" * 30)
    deep.parent.mkdir(parents=True)
    for folder in (fresh_var_dir, deep.parent):
        folder.chmod(0o711)
    with running(deep) as lease:
        assert answers(lease)
        sockets = Path(addresses.socket_note(deep).read_text())
        assert len(str(sockets)) < 40
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    with running(deep):
        assert Path(addresses.socket_note(deep).read_text()) == sockets
    home.remove(deep)
    assert not sockets.exists()


def test_sockets_are_not_put_into_a_folder_that_somebody_else_made(tmp_path):
    account = None if not IS_ROOT else Account(uid=65534, gid=65534, name="nobody")
    (tmp_path / "theirs").mkdir(mode=0o755)
    assert not home._is_private(tmp_path / "theirs", account)
    (tmp_path / "link").symlink_to(tmp_path)
    assert not home._is_private(tmp_path / "link", account)


@needs_root
def test_data_go_elsewhere_when_the_account_cannot_reach_them(tmp_path):
    tmp_path.chmod(0o700)
    var_dir, said = tmp_path / "var", []
    with running(var_dir, tell=said.append) as lease:
        write(lease)
    place = (var_dir / "servers").resolve()
    assert place.parent == home.SHELF
    assert [line.startswith("The database does not run as root") and str(place) in line for line in said] == [True]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert {stat.S_IMODE((place / name).stat().st_mode) for name in ("postgres", "redis", "socket")} == {0o700}

    moved = var_dir.rename(tmp_path / "moved")
    with running(moved, tell=said.append) as lease:
        assert is_kept(lease)
    copied = shutil.copytree(moved, tmp_path / "copied", symlinks=True)
    with running(copied, tell=said.append) as lease:
        assert ask(lease, "SELECT to_regclass('kept')") is None
    assert (moved / "servers").resolve() == place
    assert len(said) == 2
    for folder in (moved, copied):
        home.remove(folder)
    assert not place.exists()


def test_a_keeper_that_is_stopping_is_waited_for(var_dir):
    with running(var_dir) as lease:
        write(lease)
        first = keepers(var_dir)
    with running(var_dir) as lease:
        assert not set(keepers(var_dir)) & set(first)
        assert is_kept(lease)


def test_a_start_that_was_killed_while_it_made_the_cluster_is_repeated(fresh_var_dir):
    draft = fresh_var_dir / "servers" / "postgres" / "new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with running(fresh_var_dir) as lease:
        assert answers(lease)
    assert not draft.exists()
    assert is_stopped(fresh_var_dir)
