"""The least that loading papers can cost: unzip a text of their columns and COPY it into a table without an index."""

import time
from pathlib import Path

from django.db import connections
from isal import igzip

COLUMNS = 11


def seconds(path: str | Path) -> float:
    """Seconds to unzip and copy; the table is a real one, logged as the catalogue's are, and is dropped afterwards."""
    columns = ", ".join(f"c{number} text" for number in range(COLUMNS))
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_floor")
        cursor.execute(f"CREATE TABLE bench_floor ({columns})")
        began = time.monotonic()
        with igzip.open(path, "rb") as text:
            cursor.copy_expert("COPY bench_floor FROM STDIN", text, 1 << 20)
        took = time.monotonic() - began
        cursor.execute("DROP TABLE bench_floor")
    return took
