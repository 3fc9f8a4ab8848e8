"""Earning lines as their payee reads them: whose sale it was, at which level, base times rate.

Of an order in the downline the payee learns the seller, the volume and the day; what was bought, and by whom, stays with
the seller. Of an own sale there is the way to the order.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import access, reports
from backoffice.notifications import first_name
from commissions import earnings, explanations, formats, plan_versions, statements
from commissions.models import VolumeEntry
from genealogy import lineage
from genealogy.models import Distributor
from storefront.models import Order

PAGE = 40


@dataclass(frozen=True)
class Row:
    """One line in a list."""

    title: str
    how: str
    at: datetime | None
    amount_minor: int
    currency: str
    href: str
    is_reversal: bool


def page(distributor, period, bonus, *, before=None, missed=False):
    """Return a page of the lines that one bonus paid somebody in a period, newest first, and the cursor behind it."""
    found = earnings.lines(distributor.pk, period, bonus=bonus, limit=PAGE, before=before, missed=missed)
    return rows(distributor, period, found.lines), found.before


def statement_page(distributor, run, bonus, *, before=None):
    """Return a page of the lines that a closed period paid somebody with one bonus, and the cursor behind it."""
    found, after = statements.lines(run, distributor.pk, bonus=bonus, after=before or 0, limit=PAGE)
    return rows(distributor, run.period, found), after


def by_period(distributor_id):
    """Return what somebody earned in each period, newest first: ``[(period, amount, currency), ...]``.

    Of closed periods what was paid for them, of the others what it comes to so far.
    """
    closed = {each.period.pk: each for each in statements.of(distributor_id)}
    live = [row for row in reports.earned_by_period(distributor_id) if row[0].pk not in closed]
    paid = [
        (each.period, each.gained_minor, each.currency) for each in closed.values() if each.gained_minor or each.payable_minor
    ]
    return sorted(live + paid, key=lambda row: (row[0].ends_at, row[0].kind), reverse=True)


def rows(distributor, period, lines):
    """Turn lines into rows. Two queries however many there are."""
    sources = {line.source_id for line in lines if line.source_id not in (None, distributor.pk)}
    names = dict(Distributor.objects.filter(pk__in=sources).values_list("pk", "name"))
    own = {pk for pk in (order_id(line.reference) for line in lines if line.source_id == distributor.pk) if pk}
    buyers = dict(Order.objects.filter(pk__in=own, seller=distributor).values_list("pk", "name"))
    return [_row(line, period, names, buyers) for line in lines]


def _row(line, period, names, buyers):
    is_reversal = line.reference.startswith("refund:")
    if line.source_id in names:
        title = _("A return to %(name)s") if is_reversal else _("A sale by %(name)s")
        title %= {"name": names[line.source_id]}
    else:
        buyer = buyers.get(order_id(line.reference))
        title = _("Your sale to %(name)s") % {"name": first_name(buyer)} if buyer else _("Your own sales")
    return Row(
        title=title,
        how=how(line),
        at=line.at,
        amount_minor=line.amount_minor,
        currency=line.currency,
        href=reverse("office:explanation", args=[period.address, line.bonus, name_of(line)])
        if name_of(line) and not line.is_missed
        else "",
        is_reversal=is_reversal or line.amount_minor < 0,
    )


def how(line):
    """Say base times rate, and at which level: ``Level 2: 24 CV × 8%``."""
    if line.base_currency:
        base = formats.money(line.base, line.base_currency)
    else:
        base = _("%(points)s CV") % {"points": formats.points(line.base)}
    if not line.rate_ppm or line.rate_ppm == 1_000_000:
        return base
    said = {"level": line.level, "base": base, "rate": formats.percent(line.rate_ppm)}
    return _("Level %(level)s: %(base)s × %(rate)s") % said if line.level else _("%(base)s × %(rate)s") % said


def name_of(line):
    """Return the name of a line in an address: ``order-81`` for what order 81 paid, ``line-3`` for the fourth of a bonus."""
    if line.number is not None and not line.is_missed:
        return f"line-{line.number}"
    return line.reference.replace(":", "-")


class Names:
    """Names of the people of one explanation, as its reader may see them: who is not in the own downline has none."""

    def __init__(self, viewer, seller_id):
        way = {seller_id, *lineage.upline(seller_id, tree=access.SPONSOR_TREE, up_to=viewer.pk)}
        allowed = access.below(viewer, way)
        self.viewer = viewer
        self.names = dict(Distributor.objects.filter(pk__in=allowed).values_list("pk", "name"))

    def __call__(self, distributor_id):
        if distributor_id == self.viewer.pk:
            return self.viewer.name
        if distributor_id not in self.names:  # somebody beside the way, such as whose earnings are matched
            allowed = access.below(self.viewer, [distributor_id])
            found = Distributor.objects.filter(pk__in=allowed).values_list("name", flat=True).first()
            self.names[distributor_id] = found or _("somebody outside your team")
        return self.names[distributor_id]


@dataclass(frozen=True)
class Told:
    """What one order paid with one bonus, explained. ``sale`` is set where the order is the reader's own."""

    title: str
    explanation: explanations.Explanation
    at: datetime
    points: int
    sale: Order | None
    currency: str


