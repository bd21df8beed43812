"""The map of the site: every address and the page that answers there.

Addresses have no trailing slash; the other form redirects. Those of papers, tasks, boards, datasets, methods, authors
and areas are the old site's.
"""

from django.contrib import admin
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from portal.pages import (
    amend,
    area,
    author,
    badge,
    board_files,
    board_picture,
    board_view,
    campaign,
    changes,
    citation,
    conference,
    dataset,
    dataset_list,
    design,
    downloads,
    edit,
    erase_account,
    errors,
    feeds,
    for_programs,
    history,
    home,
    libraries,
    measurement,
    method,
    method_list,
    model,
    notices,
    old_addresses,
    paper,
    paper_list,
    profile,
    publishing,
    rerun_votes,
    review,
    run,
    run_compare,
    run_control,
    run_download,
    run_list,
    run_more,
    samples,
    search,
    sitemaps,
    sota,
    status,
    submission_pages,
    submit,
    submit_lookup,
    submit_result,
    submit_upload,
    suggestions,
    task,
    task_list,
    tokens,
    trailing_slash,
    trends,
    watching,
    words,
)


class KeyConverter:
    """A slug as the old site made them, and any other printable text without a slash; Postgres refuses NUL characters."""

    regex = r"[^/\x00-\x1f\x7f]+"

    def to_python(self, value: str) -> str:
        """The text as it is."""
        return value

    def to_url(self, value: str) -> str:
        """The text as it is; `reverse` quotes it."""
        return value


register_converter(KeyConverter, "key")

admin.site.site_header = admin.site.site_title = "Papers With Code 2"
admin.site.index_title = "The catalogue, the registry and the queue"

papers = [
    path("papers", paper_list.papers, name="list"),
    path("latest", paper_list.latest, name="latest"),
    path("greatest", paper_list.greatest, name="greatest"),
    path("paper/<key:slug>.bib", citation.bibtex, name="bibtex"),
    path("paper/<key:slug>.ris", citation.ris, name="ris"),
    path("paper/<key:slug>", paper.paper_detail, name="detail"),
]
tasks = [
    path("tasks", task_list.tasks, name="list"),
    path("task/<key:slug>.atom", feeds.of_task, name="feed"),
    path("task/<key:slug>", task.task_detail, name="detail"),
]
boards = [
    path("sota", sota.all_boards, name="list"),
    path("sota/<key:slug>.atom", feeds.of_board, name="feed"),
    path("sota/<key:slug>.csv", board_files.as_csv, name="csv"),
    path("sota/<key:slug>.json", board_files.as_json, name="json"),
    path("sota/<key:slug>.png", board_picture.picture, name="picture"),
    path("sota/<key:slug>/watch", watching.watch, name="watch"),
    path("sota/<key:slug>/unwatch", watching.unwatch, name="unwatch"),
    path("sota/<key:slug>", board_view.board_detail, name="detail"),
    path("benchmarks", sota.notable_benchmarks, name="notable"),
    path("badge/<key:paper>/<key:slug>.svg", badge.as_svg, name="badge_svg"),
    path("badge/<key:paper>/<key:slug>", badge.as_json, name="badge"),
]
datasets = [
    path("datasets", dataset_list.datasets, name="list"),
    path("dataset/<key:slug>", dataset.dataset_detail, name="detail"),
]
methods = [
    path("methods", method_list.methods, name="list"),
    path("methods/area/<key:slug>", method_list.area_detail, name="area"),
    path("methods/category/<key:slug>", method_list.collection_detail, name="collection"),
    path("method/<key:slug>", method.method_detail, name="detail"),
]
conferences = [
    path("conferences", conference.conferences, name="list"),
    path("conference/<key:slug>", conference.conference_detail, name="detail"),
    path("conference/<key:slug>/<key:proceeding>", conference.proceeding_detail, name="proceeding"),
]
runs = [
    path("runs", run_list.runs, name="list"),
    path("runs/request", run_control.request_run, name="request"),
    path("runs/<uuid:public_id>", run.run_detail, name="detail"),
    path("runs/<uuid:public_id>/state", run.run_state, name="state"),
    path("runs/<uuid:public_id>/cancel", run_control.cancel_run, name="cancel"),
    path("runs/<uuid:public_id>/pause", run_control.pause_run, name="pause"),
    path("runs/<uuid:public_id>/resume", run_control.resume_run, name="resume"),
    path("runs/<uuid:public_id>/retry", run_control.retry_run, name="retry"),
    path("runs/<uuid:public_id>/priority", run_control.prioritise_run, name="priority"),
    path("runs/<uuid:public_id>/export.zip", run_download.download, name="export"),
    path("runs/<uuid:first_id>/compare/<uuid:second_id>", run_compare.compare, name="compare"),
    path("runs/<uuid:first_id>/compare/<uuid:second_id>/items/<int:index>", run_compare.compare_item, name="compare_item"),
    path("runs/<uuid:public_id>/again", run_more.run_again, name="again"),
    path("runs/<uuid:public_id>/samples", samples.samples, name="samples"),
    path("runs/<uuid:public_id>/samples/<int:index>", samples.sample_detail, name="sample"),
]
measurements = [
    path("measurements", publishing.measurement_list, name="list"),
    path("measurements/<uuid:public_id>", measurement.measurement_detail, name="detail"),
    path("measurements/<uuid:public_id>/answers", measurement.answer, name="answer"),
    path("measurements/<uuid:public_id>/answers/<uuid:answer_id>/withdraw", measurement.withdraw, name="withdraw_answer"),
    path("measurements/<uuid:public_id>/publish", publishing.publish, name="publish"),
    path("measurements/<uuid:public_id>/retract", publishing.retract, name="retract"),
    path("measurements/<uuid:public_id>/supersede", publishing.supersede, name="supersede"),
]
campaigns = [
    path("campaigns", campaign.campaign, name="table"),
    path("campaigns/add", campaign.add, name="add"),
    path("campaigns/add-suggested", campaign.add_suggested, name="add_suggested"),
    path("campaigns/remove", campaign.remove, name="remove"),
    path("campaigns/measure", campaign.measure, name="measure"),
]

