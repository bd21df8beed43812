"""Settings: everything that differs between machines comes from the environment (portal/environment.py lists the names).

Importing this starts nothing. Without DATABASE_URL or REDIS_URL the addresses are those of the embedded servers under
VAR_DIR, which manage.py starts or joins before a command that needs them.
"""

import django_stubs_ext

from portal import environment
from portal.embedded import addresses
from portal.secret_key import secret_key
from portal.security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from portal.security import https_settings
from portal.var_dir import BASE_DIR, var_dir

# Lets classes such as ModelAdmin[Paper] name their model at run time too.
django_stubs_ext.monkeypatch()

VAR_DIR = var_dir()
EMBEDDED = addresses.expected(VAR_DIR)

DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY") or secret_key(VAR_DIR)
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, low=1, high=65535)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{HOST}")
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "accounts",
    "papers",
    "leaderboards",
    "workers",
    "portal",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "portal.api.door.door",
    "portal.page_cache.page_cache",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.security.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.acting.acting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.pages.errors.wrong_method",
]

ROOT_URLCONF = "portal.urls"
APPEND_SLASH = False  # addresses have none; portal/pages/trailing_slash.py sends the other form there
CSRF_FAILURE_VIEW = "portal.pages.errors.csrf_failure"
WSGI_APPLICATION = "portal.wsgi.application"

# Public pages are Jinja2 (DTL is several times slower); the admin and its login stay with Django's own language.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "portal.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "dtl"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Database: two roles on one database. The site runs as one that cannot alter tables; only migrations use the owner.
def _database(name: str, default: str) -> dict[str, object]:
    address = environment.postgres_address(name, default)
    return {
        "ENGINE": "portal.postgres",
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": address.port,
        "OPTIONS": dict(address.options),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASE_IS_EMBEDDED = environment.text("DATABASE_URL", EMBEDDED.database_url) == EMBEDDED.database_url
REDIS_IS_EMBEDDED = environment.text("REDIS_URL", EMBEDDED.redis_url) == EMBEDDED.redis_url
DATABASE_OWNER_IS_SEPARATE = DATABASE_IS_EMBEDDED or bool(environment.text("DATABASE_OWNER_URL"))
DATABASES = {
    "default": _database("DATABASE_URL", EMBEDDED.database_url),
    "owner": _database("DATABASE_OWNER_URL", EMBEDDED.owner_url if DATABASE_IS_EMBEDDED else environment.text("DATABASE_URL")),
}
DATABASE_WORKER_ROLE = environment.text("DATABASE_WORKER_ROLE")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tables whose rows the site may add but never change: the catalogue's and a run's history and faults (portal/database_roles.py
# grants accordingly).
APPEND_ONLY_TABLES = ["papers_change", "workers_fault", "workers_runevent"]
# Tables that the site only reads: the search index, which a trigger of the owner's keeps.
READ_ONLY_TABLES = ["papers_search", "papers_search_title", "papers_search_added"]

# Cache: the broker's Redis under another database number unless CACHE_URL splits them. Every key expires, so that
# volatile-lru can throw out cached pages and never a queued task.
BROKER = environment.redis_address("REDIS_URL", EMBEDDED.redis_url)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": environment.redis_address("CACHE_URL", environment.other_database(BROKER.client_url, number=1)).client_url,
        "KEY_PREFIX": "portal",
        "TIMEOUT": 300,
    }
}

# Pages for anonymous readers, kept in each web process and in the cache's Redis (portal/page_cache.py).
PAGE_CACHE_MB = environment.number("PAGE_CACHE_MB", 64, low=0, high=100_000)
PAGE_CACHE_URL = str(CACHES["default"]["LOCATION"])

# Celery only rings a doorbell: the queue of record is a table, so a task is acknowledged at once, its result is not kept,
# and no worker holds a message behind an hour-long job. Redis hands an unacknowledged message out again after the
# visibility timeout; it has to be said in all three places.
CELERY_BROKER_URL = BROKER.celery_url
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 8.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_VISIBILITY_TIMEOUT = 12 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT, "socket_timeout": 30}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE: dict[
    str, object
] = {}  # what is timed keeps a clock of its own beside the scheduler (workers/reaper.py, portal/nightly.py)

# Workers: what they may load and where it comes from.
CHECKPOINT_ROOTS = [VAR_DIR / "checkpoints", *environment.folders("CHECKPOINT_ROOTS")]
CHECKPOINT_OWNERS = environment.words("CHECKPOINT_OWNERS", "EleutherAI")
BENCHMARK_DATA = environment.existing_folder("BENCHMARK_DATA")
HUB_OFFLINE = environment.flag("HF_HUB_OFFLINE")
SELFTEST = environment.flag("SELFTEST", default=True)
SHARD_SECONDS = environment.number("SHARD_SECONDS", 180, low=1, high=3600)
WORKER_DEVICE = environment.choice("WORKER_DEVICE", "auto", among=("auto", "cpu", "cuda"))
PORTAL_COMMIT = environment.text("PORTAL_COMMIT")

# Exports: the catalogue as the archive's files, on the download page (portal/nightly.py)
EXPORTS = VAR_DIR / "exports"
EXPORT_AT = environment.number("EXPORT_AT", 3, low=0, high=23)
EXPORT_KEEP = environment.number("EXPORT_KEEP", 7, low=0, high=1000)

# People
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Security headers (portal/security.py)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_https = environment.flag("HTTPS")
globals().update(
    https_settings(
        https=_https,
        hsts_seconds=environment.number("HSTS_SECONDS", 3600, low=0, high=63_072_000),
        trust_forwarded_proto=environment.flag("TRUST_FORWARDED_PROTO"),
    )
)

# REST: JSON in, JSON out (portal/api, docs/api.md). No session is looked at, so that no other site can use a reader's.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["portal.api.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttles.Throttle"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "EXCEPTION_HANDLER": "portal.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Papers With Code 2",
    "DESCRIPTION": "Papers, code, benchmarks and results, and beside claimed numbers the ones that we measured.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "POSTPROCESSING_HOOKS": ["portal.api.schema.with_token"],
    "LICENSE": {"name": "CC-BY-SA-4.0", "url": "https://creativecommons.org/licenses/by-sa/4.0/"},
}
API_ADDRESS_PER_MINUTE = environment.number("API_ADDRESS_PER_MINUTE", 600, low=0, high=10_000_000)
API_PERSON_PER_MINUTE = environment.number("API_PERSON_PER_MINUTE", 3000, low=0, high=10_000_000)

# Static files: hashed names once `collectstatic` has filled the folder; straight from the source folders before that.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.static_storage.StaticStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").is_file()
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"

# Language and time: UTC everywhere, so that two machines never disagree about a date
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "portal.log_lines.RefusalsInALine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print each line a second time.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # The hub's client prints each request.
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
    },
}
