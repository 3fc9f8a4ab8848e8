"""Celery only wakes work up; the work itself lies in the database. See docs/outbox.md."""

import os
import warnings

import structlog
from celery import Celery, signals
from celery.platforms import SecurityWarning
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Said at each start as root, though the workers run no code that came over the wire: messages are JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("canopy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
log = structlog.get_logger("canopy.work")


@signals.setup_logging.connect
def leave_logging_to_django(**kwargs) -> None:
    """Keep Celery from setting up logging: Django's is there already."""


@signals.worker_init.connect
@signals.beat_init.connect
def hold_servers(**kwargs) -> None:
    """Refuse settings that cannot be meant, and make sure that the embedded servers run before the broker is looked for."""
    from config import checks, servers  # noqa: PLC0415  (this module is imported by everything, and before the settings)

    try:
        checks.refuse_to_start()
        servers.hold()
    except (ImproperlyConfigured, servers.EmbeddedError) as error:
        raise SystemExit(str(error)) from error  # Celery takes any other exception of a signal for a trifle


@signals.worker_ready.connect
def say_ready(sender, **kwargs) -> None:
    """Tell the log that the worker listens, and to what."""
    log.info("worker is ready", queues=sorted(sender.app.amqp.queues.consume_from))