submitting = [
    path("result", submit_result.result, name="result"),
    path("upload", submit_upload.upload, name="upload"),
    path("lookup", submit_lookup.lookup, name="lookup"),
    path("check/<slug:kind>", submit.check, name="check"),
    path("<slug:kind>", submit.thing, name="thing"),
]
submitted = [
    path("submissions", submission_pages.mine, name="mine"),
    path("submissions/<uuid:public_id>", submission_pages.detail, name="detail"),
    path("submissions/<uuid:public_id>/withdraw", submission_pages.withdraw, name="withdraw"),
    path("edit/<slug:kind>/<key:key>", edit.edit, name="edit"),
    path("edit/<slug:kind>/<key:key>/remove", edit.remove, name="remove"),
    path("votes/<uuid:public_id>", rerun_votes.vote, name="vote"),
]
reviewing = [
    path("review", review.queue, name="queue"),
    path("review/decide", review.decide_many, name="decide"),
    path("review/<uuid:public_id>/accept", review.accept, name="accept"),
    path("review/<uuid:public_id>/refuse", review.refuse, name="refuse"),
    path("review/<uuid:public_id>/amend", amend.amend, name="amend"),
    path("review/<uuid:public_id>/check", amend.check, name="check"),
]
token_pages = [
    path("accounts/tokens", tokens.token_list, name="list"),
    path("accounts/tokens/make", tokens.make, name="make"),
    path("accounts/tokens/<uuid:public_id>/revoke", tokens.revoke, name="revoke"),
]

