"""Crediting volume and taking it back: entries are only ever added, and adding the same one twice changes nothing.

A caller credits in the transaction of its own fact, so that an order and its volume commit together. The live refresh
hears of new entries from the rows that are added to ``LivePending`` beside them. Bulk imports go by ``volume_import``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from commissions import locks, periods, plan_versions, wake
from commissions.engine.money import INDEX, Rounding, share
from commissions.engine.plan import NoRate
from commissions.models import VolumeEntry


class Refused(ValueError):
    """Volume that cannot be meant; the message names the reference and what was expected."""


class Conflict(Refused):
    """The same reference came before with other lines or figures."""


@dataclass(frozen=True)
class VolumeLine:
    """One line to credit. All figures are for the whole line: hundredths of a point, and minor units."""

    number: int
    product: str
    quantity: int
    pv: int
    cv: int
    paid_minor: int = 0
    retail_minor: int = 0
    seller_price_minor: int = 0
    volumes: Mapping[str, int] = field(default_factory=dict)
    code: str = ""
    party: str = ""


MOST_A_LINE = 10**13
"""No figure of a line is larger: hundreds of thousands of such lines still add up in 64 bits."""

FIGURES = ("quantity", "pv", "cv", "paid_minor", "retail_minor", "seller_price_minor")
SAME = (
    "distributor_id", "credited_at", "buyer_kind", "market_id", "currency", "product", "volumes", "code", "party", "reverses_id",
    *FIGURES,
)  # fmt: skip


OUTSIDE = """
    SELECT wanted.id FROM unnest(%s::bigint[]) AS wanted (id)
    WHERE NOT EXISTS (
        SELECT FROM genealogy_position p JOIN genealogy_tree t ON t.id = p.tree_id
        WHERE p.distributor_id = wanted.id AND t.code = 'sponsor'
    ) ORDER BY 1 LIMIT 1
