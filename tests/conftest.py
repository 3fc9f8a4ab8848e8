"""What every test may use. The tests have a cluster of their own, and each xdist worker a Valkey of its own."""

import os
from pathlib import Path

import django

# All of this comes before Django reads its settings, and that before any other conftest imports a model.
BASE_DIR = Path(__file__).resolve().parent.parent
os.environ["CANOPY_DATA"] = os.environ.get("CANOPY_TEST_DATA") or str(BASE_DIR / ".data" / "test")
os.environ["CANOPY_DATA_EXPLICIT"] = "1" if os.environ.get("CANOPY_TEST_DATA") else ""
os.environ["CANOPY_DURABLE"] = "0"
os.environ["CANOPY_VALKEY"] = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
for name in ("DATABASE_URL", "VALKEY_URL", "DEBUG", "DATABASE_POOL", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "PAYMENT_GATEWAY"):
    os.environ.pop(name, None)
django.setup()
