"""Uploads of many results: CSV, JSON, a model card or an .eval_results file, with a report of every row."""

from django.http import HttpRequest, HttpResponse

from leaderboards import submissions
from leaderboards.submissions import rows, uploads
from leaderboards.submissions.rows import Defaults, RowFault
from portal import first_contributions
from portal.brakes import UPLOADS, limited
from portal.context import page
from portal.pages.contributor import contributor, who
from portal.pages.submit import ask_to_sign_in

ROWS_SHOWN = 200


@limited(UPLOADS)
def upload(request: HttpRequest) -> HttpResponse:
    """The form, and what became of a file."""
    if request.method != "POST":
        return _show(request) if who(request) else ask_to_sign_in(request, "Upload results")
    by = contributor(request)
    file = request.FILES.get("file")
    if file is None or not file.name:
        return _show(request, complaint="Choose a file.")
    if (file.size or 0) > rows.LARGEST:
        return _show(request, complaint=f"The file is larger than {rows.LARGEST >> 20} MB: send it in parts.")
    defaults = Defaults(**{name: request.POST.get(name, "").strip()[:500] for name in ("board", "paper", "model_name", "metric")})
    try:
        found = uploads.read(file.name, file.read(), defaults=defaults)
    except RowFault as fault:
        return _show(request, complaint=str(fault))
    if not found:
        return _show(request, complaint="The file has no rows.")
    try:
        with first_contributions.proven(request, by=by):
            report = uploads.take(found, by=by)
    except submissions.Rejected as rejected:
        return _show(request, complaint=str(rejected))
    taken = [row for row in report.rows if row.state != uploads.REFUSED]
    context = {
        "name": file.name,
        "report": report,
        "counts": report.counts,
        "taken": taken[:ROWS_SHOWN],
        "left_out": max(0, len(taken) - ROWS_SHOWN),
        "section": "submit",
    }
    return page(request, "portal/upload_report.html", context, is_live=True)


def _show(request: HttpRequest, *, complaint: str = "") -> HttpResponse:
    context = {
        "complaint": complaint,
        "proof": first_contributions.token_for(request, contributor(request)),
        "typed": {name: request.POST.get(name, "") for name in ("board", "paper", "model_name", "metric")},
        "fields": rows.FIELDS,
        "most": rows.MOST_ROWS,
        "section": "submit",
    }
    return page(request, "portal/submit_upload.html", context, status=422 if complaint else 200, is_live=True)
