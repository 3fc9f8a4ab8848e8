"""``manage.py roles``: write the permission groups of head office. Safe to repeat."""

from django.core.management.base import BaseCommand

from backoffice import roles


class Command(BaseCommand):
    """Writes the groups admin, finance, support and marketing."""

    help = "Write the permission groups of head office (safe to repeat; takes nothing away)."

    def handle(self, *args, **options):
        """Write them and say which."""
        roles.write()
        self.stdout.write(f"Roles: {', '.join(roles.ROLES)}.")
