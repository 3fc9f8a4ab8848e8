"""Making the demo company: write its files, bring them in, compute its figures, let the cast in. Finishes what was cut off."""

import json
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.demo import logins
from backoffice.demo.generator import HOUSE, Generator
from backoffice.demo.people import MINIMUM
from backoffice.imports.company import Import
from backoffice.imports.staging import Say
from commissions import live
from genealogy.models import Distributor

NOTE = "made.json"


class Refused(ValueError):
    """The demo company cannot be made here; the message says why."""


def is_there() -> bool:
    """Tell whether there is a whole company already: the demo, or another."""
    house = Distributor.objects.filter(is_house=True).values_list("number", flat=True).first()
    return house is not None and (house != HOUSE or logins.exist())


def make(*, people: int, seed: int, end: datetime | None, folder: Path | None, say: Say) -> None:
    """Make the demo company. What an earlier call wrote before it was cut off is taken up where it ended."""
    if people < MINIMUM:
        raise Refused(
            _("A company of %(people)d people is too small to show anything: take at least %(least)d.")
            % {"people": people, "least": MINIMUM}
        )
    # By the database's name, since several companies that share a data folder may be made at once.
    place = folder or settings.DATA_DIR / f"demo-{connection.settings_dict['NAME']}"
    begun = Distributor.objects.filter(is_house=True).exists()
    if not (begun and written(place, people=people, seed=seed, end=end)):
        write_files(place, people=people, seed=seed, end=end, say=say)
    found = Import(place, say=say).run()
    if found.refused:
        raise Refused("\n".join([_("The demo company's own files were refused:"), *found.examples]))
    say(_("computing volumes, ranks and earnings"))
    live.refresh_everything()
    logins.write()
    if folder is None:
        shutil.rmtree(place)


def written(folder: Path, *, people: int, seed: int, end: datetime | None) -> bool:
    """Tell whether the files of just this company stand in the folder, complete."""
    note = folder / NOTE
    if not note.exists():
        return False
    known = json.loads(note.read_text())
    return (known["people"], known["seed"]) == (people, seed) and end in (None, datetime.fromisoformat(known["end"]))


def write_files(folder: Path, *, people: int, seed: int, end: datetime | None, say: Say) -> None:
    """Write the company's files; the note of what they are comes last, so it stands beside complete files only."""
    note = folder / NOTE
    note.unlink(missing_ok=True)
    company = Generator(folder, people=people, seed=seed, end=end or timezone.now())
    orders = company.write()
    note.write_text(json.dumps({"people": people, "seed": seed, "end": company.end.isoformat()}))
    say(_("%(people)d people and %(orders)d orders written") % {"people": people, "orders": orders})
