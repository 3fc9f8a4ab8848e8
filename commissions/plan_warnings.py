"""What a plan is warned about, in words, for head office when it stores one."""

from django.utils.translation import gettext as _

from commissions.engine import lint
from commissions.engine.lint import Warns

TRIES = 60
"""How many companies are tried while somebody waits for a page; ``manage.py check_plan`` tries more."""


def told(plan):
    """Return the warnings about a plan, each as a sentence."""
    return [f"{warned.path}: {_words(warned.warns) % warned.values}" for warned in lint.lint(plan, tries=TRIES)]


def _words(warns):
    return {
        Warns.RECRUITING: _("%(code)s pays because somebody joins, with no sale of a product behind it."),
        Warns.ABOVE_SHARE: _("The bonuses can pay up to %(share)s of the volume, more than %(most)s: %(parts)s."),
        Warns.FOUND_ABOVE_SHARE: _(
            "A company of %(people)s people was found in which %(share)s of the volume is paid, more than %(most)s."
        ),
        Warns.NO_BOUND: _("Nothing bounds what %(code)s pays by the volume; only a company cap would."),
        Warns.UNREACHABLE_RANK: _("No company was found in which anybody holds %(rank)s, however much is sold."),
        Warns.UNPAID_LEVELS: _("%(code)s has %(levels)s levels, but no rank is paid below level %(paid)s."),
    }[warns]
