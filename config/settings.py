"""Every setting of Canopy, from the environment alone. What cannot be meant is refused here or in ``config.checks``.

docs/running.md has the table of variables for those who run it.
"""

import warnings
from pathlib import Path
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import environment, logs, servers

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = servers.data_folder()

DEVELOPMENT_KEY = "insecure-key-for-a-checkout-on-a-loopback-address-and-for-nothing-else"
DEVELOPMENT_FIELD_KEY = "Y2Fub3B5LWRldmVsb3BtZW50LWtleS1pcy1vcGVuISE="
LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver", ".localhost"}

# What kind of site this is. Public means: some host that answers is not this machine's own loopback.
DEBUG = environment.flag("DEBUG")
DEMO = environment.flag("DEMO")
COMPANY_NAME = environment.text("COMPANY_NAME", "Fernhollow")
PUBLIC_URL = environment.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC = any(host not in LOOPBACK for host in (*ALLOWED_HOSTS, PUBLIC_HOST))
SECRET_KEY = environment.text("SECRET_KEY", DEVELOPMENT_KEY)
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
FIELD_KEYS = environment.words("FIELD_KEYS", DEVELOPMENT_FIELD_KEY)
INTERNAL_IPS: list[str] = []

LOGGING = logs.configure(
    json=environment.choice("LOG_FORMAT", ("plain", "json"), "json" if PUBLIC else "plain") == "json",
    level=environment.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
)

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "genealogy.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

INSTALLED_APPS = [
    "backoffice.demo",
    "backoffice.imports",
    "backoffice",
    "autoship",
    "storefront",
    "commissions",
    "genealogy",
    "config",
    "config.outbox",
    "mptt",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.logs.RequestLog",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.sessions.SeenNowAndThen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    }
]

# -- the database: the one that DATABASE_URL names, else the embedded one

DATABASE_ADDRESS = environment.address("DATABASE_URL", ("postgres", "postgresql"))
DATABASE_POOL = environment.number("DATABASE_POOL", 0)
DATABASE_BOUNCER = environment.flag("DATABASE_BOUNCER")
EMBEDDED_DATABASE = DATABASE_ADDRESS is None
if DATABASE_ADDRESS is None:
    cluster = servers.cluster()
    DATABASE: dict[str, str | int] = {
        "ENGINE": "config.postgres",
        "NAME": cluster.database,
        "USER": "canopy",
        "HOST": str(cluster.sockets),
    }
else:
    if not DATABASE_ADDRESS.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL: the name of the database is missing (postgres://user:password@host:5432/name).")
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE_ADDRESS.path.strip("/"),
        "USER": DATABASE_ADDRESS.user,
        "PASSWORD": DATABASE_ADDRESS.password,
        "HOST": DATABASE_ADDRESS.options.get("host", DATABASE_ADDRESS.host),
        "PORT": DATABASE_ADDRESS.port or "",
    }
OPTIONS: dict = {"connect_timeout": 10, "application_name": "canopy"}
if DATABASE_ADDRESS is not None:
    OPTIONS |= {key: value for key, value in DATABASE_ADDRESS.options.items() if key != "host"}
if DATABASE_POOL:
    OPTIONS["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10, "max_idle": 120}
DATABASES = {
    "default": {
        **DATABASE,
        "OPTIONS": OPTIONS,
        "CONN_MAX_AGE": 0 if DATABASE_POOL else 300,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_BOUNCER,
        "TEST": {"TEMPLATE": "template0"},
    }
}
if environment.flag("CANOPY_OFFLINE"):
    DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}

# -- Valkey: the one that VALKEY_URL names, else the embedded one; it carries hints and caches, never facts

VALKEY_ADDRESS = environment.address("VALKEY_URL", ("redis", "rediss", "valkey", "valkeys", "unix"))
EMBEDDED_VALKEY = VALKEY_ADDRESS is None
if VALKEY_ADDRESS is None:
    VALKEY_URL = f"unix://{quote(str(servers.valkey().socket))}"
else:
    VALKEY_URL = environment.text("VALKEY_URL").replace("valkeys://", "rediss://", 1).replace("valkey://", "redis://", 1)
