"""What any Django answer costs: a view that says two letters, behind the three middlewares that every site has."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="bench.bare_site",
    SECRET_KEY="signs nothing",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def bare(request: HttpRequest) -> HttpResponse:
    """Two letters."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("bare", bare)]
application = get_wsgi_application()
