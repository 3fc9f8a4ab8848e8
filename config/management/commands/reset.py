"""Stops the embedded servers and removes what they kept: the next start begins with an empty company."""

import shutil

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import servers


class Command(BaseCommand):
    """Forget the embedded database, Valkey and files of this checkout."""

    help = (
        "Remove the data of the embedded servers of this checkout. Servers that DATABASE_URL and VALKEY_URL name are left alone."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Let a script say yes beforehand."""
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args, yes: bool, **options) -> None:
        """Ask, stop, remove."""
        mine = servers.embedded_ones()
        if not mine:
            raise CommandError("DATABASE_URL and VALKEY_URL name servers of your own; nothing is removed there.")
        if not yes and input(f"Remove all data of the demo company under {servers.data_folder()}? [y/N] ").strip().lower() != "y":
            raise CommandError("Nothing was removed.")
        for server in mine:
            server.stop(mode="immediate")
            shutil.rmtree(server.data, ignore_errors=True)
        for folder in ("media", "static"):
            shutil.rmtree(servers.data_folder() / folder, ignore_errors=True)
        self.stdout.write("Removed. The next start makes a new company.")