site_feeds = [
    path("latest.atom", feeds.latest, name="latest"),
    path("latest-with-code.atom", feeds.latest_with_code, name="latest_with_code"),
    path("search.atom", feeds.of_search, name="search"),
]
site_sitemaps = [
    path("sitemap.xml", sitemaps.index, name="index"),
    path("sitemaps/site.xml", sitemaps.site, name="site"),
    path("sitemaps/<slug:kind>-<int:number>.xml", sitemaps.part, name="part"),
]


def sign_in_to_admin(request: HttpRequest) -> HttpResponse:
    """The administration has no sign-in of its own: the site's has the limits and the second factor."""
    if request.user.is_authenticated:
        raise PermissionDenied(errors.FORBIDDEN)
    return redirect_to_login(request.GET.get("next", "") or "/admin/")


urlpatterns = [
    path("", home.home, name="home"),
    path("", include((papers, "papers"))),
    path("", include((tasks, "tasks"))),
    path("", include((boards, "boards"))),
    path("", include((datasets, "datasets"))),
    path("", include((methods, "methods"))),
    path("", include((conferences, "conferences"))),
    path("", include((runs, "runs"))),
    path("", include((measurements, "measurements"))),
    path("", include((campaigns, "campaigns"))),
    path("", include(([path("model/<key:slug>", model.model_detail, name="detail")], "models"))),
    path("", include(([path("author/<key:slug>", author.author_detail, name="detail")], "authors"))),
    path("", include(([path("area/<key:slug>", area.area_detail, name="detail")], "areas"))),
    path("", include((site_feeds, "feeds"))),
    path("", include((site_sitemaps, "sitemaps"))),
    path("downloads", downloads.downloads, name="downloads"),
    path("downloads/<key:export>/<key:name>", downloads.download, name="download"),
    path("search", search.search, name="search"),
    path("trends", trends.trends, name="trends"),
    path("libraries", libraries.libraries, name="libraries"),
    path("history/<slug:kind>/<key:key>", history.past, name="history"),
    path("history/<slug:kind>/<key:key>/feed.atom", history.feed, name="history_feed"),
    path("changes", changes.changes, name="changes"),
    path("changes.atom", changes.feed, name="changes_feed"),
    path("changes/<int:number>", changes.change, name="change"),
    path("changes/by/<key:name>", changes.changes, name="changes_by"),
    path("changes/by/<key:name>/feed.atom", changes.feed, name="changes_by_feed"),
    path("changes/by/<key:name>/revert", changes.revert, name="revert"),
    path("changes/by/<key:name>/lift", changes.lift_brake, name="lift_brake"),
    path("watching", watching.watched, name="watching"),
    path("status", status.status, name="status"),
    path("search/suggest", suggestions.suggest, name="suggest"),
    path("search/complete", suggestions.complete, name="complete"),
    path("submit", submit.choose, name="submit"),
    path("submit/", include((submitting, "submitting"))),
    path("", include((submitted, "submissions"))),
    path("", include((reviewing, "review"))),
    path("notices", notices.mine, name="notices"),
    path("about", words.about, name="about"),
    path("design", design.design, name="design"),
    path("favicon.ico", words.favicon),
    path("robots.txt", for_programs.robots),
    path("opensearch.xml", for_programs.opensearch, name="opensearch"),
    path("site.webmanifest", for_programs.manifest, name="manifest"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/login/", sign_in_to_admin),
    path("admin/", admin.site.urls),
    path("api/v1/", include("portal.api.urls")),
    path("accounts", RedirectView.as_view(pattern_name="account_profile")),
    path("accounts/profile", profile.own_profile, name="account_profile"),
    path("accounts/erase", erase_account.erase, name="account_erase"),
    path("accounts/generate_api_token", tokens.old_address),
    path("", include((token_pages, "tokens"))),
    path("accounts/", include("accounts.urls")),
    path("users/<key:name>", profile.person_detail, name="person"),
    path("sign-out", LogoutView.as_view(next_page="home"), name="sign_out"),
    *old_addresses.patterns(),
    re_path(r"^(?P<path>.+)/$", trailing_slash.without_slash),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
handler429 = errors.too_many_requests  # asked for by django-allauth's limits
