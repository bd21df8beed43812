"""The site as the web server runs it; with BENCH_SHARED_ONLY set, pages are kept in Redis alone."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.core.wsgi import get_wsgi_application

from portal import page_cache

application = get_wsgi_application()

if os.environ.get("BENCH_SHARED_ONLY"):
    page_cache._Kept.keep = lambda *arguments, **named: None  # type: ignore[method-assign]  # what Redis alone gives
