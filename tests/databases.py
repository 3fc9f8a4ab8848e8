"""Databases for processes of their own: migrated once into a template, then copied in a blink."""

import hashlib
import os
import subprocess

from psycopg import sql

from config.cluster import Cluster
from config.processes import BASE_DIR, manage

LOCK = 4_716_020_002
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""


def fingerprint() -> str:
    """Return a name for the present state of all migrations."""
    files = sorted(path for path in BASE_DIR.glob("*/migrations/*.py")) + sorted(BASE_DIR.glob("*/*/migrations/*.py"))
    return hashlib.sha256(b"".join(str(path.relative_to(BASE_DIR)).encode() + path.read_bytes() for path in files)).hexdigest()[
        :12
    ]


def template(cluster: Cluster) -> str:
    """Return the name of a migrated and otherwise empty database, made when the migrations have changed."""
    name = f"template_{fingerprint()}"
    with cluster.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        there = connection.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not (there and there[0]):
            for (old,) in connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'template\_%'").fetchall():
                connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(old)))
                cluster.drop_database(old)
            cluster.create_database(name)
            migrate(name)
            connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


def migrate(database: str) -> None:
    """Migrate one database of the cluster, in a process of its own."""
    environment = {**os.environ, "CANOPY_DATABASE": database}
    subprocess.run(manage("migrate", "--verbosity", "0"), env=environment, cwd=BASE_DIR, check=True)


def create(cluster: Cluster, name: str) -> None:
    """Make a fresh migrated database, dropping one of the same name."""
    cluster.drop_database(name)
    cluster.create_database(name, template=template(cluster))


def empty(connection) -> None:
    """Delete every row of this process's database, except what migrating writes of itself; triggers and keys stand back."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
