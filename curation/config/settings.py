"""Settings, read from the environment through typed readers (docs/operator.md lists every variable)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation.config.env import Environment
from curation.config.modes import MODES, production_refusals, session_secret
from curation.embedded.locations import PostgresHome, postgres_home, redis_socket

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()

# --- How it runs -----------------------------------------------------------------------------------------------
MODE = env.choice("RUSHES_MODE", "development", MODES)
DEBUG = env.boolean("DEBUG", default=MODE == "development")
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", [] if MODE == "production" else ["localhost", "127.0.0.1", "[::1]"]
)
VAR = env.folder("RUSHES_VAR", BASE_DIR / "var")
production_refusals(env, mode=MODE, debug=DEBUG)
SECRET_KEY = env.text("SECRET_KEY") or session_secret(VAR)

# --- Applications ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "curation",
    "scoring",
    "annotation",
    "dashboards",
]
MIDDLEWARE = [
    "curation.config.requestid.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "curation.config.security.ContentSecurityPolicy",
    "curation.config.security.PlainAddresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "curation.config.security.PrivatePages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "curation.api.tokens.ApiTokens",
    "curation.config.access.AccessMiddleware",
    "curation.views.errors.GoneMiddleware",
]
ROOT_URLCONF = "curation.config.urls"
WSGI_APPLICATION = "curation.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "curation.config.context.site",
            ],
        },
    }
]
AUTH_USER_MODEL = "curation.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Another backend (single sign-on) takes the place of passwords by being named here.
AUTHENTICATION_BACKENDS = env.words("AUTHENTICATION_BACKENDS", ["curation.config.accounts.Passwords"])
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database: the application's role, and the owner that migrates -----------------------------------------------
EMBEDDED_POSTGRES: PostgresHome | None = None
_app_database = env.database("DATABASE_URL")
_owner_database = env.database("DATABASE_OWNER_URL")
if _app_database is None:
    EMBEDDED_POSTGRES = postgres_home(VAR, durable=MODE != "test")
    _app_database = EMBEDDED_POSTGRES.connection("rushes_app")
    _owner_database = EMBEDDED_POSTGRES.connection("rushes_owner")
DATABASES: dict[str, dict[str, Any]] = {"default": _app_database}
if _owner_database is not None:
    DATABASES["owner"] = _owner_database
for _settings in DATABASES.values():
    _settings["CONN_MAX_AGE"] = 60
    _settings["CONN_HEALTH_CHECKS"] = True
# A page that waits for the database longer than this is given up; work in the background may take its time, but no
# process waits long for a lock or sits in a transaction. In milliseconds; 0: without bound.
_web = env.choice("RUSHES_PROCESS", "other", ("web", "other")) == "web"
_bounds = {
    "statement_timeout": env.integer("STATEMENT_TIMEOUT_MS", 60_000 if _web else 0, least=0, most=86_400_000),
    "lock_timeout": env.integer("LOCK_TIMEOUT_MS", 10_000 if _web else 60_000, least=0, most=3_600_000),
    "idle_in_transaction_session_timeout": 60_000 if _web else 3_600_000,
}
_app_database["OPTIONS"]["options"] = " ".join(
    [_app_database["OPTIONS"].get("options", ""), *(f"-c {name}={value}" for name, value in _bounds.items())]
).strip()
if _owner_database is not None:
    # A migration that waits for a table makes all others wait behind it: rather give up and try again.
    _migrate_wait = env.integer("MIGRATE_LOCK_TIMEOUT_MS", 3_000, least=1, most=3_600_000)
    _owner_database["OPTIONS"]["options"] = (
        f"{_owner_database['OPTIONS'].get('options', '')} -c lock_timeout={_migrate_wait}".strip()
    )
DATABASE_ROUTERS = ["curation.config.databases.OwnerMigrates"]
DATABASE_APP_ROLE = _app_database["USER"]

# --- Files -----------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
# Served straight from the sources, so that a page never meets a static file of yesterday's build.
WHITENOISE_USE_FINDERS = MODE != "production"
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE == "production"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# The folder that renditions, series and exports are kept in.
STORAGE = env.text("STORAGE", str(VAR / "storage"))
# Object storage over S3; credentials come by boto3's own chain. Only these buckets may be named.
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL")
S3_REGION = env.text("S3_REGION")
S3_BUCKETS = env.words("S3_BUCKETS")
S3_CACHE_BYTES = env.integer("S3_CACHE_BYTES", 20_000_000_000, least=0, most=10**15)
# Renditions lie in object storage too: s3://bucket/prefix. Seconds that an address lives by which a browser fetches a
# video there by itself; 0: videos pass through this site.
RENDITIONS_IN = env.text("RENDITIONS_IN")
PRESIGNED_SECONDS = env.integer("PRESIGNED_SECONDS", 0, least=0, most=60)
# Where exports go unless told otherwise: s3://bucket/prefix, or nothing for the store's own folder.
EXPORTS_TO = env.text("EXPORTS_TO")
# Folders that sources may lie in; empty outside production means any folder that this process can read.
MEDIA_ROOTS = env.folders("MEDIA_ROOTS")
WEIGHTS_DIR = env.folder("WEIGHTS_DIR", VAR / "weights")

# --- Work: Celery over Redis -------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL")
EMBEDDED_BROKER = not CELERY_BROKER_URL
if EMBEDDED_BROKER:
    CELERY_BROKER_URL = f"redis+socket://{redis_socket(VAR)}"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_TIME_LIMIT = env.integer("TASK_TIME_LIMIT", 3600, least=60, most=86_400)
CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT - 30
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Longer than the longest task: a message must not come back while its task still runs.
        "visibility_timeout": CELERY_TASK_TIME_LIMIT + 300,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
        # A request that only wakes a worker must not wait for a broker that is down.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }

# A worker that is lost gives its work up after this many seconds; it renews its lease twenty times in between.
SCORING_LEASE_SECONDS = env.integer("SCORING_LEASE_SECONDS", 60, least=2, most=3600)
# Whether models' work goes to queue gpu: where this machine has a GPU (auto), always (on: other machines have), never.
GPU_QUEUE = env.choice("GPU_QUEUE", "auto", ("auto", "on", "off"))
EXPORT_LEASE_SECONDS = env.integer("EXPORT_LEASE_SECONDS", 120, least=2, most=3600)
# After a fault that may pass (a full disk, a lost connection) work rests this long for each attempt made.
SCORING_RETRY_SECONDS = env.integer("SCORING_RETRY_SECONDS", 0 if MODE == "test" else 10, least=0, most=3600)

# --- Language and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True

# --- Security ----------------------------------------------------------------------------------------------------
# Dash copies the cookie of this name into its X-CSRFToken header.
CSRF_COOKIE_NAME = "_csrf_token"
CSRF_FAILURE_VIEW = "curation.views.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
SESSION_ENGINE = "curation.config.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 3600 * env.integer("SESSION_HOURS", 24 * 7, least=1, most=24 * 90)
# Reading /metrics from elsewhere than this machine takes this as a bearer token; without one it is refused there.
METRICS_TOKEN = env.text("METRICS_TOKEN")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_https = env.boolean("HTTPS", default=MODE == "production")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https and env.boolean("HTTPS_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 3600 if _https else 0, least=0, most=63_072_000)
# Whether other names below this one are served over HTTPS too, or may be preloaded, is not this site's to say.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
BEHIND_PROXY: bool = env.boolean("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Requests a minute and API token.
API_PER_MINUTE = env.integer("API_PER_MINUTE", 600, least=1, most=1_000_000)

# --- Log ---------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "curation.config.logs.Ids"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "curation.config.logs.JsonLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice(
                "LOG_FORMAT", "json" if MODE == "production" else "line", ("line", "json")
            ),
            "filters": ["ids"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # It says at each start where it found credentials, also in the middle of a command's answer.
    "loggers": {"botocore.credentials": {"level": "WARNING"}},
}
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
