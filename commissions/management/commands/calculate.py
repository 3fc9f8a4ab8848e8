"""``manage.py calculate``: one period of a company from its files, without a database or any server."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.document import Refused
from commissions.engine.money import AmountTooLarge
from commissions.engine.periods import NoSuchPeriod
from commissions.engine.plan import NoRate
from commissions.engine.snapshot import Unsound
from commissions.engine.tree import BrokenTree
from commissions.files import outcome
from commissions.files.columns import BadFile
from commissions.files.company import read_company, sources_in


class Command(BaseCommand):
    help = "Calculate a period from people.csv and orders.csv, and write what everybody earns. See docs/calculate.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--plan", required=True, type=Path, help="the plan document (TOML)")
        parser.add_argument(
            "--data", required=True, type=Path, help="the folder with people.csv, orders.csv, and parties.csv, state.csv"
        )
        parser.add_argument("--period", required=True, help="the period, such as 2026-01, or with its type: week:2026-01-05")
        parser.add_argument("--out", required=True, type=Path, help="the folder to write to; what is there is replaced")

        parser.add_argument(
            "--standings-only", action="store_true", help="leave out the payment lines (earnings.csv, unearned.csv); sums stay"
        )

    def handle(self, *, plan, data, period, out, standings_only, **options):
        try:
            document = plans.parse(plan.read_text(encoding="utf-8"))
            company = read_company(document, sources_in(data), period)
            result = calculate(document, company.snapshot, keep_lines=not standings_only)
            told = outcome.write(document, company, result, out)
        except Refused as refused:
            raise CommandError(f"{plan} is refused:\n" + "\n".join(f"  {problem}" for problem in refused.problems)) from refused
        except UnicodeDecodeError as error:
            raise CommandError(f"{plan} is not in UTF-8") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except (BadFile, NoSuchPeriod, NoRate, AmountTooLarge, Unsound, BrokenTree) as error:
            raise CommandError(str(error)) from error
        self.tell(told, out)

    def tell(self, told, out):
        """Print the summary."""
        for name in ("plan", "period", "people", "active", "order_lines", "order_lines_outside_the_period"):
            self.stdout.write(f"{name.replace('_', ' '):32} {told[name]}")
        for name in ("commissionable_volume", "paid", "unearned", "re_pooled", "cut_by_caps", "payout_ratio"):
            self.stdout.write(f"{name.replace('_', ' '):32} {told[name]}")
        for code, amounts in told["bonuses"].items():
            self.stdout.write(f"  {code:30} {amounts['paid']} paid, {amounts['unearned']} unearned")
        if told["state_that_nothing_reads"]:
            self.stdout.write(f"state that nothing of the plan reads: {', '.join(told['state_that_nothing_reads'])}")
        self.stdout.write(f"written to {out}")
        sys.stdout.flush()
