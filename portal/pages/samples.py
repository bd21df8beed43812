"""The items of a run: a list that is filtered and searched, and one item with the very text that the model read.

Who may read texts is for the benchmark's licence to say (workers/licences.py); what is no text everybody sees.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpRequest, HttpResponse, QueryDict

from leaderboards.models import Protocol
from portal.context import page, viewer
from portal.pages import run_numbers
from portal.pages.found_run import run_at
from portal.pages.keyset import NO_SUCH_PLACE, Kept, Page, cut
from portal.pages.links import address
from workers import licences, records, run_settings, ties
from workers.licences import Terms
from workers.models import Request, Run, Sample
from workers.states import RunState

PAGE = 40
SHOWN = {
    "": "All items", "wrong": "Wrong", "right": "Right", "ties": "Near ties, closest first", "cut": "Prompt cut off",
}  # fmt: skip
LONGEST_QUERY = 200
EXCERPT = 300
_MARK = re.compile(r"(?P<index>\d{1,9})", re.ASCII)
_MARK_BY_MARGIN = re.compile(r"(?P<margin>\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,3})?)~(?P<index>\d{1,9})", re.ASCII)
# The words of an item stand in its document's values, never in their names; a list is searched as JSON has it.
_HAS_WORDS = "EXISTS (SELECT 1 FROM jsonb_each_text(workers_sample.document) AS field WHERE field.value ILIKE %s)"


@dataclass(frozen=True, kw_only=True)
class SampleFilter:
    """Which items a reader wants."""

    show: str = ""
    task: str = ""
    query: str = ""

    @property
    def kept(self) -> Kept:
        """The filter as (name, value) pairs of an address."""
        pairs = (("show", self.show), ("task", self.task), ("q", self.query))
        return tuple((name, value) for name, value in pairs if value)


@dataclass(frozen=True, kw_only=True)
class SampleCard:
    """An item in the list; without its texts where the reader may not see them."""

    index: int
    href: str
    task: str
    number: int
    text: str
    prediction: str
    target: str
    verdict: str
    margin: str
    length: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something that the model was asked about an item, and its answer."""

    text: str
    log_likelihood: str
    is_greedy: bool | None
    is_picked: bool
    is_true: bool
    prompt: str


@dataclass(frozen=True, kw_only=True)
class SamplePage:
    """All that the page of one item shows."""

    index: int
    task: str
    number: int
    verdict: str
    prediction: str
    target: str
    margin: str
    length: str
    prompt: str
    options: tuple[Option, ...]
    previous: str
    next: str


