"""A board to take along: the results that its page shows, as CSV and as JSON."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from portal import page_cache
from portal.context import STRANGER
from portal.pages import board, board_choice, board_view
from portal.pages.board import Row
from portal.pages.board_view import BoardView
from portal.pages.links import address

Cells = Callable[[Row], Sequence[object]]
NO_BOARD = "There is no board at this address."


def as_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The table as shown, a header first. A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    view = _view(request, slug)
    columns = [column for name in view.choice.columns for column in _columns(request)[name]]
    metrics = [column.name for _, column in view.columns]
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([_harmless(cell) for cell in ("rank", "model", *metrics, *(title for title, _ in columns))])
    for row in view.rows:
        values = [row.values[place] for place, _ in view.columns]
        writer.writerow([_harmless(cell) for cell in (row.rank, row.model.text, *values, *(read(row) for _, read in columns))])
    response = HttpResponse(lines.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(slug)}.csv"'
    return page_cache.mark(response)


def as_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The results as shown, with their numbers, everything that was measured beside them, and where they come from."""
    view = _view(request, slug)
    metric = view.metric
    content = {
        "title": view.board.title,
        "url": request.build_absolute_uri(address("boards:detail", slug)),
        "task": view.board.task.text,
        "dataset": view.board.dataset_name,
        "ranked_by": {"name": metric.name, "direction": metric.direction} if metric else None,
        "filters": board_view.filters(view.choice),
        "results": [_result(row, view, request) for row in view.rows],
    }
    return page_cache.mark(JsonResponse(content, json_dumps_params={"ensure_ascii": False}))


def _view(request: HttpRequest, slug: str) -> BoardView:
    found = board.read(slug, viewer=STRANGER)
    if found is None:
        raise Http404(NO_BOARD)
    return board_view.shown(found, board_choice.choose(request.GET, columns=found.columns))


def _result(row: Row, view: BoardView, request: HttpRequest) -> dict[str, object]:
    return {
        "rank": row.rank,
        "model": row.model.text,
        "metrics": {
            column.name: {"text": row.values[place], "value": row.numbers[place], "remark": row.remarks[place] or None}
            for place, column in view.columns
        },
        "measured": [
            {
                "metric": item.metric,
                "value": item.number,
                "interval_95": item.interval or None,
                "items": item.items,
                "protocol": item.protocol,
                "compared": item.compared or None,
                "verdict": {"word": item.verdict.word, "reason": item.verdict.reason} if item.verdict else None,
                "source": _whole(item.source.href, request),
            }
            for item in row.measured
        ],
        "uses_additional_data": row.extra_data,
        "paper": {"title": row.paper.text, "url": _whole(row.paper.href, request)} if row.paper.text else None,
        "code": row.code.href or None,
        "methods": list(row.methods),
        "date": row.date.isoformat() if row.date else None,
        "from": row.provenance,
    }


def _columns(request: HttpRequest) -> dict[str, Iterable[tuple[str, Callable[[Row], object]]]]:
    """What the CSV has for each column that a page may show."""
    return {
        "measured": [
            ("measured", lambda row: "; ".join(f"{item.metric} {item.value}" for item in row.measured)),
            ("verdict", lambda row: "; ".join(item.verdict.word for item in row.measured if item.verdict)),
            ("claim and measurement", lambda row: "; ".join(item.compared for item in row.measured if item.compared)),
        ],
        "extra": [("extra data", lambda row: "" if row.extra_data is None else "yes" if row.extra_data else "no")],
        "paper": [("paper", lambda row: row.paper.text), ("paper url", lambda row: _whole(row.paper.href, request))],
        "code": [("code", lambda row: row.code.href)],
        "methods": [("methods", lambda row: "; ".join(row.methods))],
        "date": [("date", lambda row: row.date)],
        "from": [("from", lambda row: row.provenance)],
    }


def _whole(href: str, request: HttpRequest) -> str | None:
    return request.build_absolute_uri(href) if href else None


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")) or _is_number(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text.removesuffix("%"))
    except ValueError:
        return False
    return True


def _file_name(slug: str) -> str:
    """The slug, where it has other letters than a header may hold with those replaced."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in slug)[:120]
