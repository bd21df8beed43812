"""What is said about results over all boards: `/claims/`, `/measurements/` and `/verdicts/`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from leaderboards import model_names, models
from leaderboards.models import shown
from portal.api.pagination import Order
from portal.api.shapes.claims import Judged, read_judged
from portal.api.shapes.measurements import StandingMeasurement, read_measurements
from portal.api.shapes.results import Result, read_results
from portal.api.viewsets import PUBLIC_ID, Asked, ReadingViewSet, reader, words


class ClaimsAsked(Asked):
    """What the list of claims can be narrowed by."""

    evaluation = words("The board's id.", longest=300)
    paper = words("The paper's id.", longest=300)
    model = words("The model's id.", longest=300)
    is_measured = serializers.BooleanField(required=False, help_text="Those of which something was measured.")


class ClaimViewSet(ReadingViewSet):
    """Claims on all boards, in the order in which they came in."""

    noun = "claim"
    row = Result
    asked = ClaimsAsked
    lookup_field = "public_id"
    lookup_value_regex = PUBLIC_ID
    total = "results"
    may_be_table = True

    def rows(self) -> QuerySet[models.Claim]:
        """The claims that the public sees."""
        return models.Claim.objects.published().filter(shown("leaderboard__"))

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of this board, paper and model."""
        if asked.get("model"):
            rows = model_names.named(rows, asked["model"])
        if asked.get("is_measured"):
            rows = rows.filter(pk__in=models.Measurement.objects.current().filter(claim__isnull=False).values("claim"))
        return rows.filter(_of_board_and_paper(asked, paper="paper__slug"))

    def read(self, keys: Sequence[int]) -> Sequence[Result]:
        """By keys."""
        return read_results(keys)


class MeasurementsAsked(Asked):
    """What the list of measurements can be narrowed by."""

    evaluation = words("The board's id.", longest=300)
    model = words("The model's id.", longest=300)
    protocol = words("The protocol's id.")
    run = serializers.UUIDField(required=False, help_text="The run that obtained it.")


class MeasurementViewSet(ReadingViewSet):
    """Measurements that stand, in the order in which they came in; staff also see those that wait or were taken back."""

    noun = "measurement"
    row = StandingMeasurement
    asked = MeasurementsAsked
    lookup_field = "public_id"
    lookup_value_regex = PUBLIC_ID

    def rows(self) -> QuerySet[models.Measurement]:
        """What the reader may see."""
        found = models.Measurement.objects.filter(shown("leaderboard__"))
        return found if reader(self.request).is_staff else found.current()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of this board, model, protocol and run."""
        if asked.get("model"):
            rows = model_names.named(rows, asked["model"])
        if asked.get("protocol"):
            rows = rows.filter(protocol__slug=asked["protocol"])
        if asked.get("run"):
            rows = rows.filter(run_id=asked["run"])
        return rows.filter(_of_board_and_paper(asked))

    def read(self, keys: Sequence[int]) -> Sequence[StandingMeasurement]:
        """By keys."""
        return read_measurements(keys)


class VerdictViewSet(ReadingViewSet):
    """What measurements that stand say of the claims that they test: derived at each reading, never stored."""

    noun = "verdict"
    row = Judged
    asked = MeasurementsAsked
    order = Order()

    def rows(self) -> QuerySet[models.Measurement]:
        """The measurements that test a claim which the public sees."""
        current = models.Measurement.objects.current()
        return current.filter(shown("leaderboard__"), claim__isnull=False, claim__removed_at=None)

    narrowed = MeasurementViewSet.narrowed

    def read(self, keys: Sequence[int]) -> Sequence[Judged]:
        """By keys."""
        return read_judged(keys)


def _of_board_and_paper(asked: dict[str, Any], *, paper: str = "") -> Q:
    columns = {"evaluation": "leaderboard__slug", **({"paper": paper} if paper else {})}
    return Q(**{column: asked[name] for name, column in columns.items() if asked.get(name)})
