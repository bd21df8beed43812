"""Two runs over the same items beside each other: which items flip, how surely the runs differ, and what explains it."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse

from portal.context import page
from portal.pages.keyset import NO_SUCH_PLACE, Page, cut
from portal.pages.links import address
from portal.pages.samples import PAGE, item_texts, judged_by, may_read, run_of, task_names, verdict_of
from workers import explaining, licences, run_comparison, run_settings
from workers.licences import Terms
from workers.models import Request, Run, Sample
from workers.run_comparison import TaskPair

SHOWN = {"": "All that flip", "lost": "Right in A alone", "gained": "Right in B alone"}
MOST_LINES = 2000
"""Lines of a prompt above which two are shown beside each other without marks: finding them would take too long."""
_MARK = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A subject's figures on both sides, in percent."""

    task: str
    items: int
    first: float
    second: float
    difference: float
    lost: int
    gained: int


@dataclass(frozen=True, kw_only=True)
class FlipCard:
    """An item that flips."""

    href: str
    name: str
    text: str
    target: str
    first: str
    second: str
    right: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a prompt, and whether the other side has none like it."""

    text: str
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class Side:
    """An item in one of the runs."""

    name: str
    href: str
    prediction: str
    verdict: str
    margin: str
    answers: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


def compare(request: HttpRequest, first_id: UUID, second_id: UUID) -> HttpResponse:
    """Two runs as a whole, and the items that flip: the runs, their licences, the counts by subject, prompts, items."""
    first, second = run_of(request, first_id), run_of(request, second_id)
    terms, is_open = _terms(request, first, second)
    show, task = request.GET.get("show", ""), request.GET.get("task", "")
    show, task = show if show in SHOWN else "", task if task in task_names(first) else ""
    pairs = run_comparison.by_task(first, second)
    settings = run_settings.differing(first, second)
    kept = tuple((name, value) for name, value in (("show", show), ("task", task)) if value)
    base = f"{address('runs:detail', first.public_id)}/compare/{second.public_id}"
    after = request.GET.get("after", "")
    context = {
        "first": first, "second": second, "terms": terms, "is_open": is_open, "path": base, "show": show, "task": task,
        "shown": SHOWN, "tasks": task_names(first), "settings": settings,
        "judged_by": tuple(dict.fromkeys(filter(None, (judged_by(first), judged_by(second))))),
        "rows": tuple(sorted(map(_row, pairs), key=lambda row: row.difference)),
        "explained": explaining.explain(pairs, run_comparison.prompts(first, second), settings),
        "flips": _flips(first, second, show=show, task=task, after=after, base=base, kept=kept, is_open=is_open),
        "section": "runs",
    }  # fmt: skip
    return page(request, "workers/compare.html", context, is_live=True, is_indexed=False)


def compare_item(request: HttpRequest, first_id: UUID, second_id: UUID, index: int) -> HttpResponse:
    """One item in both runs, its prompts side by side."""
    first, second = run_of(request, first_id), run_of(request, second_id)
    terms, is_open = _terms(request, first, second)
    sample = Sample.objects.filter(run=first, index=index).first() if index < 2**31 else None
    other = sample and Sample.objects.filter(run=second, task=sample.task, document_id=sample.document_id).first()
    if sample is None or other is None:
        raise Http404("These runs do not both have this item: go back to their comparison.")
    asked = [list(item.requests.select_related("prompt").order_by("choice")) for item in (sample, other)]
    marked = side_by_side(*("\n\n".join(dict.fromkeys(one.prompt.text for one in requests)) for requests in asked))
    sides = tuple(
        _side(name, item, requests, lines, run, is_open=is_open)
        for name, item, requests, lines, run in zip("AB", (sample, other), asked, marked, (first, second), strict=True)
    )
    context = {
        "first": first, "second": second, "terms": terms, "is_open": is_open, "sample": sample, "sides": sides,
        "is_same_prompt": not any(line.is_own for lines in marked for line in lines), "section": "runs",
        "path": f"{address('runs:detail', first.public_id)}/compare/{second.public_id}",
        "target": sample.target if is_open else "",
    }  # fmt: skip
    return page(request, "workers/compare_item.html", context, is_live=True, is_indexed=False)


def side_by_side(first: str, second: str) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines of two texts, each with whether it is its own side's alone."""
    one, other = first.splitlines(), second.splitlines()
    if first == second or max(len(one), len(other)) > MOST_LINES:
        return _plain(one), _plain(other)
    own: tuple[list[Line], list[Line]] = ([], [])
    for tag, start, end, other_start, other_end in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        own[0].extend(Line(text=text, is_own=tag != "equal") for text in one[start:end])
        own[1].extend(Line(text=text, is_own=tag != "equal") for text in other[other_start:other_end])
    return tuple(own[0]), tuple(own[1])


