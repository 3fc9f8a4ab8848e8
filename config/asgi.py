"""The web process: pages and live streams over ASGI. Started by uvicorn as ``config.asgi:application``."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL", "16")

from django.core.asgi import get_asgi_application

application = get_asgi_application()

from config import checks, servers  # noqa: E402  (what they check is set up by now)

checks.refuse_to_start()
servers.hold()
