"""The workers' own database role: it takes a run from its plan to its measurement, and may do nothing else."""

from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection, connections

from leaderboards.models import Measurement
from portal.embedded.addresses import ADMIN_ROLE, read_passwords
from tests.factories.runs import make_mapping, make_planned_run, make_protocol, make_worker
from workers import lifecycle, log_tail, plan, reduce, registration, score
from workers.evaluation.contract import (
    Batch,
    MetricValue,
    Plan,
    PlannedRequest,
    PlannedSample,
    Reduction,
    Response,
    SampleOutcome,
)
from workers.models import Fault, Run, Shard

ROLE = "portal_worker_of_tests"


@pytest.fixture
def role(committed_db, settings):
    """The role with its rights, and a connection by it."""
    found = settings.DATABASES["default"]
    passwords = read_passwords(Path(settings.VAR_DIR))
    if passwords is None:
        pytest.skip("needs a database of our own, in which a role can be made")
    admin = psycopg2.connect(
        dbname=found["NAME"], user=ADMIN_ROLE, password=passwords.admin, host=found["HOST"], port=found["PORT"] or None
    )
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'of tests'")
        settings.DATABASE_WORKER_ROLE = ROLE
        call_command("migrate", verbosity=0)
        connections["owner"].close()
        own = psycopg2.connect(
            dbname=found["NAME"], user=ROLE, password="of tests", host=found["HOST"], port=found["PORT"] or None
        )
        own.autocommit = True
        yield own
        own.close()
        cursor.execute(f"DROP OWNED BY {ROLE}")
        cursor.execute(f"DROP ROLE {ROLE}")
    admin.close()


@pytest.fixture
def as_worker(role, monkeypatch):
    """From the call on, this process goes by the workers' role."""

    def begin():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "USER", ROLE)
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", "of tests")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (ROLE,)

    yield begin
    connection.close()


@pytest.mark.parametrize("is_selftest", [False, True])
def test_it_takes_a_run_from_its_plan_to_its_measurement(is_selftest, as_worker):
    run = lifecycle.request(make_mapping(protocol=make_protocol(is_selftest=is_selftest)), by=None)
    as_worker()
    facts = {
        "device": "cpu", "device_name": "a device", "memory_bytes": 10**12, "software": {}, "warm_checkpoint": None,
        "registered_at": run.requested_at, "last_seen_at": run.requested_at,
    }  # fmt: skip
    for _ in range(2):  # and once more, as one that starts again
        worker = registration.written("one", facts)
    for _ in range(2):  # of the self-test, which is public at once, the second supersedes the first
        _, lease = lifecycle.claim_next(worker)
        samples = tuple(PlannedSample(n, "t", n, {}, ("A", "B"), "A") for n in range(2))
        requests = tuple(PlannedRequest(n, n // 2, n % 2, "loglikelihood", f"Q{n // 2}", " AB"[n % 2]) for n in range(4))
        provenance = {"plan": {"version": 1}, "tasks": []}
        plan._store(
            run, Plan(samples, requests, ()), lease=lease, parts=[[Batch((0,), (), 5)], [Batch((1,), (), 5)]],
            values={"threads": 1, "shard_tokens": 5, "provenance": provenance},
        )  # fmt: skip
        for number in range(2):
            _, shard = lifecycle.claim_next(worker)
            lifecycle.tell(shard, "Scoring.")
            assert lifecycle.renew(shard)
            with log_tail.kept():
                log_tail.tell(worker=worker.name, run_id=run.pk)
            lifecycle.record_scorer(shard, facts={"worker": "one"}, from_batch=0, device=worker.device_label)
            if number == 0:
                lifecycle.fail(shard, code="code_error", message="It broke.")
                Shard.objects.filter(pk=shard.shard_id).update(not_before=None)
                _, shard = lifecycle.claim_next(worker)
                lifecycle.release(shard, note="Stopped.")
                _, shard = lifecycle.claim_next(worker)
                lifecycle.replan(shard, batches=[Batch((0,), (), 5)], batches_done=0, token_budget=64, reason="Memory.")
            own = [request for request in requests if request.sample == number]
            score._store(run, own, [Response(-1.0, True)] * 2, lease=shard, done=score.Done(1, tokens=5, seconds=0.1))
            lifecycle.finish_shard(shard)
        lifecycle.reap()
        _, lease = lifecycle.claim_next(worker)
        headline = MetricValue("mmlu_anatomy", "acc", 0.5, 0.1, 2, 0.25)
        outcomes = tuple(SampleOutcome(n, "A", "A", True, 0.5) for n in range(2))
        whole = Run.objects.select_related("checkpoint__model", "protocol").get(pk=run.pk)
        reduce._store(
            whole,
            Reduction((headline,), outcomes, {}),
            {whole.protocol_id: headline},
            lease=lease,
            responses=[Response(-1.0, True)] * 4,
        )
        if Measurement.objects.count() == 1:
            run = _asked_again(run)
    assert set(Run.objects.values_list("state", flat=True)) == {"finished"}
    first, second = Measurement.objects.order_by("pk")
    assert (first.value, second.value, second.superseded_by) == (50.0, 50.0, None)
    assert first.superseded_by == (second if is_selftest else None)
    assert [bool(one.published_at) for one in (first, second)] == [is_selftest] * 2
    assert Fault.objects.count() == 2


def _asked_again(run):
    """The same run once more, asked for by the website."""
    found = connections["owner"]
    with found.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workers_run (public_id, checkpoint_id, protocol_id, state, priority, token_budget, shard_tokens, threads, seeds,"
            " plan_version, samples_total, requests_total, fence, lease_owner, attempts, activity, error_code, error_message, provenance,"
            " results, requested_at) SELECT gen_random_uuid(), checkpoint_id, protocol_id, 'requested', 0, 1024, 0, 0, seeds, 0, 0, 0, 0, '',"
            " 0, '', '', '', '{}', '{}', now() FROM workers_run WHERE id = %s RETURNING id",
            [run.pk],
        )
        (key,) = cursor.fetchone()
    found.close()
    return Run.objects.get(pk=key)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM accounts_user",
        "SELECT * FROM django_session",
        "UPDATE papers_paper SET title = ''",
        "INSERT INTO workers_run DEFAULT VALUES",
        "UPDATE workers_run SET priority = 10",
        "UPDATE workers_run SET checkpoint_id = 1",
        "UPDATE workers_run SET requested_by_id = 1",
        "UPDATE workers_checkpoint SET hub_id = 'x/y'",
        "UPDATE workers_claimmapping SET scale = 1000",
        "UPDATE workers_request SET continuation = ' A'",
        "UPDATE workers_sample SET target = 'A'",
        "UPDATE workers_prompt SET text = ''",
        "UPDATE workers_runevent SET note = ''",
        "UPDATE workers_fault SET message = ''",
        "UPDATE workers_worker SET trusted_since = now()",
        "UPDATE leaderboards_measurement SET value = 100",
        "UPDATE leaderboards_measurement SET retracted_at = now()",
        "UPDATE leaderboards_protocol SET num_fewshot = 0",
        "UPDATE leaderboards_claim SET model_name = ''",
        "DELETE FROM workers_run",
        "DELETE FROM workers_shard",
        "DELETE FROM leaderboards_measurement",
        "TRUNCATE workers_runevent",
        "CREATE TABLE mine (id int)",
    ],
)
def test_it_may_not(role, statement):
    make_planned_run()
    make_worker()
    with role.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)
