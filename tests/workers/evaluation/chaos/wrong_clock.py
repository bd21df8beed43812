"""Celery on a clock that is wrong by so many seconds: `python -m tests.workers.evaluation.chaos.wrong_clock SECONDS worker ...`.

All that Python tells of the time of day is shifted, in every thread; the clock that measures how long something took goes on
as it does.
"""

import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main():
    wrong_by = timedelta(seconds=float(sys.argv.pop(1)))
    time_machine.travel(datetime.now(UTC) + wrong_by, tick=True).start()
    from celery.__main__ import main as celery  # whatever it notes at its import is to be of the wrong clock too

    sys.exit(celery())


if __name__ == "__main__":
    main()
