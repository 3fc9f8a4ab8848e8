"""What is refused before anything starts: a head office that a stolen password alone would open."""

from django.conf import settings
from django.core.checks import Error


def head_office_needs_a_second_factor(app_configs=None, **kwargs):
    """On a public host, staff have a second factor."""
    if not settings.PUBLIC or settings.STAFF_SECOND_FACTOR:
        return []
    what = "STAFF_SECOND_FACTOR is off: a stolen password alone would open head office."
    return [Error(what, hint="Unset STAFF_SECOND_FACTOR, or answer localhost only.", id="genealogy.E001")]
