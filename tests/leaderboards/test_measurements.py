"""Recording what a run obtained."""

from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards import measurements
from leaderboards.measurements import Obtained
from leaderboards.models import Measurement
from tests.factories.runs import make_checkpoint, make_claim, make_metric, make_protocol

pytestmark = pytest.mark.django_db

QUARTER = Obtained(value=0.25, standard_error=0.0365, items=14_042, chance_level=0.25).scaled(100.0)


def record(obtained, *, claim=None, metric=None, model=None, protocol, run_id=None, checkpoint="weights"):
    metric = metric or claim.leaderboard.metrics.get()
    measurement = measurements.record(
        obtained,
        metric=metric,
        claim=claim,
        model=model or make_checkpoint().model,
        protocol=protocol,
        checkpoint=checkpoint,
        run_id=run_id or uuid4(),
        measured_at=timezone.now(),
    )
    if measurement.published_at is None:
        measurements.publish(measurement)
    return measurement


def test_a_measurement_is_in_the_unit_of_its_board_with_its_interval_and_chance():
    claim = make_claim()
    measurement = record(QUARTER, claim=claim, protocol=make_protocol())
    assert (measurement.value, measurement.items, measurement.chance_level) == (25.0, 14_042, 25.0)
    assert measurement.standard_error == pytest.approx(3.65)
    assert (measurement.interval_low, measurement.interval_high) == pytest.approx((24.29, 25.72), abs=0.005)
    assert measurement.model_name == claim.model_name
    assert list(Measurement.objects.current()) == [measurement]


def test_the_noise_of_a_protocol_is_the_largest_difference_of_repeated_runs_in_the_harness_unit():
    claim, protocol, model = make_claim(), make_protocol(), make_checkpoint().model

    def run(value, *, items=100, **more):
        obtained = Obtained(value=value, standard_error=None, items=items, chance_level=None).scaled(100.0)
        return record(obtained, claim=claim, protocol=more.pop("protocol", protocol), model=model, **more)

    run(0.250)
    assert measurements.noise_seen(protocol) is None
    run(0.500, checkpoint="other weights")
    run(0.600, items=50)
    run(0.700, protocol=make_protocol())
    assert measurements.noise_seen(protocol) is None
    run(0.252)
    assert measurements.noise_seen(protocol) == pytest.approx(0.002)
    measurements.retract(run(0.290), reason="Wrong weights.")
    run(0.253)
    assert measurements.noise_seen(protocol) == pytest.approx(0.003)


def test_recording_the_same_run_again_changes_nothing():
    claim, protocol, run_id = make_claim(), make_protocol(), uuid4()
    first = record(QUARTER, claim=claim, protocol=protocol, run_id=run_id)
    again = record(Obtained(0.9, None, 10, None), claim=claim, protocol=protocol, run_id=run_id)
    assert again == first
    assert Measurement.objects.get().value == 25.0


def test_a_later_run_supersedes_the_earlier_one_and_keeps_it():
    claim, protocol, model = make_claim(), make_protocol(), make_checkpoint().model
    first = record(QUARTER, claim=claim, protocol=protocol, model=model)
    second = record(QUARTER, claim=claim, protocol=protocol, model=model)
    first.refresh_from_db()
    assert first.superseded_by == second
    assert list(Measurement.objects.current()) == [second]
    assert Measurement.objects.count() == 2


def test_another_protocol_supersedes_nothing():
    claim, model = make_claim(), make_checkpoint().model
    record(QUARTER, claim=claim, protocol=make_protocol(), model=model)
    record(QUARTER, claim=claim, protocol=make_protocol(), model=model)
    assert Measurement.objects.current().count() == 2


def test_other_weights_of_the_same_model_supersede_nothing():
    claim, protocol, model = make_claim(), make_protocol(), make_checkpoint().model
    record(QUARTER, claim=claim, protocol=protocol, model=model, checkpoint="in float16")
    record(QUARTER, claim=claim, protocol=protocol, model=model, checkpoint="in 8 bit")
    assert Measurement.objects.current().count() == 2


def test_a_measurement_needs_no_claim():
    measurement = record(QUARTER, metric=make_metric(), model=(model := make_checkpoint().model), protocol=make_protocol())
    assert (measurement.claim, measurement.model_name) == (None, model.name)


def test_a_metric_that_is_no_share_gets_an_interval_from_its_standard_error_or_none():
    protocol = make_protocol(metric="perplexity")
    with_error = record(Obtained(3.6, 0.1, 100, None), claim=make_claim(), protocol=protocol)
    assert (with_error.interval_low, with_error.interval_high) == pytest.approx((3.404, 3.796), abs=1e-3)
    without = record(Obtained(3.6, None, 100, None), claim=make_claim(), protocol=protocol)
    assert (without.interval_low, without.interval_high) == (None, None)


def test_a_share_under_a_named_filter_has_the_interval_of_a_share():
    obtained = Obtained(value=0.02, standard_error=0.02, items=50, chance_level=None).scaled(100.0)

    measurement = record(obtained, claim=make_claim(), protocol=make_protocol(metric="exact_match,strict-match"))

    assert (measurement.interval_low, measurement.interval_high) == pytest.approx((0.354, 10.495), abs=0.001)
