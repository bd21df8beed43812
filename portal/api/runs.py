"""Runs: `/runs/` says how far each is; `/runs/{id}/` also what ran and what came out. The old API had none."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Measurement
from portal.api.viewsets import ReadingViewSet
from workers import waiting
from workers.models import Run, Shard
from workers.records import mapping

PUBLIC_PROVENANCE = ("checkpoint", "tasks", "seeds", "plan", "device", "software")
"""The parts of a run's record that everybody may read; others name workers, and their names tell hosts."""


class RunSerializer(serializers.Serializer[Run]):
    """Where a run is. Its context is what `beside` gives."""

    id = serializers.UUIDField(source="public_id")
    checkpoint = serializers.ReadOnlyField(source="checkpoint.slug")
    protocol = serializers.ReadOnlyField(source="protocol.slug")
    is_selftest = serializers.ReadOnlyField(source="protocol.is_selftest")
    items_per_task = serializers.ReadOnlyField()
    state = serializers.ReadOnlyField()
    waits_for = serializers.SerializerMethodField()
    activity = serializers.ReadOnlyField()
    error = serializers.ReadOnlyField(source="error_message")
    progress = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()

    def get_waits_for(self, run: Run) -> str:
        """Why nobody works on it; "" when somebody does or it has ended."""
        reasons: Mapping[int, str] = self.context["waits_for"]
        return reasons[run.pk]

    def get_progress(self, run: Run) -> Mapping[str, int] | None:
        """Batches done of all, and what they hold; null before there is a plan."""
        batches: Mapping[int, Mapping[str, int]] = self.context["batches"]
        if run.pk not in batches:
            return None
        return {**batches[run.pk], "requests": run.requests_total, "items": run.samples_total}


class WholeRunSerializer(RunSerializer):
    """A run with its record."""

    results = serializers.SerializerMethodField()
    provenance = serializers.SerializerMethodField()

    def get_results(self, run: Run) -> dict[str, object]:
        """The numbers that the harness computed, in its own unit; none while a measurement out of them waits to be published."""
        if Measurement.objects.filter(run_id=run.public_id, published_at=None).exists():
            return {"metrics": []}
        return {"metrics": mapping(run.results).get("metrics", [])}

    def get_provenance(self, run: Run) -> dict[str, object]:
        """What ran: checkpoint with digests, tasks with versions, device, software, seeds."""
        record = mapping(run.provenance)
        return {part: record[part] for part in PUBLIC_PROVENANCE if part in record}


class RunViewSet(ReadingViewSet[Run]):
    """Runs, the last that was asked for first."""

    noun = "run"
    lookup_field = "public_id"
    serializer_class = RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        """All runs."""
        return Run.objects.select_related("checkpoint", "protocol").order_by("-requested_at", "-pk")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far the runs are, without their long records."""
        return self.page_of(self.get_queryset().defer("provenance", "results"), RunSerializer, beside=beside)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All that is public of one run."""
        run = self.get_object()
        return Response(WholeRunSerializer(run, context=dict(beside([run]))).data)


def beside(runs: Sequence[Run]) -> Mapping[str, object]:
    """What the serializers need besides the runs, in three queries at most: why they wait and how far they are."""
    return {"waits_for": waiting.reasons(runs), "batches": _batches(runs)}


def _batches(runs: Sequence[Run]) -> Mapping[int, Mapping[str, int]]:
    """Batches over all shards of each run that has a plan."""
    counts = Shard.objects.filter(run__in=[run.pk for run in runs]).batch_counts()
    return {run: {"batches_done": done, "batches": batches} for run, (done, batches) in counts.items()}
