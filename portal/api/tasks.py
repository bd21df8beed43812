"""Tasks."""

from rest_framework import serializers

from papers.models import Task
from portal.api.fields import RequiredText


class TaskSerializer(serializers.Serializer[Task]):
    """A task as the old API wrote it."""

    id = serializers.ReadOnlyField(source="slug")
    name = serializers.ReadOnlyField()
    description = RequiredText()
