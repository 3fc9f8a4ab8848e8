"""``simulate_plan``: what another plan, or other numbers in the present one, would have paid over past periods."""

import json
import sys
import time
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from commissions import formats, plan_versions, simulations
from commissions.engine import document as engine_document
from commissions.engine import editing
from commissions.engine.toml_text import toml
from commissions.models import Period, PlanVersion, Simulation
from commissions.simulations import files, results

STOPPED, INTERRUPTED = 3, 130
LOOK_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Calculate past periods under another plan, or under the present one with other numbers, and compare. Ends with 0 "
        "when it is done, 1 when it cannot be done, 2 for a wrong option, 3 when it was cancelled."
    )

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="first", required=True, metavar="PERIOD", help="the first period, such as 2026-01")
        parser.add_argument("--to", dest="last", metavar="PERIOD", help="the last period (default: the first)")
        parser.add_argument("--type", dest="kind", default="", help="the type of these periods (default: that of the newest one)")
        tried = parser.add_mutually_exclusive_group()
        tried.add_argument("--plan", type=Path, metavar="FILE", help="the plan to try, a TOML document")
        tried.add_argument(
            "--plan-version", dest="stored", metavar="CODE:N", help="the plan version to try; default: the last period's"
        )
        parser.add_argument(
            "--set", dest="edits", action="append", default=[], metavar="PATH=VALUE",
            help='change a number of it: --set "bonuses[2].rates=12%%, 8%%, 6%%" (as often as you like)',
        )  # fmt: skip
        parser.add_argument("--against", metavar="CODE:N", help="compare with this version, not with what each period counts by")
        parser.add_argument("--name", default="", help="what to call it in the list of simulations")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write a line for each person")
        parser.add_argument("--lines", type=Path, metavar="FILE", help="write a line for each person, period and bonus")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args, **options):
        try:
            simulation = simulations.ask(self._question(options), wake=False)
        except ValidationError as refused:
            raise CommandError("\n".join(refused.messages)) from refused
        self._work_off(simulation)
        if simulation.state == Simulation.State.CANCELLED:
            self.stderr.write(_("Simulation %(id)d was cancelled.") % {"id": simulation.pk})
            sys.exit(STOPPED)
        if simulation.state == Simulation.State.FAILED:
            raise CommandError(simulation.error)
        for path, lines in ((options["csv"], files.by_person), (options["lines"], files.by_line)):
            if path:
                self._write(path, lines(simulation))
        told = json.dumps(simulation.figures) if options["json"] else "\n".join(self._told(simulation))
        self.stdout.write(told)

    def _question(self, options):
        kind = options["kind"] or self._leading()
        first = self._period(kind, options["first"])
        last = self._period(kind, options["last"]) if options["last"] else first
        text = self._document(options, last)
        if options["edits"]:
            text = self._edited(text, options["edits"])
        baseline = self._version(options["against"]) if options["against"] else None
        return simulations.Question(text, first, last, baseline, options["name"])

    def _leading(self):
        """Return the type of the periods in which the company tests ranks now."""
        newest = Period.objects.select_related("plan").order_by("-starts_at").first()
        if newest is None:
            raise CommandError(_("There is no period yet: store a plan first; its first period begins with its first day."))
        return plan_versions.load(newest.plan).ladder.period

    def _period(self, kind, name):
        found = Period.objects.select_related("plan").filter(kind=kind, name=name).first()
        if found is None:
            known = ", ".join(Period.objects.filter(kind=kind).order_by("starts_at").values_list("name", flat=True))
            raise CommandError(
                _("There is no period %(name)s of type %(kind)s; there are: %(known)s.")
                % {"name": name, "kind": kind, "known": known or _("none yet")}
            )
        return found

    def _document(self, options, last):
        if options["plan"]:
            try:
                return options["plan"].read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": options["plan"], "error": error}) from error
        return (self._version(options["stored"]) if options["stored"] else last.plan).document

    def _version(self, written):
        code, _colon, number = written.partition(":")
        found = PlanVersion.objects.filter(code=code, version=int(number)).first() if number.isdecimal() else None
        if found is None:
            known = ", ".join(f"{version.code}:{version.version}" for version in PlanVersion.objects.all())
            raise CommandError(
                _("There is no plan version %(written)s; there are: %(known)s.") % {"written": written, "known": known}
            )
        return found

    def _edited(self, text, edits):
        """Return a document with some settings written otherwise."""
        written = {}
        for edit in edits:
            path, equals, value = edit.partition("=")
            if not equals:
                raise CommandError(
                    _('--set is "%(edit)s", expected PATH=VALUE, such as bonuses[1].rates=5%%, 4%%') % {"edit": edit}
                )
            written[path.strip()] = value
        try:
            return toml(engine_document.write(editing.changed(plan_versions.read(text), written)))
        except engine_document.Refused as refused:
            raise CommandError(str(refused)) from refused

    def _work_off(self, simulation):
        """Work it off here, or watch the worker who took it; Ctrl-C cancels it."""
        try:
            while not simulations.work_off(simulation):
                simulation.refresh_from_db(fields=["state"])
                if simulation.has_ended:
                    break
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            simulations.stop(simulation)
            self.stderr.write(_("Simulation %(id)d is cancelled.") % {"id": simulation.pk})
            sys.exit(INTERRUPTED)
        simulation.refresh_from_db()

    def _write(self, path, lines):
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise CommandError(_("%(file)s cannot be written: %(error)s") % {"file": path, "error": error}) from error

    def _told(self, simulation):
        """Yield the figures as lines for people."""
        figures, currency = simulation.figures, simulation.currency

        def row(name, before, after):
            change = formats.money(after - before, currency)
            return f"  {name:<28}{formats.money(before, currency):>20}{formats.money(after, currency):>20}{change:>20}"

        before, after = figures["before"], figures["after"]
        yield _("Simulation %(id)d: %(name)s") % {"id": simulation.pk, "name": simulation.name}
        yield from (f"  {path}: {old or '-'} -> {new or '-'}" for path, old, new in simulation.changes)
        yield ""
        yield f"  {'':<28}{_('before'):>20}{_('after'):>20}{_('difference'):>20}"
        yield row(_("Paid"), before["total"], after["total"])
        for place, (_code, name) in enumerate(simulation.bonuses):
            yield row(f"  {name}", before["by_bonus"][place], after["by_bonus"][place])
        yield row(_("Unearned"), before["unearned"], after["unearned"])
        if before["cut"] or after["cut"]:
            yield row(_("Cut by caps"), before["cut"], after["cut"])
        for base, name in (("sold_minor", _("Paid of what was sold")), ("volume_minor", _("Paid of CV"))):
            shares = [formats.percent(results.ratio(side["total"], figures[base])) for side in (before, after)]
            yield f"  {name:<28}{shares[0]:>20}{shares[1]:>20}"
        yield ""
        for period in simulation.periods.all():
            yield row(period.name, period.figures["before"]["total"], period.figures["after"]["total"])
        yield ""
        yield _("  %(winners)d gain %(gained)s, %(losers)d lose %(lost)s.") % {
            "winners": figures["winners"], "gained": formats.money(figures["gained_minor"], currency),
            "losers": figures["losers"], "lost": formats.money(figures["lost_minor"], currency),
        }  # fmt: skip
