"""``demo``: make the demo company Fernhollow, unless a company is here already."""

import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice.demo import logins, making
from backoffice.imports.files import Unreadable


class Command(BaseCommand):
    help = "Make the demo company: people, shops, three months of orders, log-ins. Does nothing when a company is here."

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, default=10_000, help="how many distributors (default 10000)")
        parser.add_argument("--seed", type=int, default=7, help="another seed, another company")
        parser.add_argument("--end", type=instant, help="until when the company has lived (default: this hour)")
        parser.add_argument("--dir", type=Path, help="write the company's files here and keep them")
        parser.add_argument("--files-only", action="store_true", help="write the files to --dir and bring nothing in")

    def handle(self, *args, people, seed, end, dir, files_only, **options):
        started = time.monotonic()

        def say(text):
            if options["verbosity"] > 0:
                self.stdout.write(f"  {time.monotonic() - started:6.1f} s  {text}")

        if files_only:
            if dir is None:
                raise CommandError(_("--files-only needs --dir."))
            making.write_files(dir, people=people, seed=seed, end=end, say=say)
            return
        if not settings.DEMO:
            raise CommandError(_("The demo company has log-ins that everybody may use. Set DEMO=1 to say that you mean it."))
        if making.is_there():
            self.stdout.write(_("A company is here already; nothing was changed."))
            return
        try:
            making.make(people=people, seed=seed, end=end, folder=dir, say=say)
        except (making.Refused, Unreadable) as error:
            raise CommandError(str(error)) from error
        say(_("Fernhollow is open"))
        self._tell_logins()

    def _tell_logins(self):
        self.stdout.write(
            _("\nSign in with one tap at /accounts/login/, or with the password %(password)s as:") % {"password": logins.PASSWORD}
        )
        for login in logins.LOGINS:
            self.stdout.write(f"  {login.title!s:<14}{login.email:<26}{login.about}")


def instant(text):
    """Read a day or an instant of the command line; a day means its first moment in UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
