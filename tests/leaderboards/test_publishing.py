"""Publishing, superseding and retracting: what stands, what is refused, and that each step is history."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards import measurements
from leaderboards.measurements import Obtained, Publication, Refused
from leaderboards.models import Measurement
from papers.models import Change
from tests.factories.runs import make_checkpoint, make_claim, make_protocol

pytestmark = pytest.mark.django_db

QUARTER = Obtained(value=0.25, standard_error=0.0037, items=14_042, chance_level=0.25).scaled(100.0)


@pytest.fixture
def claim():
    return make_claim()


@pytest.fixture
def weights():
    return make_checkpoint().model


def run(claim, *, protocol, model, minutes=0):
    return measurements.record(
        QUARTER,
        metric=claim.leaderboard.metrics.get(),
        claim=claim,
        model=model,
        protocol=protocol,
        checkpoint="weights",
        run_id=uuid4(),
        measured_at=timezone.now() + timedelta(minutes=minutes),
    )


def test_what_a_run_measured_does_not_stand_until_it_is_published(claim, weights):
    measurement = run(claim, protocol=make_protocol(), model=weights)
    assert (measurement.published_at, list(Measurement.objects.current())) == (None, [])
    measurements.publish(measurement)
    assert list(Measurement.objects.current()) == [measurement]
    assert measurement.published_at is not None


def test_the_self_test_is_published_at_once(claim, weights):
    assert run(claim, protocol=make_protocol(is_selftest=True), model=weights).published_at is not None


def test_a_later_measurement_supersedes_the_earlier_one_when_it_is_published(claim, weights):
    protocol = make_protocol()
    first, second = (run(claim, protocol=protocol, model=weights, minutes=minutes) for minutes in (0, 1))
    measurements.publish(first)
    assert list(Measurement.objects.current()) == [first]
    measurements.publish(second)
    first.refresh_from_db()
    assert (first.superseded_by, list(Measurement.objects.current())) == (second, [second])


def test_an_earlier_measurement_that_is_published_last_does_not_take_the_newer_ones_place(claim, weights):
    protocol = make_protocol()
    first, second = (run(claim, protocol=protocol, model=weights, minutes=minutes) for minutes in (0, 1))
    measurements.publish(second)
    measurements.publish(first)
    assert list(Measurement.objects.current()) == [second]


def test_nothing_is_published_twice_or_after_it_was_retracted(claim, weights):
    published, retracted = (run(claim, protocol=make_protocol(), model=weights) for _ in range(2))
    measurements.publish(published)
    measurements.retract(retracted, reason="Wrong weights.")
    for measurement in (published, retracted):
        with pytest.raises(Refused, match="published or retracted before"):
            measurements.publish(measurement)
    assert list(Measurement.objects.current()) == [published]


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_a_retraction_needs_a_reason(claim, weights, reason):
    measurement = run(claim, protocol=make_protocol(), model=weights)
    measurements.publish(measurement)
    with pytest.raises(Refused, match="Say in a sentence why"):
        measurements.retract(measurement, reason=reason)
    assert list(Measurement.objects.current()) == [measurement]


def test_the_first_reason_of_a_retraction_stays(claim, weights):
    measurement = run(claim, protocol=make_protocol(), model=weights)
    measurements.retract(measurement, reason="Wrong\n weights.")
    with pytest.raises(Refused, match="retracted before"):
        measurements.retract(measurement, reason="Another.")
    measurement.refresh_from_db()
    assert measurement.retraction_reason == "Wrong weights."


def test_another_measurement_of_the_same_claim_can_take_ones_place(claim, weights):
    ours, theirs = (run(claim, protocol=make_protocol(), model=weights) for _ in range(2))
    for measurement in (ours, theirs):
        measurements.publish(measurement)
    measurements.supersede(theirs, by=ours)
    assert list(Measurement.objects.current()) == [ours]


def test_one_of_another_claim_or_one_that_does_not_stand_cannot(claim, weights):
    ours, hidden = (run(claim, protocol=make_protocol(), model=weights) for _ in range(2))
    other = run(make_claim(), protocol=make_protocol(), model=weights)
    for measurement in (ours, other):
        measurements.publish(measurement)
    for by, words in ((other, "same claim and metric"), (ours, "same claim and metric"), (hidden, "does not stand any more")):
        with pytest.raises(Refused, match=words):
            measurements.supersede(ours, by=by)
    assert set(Measurement.objects.current()) == {ours, other}


def test_each_decision_is_an_event_of_the_catalogues_history(claim, weights):
    measurement = run(claim, protocol=make_protocol(), model=weights)
    measurements.publish(measurement)
    measurements.retract(measurement, reason="Wrong weights.")
    published, retracted = Change.objects.filter(table="leaderboards_measurement").order_by("id")
    assert {change.object_id for change in (published, retracted)} == {measurement.public_id}
    assert (list(published.new), published.old) == (["published_at"], {"published_at": None})
    assert retracted.new["retraction_reason"] == "Wrong weights."


def test_a_published_number_is_public_at_once_and_there_once(claim):
    source = Publication(title="A table", url="https://example.org/table", day=timezone.now())
    words = {
        "metric": claim.leaderboard.metrics.get(), "claim": claim, "model_name": "M", "protocol": make_protocol(), "checkpoint": "",
        "publication": source,
    }  # fmt: skip
    assert measurements.record_published(Obtained(0.333, None, 14_042, 0.25).scaled(100.0), **words)
    assert not measurements.record_published(Obtained(0.333, None, 14_042, 0.25).scaled(100.0), **words)
    assert measurements.record_published(Obtained(0.334, None, 14_042, 0.25).scaled(100.0), **words)
    assert sorted(Measurement.objects.current().values_list("value", flat=True)) == [33.3, 33.4]
