"""Submissions: `/submissions/`, one's own, and for reviewers everybody's."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated

from accounts.models import User
from accounts.roles import may_review
from leaderboards import models
from portal.api.authentication import NO_TOKEN
from portal.api.pagination import Order
from portal.api.shapes.submissions import Submission, read_submissions
from portal.api.viewsets import PUBLIC_ID, Asked, ReadingViewSet


class SubmissionsAsked(Asked):
    """What the list can be narrowed by."""

    state = serializers.ChoiceField(
        models.Submission.State.choices, required=False, allow_blank=True, help_text="What became of it."
    )
    kind = serializers.ChoiceField(models.Submission.Kind.choices, required=False, allow_blank=True, help_text="What it is.")


class SubmissionViewSet(ReadingViewSet):
    """What was sent with a person's tokens and by their forms, the last first; reviewers read everybody's. It needs a token."""

    noun = "submission"
    row = Submission
    asked = SubmissionsAsked
    order = Order(descending=True)
    is_live = True
    lookup_field = "public_id"
    lookup_value_regex = PUBLIC_ID

    def rows(self) -> QuerySet[models.Submission]:
        """Those that the reader may see; NotAuthenticated without a token."""
        reader = self.request.user
        if not isinstance(reader, User):
            raise NotAuthenticated(NO_TOKEN)
        every = models.Submission.objects.all()
        return every if may_review(reader) else every.filter(submitter=reader)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those in this state, of this kind."""
        return rows.filter(**{name: asked[name] for name in ("state", "kind") if asked.get(name)})

    def read(self, keys: Sequence[int]) -> Sequence[Submission]:
        """By keys."""
        return read_submissions(keys)
