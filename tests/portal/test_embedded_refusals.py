"""Starts of the embedded servers that cannot be, each refused in one line."""

import os
import subprocess

import pytest

from portal.embedded import EmbeddedError, addresses, running
from tests.portal.embedded_servers import (
    answers,
    is_stopped,
    new_var_dir,
)  # fmt: skip

pytestmark = pytest.mark.long
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: it mounts a file system")


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


def refused(var_dir):
    """The one line with which a start is refused."""
    with pytest.raises(EmbeddedError) as error, running(var_dir):
        pass
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "var").startswith(f"The folder {tmp_path}/file/var cannot be written (Not a directory)")


def test_lost_passwords_are_one_line(var_dir):
    with running(var_dir):
        pass
    passwords = addresses.password_file(var_dir)
    kept = passwords.rename(passwords.with_suffix(".kept"))
    assert "has other passwords than passwords.json: put the file back" in refused(var_dir)
    assert is_stopped(var_dir)
    kept.rename(passwords)
    with running(var_dir) as lease:
        assert answers(lease)


def test_data_of_another_version_are_one_line(fresh_var_dir):
    data = fresh_var_dir / "servers" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    assert "was written by PostgreSQL 9 and only 18 is installed" in refused(fresh_var_dir)


def test_broken_data_are_one_line(var_dir):
    with running(var_dir):
        pass
    control = var_dir / "servers" / "postgres" / "data" / "global" / "pg_control"
    kept = control.read_bytes()
    control.write_bytes(b"")
    assert "did not start: could not read file" in refused(var_dir)
    assert is_stopped(var_dir)
    control.write_bytes(kept)


@needs_root
@pytest.mark.parametrize("megabytes", [0, 12])
def test_a_full_disk_is_one_line(fresh_var_dir, megabytes):
    """A start on a small file system of its own: full at once, and full while the cluster is made."""
    fresh_var_dir.mkdir()
    size = f"size={megabytes}m" if megabytes else "nr_inodes=2"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"{size},mode=0711", "none", str(fresh_var_dir)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        assert "No space left on device" in refused(fresh_var_dir)
    finally:  # which would fail if a server were left there
        subprocess.run(["umount", str(fresh_var_dir)], check=True)
