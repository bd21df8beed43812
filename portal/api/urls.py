"""The addresses of the REST API v1. They end in a slash, unlike those of pages: the old site's client asks for them so."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from portal.api.errors import Nowhere
from portal.api.evaluations import EvaluationViewSet
from portal.api.papers import PaperViewSet
from portal.api.runs import RunViewSet

router = SimpleRouter()
router.register("papers", PaperViewSet, basename="paper")
router.register("evaluations", EvaluationViewSet, basename="evaluation")
router.register("runs", RunViewSet, basename="run")

app_name = "api"
urlpatterns = [
    *router.urls,
    # What is not here is answered here, in JSON: behind it stands the redirect that takes slashes off the addresses of pages.
    re_path("", Nowhere.as_view()),
]
