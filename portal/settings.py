"""Settings: everything that differs between machines comes from the environment (portal/environment.py lists the names).

Importing this starts nothing. Without DATABASE_URL or REDIS_URL the addresses are those of the embedded servers under
VAR_DIR, which manage.py starts or joins before a command that needs them.
"""

import django_stubs_ext

from portal import environment
from portal.embedded import addresses
from portal.secret_key import secret_key
from portal.security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from portal.security import has_public_name, https_settings
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
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
    "accounts.second_factor.second_factor",
    "portal.acting.acting",
    "portal.brakes.Brakes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.pages.errors.wrong_method",
    "portal.pages.errors.uncounted",
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
# Workers have a role of their own; its name is what migrations grant rights to, its address what `up` gives its worker.
DATABASE_WORKER_URL = environment.text("DATABASE_WORKER_URL", EMBEDDED.worker_url if DATABASE_IS_EMBEDDED else "")
DATABASE_WORKER_ROLE = environment.text("DATABASE_WORKER_ROLE") or environment.user_of("DATABASE_WORKER_URL", DATABASE_WORKER_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tables whose rows the site may add but never change: the catalogue's, a run's and a submission's history, what brakes did, and
# faults (portal/database_roles.py grants accordingly).
APPEND_ONLY_TABLES = [
    "leaderboards_submissionevent",
    "papers_brakelift",
    "papers_braketrip",
    "papers_change",
    "workers_fault",
    "workers_runevent",
]
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

# People: django-allauth signs them up and in (accounts/sign_in.py says where we differ from it)
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_profile"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Brakes: how many things an account may take away, change or revert in a day (papers/brake_triggers.py), and how much it may
# send in a minute (portal/brakes.py). Reverts are a reviewer's, and undo much at once.
_deletions = environment.number("BRAKE_DELETIONS", 20, low=1, high=100_000)
_edits = environment.number("BRAKE_EDITS", 300, low=1, high=1_000_000)
BRAKES = {
    "hours": 24,
    **{
        role: {"deletions": _deletions * times, "edits": _edits * times, "reverts": _edits * times * 10}
        for role, times in (("reader", 1), ("contributor", 1), ("reviewer", 5), ("staff", 10))
    },
}
WRITES_A_MINUTE = environment.number("WRITES_A_MINUTE", 120, low=1, high=100_000)
PROMOTED_AFTER = environment.number("PROMOTED_AFTER", 5, low=0, high=10_000)  # leaderboards/submissions/promoting.py
SIGN_UP = environment.flag("SIGN_UP", default=True)
FORM_PROOF_SECONDS = 2  # a form that anybody may send is looked at for this long at least (accounts/form_proof.py)
STAFF_SECOND_FACTOR = environment.flag("STAFF_SECOND_FACTOR", default=has_public_name(ALLOWED_HOSTS) and not DEBUG)
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, low=0, high=10)

# Mail: without a server none is sent, an address is not asked for, and pages say so.
_mail = environment.mail_server("EMAIL_URL")
HAS_MAIL = _mail is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if HAS_MAIL else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("EMAIL_FROM", f"portal@{HOST}")
EMAIL_TIMEOUT = 10
if _mail:
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.host, _mail.port, _mail.user, _mail.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.is_tls, not _mail.is_tls

ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm", "signup": "accounts.forms.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"} if HAS_MAIL else {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", *(["email*"] if HAS_MAIL else []), "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if HAS_MAIL else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = HAS_MAIL
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa", *(["code"] if HAS_MAIL else [])]
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if environment.flag("HTTPS") else "http"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "accounts.usernames.VALIDATORS"
# By address ("ip") and by account ("key", "user"), counted in the cache's Redis.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,100/h/ip,5/5m/key",
    "signup": "20/h/ip,60/d/ip",
    "reset_password": "10/m/ip,3/h/key",
}
MFA_ADAPTER = "accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Papers With Code 2"
MFA_TOTP_TOLERANCE = 1  # a code of half a minute ago still counts: clocks of phones differ

# Sign-in by others, each only where its id and secret are set
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.SocialAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False  # people choose their name here
SOCIALACCOUNT_QUERY_EMAIL = HAS_MAIL
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {}
SIGN_IN_ORIGINS: list[str] = []
for _provider, _origin in (("github", "https://github.com"), ("orcid", "https://orcid.org")):
    if _keys := environment.pair(f"{_provider.upper()}_CLIENT_ID", f"{_provider.upper()}_CLIENT_SECRET"):
        INSTALLED_APPS.append(f"allauth.socialaccount.providers.{_provider}")
        SOCIALACCOUNT_PROVIDERS[_provider] = {"APPS": [{"client_id": _keys[0], "secret": _keys[1], "key": ""}]}
        SIGN_IN_ORIGINS.append(_origin)

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
        hsts_subdomains=environment.flag("HSTS_SUBDOMAINS"),
        hsts_preload=environment.flag("HSTS_PRELOAD"),
    )
)

# REST: JSON in, JSON out (portal/api, docs/api.md). Who writes sends a token; no session is looked at, so that no other site's
# page can act for a reader.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["portal.api.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttles.Throttle"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "portal.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Papers With Code 2",
    "DESCRIPTION": (
        "Papers, code, benchmarks and results, and beside claimed numbers the ones that we measured. Reading takes no account; a"
        " token of /accounts/tokens, sent as `Authorization: Token …`, is for writing. Lists come in pages: follow `next`. An"
        " error says what is wrong in `detail` and, where fields are, in `errors` by field. Answers have an ETag: asked again"
        " with `If-None-Match`, what has not changed is 304. `X-Ratelimit-*` tell what is left of this minute's requests."
    ),
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
        # Celery sets the root's level to WARNING unless it is told otherwise, and a run's log begins at INFO.
        "workers": {"level": LOG_LEVEL},
        # The hub's client prints each request.
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
    },
}
