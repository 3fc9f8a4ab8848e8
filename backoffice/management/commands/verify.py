"""``verify``: prove that everything that must be true is true, and say of each how many things were looked at."""

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from backoffice import invariants

SHOWN = 20


class Command(BaseCommand):
    help = "Check every invariant of the company's data. Ends with 1 when something does not hold."

    def add_arguments(self, parser):
        parser.add_argument("--only", nargs="+", metavar="WORD", help="only checks whose app or name holds one of these words")
        parser.add_argument("--json", action="store_true", help="one line of JSON for each check")

    def handle(self, *args, only, **options):
        checked = wrong = 0
        for finding in invariants.check(only):
            checked += 1
            wrong += bool(finding.faults)
            self.stdout.write(json.dumps(asdict(finding)) if options["json"] else self._told(finding))
            self.stdout.flush()
        if not options["json"]:
            told = _("%(wrong)d of %(checked)d invariants do not hold.") if wrong else _("All %(checked)d invariants hold.")
            self.stdout.write(told % {"wrong": wrong, "checked": checked} if checked else _("No check matches."))
        if wrong or not checked:
            sys.exit(1)

    def _told(self, finding: invariants.Finding) -> str:
        mark = self.style.ERROR(_("FAULT")) if finding.faults else self.style.SUCCESS(_("ok   "))
        lines = [f"{mark} {finding.app:<12}{finding.name}  ({finding.examined:,}; {finding.seconds:.2f} s)"]
        lines += [f"        {fault}" for fault in finding.faults[:SHOWN]]
        if len(finding.faults) > SHOWN:
            lines.append("        " + _("and %(count)d more") % {"count": len(finding.faults) - SHOWN})
        return "\n".join(lines)
