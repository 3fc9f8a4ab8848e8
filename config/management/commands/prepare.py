"""Brings a database to the state of this checkout: what a deployment runs before it starts the new processes."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from backoffice.imports import company


class Command(BaseCommand):
    """Migrate, write the roles of head office and, when asked to, make the demo company. Safe to repeat."""

    help = "Migrate the database and write the roles of head office; with --people also the demo company, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the size of the demo company."""
        parser.add_argument("--people", type=int, default=0, help="make a demo company of this size when the database is empty")

    def handle(self, *args, people: int, **options) -> None:
        """Do the steps in one process; starting Django takes longer than most of them."""
        company.finish_what_was_cut_off()  # before a migration looks for an index that rests
        call_command("migrate", verbosity=0)
        call_command("roles")
        if people:
            call_command("demo", people=people)
