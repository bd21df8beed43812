"""What is measured and how: `/models/`, `/checkpoints/`, `/protocols/` and `/workers/`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Min, QuerySet
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards import model_names
from leaderboards import models as boards
from leaderboards import search as board_search
from portal.api import pagination
from portal.api.orders import BY_SLUG
from portal.api.shapes.registry import (
    Checkpoint,
    Model,
    Protocol,
    Worker,
    read_checkpoints,
    read_protocols,
    read_workers,
)
from portal.api.shapes.results import Result, read_results
from portal.api.viewsets import Asked, ReadingViewSet, reader, says, words
from workers import models

MOST_MODELS = 100


class ModelsAsked(Asked):
    """What the list of models can be narrowed by."""

    q = words("Words of the name, or how they begin: finds any model that a claim names.")


class ModelViewSet(ReadingViewSet):
    """Models that can be measured here; with `q` all that claims name, best first, at most a hundred."""

    noun = "model"
    row = Model
    asked = ModelsAsked
    order = None

    def rows(self) -> QuerySet[boards.Model]:
        """The models that can be measured."""
        return boards.Model.objects.published()

    def list(self, request: Request, **named: str) -> Response:
        """What is found, or what is registered."""
        query = self.what_is_asked(ModelsAsked).get("q", "")
        if query:
            found = [(item.slug, item.name) for item in board_search.models(query, limit=MOST_MODELS)]
        else:
            found = list(self.rows().order_by("slug").values_list("slug", "name"))
        page = pagination.page_of_list(request, range(len(found)))
        return self.around(page, lambda places: _models([found[place] for place in places]))

    def retrieve(self, request: Request, **named: str) -> Response:
        """A model, whether it is registered or only named by claims."""
        slug = self.kwargs["slug"]
        if boards.Model.objects.filter(slug=slug, removed_at__isnull=False).exists():
            raise NotFound(_gone(slug))
        names = _claims(slug).aggregate(name=Min("model_name"))["name"]
        registered = self.rows().filter(slug=slug).values_list("name", flat=True).first()
        if names is None and registered is None:
            raise NotFound("There is no model at this address.")
        return self.one(_models([(slug, registered or names)]))

    @says(Result, is_page=True, may_be_table=True)
    @action(detail=True)
    def claims(self, request: Request, slug: str) -> Response:
        """What is claimed of the model, over all boards."""
        return self.page_of(_claims(slug).order_by("pk"), read_results)


def _claims(slug: str) -> QuerySet[boards.Claim]:
    return model_names.named(boards.Claim.objects.published().filter(boards.shown("leaderboard__")), slug)


def _gone(slug: str) -> str:
    reason = boards.Model.objects.values_list("removed_reason", flat=True).get(slug=slug)
    return f"This model was removed: {reason}"


def _models(found: Sequence[tuple[str, str]]) -> list[Model]:
    """Two queries for however many."""
    slugs = [slug for slug, _ in found]
    claims = boards.Claim.objects.published().filter(boards.shown("leaderboard__"))
    named = claims.annotate(model_slug=model_names.slug("model_name")).filter(model_slug__in=slugs).order_by()
    counts = dict(named.values("model_slug").annotate(number=Count("pk")).values_list("model_slug", "number"))
    weights: dict[str, list[str]] = {}
    for model, checkpoint in models.Checkpoint.objects.filter(model__slug__in=slugs).values_list("model__slug", "slug"):
        weights.setdefault(model, []).append(checkpoint)
    return [Model(id=slug, name=name, claims=counts.get(slug, 0), checkpoints=weights.get(slug, [])) for slug, name in found]


class CheckpointViewSet(ReadingViewSet):
    """Checkpoints in the order of their ids."""

    noun = "checkpoint"
    row = Checkpoint
    order = BY_SLUG
    is_live = True

    def rows(self) -> QuerySet[models.Checkpoint]:
        """All."""
        return models.Checkpoint.objects.all()

    def read(self, keys: Sequence[int]) -> Sequence[Checkpoint]:
        """By keys."""
        return read_checkpoints(keys)


class ProtocolViewSet(ReadingViewSet):
    """Protocols in the order of their ids."""

    noun = "protocol"
    row = Protocol
    order = BY_SLUG
    is_live = True

    def rows(self) -> QuerySet[boards.Protocol]:
        """All."""
        return boards.Protocol.objects.all()

    def read(self, keys: Sequence[int]) -> Sequence[Protocol]:
        """By keys."""
        return read_protocols(keys)


class WorkerViewSet(ReadingViewSet):
    """Workers, in the order in which they first came."""

    noun = "worker"
    row = Worker
    is_live = True
    lookup_field = "pk"
    lookup_value_regex = r"\d{1,18}"

    def rows(self) -> QuerySet[models.Worker]:
        """All."""
        return models.Worker.objects.all()

    def read(self, keys: Sequence[int]) -> Sequence[Any]:
        """By keys."""
        return read_workers(keys, is_staff=reader(self.request).is_staff)
