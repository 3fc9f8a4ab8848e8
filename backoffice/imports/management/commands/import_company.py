"""``import_company DIR``: bring a company in from its files, or with --check only tell what would be refused."""

import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice.imports.company import STRETCH, Import, Report
from backoffice.imports.files import FILES, Unreadable


class Command(BaseCommand):
    help = "Bring a company in from a folder of files (docs/import.md). Safe to repeat, and to kill."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where company.toml, plan.toml and the CSV files are")
        parser.add_argument("--check", action="store_true", help="check everything and keep nothing")
        parser.add_argument("--report", type=Path, help="where to write what was refused (default: FOLDER/refused.csv)")

        parser.add_argument(
            "--stretch", type=int, default=STRETCH, help="how many rows come in at one stroke (default %(default)s)"
        )

    def handle(self, *args, folder, check, report, stretch, **options):
        report = report or folder / "refused.csv"
        started = time.monotonic()

        def say(text):
            if options["verbosity"] > 0:
                self.stdout.write(f"  {time.monotonic() - started:6.1f} s  {text}")

        try:
            report.touch()
            found = Import(folder, dry=check, report=report, stretch=max(1, stretch), say=say).run()
        except Unreadable as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or report}: {error.strerror}. --report names another place.") from error
        self._summarise(found, report, check=check)
        if found.refused:
            sys.exit(1)

    def _summarise(self, found: Report, report: Path, *, check: bool) -> None:
        row = "{:<18}{:>12}{:>12}{:>12}{:>12}"
        added = _("would come in") if check else _("brought in")
        self.stdout.write(row.format("", _("rows"), added, _("there before"), _("refused")))
        for file in FILES:
            if file.name in found.read:
                counts = (found.read[file.name], found.added[file.name], found.there[file.name])
                self.stdout.write(row.format(file.name, *counts, found.refused.get(file.name, 0)))
        if not found.refused:
            report.unlink(missing_ok=True)
            return
        self.stdout.write("")
        for sentence in found.examples:
            self.stdout.write(sentence)
        self.stdout.write(_("Every refused row, with what was expected, is in %(report)s.") % {"report": report})
