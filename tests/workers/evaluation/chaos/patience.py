"""Asking a database that chaos kills: again, until it answers."""

import time

from django.db import connection

from workers.lost_connection import LOST_CONNECTION


def patiently(ask, *, seconds=120):
    """What `ask` gives, asked again while the database is away. It must do no harm to ask twice."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except LOST_CONNECTION:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def until(is_so, *, what, seconds=240):
    """Wait for it; says what was waited for when it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := patiently(is_so)):
        assert time.monotonic() < deadline, f"{what}: not so after {seconds} s"
        time.sleep(0.05)
    return found