"""


@transaction.atomic
def credit(
    *,
    distributor_id: int,
    lines: Sequence[VolumeLine],
    at,
    reference: str,
    buyer_kind: str,
    market_id: int,
    currency: str,
    buyer_reference: str = "",
) -> list[VolumeEntry]:
    """Credit the lines of one sale to a distributor, as of the instant that it counts. Safe to repeat.

    Returns the entries, new or old. A repeat says the same of the sale, the instant included: that is stored with the
    fact (an order's ``paid_at``), not taken from the clock at each attempt. Raises Conflict when the reference was
    credited with other lines or figures, Refused for figures that cannot be meant, and plan_versions.NoPlan when no
    plan is in force at that instant.
    """
    _require_reference(reference)
    _require_sale(lines, reference, buyer_kind)
    locks.share_books()
    period, late = periods.counting(at)
    require_countable(period, {distributor_id}, {currency})
    entries = [
        VolumeEntry(
            reference=reference,
            line=line.number,
            distributor_id=distributor_id,
            period=period,
            credited_at=at,
            is_late=late,
            buyer_kind=buyer_kind,
            buyer_reference=buyer_reference,
            market_id=market_id,
            product=line.product,
            volumes=dict(line.volumes),
            currency=currency,
            code=line.code,
            party=line.party,
            **{name: getattr(line, name) for name in FIGURES},
        )
        for line in lines
    ]
    return _add(entries)


@transaction.atomic
def reverse(*, reference: str, of_reference: str, at, quantities: Mapping[int, int] | None = None) -> list[VolumeEntry]:
    """Take back what was credited as ``of_reference``, whole or by line number and quantity. Safe to repeat.

    Partial returns are pro rata and their parts sum to the whole. While the period of the sale is open the volume is
    netted there; afterwards it counts at ``at``, when the return was processed. Raises Refused when more would come
    back than is left.
    """
    _require_reference(reference)
    locks.share_books()
    originals = {
        entry.line: entry
        for entry in VolumeEntry.objects.select_for_update(of=("self",), no_key=True)
        .select_related("period")
        .filter(reference=of_reference, reverses=None)
        .order_by("line")
    }
    if not originals:
        raise Refused(_("Nothing was credited as %(reference)s.") % {"reference": of_reference})
    repeated = list(VolumeEntry.objects.filter(reference=reference).order_by("line"))
    if repeated:
        return _same_reversal(repeated, originals, quantities)
    taken = _taken(originals.values())
    wanted = _wanted(originals, taken, quantities, of_reference)
    return _add([_opposite(originals[line], taken[line], quantity, reference, at) for line, quantity in wanted.items()])


def _require_reference(reference):
    kind, mark, rest = reference.partition(":")
    if not (kind and mark and rest) or len(reference) > 80:
        raise Refused(
            _("A reference names its fact, such as order:81, in at most 80 characters; got %(got)r.") % {"got": reference}
        )


def _require_sale(lines, reference, buyer_kind):
    """Refuse a sale whose lines or buyer cannot be meant."""

    def refuse(what):
        raise Refused(f"{reference}: {what}")

    if not lines:
        refuse(_("there is no line to credit."))
    if buyer_kind not in VolumeEntry.BuyerKind.values:
        refuse(_("the buyer is one of %(kinds)s.") % {"kinds": ", ".join(VolumeEntry.BuyerKind.values)})
    if len({line.number for line in lines}) < len(lines):
        refuse(_("two lines have the same number."))
    for line in lines:
        if line.quantity < 1:
            refuse(_("the quantity of line %(line)s is not positive.") % {"line": line.number})
        for name in FIGURES:
            value = getattr(line, name)
            if type(value) is not int or abs(value) > MOST_A_LINE:
                refuse(
                    _("%(name)s of line %(line)s is not a whole number of at most 13 digits.")
                    % {"name": name, "line": line.number}
                )


def require_countable(period, distributor_ids, currencies):
    """Refuse what the period's plan could not count: a currency without a rate, or a person outside the sponsor tree."""
    plan = plan_versions.load(period.plan)
    for currency in currencies:
        if currency not in INDEX:
            raise Refused(_("%(currency)r is not a currency of ISO 4217.") % {"currency": currency})
        try:
            plan.value_of(INDEX[currency])
        except NoRate as error:
            raise Refused(str(error)) from error
    with connection.cursor() as cursor:
        cursor.execute(OUTSIDE, [list(distributor_ids)])
        missing = cursor.fetchone()
    if missing:
        raise Refused(_("Distributor %(id)s has no place in the sponsor tree.") % {"id": missing[0]})


@dataclass
class Taken:
    """What earlier returns have taken of one entry, as positive figures."""

    quantity: int = 0
    pv: int = 0
    cv: int = 0
    paid_minor: int = 0
    retail_minor: int = 0
    seller_price_minor: int = 0


def _taken(entries):
    """Sum what earlier returns took, by line number."""
    by_id = {entry.pk: entry.line for entry in entries}
    taken = {entry.line: Taken() for entry in entries}
    sums = (
        VolumeEntry.objects.filter(reverses__in=by_id)
        .order_by()
        .values("reverses_id")
        .annotate(**{f"sum_{name}": Sum(name) for name in FIGURES})
    )
    for row in sums:
        taken[by_id[row["reverses_id"]]] = Taken(**{name: -int(row[f"sum_{name}"]) for name in FIGURES})
    return taken


def _wanted(originals, taken, quantities, of_reference):
    """Return line number -> quantity to take back, refused where that is more than is left."""
    left = {line: entry.quantity - taken[line].quantity for line, entry in originals.items()}
    if quantities is None:
        quantities = {line: quantity for line, quantity in left.items() if quantity}
    for line, quantity in quantities.items():
        facts = {"reference": of_reference, "line": line, "left": left.get(line, 0), "asked": quantity}
        if line not in originals:
            raise Refused(_("%(reference)s has no line %(line)s.") % facts)
        if not 0 < quantity <= left[line]:
            raise Refused(_("%(reference)s line %(line)s: %(asked)s asked back, %(left)s left.") % facts)
    if not quantities:
        raise Refused(_("Everything of %(reference)s was taken back before.") % {"reference": of_reference})
    return dict(sorted(quantities.items()))


def _opposite(entry, taken, quantity, reference, at):
    """Return the entry that takes back ``quantity`` of what is left of another.

    Each figure is the rounded share of all that is taken by now, less what was taken before: so the last return takes
    exactly what is left.
    """
    gone = taken.quantity + quantity
    figures = {"quantity": -quantity}
    for name in FIGURES[1:]:
        whole = getattr(entry, name)
        figures[name] = getattr(taken, name) - int(share([whole], gone, entry.quantity, Rounding.HALF_EVEN)[0])
    if entry.period.status == entry.period.Status.OPEN:
        period, late, counts_at = entry.period, entry.is_late, entry.credited_at
    else:
        (period, late), counts_at = periods.counting(at), at
    return VolumeEntry(
        reference=reference,
        line=entry.line,
        distributor_id=entry.distributor_id,
        period=period,
        credited_at=counts_at,
        is_late=late,
        buyer_kind=entry.buyer_kind,
        buyer_reference=entry.buyer_reference,
        market_id=entry.market_id,
        product=entry.product,
        volumes={
            key: -int(share([value], gone, entry.quantity, Rounding.HALF_EVEN)[0])
            + int(share([value], taken.quantity, entry.quantity, Rounding.HALF_EVEN)[0])
            for key, value in entry.volumes.items()
        },
        currency=entry.currency,
        code=entry.code,
        party=entry.party,
        reverses=entry,
        **figures,
    )


def _same_reversal(repeated, originals, quantities):
    """Return the entries of a return that was stored before, refused if it was another one."""
    by_id = {entry.pk: entry.line for entry in originals.values()}
    stored = {by_id.get(entry.reverses_id): -entry.quantity for entry in repeated}
    if None in stored or (quantities is not None and stored != dict(quantities)):
        raise Conflict(
            _("%(reference)s was stored before with other lines or quantities.") % {"reference": repeated[0].reference}
        )
    return repeated


def _add(entries):
    """Insert all entries of a reference and note them for the live refresh, or return what is stored if it is the same.

    Raises Conflict, which undoes the insertion, when only some of them were there, or others.
    """
    added, there = _insert(entries)
    if there or len(added) < len(entries):
        return _same_sale(entries, added)
    for entry in entries:
        entry.pk = added[entry.line]
    wake.after_commit()
    return entries


def _same_sale(entries, added):
    """Return the stored entries of a reference that came before, refused unless they are these, line by line."""
    reference = entries[0].reference
    stored = {entry.line: entry for entry in VolumeEntry.objects.filter(reference=reference)}
    if added or stored.keys() != {entry.line for entry in entries}:
        raise Conflict(_("%(reference)s was credited before with other lines.") % {"reference": reference})
    for entry in entries:
        if any(getattr(entry, name) != getattr(stored[entry.line], name) for name in SAME):
            raise Conflict(
                _("%(reference)s line %(line)s was credited before with other figures.")
                % {"reference": reference, "line": entry.line}
            )
    return [stored[entry.line] for entry in entries]


COLUMNS = [column for column in VolumeEntry._meta.concrete_fields if not column.primary_key]
NAMES = ", ".join(str(column.column) for column in COLUMNS)
ROW = f"({', '.join(['%s'] * len(COLUMNS))})"


def _insert(entries):
    """Insert what is not there yet and note it for the live refresh: one statement for all.

    Returns ({line: id} of what was added, how many lines the reference had before).
    """
    values = [column.get_db_prep_save(column.pre_save(entry, add=True), connection) for entry in entries for column in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH added AS (INSERT INTO commissions_volumeentry ({NAMES}) VALUES {', '.join([ROW] * len(entries))} "
            "ON CONFLICT (reference, line) DO NOTHING RETURNING line, id), "
            "noted AS (INSERT INTO commissions_livepending (kind, subject_id) SELECT 'volume', id FROM added) "
            "SELECT line, id, (SELECT count(*) FROM commissions_volumeentry WHERE reference = %s) FROM added",
            [*values, entries[0].reference],
        )
        rows = cursor.fetchall()
    return {line: pk for line, pk, _there in rows}, rows[0][2] if rows else 0
