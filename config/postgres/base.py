"""Django's PostgreSQL, with a server that starts when the first connection is asked for."""

from django.db.backends.postgresql import base

from config import servers


class DatabaseWrapper(base.DatabaseWrapper):
    """Makes sure that the embedded servers run before it connects. Commands that never connect start nothing."""

    def get_new_connection(self, conn_params):
        servers.hold()
        return super().get_new_connection(conn_params)
