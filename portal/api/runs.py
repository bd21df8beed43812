"""Runs: `/runs/` says how far each is; `/runs/{id}/` also what ran and what came out, and below it shards and items.

The old API had none. Who may read numbers and texts is decided as on the pages: portal/pages/run_numbers.py, workers/licences.py.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from portal.api.bodies import RunCreateRequest
from portal.api.pagination import Order
from portal.api.shapes.runs import (
    Item,
    RunState,
    Shard,
    WholeItem,
    WholeRun,
    read_items,
    read_runs,
    read_shards,
    read_whole_items,
    read_whole_runs,
)
from portal.api.viewsets import PUBLIC_ID, Asked, ReadingViewSet, reader, says, words
from portal.api.writing import Writes
from portal.pages import run_numbers, samples
from portal.pages.samples import SampleFilter
from workers import licences, lifecycle, passes, states
from workers.models import ClaimMapping, Run, Sample
from workers.models import Shard as StoredShard

NEWEST_FIRST = Order(column="requested_at", descending=True)


class RunsAsked(Asked):
    """What the list of runs can be narrowed by."""

    state = serializers.ChoiceField(states.RunState.choices, required=False, allow_blank=True, help_text="Where the run is.")
    checkpoint = words("The checkpoint's id.")
    protocol = words("The protocol's id.")


class RunViewSet(Writes):
    """Runs, the last that was asked for first. Poll with `If-None-Match`: 304 while nothing moves."""

    noun = "run"
    row = RunState
    detail_row = WholeRun
    asked = RunsAsked
    order = NEWEST_FIRST
    is_live = True
    lookup_field = "public_id"
    lookup_value_regex = PUBLIC_ID
    scope = ApiToken.Scope.RUNS.value

    def rows(self) -> QuerySet[Run]:
        """All runs."""
        return Run.objects.all()

    @says(RunState, codes=(201, 200), body=RunCreateRequest)
    def create(self, request: Request) -> Response:
        """Ask for the run that tests a claim: 201, or 200 with the open run that measures the same. For staff."""
        said = self.body(RunCreateRequest)
        last = Run.objects.aggregate(last=Max("pk"))["last"] or 0
        mapping = passes.leader(_mapping(said))
        run = lifecycle.request(mapping, by=self.sender(), items_per_task=said.get("items_per_task"))
        return Response(read_runs([run.pk])[0], status=201 if run.pk > last else 200)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those in this state, of this checkpoint and protocol."""
        columns = {"state": "state", "checkpoint": "checkpoint__slug", "protocol": "protocol__slug"}
        return rows.filter(**{column: asked[name] for name, column in columns.items() if asked.get(name)})

    def read(self, keys: Sequence[int]) -> Sequence[RunState]:
        """Lists are without the long records."""
        if self.action == "retrieve":
            return read_whole_runs(keys, is_staff=reader(self.request).is_staff)
        return read_runs(keys)


def _mapping(said: dict[str, Any]) -> ClaimMapping:
    """What tests the claim, by this checkpoint and protocol; ValidationError where that is nothing, or not one thing."""
    columns = {"claim": "claim__public_id", "checkpoint": "checkpoint__slug", "protocol": "protocol__slug"}
    asked = {column: said[name] for name, column in columns.items() if name in said}
    if not {"claim__public_id"} <= asked.keys() and len(asked) < 2:
        raise exceptions.ValidationError({"claim": ["Name the claim, or a checkpoint and a protocol."]})
    found = list(ClaimMapping.objects.filter(**asked).select_related("protocol", "checkpoint").order_by("pk"))
    if not found:
        raise exceptions.ValidationError({"claim": ["Nothing is known that would test this."]})
    if len({mapping.checkpoint_id for mapping in found}) > 1:
        names = ", ".join(sorted({mapping.checkpoint.slug for mapping in found}))
        raise exceptions.ValidationError({"checkpoint": [f"Several checkpoints can test this: name one of {names}."]})
    if len({passes.key(mapping.protocol) for mapping in found}) > 1:
        names = ", ".join(sorted({mapping.protocol.slug for mapping in found}))
        raise exceptions.ValidationError({"protocol": [f"Several protocols can test this: name one of {names}."]})
    return found[0]


class OfRun(ReadingViewSet):
    """What one run is made of, whose id the address has as `run`."""

    is_live = True
    lookup_field = "index"
    lookup_value_regex = r"\d{1,9}"
    order = Order(column="index")

    @cached_property
    def run(self) -> Run:
        """The run; NotFound where there is none."""
        found = Run.objects.select_related("checkpoint", "protocol").defer("results").filter(public_id=UUID(self.kwargs["run"]))
        run = found.first()
        if run is None:
            raise exceptions.NotFound("There is no run at this address.")
        return run


class ShardViewSet(OfRun):
    """The shards of a run, in the plan's order."""

    noun = "shard"
    row = Shard

    def rows(self) -> QuerySet[StoredShard]:
        """The run's shards."""
        return StoredShard.objects.filter(run=self.run)

    def read(self, keys: Sequence[int]) -> Sequence[Shard]:
        """By keys."""
        return read_shards(keys)


class ItemsAsked(Asked):
    """What the items of a run can be narrowed by."""

    show = serializers.ChoiceField(
        [name for name in samples.SHOWN if name], required=False, allow_blank=True, help_text="Which items, by how they ended."
    )
    task = words("The lm-eval task that they belong to.")
    q = words("Words of the item; for who may read its texts.")


class SampleViewSet(OfRun):
    """The items of a run, in the harness's order: for staff alone while its numbers wait to be published."""

    noun = "item"
    row = Item
    detail_row = WholeItem
    asked = ItemsAsked

    def rows(self) -> QuerySet[Sample]:
        """The run's items; PermissionDenied while its numbers are held back from this reader."""
        try:
            run_numbers.check(self.run, reader(self.request))
        except PermissionDenied as held:
            raise exceptions.PermissionDenied(str(held)) from None
        return Sample.objects.filter(run=self.run)

    @cached_property
    def is_open(self) -> bool:
        """Whether this reader may read the items' texts."""
        return licences.terms_of(self.run).is_public or reader(self.request).is_staff

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those that ended so, of this task, with these words; who may not read texts cannot search them."""
        query = asked.get("q", "") if self.is_open else ""
        wanted = SampleFilter(show=asked.get("show", ""), task=asked.get("task", ""), query=query)
        return samples.matching(self.run, wanted)

    def read(self, keys: Sequence[int]) -> Sequence[Item]:
        """By keys."""
        read: Any = read_whole_items if self.action == "retrieve" else read_items
        found: Sequence[Item] = read(keys, is_open=self.is_open)
        return found
