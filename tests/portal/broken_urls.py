"""The site's map with one page that breaks."""

from django.urls import path

from portal.urls import handler500 as handler500
from portal.urls import urlpatterns as site


def broken(request):
    raise RuntimeError("broken on purpose")


urlpatterns = [path("broken", broken), *site]
