"""Repositories: `/repositories/`, those of an owner, and the papers of each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from papers import models
from papers.models import PaperRepository, RepositoryCount
from papers.repository_names import NAME, OWNER
from portal.api.orders import BY_DATE, OF_PAPERS
from portal.api.pagination import Order
from portal.api.shapes.papers import Paper, read_papers
from portal.api.shapes.repositories import UNKNOWN_FRAMEWORK, Repository, read_repositories
from portal.api.viewsets import Asked, ReadingViewSet, says, words

BY_STARS = Order(column="star_count__stars", is_nullable=True)


class RepositoriesAsked(Asked):
    """What a list of repositories can be narrowed by."""

    q = words("A part of the address.")
    owner = words("The account that has it.")
    name = words("The name within the account.")
    stars = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, help_text="So many stars at least.")
    framework = words("pytorch, tf, jax, none …", longest=100)


class RepositoryViewSet(ReadingViewSet):
    """Repositories in the order in which they came in."""

    noun = "repository"
    row = Repository
    asked = RepositoriesAsked
    orders = {"stars": BY_STARS, "added": Order()}
    lookup_field = "owner"

    def rows(self) -> QuerySet[models.Repository]:
        """The repositories that the public sees."""
        return models.Repository.objects.published()

    def read(self, keys: Sequence[int]) -> Sequence[Repository]:
        """By keys."""
        return read_repositories(keys)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those with all that is asked for."""
        for place, word in ((OWNER, asked.get("owner")), (NAME, asked.get("name"))):
            if word:
                rows = rows.alias(**{place: models.REPOSITORY_NAMES[place]}).filter(**{place: word.lower()})
        if query := asked.get("q"):
            rows = rows.filter(key__contains=query.lower())
        if stars := asked.get("stars"):
            rows = rows.filter(star_count__stars__gte=stars)
        if framework := asked.get("framework"):
            is_so = Q(framework=framework)
            rows = rows.filter(is_so | Q(framework=None) | Q(framework="") if framework == UNKNOWN_FRAMEWORK else is_so)
        return rows

    def key(self) -> int:
        """The repository of that owner and name; of several hosts' the one that came first."""
        found = self.narrowed(self.rows(), self.kwargs).order_by("pk").values_list("pk", flat=True).first()
        if found is None:
            raise NotFound(_gone(self.narrowed(models.Repository.objects.all(), self.kwargs)))
        return int(found)

    @says(Repository, is_page=True, order=Order())
    def of_owner(self, request: Request, owner: str) -> Response:
        """The repositories of one account."""
        return self.page_of(self.narrowed(self.rows(), {"owner": owner}), self.read, order=Order())

    @says(Paper, is_page=True, order=BY_DATE, orders=OF_PAPERS)
    @action(detail=True)
    def papers(self, request: Request, owner: str, name: str) -> Response:
        """The papers whose code it is, the oldest first."""
        key = self.key()
        length = RepositoryCount.objects.filter(repository=key).values_list("papers", flat=True).first() or 0
        links = PaperRepository.objects.published().filter(repository=key)
        papers = models.Paper.objects.published().filter(pk__in=links.values("paper"))
        return self.page_of(papers, read_papers, order=BY_DATE, orders=OF_PAPERS, length=length)


def code_links(*, paper: int) -> QuerySet[PaperRepository]:
    """The links from a paper to code that the public sees, official ones first."""
    links = PaperRepository.objects.published().filter(paper=paper, repository__removed_at=None)
    return links.order_by(F("is_official").desc(nulls_last=True), "pk")


def _gone(rows: QuerySet[Any]) -> str:
    reason = rows.filter(removed_at__isnull=False).values_list("removed_reason", flat=True).first()
    return f"This repository was removed: {reason}" if reason else "There is no repository at this address."