def samples(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The items of a run, 40 at a time: the run, its licences, by what they are judged, and two queries for the items."""
    run = run_of(request, public_id)
    terms = licences.terms_of(run)
    is_open = may_read(request, terms)
    asked = read_filter(request.GET, run, is_open=is_open)
    found = listed(run, asked, after=request.GET.get("after", ""), is_open=is_open)
    context = {
        "run": run, "terms": terms, "is_open": is_open, "filter": asked, "samples": found, "shown": SHOWN,
        "judged_by": judged_by(run),
        "tasks": task_names(run), "path": address("runs:detail", run.public_id) + "/samples", "section": "runs",
    }  # fmt: skip
    return page(request, "workers/samples.html", context, is_live=True, is_indexed=False)


def sample_detail(request: HttpRequest, public_id: UUID, index: int) -> HttpResponse:
    """One item of a run: the run, its licences, the item, and what was asked about it."""
    run = run_of(request, public_id)
    terms = licences.terms_of(run)
    is_open = may_read(request, terms)
    sample = read(run, index, is_open=is_open)
    context = {
        "run": run, "terms": terms, "is_open": is_open, "sample": sample, "judged_by": judged_by(run), "section": "runs",
    }  # fmt: skip
    return page(request, "workers/sample.html", context, is_live=True, is_indexed=False)


def run_of(request: HttpRequest, public_id: UUID) -> Run:
    """The run at an address; Http404 when there is none, PermissionDenied while its numbers are held back from this reader."""
    run = run_at(public_id, Run.objects.select_related("checkpoint", "protocol").defer("results"))
    run_numbers.check(run, viewer(request))
    return run


def may_read(request: HttpRequest, terms: Terms) -> bool:
    """Whether this reader sees the items' texts."""
    return terms.is_public or viewer(request).is_staff


def judged_by(run: Run) -> str:
    """What picked, right and margin go by, where that is not the likeliest option as it stands or not what the number goes by."""
    metric, name = run.protocol.metric, run.protocol.name
    if (
        run.state != RunState.FINISHED
        or metric.partition(",")[0] == "acc"
        or run.protocol.scoring == Protocol.Scoring.RUNNING_TEXT
    ):
        return ""
    judged = run_settings.judged_by(run)
    if run.protocol.scoring == Protocol.Scoring.WRITTEN:
        return "" if judged == metric else f"Read and right are by the task’s first filter; the number of {name} is {metric}."
    if judged == metric:
        return (
            f"Picked and right are by {metric}, as the number of {name} is. Margins are in log-likelihoods as they stand: how "
            "far two of them are from turning the pick."
        )
    return (
        f"Picked, right and margin are by {judged}, the likeliest option as it stands; the number of {name} is {metric}, so that "
        "the share of right items here may differ from it."
    )


def task_names(run: Run) -> tuple[str, ...]:
    """The subjects that a list can be narrowed to: the run's tasks, where it has more than one."""
    names = tuple(str(task["name"]) for task in records.tasks_of(run) if "name" in task)
    return names if len(names) > 1 else ()


def read_filter(asked: QueryDict, run: Run, *, is_open: bool) -> SampleFilter:
    """What the address asks for; what it cannot mean counts as not said. Who may not read texts cannot search them."""
    show, task = asked.get("show", ""), asked.get("task", "")
    query = "".join(sign if sign.isprintable() else " " for sign in asked.get("q", "")).strip()[:LONGEST_QUERY]
    return SampleFilter(
        show=show if show in SHOWN else "", task=task if task in task_names(run) else "", query=query if is_open else ""
    )


def listed(run: Run, asked: SampleFilter, *, after: str, is_open: bool) -> Page[SampleCard]:
    """A page of the items that were asked for: one query, and one for their texts."""
    rows = _behind(matching(run, asked), after, by_margin=asked.show == "ties")
    found = list(rows.defer("document", "logged")[: PAGE + 1])
    texts = item_texts(found) if is_open else {}
    cards = tuple(_card(run, sample, texts, is_open=is_open, by_margin=asked.show == "ties") for sample in found)
    return cut(cards, size=PAGE, after=after, mark=lambda card: card.mark, kept=asked.kept)


def matching(run: Run, asked: SampleFilter) -> QuerySet[Sample]:
    """The run's items that a filter asks for."""
    rows = Sample.objects.filter(run=run)
    if asked.task:
        rows = rows.filter(task=asked.task)
    if asked.query:
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", asked.query) + "%"
        rows = rows.filter(RawSQL(_HAS_WORDS, [pattern], output_field=BooleanField()))
    narrowed = {
        "wrong": Q(is_correct=False), "right": Q(is_correct=True), "ties": ties.near(run), "cut": Q(tokens_cut__gt=0),
    }  # fmt: skip
    return rows.filter(narrowed[asked.show]) if asked.show else rows


def item_texts(samples: Sequence[Sample]) -> dict[int, str]:
    """What each of a list's items asks, by the item's key: one query, and none for no items."""
    first = Request.objects.filter(sample__in=samples).order_by("sample_id", "choice").distinct("sample_id")
    return {key: item_text(prompt) for key, prompt in first.values_list("sample_id", "prompt__text") if key}


def item_text(prompt: str) -> str:
    """What a prompt asks last: behind the worked examples, which blank lines part, and short enough for a list."""
    text = prompt.rstrip().rsplit("\n\n", 1)[-1]
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + " …"


def read(run: Run, index: int, *, is_open: bool) -> SamplePage:
    """One item with what was asked about it; Http404 where the run has no such item."""
    # The index comes from an address, and a larger one than the column's type is an error of the database.
    sample = Sample.objects.filter(run=run, index=index).defer("document", "logged").first() if index < 2**31 else None
    if sample is None:
        raise Http404("This run has no such item: go to the list of its items.")
    requests = list(Request.objects.filter(sample=sample).select_related("prompt").order_by("choice", "ordinal"))
    prompts = list(dict.fromkeys(request.prompt.text for request in requests))
    base = address("runs:detail", run.public_id) + "/samples/"
    return SamplePage(
        index=sample.index,
        task=sample.task,
        number=sample.document_id + 1,
        verdict=verdict_of(sample),
        prediction=(sample.prediction or "") if is_open else "",
        target=sample.target if is_open else "",
        margin=_number(sample.margin),
        length=length_in_words(sample),
        prompt=prompts[0] if is_open and len(prompts) == 1 else "",
        options=tuple(_option(sample, request, is_open=is_open, shares_prompt=len(prompts) == 1) for request in requests),
        previous=f"{base}{index - 1}" if index > 0 else "",
        next=f"{base}{index + 1}" if index + 1 < run.samples_total else "",
    )


def verdict_of(sample: Sample) -> str:
    """Right, wrong, or nothing where nobody has judged."""
    return {True: "right", False: "wrong", None: ""}[sample.is_correct]


def length_in_words(sample: Sample) -> str:
    """How long the prompt is, and whether the model read it whole."""
    if sample.token_count is None or sample.tokens_cut is None:
        return "unknown: the run is older than this record"
    if not sample.tokens_cut:
        return f"{sample.token_count:,} tokens, read whole"
    return f"{sample.token_count:,} tokens, of which the first {sample.tokens_cut:,} were cut off: more than the model reads"


def sample_address(run: Run, index: int) -> str:
    """The address of an item's page."""
    return f"{address('runs:detail', run.public_id)}/samples/{index}"


def list_address(run: Run, kept: Sequence[tuple[str, str]] = ()) -> str:
    """The address of a run's items, narrowed."""
    return f"{address('runs:detail', run.public_id)}/samples" + (f"?{urlencode(kept)}" if kept else "")


def _behind(rows: QuerySet[Sample], mark: str, *, by_margin: bool) -> QuerySet[Sample]:
    pattern = _MARK_BY_MARGIN if by_margin else _MARK
    match = pattern.fullmatch(mark) if mark else None
    if mark and match is None:
        raise Http404(NO_SUCH_PLACE)
    index = int(match["index"]) if match else -1
    if not by_margin:
        return rows.filter(index__gt=index).order_by("index")
    if match:
        margin = float(match["margin"])
        rows = rows.filter(Q(margin__gt=margin) | Q(index__gt=index), margin__gte=margin)
    return rows.order_by("margin", "index")


def _card(run: Run, sample: Sample, texts: Mapping[int, str], *, is_open: bool, by_margin: bool) -> SampleCard:
    return SampleCard(
        index=sample.index,
        href=sample_address(run, sample.index),
        task=sample.task,
        number=sample.document_id + 1,
        text=texts.get(sample.pk, ""),
        prediction=(sample.prediction or "") if is_open else "",
        target=sample.target if is_open else "",
        verdict=verdict_of(sample),
        margin=_number(sample.margin),
        length=_short_length(sample),
        mark=f"{sample.margin!r}~{sample.index}" if by_margin else str(sample.index),
    )


def _option(sample: Sample, request: Request, *, is_open: bool, shares_prompt: bool) -> Option:
    name = sample.choices[request.choice] if request.choice < len(sample.choices) else ""
    return Option(
        text=(request.continuation or name) if is_open else f"Option {request.choice + 1}",
        log_likelihood=_number(request.log_likelihood),
        is_greedy=request.is_greedy,
        is_picked=is_open and bool(name) and name == sample.prediction,
        is_true=is_open and bool(name) and name in sample.target.split(" | "),
        prompt=request.prompt.text if is_open and not shares_prompt else "",
    )


def _short_length(sample: Sample) -> str:
    if sample.token_count is None:
        return ""
    return f"{sample.token_count:,}" + (f", {sample.tokens_cut:,} cut off" if sample.tokens_cut else "")


def _number(value: float | None) -> str:
    return f"{value:.4f}" if value is not None and math.isfinite(value) else ""
