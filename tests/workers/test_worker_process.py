"""What a process becomes when Celery makes a worker of it."""

import pytest
from celery.signals import celeryd_init
from django.db import connection
from django.db.backends.signals import connection_created

from workers import registration


@pytest.fixture
def made_worker(committed_db, monkeypatch):
    """This process, as if Celery had begun a worker in it."""
    monkeypatch.setattr(registration, "_name", registration._name)  # put back afterwards
    connection.close()
    celeryd_init.send(sender="scorer@gpu-7", instance=None, conf=None, options={})
    yield
    connection_created.disconnect(registration._let_go_of_locks)
    connection.close()


def test_a_worker_goes_by_celery_s_name_before_it_forks_and_never_holds_rows_for_long(made_worker):
    assert registration._name == "scorer@gpu-7"
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("30s",)
