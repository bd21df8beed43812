"""Work in another thread, in order."""

import threading

import pytest

from papers.archive.pipeline import Pipeline


def test_jobs_run_in_order_in_one_other_thread():
    done = []
    with Pipeline() as pipeline:
        for number in range(20):
            pipeline.submit(lambda number=number: done.append((number, threading.current_thread() is threading.main_thread())))
    assert done == [(number, False) for number in range(20)]


def test_a_job_that_fails_ends_the_work_and_its_error_comes_out():
    done = []

    def fail():
        raise ValueError("full")

    def work():
        with Pipeline() as pipeline:
            pipeline.submit(fail)
            for number in range(50):
                pipeline.submit(lambda number=number: done.append(number))

    with pytest.raises(ValueError, match="full"):
        work()
    assert done == []


def test_an_error_of_the_thread_that_asks_comes_out_and_what_waits_is_dropped():
    started, go_on, done = threading.Event(), threading.Event(), []

    def first():
        started.set()
        go_on.wait(10)

    def work():
        with Pipeline() as pipeline:
            pipeline.submit(first)
            started.wait(10)
            pipeline.submit(lambda: done.append("second"))
            threading.Timer(0.2, go_on.set).start()
            raise KeyError("parse")

    with pytest.raises(KeyError, match="parse"):
        work()
    assert done == []
    assert "archive import" not in {thread.name for thread in threading.enumerate()}
