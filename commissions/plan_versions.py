"""Plan documents as they are stored: read strictly, in force from a day on, immutable once a period counts by them."""

import re
from datetime import UTC
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commissions.engine import document as engine_document
from commissions.engine import plan as engine_plan
from commissions.engine.toml_text import toml
from commissions.models import PlanVersion


class NoPlan(LookupError):
    """No plan is in force at an instant that volume is to count at."""


class InUse(ValueError):
    """A plan version that a period counts by was to be changed."""


def read(text):
    """Return the engine's plan of a TOML text. Raises ValidationError with one message for each key that is wrong."""
    try:
        return engine_plan.parse(text)
    except engine_document.Refused as refused:
        raise ValidationError([str(problem) for problem in refused.problems]) from refused


def fill(version):
    """Take code, version, name and day of a stored version from its document. Raises ValidationError, as ``read``."""
    plan = read(version.document)
    heading = plan.plan
    version.code, version.version, version.name = heading.code, heading.version, heading.name
    version.effective_from, version.checksum = heading.effective_from, plan.checksum
    return version


@transaction.atomic
def store(text):
    """Keep a plan document. One that says the same as what is stored changes nothing; one that says something else
    under the number of a version in use is refused with InUse.
    """
    version = fill(PlanVersion(document=text))
    known = PlanVersion.objects.select_for_update().filter(code=version.code, version=version.version).first()
    if known and known.checksum == version.checksum:
        return known
    if known:
        require_unused(known)
        version.pk, version.created_at, version._state.adding = known.pk, known.created_at, False
    version.full_clean()
    version.save()
    return version


@transaction.atomic
def draft(text):
    """Keep a plan document as a draft, under the next number of its plan whatever number it says. Raises ValidationError."""
    code = read(text).plan.code
    newest = PlanVersion.objects.select_for_update().filter(code=code).order_by("-version").first()
    version = fill(PlanVersion(document=numbered(text, newest.version + 1 if newest else 1), is_draft=True))
    version.full_clean()
    version.save()
    return version


def numbered(text, number):
    """Return a plan document under another number: its words and comments as they are, where one line says the number."""
    written = re.sub(r"(?m)^([ \t]*version[ \t]*=[ \t]*)\d+", rf"\g<1>{number}", text, count=1)
    try:
        if read(written).plan.version == number:
            return written
    except ValidationError:  # that line was about something else
        pass
    data = engine_document.write(read(text))
    data["plan"]["version"] = number
    return toml(data)


def require_unused(version):
    """Refuse to change a version that a period counts by."""
    if version.is_used:
        raise InUse(
            _("%(plan)s is in use by period %(period)s and cannot be changed: store it as version %(next)s instead.")
            % {"plan": version, "period": version.periods.earliest("starts_at").name, "next": version.version + 1}
        )


def load(version):
    """Return the engine's plan of a stored version; parsed once a process."""
    return _parsed(version.checksum, version.document)


@lru_cache(maxsize=32)
def _parsed(_checksum, text):
    return engine_plan.parse(text)


def in_force(at):
    """Return the newest version whose day had begun at an instant, on that version's own clock. Raises NoPlan."""
    local_day_at_most = at.astimezone(UTC).date().toordinal() + 1
    candidates = PlanVersion.objects.filter(is_draft=False).order_by("-effective_from", "-version")
    for version in candidates:
        if version.effective_from.toordinal() > local_day_at_most:
            continue
        if version.effective_from <= at.astimezone(ZoneInfo(load(version).period.time_zone)).date():
            return version
    raise NoPlan(
        _("No plan is in force on %(day)s: store a plan version whose effective_from is that day or earlier.")
        % {"day": at.date().isoformat()}
    )