CACHES = {
    "default": {
        "BACKEND": "config.caching.ForgivingCache",
        "LOCATION": VALKEY_URL,
        "KEY_PREFIX": "canopy",
        "TIMEOUT": 300,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    },
    # Drawn pieces of pages, keyed by what they were drawn from; each process keeps its own.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pieces",
        "TIMEOUT": 300,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# -- Celery

CELERY_BROKER_URL = VALKEY_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "global_keyprefix": "canopy:celery:",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"commissions.tasks.refresh_live": {"queue": "live"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
OUTBOX_KEEP_DAYS = environment.number("OUTBOX_KEEP_DAYS", 90)
CELERY_BEAT_SCHEDULE: dict = {
    "outbox-sweep": {"task": "config.outbox.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "outbox-prune": {"task": "config.outbox.tasks.prune", "schedule": 3600.0, "options": {"expires": 3600}},
    "live-tick": {"task": "commissions.tasks.refresh_live", "schedule": 5.0, "options": {"queue": "live", "expires": 5}},
    "runs-work": {"task": "commissions.tasks.work_runs", "schedule": 30.0, "options": {"expires": 30}},
    "payments-settle": {"task": "storefront.tasks.settle_open", "schedule": 60.0, "options": {"expires": 60}},
    "sales-count": {"task": "storefront.tasks.count_sales", "schedule": 900.0, "options": {"expires": 900}},
    "orders-cancel-abandoned": {"task": "storefront.tasks.cancel_abandoned", "schedule": 3600.0, "options": {"expires": 3600}},
    "trees-respace": {"task": "genealogy.tasks.respace", "schedule": 60.0, "options": {"expires": 60}},
    "simulations": {
        "task": "commissions.tasks.run_simulations",
        "schedule": 30.0,
        "options": {"queue": "default", "expires": 30},
    },
    "mails": {"task": "backoffice.tasks.send_mails", "schedule": 20.0, "options": {"expires": 20}},
}

# -- people and how they sign in

# Each needs nothing but an e-mail address: a password, a code or link by mail, or a passkey. Whoever has a second factor is
# asked for it whichever way they came. Nobody learns from an answer whether an address is known.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/my/orders/"
HOME_OF_DISTRIBUTORS = "/office/"
HOME_OF_STAFF = "/admin/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "genealogy.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "genealogy.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PUBLIC_URL.startswith("https://") else "http"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "genealogy.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = COMPANY_NAME
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PUBLIC
USERSESSIONS_TRACK_ACTIVITY = True  # by config.sessions, which writes now and then
# Staff must have a second factor; in the demo head office signs in with one click instead, and the page says so.
STAFF_SECOND_FACTOR = environment.flag("STAFF_SECOND_FACTOR", not DEMO)
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("TRUSTED_PROXIES", 0)

# -- payments

PAYMENT_GATEWAY = environment.choice("PAYMENT_GATEWAY", ("test", "stripe"), "test")
STRIPE_SECRET_KEY = environment.text("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = environment.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = environment.text("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = environment.text("STRIPE_API_BASE")
STRIPE_JS_URL = environment.text("STRIPE_JS_URL", "https://js.stripe.com/v3/")

# -- mail: each is a row first, which a task hands to the transport; without EMAIL_URL it stays a row, read at a page of the demo

EMAIL_ADDRESS = environment.address("EMAIL_URL", ("smtp", "smtps", "smtp+tls", "console", "file"))
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "Canopy <hello@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = "backoffice.mails.RowBackend"
MAIL_TRANSPORT = ""
if EMAIL_ADDRESS is not None and EMAIL_ADDRESS.scheme == "console":
    MAIL_TRANSPORT = "django.core.mail.backends.console.EmailBackend"
elif EMAIL_ADDRESS is not None and EMAIL_ADDRESS.scheme == "file":
    MAIL_TRANSPORT, EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", EMAIL_ADDRESS.path
elif EMAIL_ADDRESS is not None:
    MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL_ADDRESS.host, EMAIL_ADDRESS.user, EMAIL_ADDRESS.password
    EMAIL_USE_SSL = EMAIL_ADDRESS.scheme == "smtps"
    EMAIL_USE_TLS = EMAIL_ADDRESS.scheme == "smtp+tls"
    EMAIL_PORT = EMAIL_ADDRESS.port or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)

# -- languages and times

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # a page says which language it is in: only those that the texts are translated into
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- files

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", str(DATA_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # A public site serves collected files under names that change with their content; a checkout serves them where they lie.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PUBLIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PUBLIC
if not PUBLIC:
    warnings.filterwarnings("ignore", "No directory at")  # nothing is collected in a checkout, and WhiteNoise wonders
WHITENOISE_MAX_AGE = 60 if PUBLIC else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# -- what a browser may do with our pages

STRIPE_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(STRIPE_JS_URL))
STRIPE_SCRIPTS, STRIPE_FRAMES, STRIPE_CALLS = (
    ([], [], [])
    if PAYMENT_GATEWAY != "stripe"
    else (
        ["https://js.stripe.com", "https://*.js.stripe.com"],
        ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
        ["https://api.stripe.com"],
    )
    if STRIPE_ORIGIN == "https://js.stripe.com"
    else ([STRIPE_ORIGIN], [STRIPE_ORIGIN], [STRIPE_ORIGIN])
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, *STRIPE_SCRIPTS],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, *STRIPE_CALLS],
        "frame-src": STRIPE_FRAMES or [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC else []
SECURE_SSL_REDIRECT = PUBLIC
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = environment.number("HSTS_SECONDS", 31_536_000 if PUBLIC else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PUBLIC
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
