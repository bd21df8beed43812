"""The rounds in which watchers of boards are told: a clock beside the scheduler, as the reaper's is."""

import logging
from datetime import timedelta
from typing import Any

from celery.signals import beat_init
from django.db.models import F
from django.utils import timezone

from leaderboards import watching
from leaderboards.models import Measurement, Score
from leaderboards.verdicts import Verdict
from portal.pages import judged, measured
from workers import rounds

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two rounds."""
LOOKS_BACK = timedelta(days=2)
"""What was published longer ago than this everybody was told of; a scheduler may stand still for a night."""


@beat_init.connect
def start(**_: Any) -> None:
    """Begin the rounds when the scheduler begins; several schedulers do no harm: nobody is told twice of one measurement."""
    rounds.keep(go_round, every=EVERY, name="watch-rounds")


def go_round() -> None:
    """One round."""
    with rounds.surviving("The watch rounds", logger=logger):
        watching.tell_of_bests()
        tell_of_differences()


def tell_of_differences() -> int:
    """Tell watchers of boards of measurements, published lately, that contradict the claim they test; how many are told."""
    lately = timezone.now() - LOOKS_BACK
    found = (
        Measurement.objects.current()
        .filter(published_at__gt=lately, claim__removed_at=None, claim__isnull=False)
        .filter(leaderboard__watches__since__lte=F("published_at"))
        .select_related("metric", "protocol", "claim", "leaderboard__task")
        .distinct()
    )
    measurements = list(found)
    scores = {
        (score.claim_id, score.metric_id): score
        for score in Score.objects.filter(claim__in={item.claim_id for item in measurements if item.claim_id})
    }
    return sum(_tell(item, scores.get((item.claim_id or 0, item.metric_id))) for item in measurements)


def _tell(item: Measurement, score: Score | None) -> int:
    claim = judged.of_score(score, board=item.leaderboard, metric=item.metric)
    if score is None or claim is None or judged.judge(claim, item).verdict != Verdict.DIFFERS:
        return 0
    words = measured.in_words(item, claimed=claim)
    sentence = (
        f"On {item.leaderboard}, {item.metric.name} {score.text} claimed for {item.model_name} failed to reproduce:"
        f" {words.value} was measured under {words.protocol}."
    )
    return watching.tell(item, words=sentence)
