"""Child processes that run under another account when we are root, and that die with their parent."""

import ctypes
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from portal.embedded.errors import EmbeddedError

PR_SET_PDEATHSIG = 1  # linux/prctl.h
UNPRIVILEGED = ("postgres", "nobody")
# A server gets nothing of our environment: it holds passwords and keys.
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

# A process' start is told by the wall clock, which may be set a little in between.
CLOCK_STEP_SECONDS = 2.0

# Loaded before any fork: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of the operating system."""

    uid: int
    gid: int
    name: str


def server_account(data: Path) -> Account | None:
    """The account that servers drop to: None (stay as we are) unless we are root.

    The owner of data that is already there goes first, so that a folder a plain user began goes on working.
    """
    if os.geteuid() != 0:
        return None
    if data.is_dir() and (owner := data.stat()).st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid, name=f"uid {owner.st_uid}")
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise EmbeddedError(
        "The database does not run as root and this machine has neither an account 'postgres' nor 'nobody': "
        "start as another user, or set DATABASE_URL and REDIS_URL."
    )


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """What a child runs before its program, so that the kernel signals it when its parent is gone (Linux).

    It has to come after the change of account, which clears it. Where there is no such call, the next start stops what is left.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent died in between
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


def start_server(
    argv: Sequence[str], *, account: Account | None, folder: Path, log: IO[bytes], stdin: int, death_signal: int
) -> subprocess.Popen[bytes]:
    """Start a server as a child of this process, under the account, in a folder of its own."""
    return subprocess.Popen(
        argv,
        stdin=stdin,
        stdout=log,
        stderr=log,
        cwd=folder,
        env=BARE_ENVIRONMENT,
        umask=0o077,
        start_new_session=True,
        preexec_fn=die_with_parent(death_signal),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def run(
    argv: Sequence[str], *, account: Account | None, folder: Path, environment: Mapping[str, str] = BARE_ENVIRONMENT
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end under the account and keep what it printed."""
    return subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        env=environment,
        umask=0o077,
        check=False,
        preexec_fn=die_with_parent(signal.SIGKILL),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def can_reach(path: Path, *, account: Account | None) -> bool:
    """Whether the account may pass through a folder, or run a file: asked of the kernel, since modes alone do not tell."""
    return run(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], account=account, folder=Path("/")).returncode == 0


def stop(process: subprocess.Popen[bytes], *, politely: int, seconds: float) -> None:
    """End a child: a signal it can answer, and after some seconds the one it cannot."""
    if process.poll() is None:
        process.send_signal(politely)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_leftover(pid: int, *, politely: int, seconds: float) -> None:
    """End a process that is not our child, left over by a parent that was killed."""
    for number in (politely, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_ended(pid, seconds=seconds):
            return


def wait_ended(pid: int, *, seconds: float) -> bool:
    """Wait until a process has ended; whether it has."""
    deadline = time.monotonic() + seconds
    while not has_ended(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or dead and merely not yet collected by its parent, which in a container may never happen."""
    try:
        return psutil.Process(pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return True


def remember(process: subprocess.Popen[bytes], *, note: Path) -> None:
    """Note which process was started, so that a later start can tell it from another with the same number."""
    try:
        note.write_text(json.dumps([process.pid, psutil.Process(process.pid).create_time()]))
    except psutil.NoSuchProcess:
        note.unlink(missing_ok=True)


def remembered(note: Path) -> int:
    """The number of a noted process that still lives, else 0."""
    try:
        pid, created = json.loads(note.read_text())
        is_same = abs(psutil.Process(pid).create_time() - created) < CLOCK_STEP_SECONDS
    except (OSError, ValueError, TypeError, psutil.Error):
        return 0
    return int(pid) if is_same and not has_ended(pid) else 0


def command_of(pid: int) -> str:
    """The command line of a process, readable whoever owns it; empty when it is ending."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""
