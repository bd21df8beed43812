"""Where Celery looks for tasks of this app: there are none, but the scheduler's signal has to find what the portal times."""

from portal import nightly, watch_rounds

__all__ = ["nightly", "watch_rounds"]
