"""``manage.py run``: calculate a period, look at it, approve it as a second person, close it; or compare two runs."""

import time

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from commissions import formats, periods, plan_versions, runs
from commissions.models import Period, Run
from commissions.runs import compare, work
from genealogy.models import User

PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    """Runs of periods, without a browser."""

    help = "Calculate a period and close it. Each step asks for the e-mail address of who takes it."

    def add_arguments(self, parser):
        """Say which period, which steps, and by whom."""
        parser.add_argument("--period", metavar="TYPE:NAME", help="for example month:2026-01 or week:2026-01-05")
        parser.add_argument("--by", metavar="EMAIL", help="calculate, as this person")
        parser.add_argument("--preview", action="store_true", help="only look: the books stay open")
        parser.add_argument("--again", action="store_true", help="calculate the newest finished run again from its own input")
        parser.add_argument("--approve", metavar="EMAIL", help="approve the newest calculated run, as this second person")
        parser.add_argument("--close", metavar="EMAIL", help="close the period with its approved run, as this person")
        parser.add_argument("--compare", nargs=2, metavar=("FIRST", "SECOND"), type=int, help="two numbers of the period's runs")
        parser.add_argument("--lines", type=int, default=20, help="how many differing lines to print (20)")

    def handle(self, *args, **options):
        """Take the steps that were asked for, in their order."""
        try:
            self._take_steps(options)
        except (runs.Refused, plan_versions.NoPlan, periods.NoSuchType) as refused:
            raise CommandError(str(refused)) from refused

    def _take_steps(self, options):
        if not options["period"]:
            self._list()
            return
        period = self._period(options["period"])
        if options["compare"]:
            self._compare(*(self._run(period, number) for number in options["compare"]), options["lines"])
            return
        if options["by"]:
            self._calculate(period, self._user(options["by"]), options)
        if options["approve"]:
            run = runs.approve(self._newest(period, Run.Status.CALCULATED), by=self._user(options["approve"]))
            self.stdout.write(_("%(run)s is approved.") % {"run": run})
        if options["close"]:
            run = runs.close(self._newest(period, Run.Status.APPROVED, Run.Status.CLOSED), by=self._user(options["close"]))
            self.stdout.write(_("%(run)s is closed: nothing changes it any more.") % {"run": run})
        if not any(options[name] for name in ("by", "approve", "close")):
            for run in Run.objects.filter(period=period).exclude(status=Run.Status.DISCARDED).order_by("number"):
                self._tell(run)

    def _calculate(self, period, user, options):
        if options["again"]:
            run = runs.again(self._newest(period, Run.Status.CALCULATED, Run.Status.APPROVED, Run.Status.CLOSED), by=user)
        else:
            run = runs.preview(period, by=user) if options["preview"] else runs.calculate(period, by=user)
        while run.status == Run.Status.WAITING:  # a worker may have taken it first: then its end is waited for
            work.work(run.pk) or time.sleep(PAUSE_SECONDS)
            run.refresh_from_db()
        if run.status == Run.Status.FAILED:
            raise CommandError(_("%(run)s failed: %(problem)s") % {"run": run, "problem": run.problem})
        self._tell(run)
        if run.repeats is not None:
            same = run.repeats.result_checksum == run.result_checksum
            self.stdout.write(_("The same, to the last byte.") if same else self.style.ERROR(_("NOT the same: compare the two.")))

    def _tell(self, run):
        """Print what a run came to."""
        written = {name: formats.money(getattr(run, f"{name}_minor"), run.currency) for name in FIGURES} if run.currency else {}
        self.stdout.write(
            f"{run}  {run.get_status_display()}  {run.lines:,} lines, {run.people:,} people, {run.entries:,} entries"
        )
        for name, amount in written.items():
            self.stdout.write(f"  {name:<12}{amount:>24}")
        if run.result_checksum:
            self.stdout.write(
                f"  input       {run.input_checksum}\n  result      {run.result_checksum}\n  code        {run.code_version}"
            )

    def _compare(self, first, second, shown):
        found = compare.compare(first, second, shown=shown)
        if found.is_same:
            self.stdout.write(_("%(first)s and %(second)s are the same, to the last byte.") % {"first": first, "second": second})
            return
        told = {"people": found.people_count, "lines": found.lines_count}
        self.stdout.write(_("They differ for %(people)d people and bonuses, in %(lines)d lines.") % told)
        for each in (*found.bonuses, *found.people[:shown]):
            who = f"distributor {each.distributor_id}" if each.distributor_id else each.name
            self.stdout.write(f"  {each.bonus:<24}{who:<28}{each.before:>16} -> {each.after:>16}  ({each.change:+})")
        for each in found.lines:
            line = f"entry {each.entry_id} source {each.source_id} level {each.level} to {each.distributor_id}"
            self.stdout.write(f"  {each.bonus:<24}{line:<60}{each.before:>14} -> {each.after:>14}")

    def _list(self):
        waiting = periods.waiting()
        if not waiting:
            self.stdout.write(_("No period waits to be closed."))
        for period in waiting:
            self.stdout.write(f"{period.kind}:{period.name}  {period.get_status_display()}")

    def _period(self, written):
        kind, colon, name = written.partition(":")
        found = Period.objects.select_related("plan").filter(name=name if colon else kind, **({"kind": kind} if colon else {}))
        if len(found) != 1:
            known = ", ".join(f"{each.kind}:{each.name}" for each in Period.objects.order_by("-starts_at")[:6])
            raise CommandError(_("No period %(name)s. The newest are: %(known)s.") % {"name": written, "known": known or "-"})
        return found[0]

    def _run(self, period, number):
        run = Run.objects.select_related("period").filter(period=period, number=number).first()
        if run is None or not run.is_done:
            raise CommandError(_("%(period)s has no finished run %(number)s.") % {"period": period, "number": number})
        return run

    def _newest(self, period, *statuses):
        looked_at = Run.objects.filter(period=period, status__in=statuses, repeats=None, is_preview=False)
        run = looked_at.select_related("period").order_by("-number").first()
        if run is None:
            raise CommandError(_("%(period)s has no run for that: calculate it first, with --by.") % {"period": period})
        return run

    def _user(self, email):
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(_("Nobody signs in as %(email)s.") % {"email": email})
        return user


FIGURES = ("sold", "earned", "unearned", "clawback", "adjustment", "brought", "payable", "carried")