def _plain(lines: Sequence[str]) -> tuple[Line, ...]:
    return tuple(Line(text=text, is_own=False) for text in lines)


def _terms(request: HttpRequest, first: Run, second: Run) -> tuple[Terms, bool]:
    """The terms to be named, those of the run that closes the texts if one does, and whether this reader sees them."""
    one, other = licences.terms_of(first), licences.terms_of(second)
    return other if one.is_public else one, may_read(request, one) and may_read(request, other)


def _row(pair: TaskPair) -> TaskRow:
    items = pair.flips.items
    return TaskRow(
        task=pair.task,
        items=items,
        first=100 * pair.first_right / items,
        second=100 * pair.second_right / items,
        difference=100 * pair.flips.difference,
        lost=pair.flips.lost,
        gained=pair.flips.gained,
    )


def _flips(
    first: Run, second: Run, *, show: str, task: str, after: str, base: str, kept: tuple[tuple[str, str], ...], is_open: bool
) -> Page[FlipCard]:
    """A page of the items that flip: one query, and one for their texts."""
    if after and _MARK.fullmatch(after) is None:
        raise Http404(NO_SUCH_PLACE)
    rows = _paired(first, second).filter(index__gt=int(after or -1))
    rows = rows.filter(Q(is_correct=True) if show == "lost" else Q(is_correct=False) if show == "gained" else Q())
    rows = rows.filter(task=task) if task else rows
    found = list(rows.defer("document", "logged").order_by("index")[: PAGE + 1])
    texts = item_texts(found) if is_open else {}
    cards = tuple(_card(sample, texts, base=base, is_open=is_open) for sample in found)
    return cut(cards, size=PAGE, after=after, mark=lambda card: card.mark, kept=kept)


def _paired(first: Run, second: Run) -> QuerySet[Sample]:
    """The first run's items that the second one judged otherwise."""
    same = Sample.objects.filter(
        run=second, task=OuterRef("task"), document_id=OuterRef("document_id"), document=OuterRef("document")
    )
    rows = Sample.objects.filter(run=first, is_correct__isnull=False).annotate(
        other_correct=Subquery(same.values("is_correct")[:1]), other_prediction=Subquery(same.values("prediction")[:1])
    )
    return rows.filter(other_correct__isnull=False).exclude(is_correct=F("other_correct"))


def _card(sample: Sample, texts: Mapping[int, str], *, base: str, is_open: bool) -> FlipCard:
    return FlipCard(
        href=f"{base}/items/{sample.index}",
        name=f"{sample.task} {sample.document_id + 1}",
        text=texts.get(sample.pk, ""),
        target=sample.target if is_open else "",
        first=(sample.prediction or "") if is_open else "",
        second=(getattr(sample, "other_prediction", None) or "") if is_open else "",
        right="A" if sample.is_correct else "B",
        mark=str(sample.index),
    )


def _side(name: str, sample: Sample, requests: Sequence[Request], lines: tuple[Line, ...], run: Run, *, is_open: bool) -> Side:
    return Side(
        name=name,
        href=f"{address('runs:detail', run.public_id)}/samples/{sample.index}",
        prediction=(sample.prediction or "") if is_open else "",
        verdict=verdict_of(sample),
        margin="" if sample.margin is None else f"{sample.margin:.4f}",
        answers=tuple(
            (request.continuation if is_open else f"Option {request.choice + 1}", _number(request.log_likelihood))
            for request in requests
        ),
        lines=lines if is_open else (),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
