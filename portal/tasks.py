"""Where Celery looks for tasks of this app: there are none, but the scheduler's signal has to find the nightly export."""

from portal import nightly

__all__ = ["nightly"]
