"""Where the servers keep their data and sockets.

Normally VAR_DIR/servers. When root starts them they run as another account, which may not be able to reach VAR_DIR (the
clone lies in /root, or in a private temporary folder); nobody's permissions are changed for that: the data then go to a
private place below SHELF and VAR_DIR/servers is a link to it.
"""

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.addresses import POSTGRES_PORT, REDIS_SOCKET, socket_note
from portal.embedded.errors import EmbeddedError
from portal.embedded.processes import Account, can_reach, server_account

SHELF = Path("/var/lib/papers-with-code-2")
# The kernel keeps a socket's path in 108 bytes on Linux and 104 elsewhere, the closing zero included.
LONGEST_SOCKET_PATH = 103
SHORT_PARENT = Path("/tmp")
SHORT_PREFIX = "pwc2-"
LONGEST_SOCKET_NAME = max(len(f".s.PGSQL.{POSTGRES_PORT}.lock"), len(REDIS_SOCKET))


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folders of one pair of servers and the account they run under (None: our own). `run` is ours, not the servers'."""

    run: Path
    account: Account | None
    postgres: Path
    redis: Path
    sockets: Path


def prepare(var_dir: Path) -> None:
    """Make VAR_DIR with the folders of ours that everything else relies on, or say why that cannot be."""
    # A server's account has to pass through a VAR_DIR of root's; what is in it stays private file by file.
    make_folder(var_dir, mode=0o711 if os.geteuid() == 0 else 0o700)
    for name in ("run", "log"):
        make_folder(var_dir / name, mode=0o700)
    if not os.access(var_dir, os.W_OK | os.X_OK):
        raise unwritable(var_dir, "Permission denied")


def make_folder(path: Path, *, mode: int) -> None:
    """A folder, made when it is not there."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass  # a full disk or a read-only folder shows here, not halfway
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from None


def unwritable(path: Path, why: str) -> EmbeddedError:
    """The one line about a folder that cannot be written."""
    advice = "make room or make it writable, or set VAR_DIR to another"
    return EmbeddedError(f"The folder {path} cannot be written ({why}): {advice}.")


def settle(var_dir: Path, *, tell: Callable[[str], None]) -> Home:
    """The folders of this VAR_DIR's servers, made on the first start."""
    link = var_dir / "servers"
    account = server_account(link / "postgres")
    if account is not None and not can_reach(var_dir, account=account):
        _link_away(link, var_dir=var_dir, tell=tell)
    else:
        make_folder(link, mode=0o711)
    folders = {name: link.resolve() / name for name in ("postgres", "redis", "socket")}
    for path in folders.values():
        _make_private(path, account=account)
    sockets = _sockets(folders["socket"], var_dir=var_dir, account=account)
    return Home(run=var_dir / "run", account=account, postgres=folders["postgres"], redis=folders["redis"], sockets=sockets)


def remove(var_dir: Path) -> None:
    """Delete a VAR_DIR and what its servers keep elsewhere. They must have stopped."""
    try:
        sockets = Path(socket_note(var_dir).read_text())
    except OSError:
        sockets = var_dir
    if sockets.name.startswith(SHORT_PREFIX) and sockets.parent == SHORT_PARENT:
        shutil.rmtree(sockets, ignore_errors=True)
    link = var_dir / "servers"
    if link.is_symlink() and link.resolve().parent == SHELF:
        shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(var_dir, ignore_errors=True)


def _link_away(link: Path, *, var_dir: Path, tell: Callable[[str], None]) -> None:
    """Point VAR_DIR/servers at a private place that the account can reach.

    A note there names the VAR_DIR it serves: a VAR_DIR that was moved keeps its data, one that was copied gets its own.
    """
    if link.is_symlink() and _belongs_to(link.resolve(), var_dir):
        return
    if link.is_dir() and not link.is_symlink():
        raise EmbeddedError(
            f"The database's account can no longer reach {link}: let it pass through the folders above, "
            "or start as the user who owns them."
        )
    place = SHELF / secrets.token_hex(8)
    try:
        place.mkdir(mode=0o711, parents=True)
        SHELF.chmod(0o755)
        place.chmod(0o711)
        (place / "serves").write_text(str(var_dir))
        link.unlink(missing_ok=True)
        link.symlink_to(place)
    except OSError as error:
        raise unwritable(place, error.strerror or str(error)) from None
    tell(f"The database does not run as root and its account cannot reach {var_dir}: its data are kept in {place}.")


def _belongs_to(place: Path, var_dir: Path) -> bool:
    note = place / "serves"
    try:
        owner = Path(note.read_text())
    except OSError:
        return False
    if owner != var_dir:
        if (owner / "servers").is_symlink() and (owner / "servers").resolve() == place:
            return False
        note.write_text(str(var_dir))
    return True


def _make_private(path: Path, *, account: Account | None) -> None:
    make_folder(path, mode=0o700)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def _sockets(folder: Path, *, var_dir: Path, account: Account | None) -> Path:
    """The sockets' folder, at a short path of its own where the natural one is too long for a socket; noted in VAR_DIR."""
    note = socket_note(var_dir)
    if len(os.fsencode(folder)) + 1 + LONGEST_SOCKET_NAME > LONGEST_SOCKET_PATH:
        try:
            known = Path(note.read_text())
        except OSError:
            known = folder
        folder = known if known != folder and _is_private(known, account) else _short_folder(account)
    note.write_text(str(folder))
    return folder


def _short_folder(account: Account | None) -> Path:
    """A new private folder at a short path, which nobody can have made before us: mkdtemp's."""
    made = Path(tempfile.mkdtemp(prefix=SHORT_PREFIX, dir=SHORT_PARENT))
    if account is not None:
        os.chown(made, account.uid, account.gid)
    return made


def _is_private(path: Path, account: Account | None) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700
