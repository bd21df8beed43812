"""`manage.py up` for real: started, killed in every way, started again, stopped; and commands beside it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from portal import administrator
from portal.embedded import home
from portal.embedded.children import MARK, Child, Children, stop_leftovers
from portal.embedded.errors import EmbeddedError
from portal.embedded.keeper import SERVERS, is_alive, ready_note
from portal.embedded.postgres import read_pid
from portal.embedded.processes import has_ended, remembered

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 150
STOP_SECONDS = 20


class Site:
    """One site on a VAR_DIR and a port of its own."""

    def __init__(self, var_dir, port):
        self.var_dir = var_dir
        self.port = port
        # No address of the tests' own servers: the site shall start its own.
        addresses = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
        kept = {name: value for name, value in os.environ.items() if name not in addresses}
        self.environment = {**kept, "VAR_DIR": str(var_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1", "SELFTEST": "0"}

    def start(self):
        self.output = self.var_dir.with_name(f"output-{time.monotonic_ns()}")
        with self.output.open("w") as output:
            self._start(output)
        until(lambda: "is at http" in self.read() or self.process.poll() is not None, seconds=START_SECONDS)
        assert self.process.poll() is None, self.read()

    def _start(self, output):
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def read(self):
        return self.output.read_text()

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        return code

    def manage(self, *arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def is_administrator(self, password):
        """What a command beside the site, or without one, says of the administrator's password."""
        user = "User.objects.get(username='admin', is_superuser=True)"
        code = f"from accounts.models import User; print({user}.check_password({password!r}))"
        done = self.manage("shell", "--no-imports", "-c", code)
        return {"True\n": True, "False\n": False}.get(done.stdout, done.stderr)

    def status(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/admin/login/", timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def children(self):
        """The site's own processes by what they are, the web server's workers apart."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.var_dir) and process.ppid() == self.process.pid:
                    words = process.cmdline()
                    found[next(word for word in words if word in {"granian", "worker", "beat"})] = process
            except (psutil.Error, StopIteration):
                continue
        return found

    def everything(self):
        """Every process of the site that lives."""
        names = [self.process.pid, *(process.pid for process in self.marked())]
        names += [int(ready_note(self.var_dir, server).read_text()) for server in SERVERS]
        return [*names, self.postgres(), remembered(self.var_dir / "run" / "redis.process")]

    def marked(self):
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.var_dir):
                    yield process
            except psutil.Error:
                continue

    def postgres(self):
        return read_pid(self.var_dir / "servers" / "postgres" / "data" / "postmaster.pid")


def until(condition, *, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def is_stopped(var_dir):
    return not (var_dir / "run").exists() or not any(is_alive(var_dir, server) for server in SERVERS)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def site():
    folder = Path(tempfile.mkdtemp(prefix="portal-up-"))
    folder.chmod(0o711)
    made = Site(folder / "var", free_port())
    yield made
    process = getattr(made, "process", None)
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()
    stop_leftovers(made.var_dir)
    until(lambda: is_stopped(made.var_dir))
    home.remove(made.var_dir)
    shutil.rmtree(folder)


def test_a_site_lives_through_every_death_and_keeps_its_data(site):
    site.start()
    password = re.search(r"user admin, password (\S+) ", site.read())[1]
    assert site.status() == 200
    assert set(site.children()) == {"granian", "worker", "beat"}

    assert site.is_administrator(password) is True
    second = site.manage("up")
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert second.stderr.startswith(f"This site already runs on {site.var_dir}: stop it first")

    for name in ("granian", "worker", "beat"):
        victim = site.children()[name]
        victim.kill()
        until(lambda name=name, victim=victim: site.children().get(name, victim).pid != victim.pid)
    until(lambda: site.status() == 200)
    os.kill(site.postgres(), signal.SIGKILL)
    until(lambda: site.status() == 200 and site.is_administrator(password) is True)

    # The supervisor alone: what it started goes with it.
    site.process.kill()
    site.process.wait()
    site.start()
    assert "password" not in site.read()
    assert site.status() == 200

    # Everything at once.
    for pid in site.everything():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    site.process.wait()
    site.start()
    assert site.status() == 200
    assert site.is_administrator(password) is True

    assert site.stop() == 0
    assert site.read().endswith("Stopping (Ctrl-C again to hurry) ...\nStopped.\n")
    assert list(site.marked()) == []
    assert is_stopped(site.var_dir)
    assert site.status() == 0

    reset = site.manage("admin_password")
    assert re.fullmatch(r"user admin, password \S{20}\n", reset.stdout)
    assert site.is_administrator(password) is False
    assert is_stopped(site.var_dir)


def test_a_taken_port_is_one_line_and_starts_nothing(site):
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        done = site.manage("up")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Port {site.port} of 127.0.0.1 is taken by another program: stop it, "
        f"or choose another port, as in PORT={site.port % 65535 + 1} make up.\n"
    )
    assert not (site.var_dir / "servers").exists()


def test_a_folder_that_cannot_be_written_is_one_line(site):
    site.var_dir.write_text("a file where the folder should be")
    done = site.manage("up")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"The folder {site.var_dir} cannot be written (File exists)")
    site.var_dir.unlink()


@pytest.mark.parametrize(
    ("name", "value", "begin"),
    [("PORT", "0", "PORT is '0'"), ("HOST", "192.0.2.1", "The website cannot listen on 192.0.2.1")],
)
def test_a_bad_address_is_one_line(site, name, value, begin):
    site.environment[name] = value
    done = site.manage("up")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(begin)


def test_the_administrator_is_made_once_and_kept_hashed(db):
    password = administrator.ensure()
    assert administrator.ensure() is None
    user = get_user_model().objects.get()
    assert (user.username, user.is_staff, user.is_superuser) == ("admin", True, True)
    assert user.check_password(password)
    assert password not in user.password
    assert administrator.reset(create=False) != password
    assert not get_user_model().objects.get().check_password(password)


def test_no_administrator_is_made_on_a_database_of_somebody_elses(db, settings):
    settings.DATABASE_IS_EMBEDDED = False
    with pytest.raises(CommandError, match="^There is no user `admin`, and none is made on a database of yours"):
        call_command("admin_password")
    assert get_user_model().objects.count() == 0


def children_of(tmp_path, code, said):
    child = Child(name="clock", argv=[sys.executable, "-c", code], log=tmp_path / "clock.log")
    return child, Children([child], environment={**os.environ, MARK: str(tmp_path)}, tell=said.append)


def test_a_child_that_dies_at_once_is_given_up_with_its_last_line(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.embedded.children.LONGEST_PAUSE", 0.05)
    said = []
    _, children = children_of(tmp_path, "raise SystemExit('no clock here')", said)
    children.start()
    with pytest.raises(EmbeddedError, match=r"^The clock died 5 times as soon as it started \(exit code 1\): no clock here$"):
        until(lambda: children.look_after(), seconds=30)
    assert said == ["The clock stopped (exit code 1) and starts again."] * 4
    children.stop(hurry=lambda: False)


def test_only_important_lines_reach_the_terminal(tmp_path):
    said = []
    code = "import time; print('INFO all is well'); print('ERROR no more ink', flush=True); time.sleep(60)"
    _, children = children_of(tmp_path, code, said)
    children.start()
    until(lambda: children.look_after() or said)
    assert said == ["clock | ERROR no more ink"]
    children.stop(hurry=lambda: False)


def test_a_child_that_does_not_stop_is_killed_in_a_hurry(tmp_path):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ERROR deaf', flush=True); time.sleep(60)"
    said = []
    child, children = children_of(tmp_path, code, said)
    children.start()
    until(lambda: children.look_after() or said)
    began = time.monotonic()
    children.stop(hurry=lambda: time.monotonic() > began + 0.5)
    assert child.process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_what_a_child_leaves_behind_ends_with_it(tmp_path):
    """A web server's workers would otherwise keep the port of the one that starts next."""
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('ERROR gone')"
    child, children = children_of(tmp_path, code, [])
    children.start()
    group = child.process.pid
    until(lambda: children.look_after() or child.process is None)
    until(lambda: not [process for process in psutil.process_iter() if in_group(process, group)])
    children.stop(hurry=lambda: True)


def test_children_of_a_killed_supervisor_are_found_by_their_mark(tmp_path):
    child, children = children_of(tmp_path, "import time; print('ERROR up', flush=True); time.sleep(60)", said := [])
    children.start()
    until(lambda: children.look_after() or said)
    stop_leftovers(tmp_path / "elsewhere")
    assert child.process.poll() is None
    stop_leftovers(tmp_path)
    assert has_ended(child.process.pid)
    children.stop(hurry=lambda: True)


def in_group(process, group):
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError):
        return False
