"""Reading the API in tests."""

import json
from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone

from leaderboards.models import Measurement
from tests.factories.runs import make_protocol

RUN = UUID(int=7)
REMOVED = {"removed_at": datetime(2024, 1, 1, tzinfo=UTC), "removed_reason": "Spam."}
HOSTILE = "</script><script>alert(1)</script>\u2028"


def get(client, address):
    """The body of a 200; any other answer fails with what it says."""
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(response.content)


def refusal(client, address, *, status):
    """The sentence of an error, which stands under all three keys."""
    response = client.get(f"/api/v1{address}")
    assert response.status_code == status, response.content
    body = json.loads(response.content)
    assert body["detail"] == body["error"] == body["message"]
    return body["detail"]


def listed(*results):
    return {"count": len(results), "next": None, "previous": None, "results": list(results)}


def ids(body):
    return [result["id"] for result in body["results"]]


def make_measurement(claim, *, metric=None, **values):
    metric = metric or claim.leaderboard.metrics.first()
    return Measurement.objects.create(
        **{
            "leaderboard": claim.leaderboard, "metric": metric, "claim": claim, "model_name": "M", "protocol": make_protocol(),
            "value": 50.0, "items": 400, "run_id": RUN, "measured_at": timezone.now(), "published_at": timezone.now(), **values,
        }
    )  # fmt: skip
