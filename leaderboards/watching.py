"""Watching boards: who is told what when a board's best changes; who watches is looked up in rounds (portal/watch_rounds.py).

A round compares each watched board's best with what its watchers were last told, so that it does not matter which way a result
came or went: forms, an import, a run, a revert.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from leaderboards.models import Leaderboard, Measurement, Metric, Score, cell_text
from leaderboards.watch_models import Alert, Watch
from papers.brake_models import BrakeTrip


@dataclass(frozen=True, kw_only=True)
class Best:
    """What leads a board by the metric that ranks it: `text` as the board prints the number."""

    metric: str
    model: str
    value: float
    text: str


def watch(board: Leaderboard, *, by: User) -> Watch:
    """Watch a board from now on; twice is once."""
    best = bests([board.pk]).get(board.pk)
    found, _ = Watch.objects.get_or_create(person=by, board=board, defaults={"best": asdict(best) if best else {}})
    return found


def unwatch(board: Leaderboard, *, by: User) -> None:
    """Watch it no more; what one was told stays."""
    Watch.objects.filter(person=by, board=board).delete()


def bests(boards: Collection[int]) -> Mapping[int, Best]:
    """The best of each of these boards, claimed or measured, by its id; boards where nothing is ranked are left out."""
    first = (
        Metric.objects.filter(leaderboard=OuterRef("pk")).exclude(direction="none").order_by("position", "pk").values("pk")[:1]
    )
    shown = Leaderboard.objects.published().filter(pk__in=boards)
    ranking = dict(shown.annotate(ranks=Subquery(first)).exclude(ranks=None).values_list("ranks", "pk"))
    metrics = Metric.objects.in_bulk(list(ranking))
    found: dict[int, Best] = {}
    for key, model, value, text in [*_claimed(ranking), *_measured(ranking)]:
        metric, board = metrics[key], ranking[key]
        held = found.get(board)
        is_better = held is None or (value > held.value if metric.direction == "higher" else value < held.value)
        if is_better:
            found[board] = Best(metric=metric.name, model=model, value=value, text=text)
    return found


def tell_of_bests() -> int:
    """Tell the watchers of boards whose best is another than they were last told; how many were told. Six queries or so."""
    watches = list(Watch.objects.select_related("board__task"))
    now = bests({each.board_id for each in watches})
    told, changed = [], []
    for each in watches:
        best = now.get(each.board_id)
        said = asdict(best) if best else {}
        if said == each.best:
            continue
        about = f"{each.board_id}:{timezone.now().isoformat()}"
        words = _change_in_words(each.board, best, before=each.best)
        told.append(Alert(person_id=each.person_id, board=each.board, kind=Alert.Kind.BEST, about=about, words=words))
        each.best = said
        changed.append(each)
    with transaction.atomic():
        Alert.objects.bulk_create(told, ignore_conflicts=True)
        Watch.objects.bulk_update(changed, ["best"])
    return len(told)


def tell(measurement: Measurement, *, words: str) -> int:
    """Tell the watchers of its board that a measurement contradicts a claim; each is told once. How many watch."""
    watches = Watch.objects.filter(board=measurement.leaderboard_id, since__lte=measurement.published_at or timezone.now())
    said = {"board_id": measurement.leaderboard_id, "kind": Alert.Kind.DIFFERS, "about": str(measurement.public_id)}
    alerts = [Alert(person_id=person, words=words, **said) for person in watches.values_list("person", flat=True)]
    return len(Alert.objects.bulk_create(alerts, ignore_conflicts=True))


def tell_of_trip(trip: BrakeTrip) -> int:
    """Tell all who review, but whom it held, that a brake held an account; how many."""
    reviewers = User.objects.filter(Q(is_staff=True) | Q(role=User.Role.REVIEWER), is_active=True).exclude(pk=trip.actor_id)
    name = User.objects.filter(pk=trip.actor_id).values_list("username", flat=True).first() or "an account that is gone"
    words = f"A brake held {name}: {trip.most} things {trip.get_kind_display()} within {trip.hours} hours."
    alerts = [Alert(person=each, kind=Alert.Kind.BRAKE, about=str(trip.pk), words=words) for each in reviewers]
    return len(Alert.objects.bulk_create(alerts, ignore_conflicts=True))


def unread(person: User) -> int:
    """How many alerts somebody has not seen."""
    return Alert.objects.filter(person=person, read_at=None).count()


def mark_read(person: User) -> None:
    """They have seen all that there is."""
    Alert.objects.filter(person=person, read_at=None).update(read_at=timezone.now())


Ranked = tuple[int, str, float, str]
"""The best of one metric: its id, the model, the number and how it is printed."""


def _claimed(metrics: Iterable[int]) -> Iterable[Ranked]:
    """The best claimed number of each metric: two queries."""
    scores = Score.objects.filter(metric__in=list(metrics), claim__removed_at=None, value__isnull=False)
    for direction, order in (("higher", "-value"), ("lower", "value")):
        best = scores.filter(metric__direction=direction).order_by("metric", order, "claim__position", "pk").distinct("metric")
        for key, model, value, raw in best.values_list("metric", "claim__model_name", "value", "raw"):
            yield key, model, float(value or 0), cell_text(raw)


def _measured(metrics: Iterable[int]) -> Iterable[Ranked]:
    """The best number of each metric that was measured of no claim and so has a row of its own: two queries."""
    alone = Measurement.objects.current().filter(metric__in=list(metrics), claim=None)
    for direction, order in (("higher", "-value"), ("lower", "value")):
        best = alone.filter(metric__direction=direction).order_by("metric", order, "pk").distinct("metric")
        named = best.annotate(called=Coalesce(F("model__name"), F("model_name")))
        for key, model, value in named.values_list("metric", "called", "value"):
            yield key, model, value, f"{value:.6g}"


def _change_in_words(board: Leaderboard, best: Best | None, *, before: Mapping[str, str]) -> str:
    was = f" (before: {before['model']}, {before['text']})" if before else ""
    if best is None:
        return f"Nothing is ranked on {board} any more{was}."
    return f"{best.model} now leads {board} with {best.metric} {best.text}{was}."
