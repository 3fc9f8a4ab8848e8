"""Which servers this process uses: those the environment names, or the embedded ones of this checkout."""

import os
from pathlib import Path

from config import embedded
from config.cluster import Cluster
from config.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the folder for everything a running checkout keeps."""
    return Path(os.environ.get("CANOPY_DATA") or BASE_DIR / ".data").absolute()


def _home() -> Path:
    explicit = os.environ.get("CANOPY_DATA_EXPLICIT", os.environ.get("CANOPY_DATA", ""))
    return embedded.home_for(data_folder(), explicit=bool(explicit))


def cluster() -> Cluster:
    """Return the embedded PostgreSQL of this process, running or not."""
    if "postgres" not in _found:
        _found["postgres"] = Cluster(_home(), durable=os.environ.get("CANOPY_DURABLE", "1") != "0")
    return _found["postgres"]


def valkey() -> Valkey:
    """Return the embedded Valkey of this process, running or not."""
    if "valkey" not in _found:
        part = os.environ.get("CANOPY_VALKEY")
        _found["valkey"] = Valkey(_home() / part if part else _home(), durable=os.environ.get("CANOPY_DURABLE", "1") != "0")
    return _found["valkey"]


def hold() -> None:
    """Make sure that the embedded servers which this process needs run, and keep them until it ends."""
    if not os.environ.get("DATABASE_URL"):
        cluster().acquire()
    if not os.environ.get("VALKEY_URL"):
        valkey().acquire()


_found: dict = {}
