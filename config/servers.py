"""Which servers a process uses: those that the environment names, or the embedded ones of this checkout."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import places
from config.cluster import Cluster
from config.embedded import Server
from config.places import EmbeddedError
from config.valkey import Valkey

__all__ = ["EmbeddedError", "Servers", "cluster", "data_folder", "embedded_ones", "from_environment", "hold", "valkey"]

BASE_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Servers:
    """The embedded pair that an environment means, running or not."""

    data: Path
    cluster: Cluster
    valkey: Valkey


def from_environment(environment: Mapping[str, str]) -> Servers:
    """Return the pair that the variables mean.

    CANOPY_DATA is the data folder (.data of the checkout), CANOPY_DATABASE the name of the database, CANOPY_VALKEY a
    name for a Valkey of one's own beside the cluster, CANOPY_DURABLE=0 trades safety for speed in tests.
    """
    data = Path(environment.get("CANOPY_DATA") or BASE_DIR / ".data").absolute()
    home = places.home_for(data, BASE_DIR)
    stands_for = data if home != data else None
    durable = environment.get("CANOPY_DURABLE", "1") != "0"
    return Servers(
        data=data,
        cluster=Cluster(home, stands_for=stands_for, durable=durable, database=environment.get("CANOPY_DATABASE") or "canopy"),
        valkey=Valkey(home / environment.get("CANOPY_VALKEY", ""), stands_for=stands_for, durable=durable),
    )


HERE = from_environment(os.environ)


def cluster() -> Cluster:
    """Return the embedded PostgreSQL of this process, running or not."""
    return HERE.cluster


def valkey() -> Valkey:
    """Return the embedded Valkey of this process, running or not."""
    return HERE.valkey


def data_folder() -> Path:
    """Return the folder for everything that a running checkout keeps."""
    return HERE.data


def embedded_ones() -> list[Server]:
    """Return the servers that this process must see to itself: none that the environment names."""
    mine: list[Server] = []
    if not os.environ.get("DATABASE_URL"):
        mine.append(HERE.cluster)
    if not os.environ.get("VALKEY_URL"):
        mine.append(HERE.valkey)
    return mine


def hold() -> None:
    """Make sure that the embedded servers which this process needs run, and keep them until it ends."""
    for server in embedded_ones():
        server.acquire()
