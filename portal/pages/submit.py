"""Submitting: the choice of what, and the forms of papers, code links, datasets, tasks and methods."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import is_trusted, may_review
from leaderboards import submissions
from leaderboards.models import Submission
from leaderboards.submissions import findings
from leaderboards.submissions.checking import Checked
from leaderboards.submissions.findings import Finding
from portal import first_contributions
from portal.brakes import SUBMISSIONS, limited
from portal.context import page
from portal.pages.contributor import contributor, sign_in_address, who
from portal.pages.links import address
from portal.pages.submit_fields import FORMS, RESULT, Form, scores_of, typed, under, values_of


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """What can be submitted, and what happens to it."""
    person = who(request)
    context = {"section": "submit", "forms": FORMS.values(), "may_review": person is not None and may_review(person)}
    return page(request, "portal/submit.html", context)


@limited(SUBMISSIONS)
def thing(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of one kind of thing, and what it sends."""
    form = FORMS.get(kind)
    if form is None:
        raise Http404("There is nothing of that kind to submit.")
    if request.method != "POST":
        return show(request, form, values=_begun(request, form)) if who(request) else ask_to_sign_in(request, form.title)
    values = values_of(form.inputs, request.POST)
    return answer(request, kind, values, lambda found, checked: show(request, form, values=values, found=found, checked=checked))


def _begun(request: HttpRequest, form: Form) -> dict[str, str]:
    """What the page that led here says of the thing."""
    names = {each.name for each in form.inputs} & {"paper", "task"} & request.GET.keys()
    return {name: request.GET[name][:300] for name in names}


def answer(request: HttpRequest, kind: str, values: Mapping[str, Any], again: Any) -> HttpResponse:
    """Check or take what a form sent; `again` shows the form with what was found (and what the checks said, if they could)."""
    by = contributor(request)
    if request.POST.get("action") == "check":
        found, checked = checks(kind, values, by=by)
        return again(found, checked)  # type: ignore[no-any-return]
    try:
        with first_contributions.proven(request, by=by) as sending:
            sent = submissions.submit(kind, values, by=by, via=Submission.Via.FORM)
            sending.submission = sent
    except first_contributions.SentBefore as before:
        sent = before.submission
    except submissions.Rejected as rejected:
        return again(rejected.findings, None)  # type: ignore[no-any-return]
    except submissions.Impossible as impossible:
        return again((findings.error("impossible", "", str(impossible)),), None)  # type: ignore[no-any-return]
    return HttpResponseRedirect(address("submissions:detail", sent.public_id))


def checks(kind: str, values: Mapping[str, Any], *, by: User | None) -> tuple[tuple[Finding, ...], Checked | None]:
    """What the checks find, and the checked payload where it can be read."""
    try:
        checked = submissions.check(kind, values, by=by)
    except submissions.Rejected as rejected:
        return rejected.findings, None
    return checked.findings, checked


@require_POST
def check(request: HttpRequest, kind: str) -> HttpResponse:
    """What the checks say of a form as it stands: {"findings": [...], "outlook": sentence}; for the form's script."""
    by = contributor(request)
    if kind == "result":
        values: dict[str, Any] = {**values_of(RESULT, request.POST), "scores": scores_of(request.POST)}
    elif kind in FORMS:
        values = values_of(FORMS[kind].inputs, request.POST)
    else:
        raise Http404("There is nothing of that kind to submit.")
    found, checked = checks(kind, values, by=by)
    return JsonResponse({"findings": findings.as_json(found), "outlook": outlook(found, checked, by=by)})


def outlook(found: tuple[Finding, ...], checked: Checked | None, *, by: User) -> str:
    """What will become of it, and where a result would rank; "" where it cannot be taken as it is."""
    if checked is None or findings.errors(found):
        return ""
    is_direct = is_trusted(by) and not findings.is_flagged(found)
    return rank_of(checked) + ("It will be published at once." if is_direct else "A reviewer will look at it.")


def rank_of(checked: Checked) -> str:
    """Where a result would rank, as a sentence with a space behind it; "" for what has no rank."""
    if checked.rank is None:
        return ""
    place, of, metric = checked.rank
    return f"It would rank {place} of {of} by {metric} on {checked.board}. "


def show(
    request: HttpRequest,
    form: Form,
    *,
    values: Mapping[str, Any],
    found: tuple[Finding, ...] = (),
    checked: Checked | None = None,
) -> HttpResponse:
    """The form as it was filled in, with what was found."""
    context = {
        "form": form,
        "fields": [(each, typed(each, values.get(each.name)), under(found, each.name)) for each in form.inputs],
        "others": others(found, {each.name for each in form.inputs}),
        "found": found,
        "outlook": outlook(found, checked, by=contributor(request)),
        "proof": first_contributions.token_for(request, contributor(request)),
        "section": "submit",
    }
    return page(request, "portal/submit_thing.html", context, status=_status(found), is_live=True)


def others(found: tuple[Finding, ...], names: set[str]) -> list[Finding]:
    """What was found about no field of the form."""
    return [finding for finding in found if finding.field not in names]


def ask_to_sign_in(request: HttpRequest, title: str) -> HttpResponse:
    """For a stranger: where to sign in."""
    context = {"title": title, "sign_in": sign_in_address(request), "section": "submit"}
    return page(request, "portal/submit_sign_in.html", context, is_live=True, is_indexed=False)


def _status(found: tuple[Finding, ...]) -> int:
    return 422 if findings.errors(found) else 200