def explain_or_404(distributor, period, bonus, line):
    """Explain a line by its name in the address. What was sold outside the own downline is not found."""
    kind, _dash, number = line.partition("-")
    if kind == "line" and number.isdecimal():
        return _line_or_404(distributor, period, bonus, int(number))
    entries = VolumeEntry.objects.filter(period=period, reference=f"{kind}:{number}").order_by("line")
    first = entries.first()
    if first is None or first.distributor_id not in access.below(distributor, [first.distributor_id]):
        raise Http404("No such line.")
    names = Names(distributor, first.distributor_id)
    found = explanations.explain(distributor.pk, period, bonus, first.reference, name_of=names)
    own = first.distributor_id == distributor.pk
    sale = Order.objects.filter(pk=order_id(first.reference), seller=distributor).first() if own else None
    title = (
        _("Your sale to %(name)s") % {"name": first_name(sale.name)}
        if sale
        else _("A sale by %(name)s") % {"name": names(first.distributor_id)}
    )
    return Told(
        title=title,
        explanation=found,
        at=first.credited_at,
        points=sum(entries.values_list("cv", flat=True)),
        sale=sale,
        currency=found.lines[0].currency if found.lines else plan_versions.load(period.plan).currency,
    )


def _line_or_404(distributor, period, bonus, number):
    """Explain a line of a bonus that depends on everybody."""
    try:
        found = explanations.explain_line(distributor.pk, period, bonus, number, name_of=Names(distributor, distributor.pk))
    except explanations.NotSold as missing:
        raise Http404(str(missing)) from missing
    (line,) = found.lines
    title = (
        _("From %(name)s") % {"name": line.source_name} if line.source_name else _("Your %(bonus)s") % {"bonus": line.bonus_name}
    )
    return Told(title=title, explanation=found, at=period.starts_at, points=0, sale=None, currency=line.currency)


@dataclass(frozen=True)
class Kept:
    """A line of a closed period as it was paid: the arithmetic, the way as people stood then, and what it took back."""

    title: str
    line: statements.StatementLine
    how: str
    way: list
    reversed_run: object
    reversed_line: object

    @property
    def reversed_address(self):
        """Where the line that was taken back is found."""
        return f"line-{self.reversed_line.number}"


def stored_or_404(distributor, run, bonus, number):
    """Return a line that a closed period paid somebody, with all that was kept of it."""
    line = statements.line(run, distributor.pk, number or 0)
    if line is None or line.bonus != bonus:
        raise Http404("No such line.")
    before, taken_back = statements.reversed_line(line)
    names = Names(distributor, line.source_id or distributor.pk)
    (row,) = rows(distributor, run.period, [line])
    ranks = plan_versions.load(run.plan).ranks
    way = [
        {
            "name": names(step.distributor_id),
            "is_reader": step.distributor_id == distributor.pk,
            "level": step.level,
            "is_paid": step.level is not None,
            "rank": ranks[step.rank].name if 0 <= step.rank < len(ranks) else "",
            "is_active": step.is_active,
        }
        for step in ([] if line.reverses else statements.way(run, line, distributor.pk))
    ]
    return Kept(row.title, line, how(line), way, before, taken_back)


def why_nothing(distributor, period, bonus):
    """Say why a bonus has paid the distributor nothing in a period."""
    return explanations.why_nothing(distributor.pk, period, bonus, name_of=Names(distributor, distributor.pk))


def of_order(distributor, order):
    """Return the lines that one order of a seller's own has earned that seller, as rows, bonus by bonus."""
    entry = VolumeEntry.objects.filter(reference=f"order:{order.pk}").select_related("period__plan").first()
    if entry is None:
        return []
    found = []
    for rule in plan_versions.load(entry.period.plan).bonuses:
        told = explanations.explain(
            distributor.pk, entry.period, rule.code, entry.reference, name_of=Names(distributor, distributor.pk)
        )
        address = reverse("office:explanation", args=[entry.period.address, rule.code, f"order-{order.pk}"])
        note = "" if told.lines else " ".join(told.why_not[:1])
        found.append({"name": rule.name, "note": note, "amount_minor": told.amount_minor, "href": address})
    return found


def order_id(reference):
    """Return the order that a reference means, None when it means something else."""
    kind, _colon, number = reference.partition(":")
    return int(number) if kind == "order" and number.isdecimal() else None
