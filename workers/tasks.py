"""The thin Celery task: a ring says that there is work, and when there is none it costs one query."""

from celery import shared_task

from workers import reaper, registration, shift

__all__ = ["reaper", "work"]  # the reaper hears the scheduler's signal once it is imported


@shared_task(name="workers.tasks.work")
def work() -> None:
    """Do what there is to do for this worker, until nothing is left."""
    shift.work(registration.this_worker)
