"""Results: claims as the old API wrote them, and beside each what was measured."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers

from leaderboards.models import Claim, Measurement, Score
from portal.api import ranks
from portal.api.fields import Address, Figure
from portal.api.ranks import UNRANKED, Best
from portal.pages import judged, measured


class MeasurementSerializer(serializers.Serializer[Measurement]):
    """A measured number in the unit of its metric with its 95 % interval, where it comes from, and what it says of the claim.

    `items` is how many were scored; `run` is a run of ours, `publication` the address of somebody else's. Its context is the
    claimed cell of each metric.
    """

    metric = serializers.ReadOnlyField(source="metric.name")
    value = Figure()
    items = serializers.ReadOnlyField()
    standard_error = Figure()
    interval_low = Figure()
    interval_high = Figure()
    chance_level = Figure()
    protocol = serializers.ReadOnlyField(source="protocol.slug")
    is_selftest = serializers.ReadOnlyField(source="protocol.is_selftest")
    run = serializers.UUIDField(source="run_id")
    publication = Address(source="publication_url")
    note = serializers.ReadOnlyField()
    verdict = serializers.SerializerMethodField()

    def get_verdict(self, measurement: Measurement) -> dict[str, str] | None:
        """The verdict on the claim, its reason, and what guessing reaches; null where the claim has no number."""
        cells: Mapping[int, Score] = self.context["cells"]
        claimed = judged.of_score(cells.get(measurement.metric_id), board=self.context["board"], metric=measurement.metric)
        if claimed is None:
            return None
        found = judged.judge(claimed, measurement)
        return {"word": found.verdict.value, "reason": found.reason, "chance": found.chance}


class ResultSerializer(serializers.Serializer[Claim]):
    """A claim. `metrics` has the cells as the archive wrote them; `measurements` is a key that the old API did not have.

    Its context is what `beside` gives.
    """

    id = serializers.UUIDField(source="public_id")
    best_rank = serializers.SerializerMethodField()
    metrics = serializers.SerializerMethodField()
    methodology = serializers.ReadOnlyField(source="model_name")
    uses_additional_data = serializers.SerializerMethodField()
    paper = serializers.SerializerMethodField()
    best_metric = serializers.SerializerMethodField()
    evaluated_on = serializers.SerializerMethodField()
    measurements = serializers.SerializerMethodField()

    def get_best_rank(self, claim: Claim) -> int | None:
        """The claim's best rank among those of its board, over all metrics that are ranked."""
        return self._best(claim).rank

    def get_best_metric(self, claim: Claim) -> str | None:
        """The metric of the best rank, the first in the board's order where several have it."""
        return self._best(claim).metric

    def get_metrics(self, claim: Claim) -> dict[str, str]:
        """The cells by the names of their columns."""
        return {score.metric.name: score.text for score in claim.scores.all()}

    def get_uses_additional_data(self, claim: Claim) -> bool:
        """Whether the claim says so."""
        return bool(claim.uses_additional_data)

    def get_paper(self, claim: Claim) -> str | None:
        """The slug of the claim's paper, unless that was removed."""
        return claim.paper.slug if claim.paper and not claim.paper.removed_at else None

    def get_evaluated_on(self, claim: Claim) -> date | None:
        """The claim's date; else that of its paper."""
        return claim.paper_date or (claim.paper.date if claim.paper else None)

    def get_measurements(self, claim: Claim) -> list[dict[str, object]]:
        """What was measured of this claim and stands, newest first."""
        found: Mapping[int, list[Measurement]] = self.context["measurements"]
        context = {"cells": {score.metric_id: score for score in claim.scores.all()}, "board": claim.leaderboard}
        return [MeasurementSerializer(item, context=context).data for item in found.get(claim.pk, [])]

    def _best(self, claim: Claim) -> Best:
        best: Mapping[int, Best] = self.context["best"]
        return best.get(claim.pk, UNRANKED)


def readable(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Those of the claims that the public sees, with what the serializer reads."""
    cells = Score.objects.select_related("metric").order_by("metric__position", "metric_id")
    return (
        claims.filter(removed_at=None)
        .select_related("paper", "leaderboard")
        .prefetch_related(Prefetch("scores", queryset=cells))
        .only(
            "public_id", "leaderboard", "model_name", "uses_additional_data", "paper_date", "position",
            "paper__slug", "paper__date", "paper__removed_at", "leaderboard__dataset_name",
        )
    )  # fmt: skip


def beside(claims: Sequence[Claim]) -> Mapping[str, object]:
    """What the serializer needs besides the claims, in two queries: their best ranks and their measurements."""
    found: dict[int, list[Measurement]] = defaultdict(list)
    for item in measured.current(Q(claim__in=[claim.pk for claim in claims])):
        if item.claim_id:
            found[item.claim_id].append(item)
    return {"best": ranks.best(claims), "measurements": found}
