"""``manage.py check_plan``: read a plan document, and warn about what it promises."""

from fractions import Fraction
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from commissions.engine import lint
from commissions.engine import plan as plans
from commissions.engine.document import Refused


class Command(BaseCommand):
    help = "Read a plan document and warn: pays for recruiting, can pay too much, ranks out of reach, levels nobody is paid."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("plan", type=Path, help="the plan document (TOML)")
        parser.add_argument("--most", type=int, default=60, metavar="PERCENT", help="the share of the volume that it may pay")
        parser.add_argument("--tries", type=int, default=300, help="how many companies are tried in the search for the worst")
        parser.add_argument("--seed", type=int, default=1, help="another seed searches elsewhere")

    def handle(self, *, plan, most, tries, seed, **options):
        try:
            document = plans.parse(plan.read_text(encoding="utf-8"))
        except Refused as refused:
            raise CommandError(f"{plan} is refused:\n" + "\n".join(f"  {problem}" for problem in refused.problems)) from refused
        except UnicodeDecodeError as error:
            raise CommandError(f"{plan} is not in UTF-8") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        warnings = lint.lint(document, most=Fraction(most, 100), seed=seed, tries=tries)
        for warning in warnings:
            self.stdout.write(f"{warning.warns}: {warning}")
        for index, bonus in enumerate(document.bonuses):
            bound = lint.bound(document, index)
            self.stdout.write(
                f"  {bonus.code:30} at most {'no bound' if bound is None else f'{float(bound) * 100:.2f}% of the volume'}"
            )
        worst = lint.worst_company(document, seed=seed, tries=tries)
        self.stdout.write(
            f"the worst company found, of {worst.people} people, is paid {float(worst.share) * 100:.2f}% of its volume"
        )
        self.stdout.write(f"{document.plan.code} version {document.plan.version}: {len(warnings)} warnings")
