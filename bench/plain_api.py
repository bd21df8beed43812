"""The addresses of bench/plain_views.py as the web server runs them, behind the site's own middlewares."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "bench.plain_views"
application = get_wsgi_application()
