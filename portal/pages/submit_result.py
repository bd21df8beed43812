"""The form of a result: its board, its metrics, its paper and where in it the number stands, with a preview of its rank."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from leaderboards.submissions import finding
from leaderboards.submissions.checking import Checked
from leaderboards.submissions.findings import Finding
from portal import first_contributions
from portal.brakes import SUBMISSIONS, limited
from portal.context import page
from portal.pages.contributor import contributor, who
from portal.pages.submit import answer, ask_to_sign_in, others, outlook
from portal.pages.submit_fields import FEWEST_SCORES, MOST_SCORES, RESULT, scores_of, typed, under, values_of

GROUPS = (
    ("Where it belongs", ("board", "task", "dataset")),
    ("What the paper says", ("model_name", "paper", "table", "page", "quote", "source_url")),
    ("More about it", ("code_url", "evaluated_on", "uses_additional_data", "note")),
)


@limited(SUBMISSIONS)
def result(request: HttpRequest) -> HttpResponse:
    """The form and what it sends; `?board=<slug>` and `?paper=<slug>` fill it in."""
    if request.method != "POST":
        if who(request) is None:
            return ask_to_sign_in(request, "Submit a result")
        return _show(request, _begun(request), scores=[])
    scores = scores_of(request.POST)
    values = {**values_of(RESULT, request.POST), "scores": scores}
    return answer(
        request, "result", values, lambda found, checked: _show(request, values, scores=scores, found=found, checked=checked)
    )


def _begun(request: HttpRequest) -> dict[str, str]:
    """What the page that led here says of the result."""
    named = {name: request.GET.get(name, "")[:300] for name in ("board", "paper", "task", "dataset", "model_name")}
    if named["board"] and (board := finding.board(named["board"])):
        named["board"] = str(board)
    if named["paper"] and (paper := finding.paper(named["paper"])):
        named["paper"] = paper.arxiv_id or paper.slug
    return named


def _show(
    request: HttpRequest,
    values: Mapping[str, Any],
    *,
    scores: list[dict[str, str]],
    found: tuple[Finding, ...] = (),
    checked: Checked | None = None,
) -> HttpResponse:
    inputs = {each.name: each for each in RESULT}
    filled = {name: (each, typed(each, values.get(name)), under(found, name)) for name, each in inputs.items()}
    board = finding.board(
        str(values.get("board") or ""), task=str(values.get("task") or ""), dataset=str(values.get("dataset") or "")
    )
    context = {
        "groups": [(title, [filled[name] for name in names]) for title, names in GROUPS],
        "scores": _rows(scores, [metric.name for metric in board.metrics.all()[:MOST_SCORES]] if board else []),
        "metrics": [metric.name for metric in board.metrics.all()] if board else [],
        "score_findings": under(found, "scores"),
        "others": others(found, {*inputs, "scores"}),
        "found": found,
        "outlook": outlook(found, checked, by=contributor(request)),
        "proof": first_contributions.token_for(request, contributor(request)),
        "section": "submit",
    }
    has_errors = any(each.severity == "error" for each in found)
    return page(request, "portal/submit_result.html", context, status=422 if has_errors else 200, is_live=True)


def _rows(scores: list[dict[str, str]], metrics: list[str]) -> list[dict[str, str]]:
    """The rows of the form: what was typed, then the board's other metrics, then empty ones."""
    typed_names = {row["metric"].casefold() for row in scores}
    offered = [] if scores else [name for name in metrics[:6] if name.casefold() not in typed_names]
    return with_empty_rows([*scores, *({"metric": name, "value": "", "direction": ""} for name in offered)])


def with_empty_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows, and empty ones to type in."""
    return rows + [{"metric": "", "value": "", "direction": ""}] * max(FEWEST_SCORES - len(rows), 1)
