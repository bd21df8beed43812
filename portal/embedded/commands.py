"""Which commands of manage.py get the embedded servers under them, and how."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal.embedded import preflight
from portal.embedded.lease import Lease, running

# These never ask the database; everything else may.
WITHOUT_SERVERS = frozenset(
    {
        "", "help", "version", "--help", "-h", "--version", "check", "collectstatic", "compilemessages", "diffsettings",
        "findstatic", "makemessages", "sendtestemail", "startapp", "startproject", "test",
    }
)  # fmt: skip

# The variables that each server's address goes into; the first is the one that says whether there is another server.
ADDRESSES = {"postgres": ("DATABASE_URL", "DATABASE_OWNER_URL"), "redis": ("REDIS_URL",)}

_leases: list[Lease] = []


def current_lease() -> Lease | None:
    """The lease under the running command, for a command that has to outlive a death of the servers."""
    return _leases[-1] if _leases else None


def needs_servers(argv: Sequence[str]) -> bool:
    """Whether a command line may ask the database or Redis."""
    command = argv[1] if len(argv) > 1 else ""
    asks_for_help = any(word in {"--help", "-h"} for word in argv[2:])
    wants_database_check = command == "check" and any(word.startswith("--database") for word in argv[2:])
    return wants_database_check or (command not in WITHOUT_SERVERS and not asks_for_help)


@contextmanager
def prepared(argv: Sequence[str], *, var_dir: Path) -> Iterator[None]:
    """What a command line needs before Django looks at it: for `up` the port and the folder, then the servers."""
    with ExitStack() as stack:
        if needs_servers(argv):
            if argv[1] == "up":
                stack.enter_context(preflight.alone(var_dir))
            stack.enter_context(with_servers(var_dir))
        yield


@contextmanager
def with_servers(var_dir: Path) -> Iterator[None]:
    """The addresses of the embedded servers in the environment for the duration of a block; addresses that are set stay.

    Only servers without an address are run: they are joined when they run, else started, and stopped at the end.
    """
    wanted = {name: variables for name, variables in ADDRESSES.items() if not os.environ.get(variables[0], "").strip()}
    if not wanted:
        yield
        return
    with running(var_dir, servers=list(wanted), tell=lambda line: print(line, file=sys.stderr)) as lease:
        found = lease.addresses.environment()
        os.environ.update({variable: found[variable] for variables in wanted.values() for variable in variables})
        _leases.append(lease)
        try:
            yield
        finally:
            _leases.remove(lease)
