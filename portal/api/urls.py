"""The addresses of the REST API v1. They end in a slash, unlike those of pages: the old site's client asks for them so."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from portal.api.claims import ClaimViewSet, MeasurementViewSet, VerdictViewSet
from portal.api.datasets import DatasetViewSet
from portal.api.documentation import documentation, file
from portal.api.errors import Nowhere
from portal.api.evaluations import EvaluationViewSet, MetricViewSet, ResultViewSet
from portal.api.methods import MethodViewSet
from portal.api.papers import PaperViewSet
from portal.api.people import AuthorViewSet, ConferenceViewSet, ProceedingViewSet
from portal.api.records import ChangeViewSet, ExportViewSet
from portal.api.registry import CheckpointViewSet, ModelViewSet, ProtocolViewSet, WorkerViewSet
from portal.api.repositories import RepositoryViewSet
from portal.api.runs import RunViewSet, SampleViewSet, ShardViewSet
from portal.api.search import SearchViewSet
from portal.api.submissions import SubmissionViewSet
from portal.api.synchronizing import SynchronizeViewSet
from portal.api.tasks import AreaViewSet, TaskViewSet
from portal.api.viewsets import KEY, PUBLIC_ID

router = SimpleRouter()
router.register("papers", PaperViewSet, basename="paper")
router.register("authors", AuthorViewSet, basename="author")
router.register("conferences", ConferenceViewSet, basename="conference")
router.register(rf"conferences/(?P<conference>{KEY})/proceedings", ProceedingViewSet, basename="proceeding")
router.register("areas", AreaViewSet, basename="area")
router.register("tasks", TaskViewSet, basename="task")
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("methods", MethodViewSet, basename="method")
router.register("evaluations", EvaluationViewSet, basename="evaluation")
router.register(rf"evaluations/(?P<evaluation>{KEY})/metrics", MetricViewSet, basename="metric")
router.register(rf"evaluations/(?P<evaluation>{KEY})/results", ResultViewSet, basename="result")
router.register("models", ModelViewSet, basename="model")
router.register("checkpoints", CheckpointViewSet, basename="checkpoint")
router.register("protocols", ProtocolViewSet, basename="protocol")
router.register("workers", WorkerViewSet, basename="worker")
router.register("claims", ClaimViewSet, basename="claim")
router.register("measurements", MeasurementViewSet, basename="measurement")
router.register("runs", RunViewSet, basename="run")
router.register(rf"runs/(?P<run>{PUBLIC_ID})/shards", ShardViewSet, basename="shard")
router.register(rf"runs/(?P<run>{PUBLIC_ID})/samples", SampleViewSet, basename="sample")
router.register("submissions", SubmissionViewSet, basename="submission")
router.register("changes", ChangeViewSet, basename="change")

repository = rf"repositories/(?P<owner>{KEY})/(?P<name>{KEY})"

app_name = "api"
urlpatterns = [
    path("search/", SearchViewSet.as_view({"get": "list"}), name="search"),
    path("repositories/", RepositoryViewSet.as_view({"get": "list"}), name="repository-list"),
    # The old client asks for an owner without the slash.
    re_path(rf"^repositories/(?P<owner>{KEY})/?$", RepositoryViewSet.as_view({"get": "of_owner"}), name="repository-of-owner"),
    re_path(rf"^{repository}/$", RepositoryViewSet.as_view({"get": "retrieve"}), name="repository-detail"),
    re_path(rf"^{repository}/papers/$", RepositoryViewSet.as_view({"get": "papers"}), name="repository-papers"),
    *router.urls,
    path("rpc/evaluation-synchronize/", SynchronizeViewSet.as_view({"post": "create"}), name="synchronize"),
    path("verdicts/", VerdictViewSet.as_view({"get": "list"}), name="verdict-list"),
    path("exports/", ExportViewSet.as_view({"get": "list"}), name="export-list"),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", documentation, name="documentation"),
    path("docs/<str:release>/<str:name>", file, name="documentation-file"),
    # What is not here is answered here, in JSON: behind it stands the redirect that takes slashes off the addresses of pages.
    re_path("", Nowhere.as_view()),
]
