"""Where the embedded servers answer, and their passwords. Nothing here starts or creates anything but a password file."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

DATABASE = "portal"
ADMIN_ROLE = "portal_admin"
OWNER_ROLE = "portal_owner"
RUNTIME_ROLE = "portal_runtime"
WORKER_ROLE = "portal_worker"

POSTGRES_PORT = 5432  # part of the socket's file name; nothing listens on TCP
REDIS_SOCKET = "redis.sock"


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """One generated password a role."""

    admin: str
    owner: str
    runtime: str
    worker: str
    redis: str


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """What DATABASE_URL, DATABASE_OWNER_URL, DATABASE_WORKER_URL and REDIS_URL would be set to."""

    database_url: str
    owner_url: str
    worker_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """The same as environment variables, for this process and its children; what is the workers' alone is not among them."""
        return {"DATABASE_URL": self.database_url, "DATABASE_OWNER_URL": self.owner_url, "REDIS_URL": self.redis_url}


def password_file(var_dir: Path) -> Path:
    """The private file that holds the passwords of a VAR_DIR."""
    return var_dir / "passwords.json"


def socket_note(var_dir: Path) -> Path:
    """The file that names the sockets' folder of a VAR_DIR."""
    return var_dir / "run" / "sockets"


def read_passwords(var_dir: Path) -> Passwords | None:
    """The passwords of a VAR_DIR, or None before its first start; of a version without a role for workers that one's is empty."""
    try:
        return Passwords(**{"worker": "", **json.loads(password_file(var_dir).read_text())})
    except (OSError, ValueError, TypeError):
        return None


def make_passwords(var_dir: Path) -> Passwords:
    """The passwords of a VAR_DIR, generated on its first start and written for the owner's eyes only (mode 0600)."""
    known = read_passwords(var_dir)
    if known and known.worker:
        return known
    kept = {role: password for role, password in asdict(known).items() if password} if known else {}
    made = Passwords(**{role: kept.get(role) or secrets.token_urlsafe(24) for role in Passwords.__dataclass_fields__})
    draft = password_file(var_dir).with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(made), file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(password_file(var_dir))
    return made


def expected(var_dir: Path) -> Addresses:
    """The addresses under which the servers of a VAR_DIR answer while they run; before the first start they lead nowhere."""
    passwords = read_passwords(var_dir) or Passwords(admin="", owner="", runtime="", worker="", redis="")
    try:
        sockets = Path(socket_note(var_dir).read_text())
    except OSError:
        sockets = var_dir / "servers" / "socket"
    return Addresses(
        database_url=postgres_url(sockets, role=RUNTIME_ROLE, password=passwords.runtime),
        owner_url=postgres_url(sockets, role=OWNER_ROLE, password=passwords.owner),
        worker_url=postgres_url(sockets, role=WORKER_ROLE, password=passwords.worker),
        redis_url=f"unix://:{passwords.redis}@{quote(str(sockets / REDIS_SOCKET))}?db=0",
    )


def postgres_url(sockets: Path, *, role: str, password: str) -> str:
    """The address of our database through the socket in a folder."""
    return f"postgresql://{role}:{password}@/{DATABASE}?{urlencode({'host': str(sockets)})}"
