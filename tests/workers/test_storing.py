"""What a scorer stores: each answer with its own request, in the columns of its kind."""

import pytest

from tests.factories.leases import claimed
from tests.factories.runs import make_planned_run
from workers import lifecycle, plan, reduce, score
from workers.evaluation.contract import Response
from workers.lifecycle import LostLease
from workers.models import Request, Shard

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """Two items of a request each, of which nothing is answered yet."""
    run = make_planned_run(samples=2)
    run.requests.filter(choice=1).delete()
    return run


def store(run, responses, *, kind, lease=None):
    run.requests.update(kind=kind)
    lease = lease or claimed(Shard.objects.get(run=run), by="scorer@host")
    score._store(run, list(plan.planned_requests(run)), responses, lease=lease, done=score.Done(1, tokens=2, seconds=0.5))


@pytest.mark.parametrize(
    "responses",
    [
        [Response(-1.5, True), Response(-2.5, False)],
        [Response(-1500.25), Response(0.0)],
        [Response(text="#### 4"), Response(text="")],
        [Response(text='a "word", {a, b} and \\ NULL\n\t'), Response(text="é — 数 \ufffd")],
    ],
    ids=lambda responses: responses[0].kind,
)
def test_answers_of_every_kind_come_back_as_they_were(run, responses):
    store(run, responses, kind=responses[0].kind)

    assert reduce.responses_of(run) == responses
    assert Shard.objects.get(run=run).batches_done == 1


def test_a_nul_which_the_database_refuses_becomes_its_sign(run):
    store(run, [Response(text="a\0b"), Response(text="\0")], kind="generate_until")

    assert list(Request.objects.order_by("ordinal").values_list("response_text", flat=True)) == ["a␀b", "␀"]


def test_settings_of_writing_are_planned_again_as_they_were_stored(run):
    settings = {"until": ["Question:", "\n\n"], "do_sample": False, "temperature": 0.0, "max_gen_toks": 48}
    run.requests.update(kind="generate_until", continuation="", settings=settings)

    first, _ = plan.planned_requests(run)

    assert (first.kind, first.context, first.continuation, first.settings) == ("generate_until", "Question 0?", "", settings)


def test_a_worker_that_lost_its_lease_stores_no_text(run):
    lease = claimed(Shard.objects.get(run=run), by="scorer@host")
    Shard.objects.update(fence=lease.fence + 1)

    with pytest.raises(LostLease):
        store(run, [Response(text="late"), Response(text="late")], kind="generate_until", lease=lease)

    assert not Request.objects.filter(response_text__isnull=False).exists()


def test_a_request_without_an_answer_ends_no_run_well(run):
    store(run, [Response(text="one"), Response(text="two")], kind="generate_until")
    Request.objects.filter(ordinal=2).update(response_text=None)

    with pytest.raises(RuntimeError, match="request 2 of a run whose shards are done has no response"):
        reduce.responses_of(run)


def test_energy_adds_up_over_batches_and_stays_unknown_where_no_device_tells_it(run):
    lease = claimed(Shard.objects.get(run=run), by="scorer@host")
    lifecycle.advance(lease, batches_done=0)
    assert Shard.objects.get(run=run).device_joules is None
    lifecycle.advance(lease, batches_done=0, joules=1.5)
    lifecycle.advance(lease, batches_done=1, joules=2.0)
    assert Shard.objects.get(run=run).device_joules == 3.5
