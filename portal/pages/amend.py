"""Amending: the form of what somebody sent, filled in, with the same checks as its own; what is sent from it is let in."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from leaderboards import submissions
from leaderboards.models import Submission
from leaderboards.submissions import findings, reviewing
from leaderboards.submissions.checking import Checked
from leaderboards.submissions.findings import Finding
from portal.context import page
from portal.pages import amend_form, stood
from portal.pages.amend_form import AmendForm
from portal.pages.contributor import reviewer
from portal.pages.submission_pages import address_with, seen
from portal.pages.submission_view import differing, view
from portal.pages.submit import checks, others, rank_of
from portal.pages.submit_fields import typed, under
from portal.pages.submit_result import with_empty_rows

NOT_YOURS = "Another reviewer decides about this, or somebody has: it can no longer be amended by you."


def amend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The form of a waiting submission; a reviewer of its area sends it back as it should be let in."""
    by = reviewer(request)
    submission = seen(request, public_id)
    if not reviewing.waits_for(by, submission):
        return HttpResponseRedirect(address_with(submission, complaint=NOT_YOURS))
    form = amend_form.of(submission)
    if request.method != "POST":
        return _show(request, submission, form)
    form = amend_form.filled(form, request.POST)
    if request.POST.get("action") == "check":
        found, checked = _checks(submission, form)
        return _show(request, submission, form, found=found, checked=checked)
    found = form.clashes
    try:
        if not found:
            submissions.amend(submission, amend_form.amended(form), by=by, note=request.POST.get("why", ""))
            return HttpResponseRedirect(reverse("review:queue"))
    except submissions.Rejected as rejected:
        found = rejected.findings
    except (submissions.NotAllowed, submissions.LostRace, submissions.Impossible) as error:
        found = (findings.error("impossible", "", str(error)),)
    return _show(request, submission, form, found=found)


@require_POST
def check(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the checks say of the form as it stands, for its script: {"findings": [...], "outlook": sentence}."""
    by = reviewer(request)
    submission = seen(request, public_id)
    if not reviewing.waits_for(by, submission):
        raise Http404(NOT_YOURS)
    found, checked = _checks(submission, amend_form.filled(amend_form.of(submission), request.POST))
    return JsonResponse({"findings": findings.as_json(found), "outlook": _outlook(found, checked)})


def _checks(submission: Submission, form: AmendForm) -> tuple[tuple[Finding, ...], Checked | None]:
    """The checks of whoever sent it, since the rows are made as theirs."""
    found, checked = checks(submission.kind, amend_form.amended(form), by=submission.submitter)
    return (*form.clashes, *found), checked


def _outlook(found: tuple[Finding, ...], checked: Checked | None) -> str:
    if checked is None or findings.errors(found):
        return ""
    return rank_of(checked) + "It is in the catalogue once you accept it."


def _show(
    request: HttpRequest,
    submission: Submission,
    form: AmendForm,
    *,
    found: tuple[Finding, ...] = (),
    checked: Checked | None = None,
) -> HttpResponse:
    names = {each.name for each in form.inputs}
    rows = amend_form.ROWS_OF.get(form.kind, "")
    # The reviewer's own reason is not the reason of a removal, which is a field of the form.
    about = tuple(each for each in found if each.code != "reason_missing")
    context = {
        "item": view(submission),
        "fields": [(each, typed(each, form.values.get(each.name)), under(about, each.name)) for each in form.inputs],
        "rows": with_empty_rows(form.rows) if rows else [],
        "rows_name": rows,
        "row_findings": under(about, rows) if rows else [],
        "has_values": form.kind == "result",
        "stood": stood.told(form.held) if form.kind == "edit" else "",
        "changes": differing(submission, amend_form.amended(form)) if request.method == "POST" else (),
        "why": request.POST.get("why", ""),
        "why_findings": [each for each in found if each.code == "reason_missing"],
        "others": others(about, {*names, rows}),
        "found": found,
        "outlook": _outlook(found, checked),
        "section": "submit",
    }
    return page(request, "portal/review_amend.html", context, status=422 if findings.errors(found) else 200, is_live=True)
