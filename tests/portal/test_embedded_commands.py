"""Which commands get the embedded servers, and the locks by which they know of each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.embedded import EmbeddedError
from portal.embedded.commands import needs_servers
from portal.embedded.locks import Lock, is_held

ROOT = Path(__file__).resolve().parents[2]


def test_a_lock_is_free_when_its_holder_is_killed(tmp_path):
    path = tmp_path / "lock"
    code = "import sys, time, pathlib; from portal.embedded.locks import Lock\n"
    code += "lock = Lock(pathlib.Path(sys.argv[1])); lock.try_exclusive(); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
    with holder, holder.stdout as said:
        assert said.readline() == b"held\n"
        assert is_held(path)
        holder.kill()
    assert not is_held(path)
    lock = Lock(path)
    assert lock.try_exclusive()
    with pytest.raises(EmbeddedError, match="Another command has held"):
        Lock(path).shared(seconds=0)
    lock.close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("manage.py", False),
        ("manage.py help", False),
        ("manage.py migrate --help", False),
        ("manage.py collectstatic --no-input", False),
        ("manage.py check", False),
        ("manage.py check --database default", True),
        ("manage.py migrate", True),
        ("manage.py makemigrations --check", True),
        ("manage.py import_archive x.json", True),
        ("manage.py up", True),
    ],
)
def test_only_commands_that_may_ask_the_database_get_one(line, expected):
    assert needs_servers(line.split()) is expected
