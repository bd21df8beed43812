"""What `manage.py up` makes sure of before it starts anything."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import environment
from portal.embedded import home
from portal.embedded.children import stop_leftovers
from portal.embedded.errors import EmbeddedError
from portal.embedded.locks import opened


@contextmanager
def alone(var_dir: Path) -> Iterator[None]:
    """The right to be the one site on a VAR_DIR, with the port free and nothing left over from a site that was killed."""
    host = environment.text("HOST", "127.0.0.1")
    port = environment.number("PORT", 8000, low=1, high=65535)
    home.prepare(var_dir)
    with opened(var_dir / "run" / "site.lock") as site:
        if not site.try_exclusive():
            advice = "stop it first (Ctrl-C where it runs), or set VAR_DIR and PORT to others"
            raise EmbeddedError(f"This site already runs on {var_dir}: {advice}.")
        stop_leftovers(var_dir)
        check_port(host, port)
        yield


def check_port(host: str, port: int) -> None:
    """Say in one line why the website could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        advice = "set it to 127.0.0.1, or 0.0.0.0 for all"
        raise EmbeddedError(f"HOST is {host!r}, which is no address of this machine: {advice}.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            raise EmbeddedError(_port_line(host, port, error)) from None


def _port_line(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = f"PORT={port % 65535 + 1} make up"
        return f"Port {port} of {host} is taken by another program: stop it, or choose another port, as in {other}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights that this account does not have: set PORT to one from 1024 to 65535."
    return f"The website cannot listen on {host} port {port} ({error.strerror}): set HOST and PORT to others."
