"""A run's export as a .zip, for those who may read its items' texts."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from portal.context import NOT_INDEXED, viewer
from portal.pages import run_numbers
from portal.pages.found_run import run_at
from portal.pages.samples import may_read
from portal.zip_stream import zipped
from workers import licences, run_export
from workers.models import Run


@require_GET
def download(request: HttpRequest, public_id: UUID) -> StreamingHttpResponse:
    """lm-eval's results and samples with our manifest, made while they are sent."""
    run = run_at(public_id, Run.objects.select_related("checkpoint", "protocol"))
    run_numbers.check(run, viewer(request))
    terms = licences.terms_of(run)
    if not may_read(request, terms):
        raise PermissionDenied(terms.sentence)
    try:
        run_export.check(run)
    except run_export.ExportRefused as refused:
        raise Http404(str(refused)) from refused
    name = f"run-{str(public_id)[:8]}"
    headers = {
        "X-Robots-Tag": NOT_INDEXED,
        "Content-Disposition": f'attachment; filename="{name}.zip"',
        "Cache-Control": "private",
    }
    return StreamingHttpResponse(zipped(run_export.parts(run), folder=name), content_type="application/zip", headers=headers)
