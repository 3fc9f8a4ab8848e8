"""Why a line is what it is, and why a zero is a zero, in sentences: the engine says what is true, here it is put in words.

Names come from the caller, who knows what the reader may see: ``name_of(distributor_id)``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from commissions import formats, parts, plan_versions, sentences, whole
from commissions.engine import explain as engine
from commissions.engine.explain import Role, Says
from commissions.engine.result import Reason
from commissions.engine.slices import lines_of
from commissions.engine.snapshot import NONE
from commissions.models import VolumeEntry


@dataclass(frozen=True)
class Step:
    """One person on the way up: whether this level was paid there, lost there, or passed on; ``words`` say why."""

    distributor_id: int | None
    name: str
    level: int
    is_paid: bool
    is_lost: bool
    words: str


@dataclass(frozen=True)
class Explained:
    """A line in words: the order behind it, the way up from the sale, and the arithmetic."""

    bonus: str
    bonus_name: str
    reference: str
    source_id: int
    source_name: str
    level: int
    amount_minor: int
    currency: str
    steps: list[Step]
    arithmetic: list[str]


@dataclass(frozen=True)
class Explanation:
    """What one order paid somebody with one bonus. Where it paid nothing, ``why_not`` says why, and there are no lines."""

    lines: list[Explained]
    why_not: list[str]

    @property
    def amount_minor(self):
        """All lines together."""
        return sum(line.amount_minor for line in self.lines)


class NotSold(LookupError):
    """No volume was credited under a reference in a period."""


def explain(distributor_id, period, bonus, reference, *, name_of: Callable[[int], str]) -> Explanation:
    """Explain what the order behind a reference ("order:81") paid somebody with a bonus, or why it paid nothing.

    Raises NotSold when the period has no such order, and parts.OutsideTree when it was not sold by the person or
    anybody below.
    """
    sold = VolumeEntry.objects.filter(reference=reference, period=period)
    entries = dict(sold.order_by("line").values_list("pk", "distributor_id"))
    if not entries:
        raise NotSold(_("Nothing was credited as %(reference)s in %(period)s.") % {"reference": reference, "period": period})
    seller = next(iter(entries.values()))
    plan = plan_versions.load(period.plan)
    index = plan.bonus_index(bonus)
    if not plan.is_told_by_sale(index):
        return _of_whole(distributor_id, period, index, entries, name_of)
    part = parts.toward(distributor_id, period, [seller])
    lines, sales = lines_of(part.plan, part.held, 0)
    mine = np.flatnonzero((lines.bonus == index) & (lines.payee == 0))
    rows = [row for row in mine.tolist() if lines.sale[row] == NONE or int(sales.id[lines.sale[row]]) in entries]
    words = Words(part.plan, part.held.people, name_of)
    if rows:
        return Explanation(
            [_explained(part.plan, part.held.people, part.held.standings, words, lines, row, bonus, reference) for row in rows],
            [],
        )
    place = int(part.held.index.of(np.array([seller]), "seller")[0])
    why = engine.why_not_paid(part.plan, index, part.held.people, part.held.standings, place, 0)
    return Explanation([], [words.say(sentence) for sentence in why] or [_("This order has nothing that the bonus pays on.")])


def why_nothing(distributor_id, period, bonus, *, name_of: Callable[[int], str]) -> list[str]:
    """Say why a bonus has paid somebody nothing in a period; empty if it has paid.

    Of a large downline only the newest sales are looked at.
    """
    plan = plan_versions.load(period.plan)
    index = plan.bonus_index(bonus)
    if not plan.is_told_by_sale(index):
        return _nothing_of_whole(distributor_id, period, index, name_of)
    if parts.is_small(distributor_id, period):
        part = parts.below(distributor_id, period)
    else:
        sold = parts.newest(distributor_id, period, before=2**62, most=500)
        part = parts.toward(distributor_id, period, {seller for _entry, seller in sold} | {distributor_id})
    words = Words(part.plan, part.held.people, name_of)
    return [words.say(sentence) for sentence in engine.why_nothing(part.plan, part.held, index, 0)]


def explain_line(distributor_id, period, bonus, number, *, name_of) -> Explanation:
    """Explain one line of a bonus that depends on everybody, by its number among the payee's. Raises NotSold without it."""
    plan = plan_versions.load(period.plan)
    found = whole.of(period)
    place = found.place_of(distributor_id) if found else None
    if place is None:
        raise NotSold(_("%(period)s is too large to be worked out while you wait.") % {"period": period.name})
    rows = found.rows_of(plan.bonus_index(bonus), place)
    if not 0 <= number < len(rows):
        raise NotSold(_("There is no line %(number)s any more: figures have moved.") % {"number": number + 1})
    return Explanation([_explained_whole(found, int(rows[number]), name_of)], [])


def _of_whole(distributor_id, period, index, entries, name_of):
    """Explain what an order paid with a bonus that depends on everybody."""
    found = whole.of(period)
    place = found.place_of(distributor_id) if found else None
    if place is None:
        return Explanation([], [_("The lines of this bonus are listed when the period has been calculated.")])
    sold = found.calculation.sales.id
    rows = [row for row in found.rows_of(index, place).tolist() if found.lines.sale[row] != NONE]
    rows = [row for row in rows if int(sold[found.lines.sale[row]]) in entries]
    if rows:
        return Explanation([_explained_whole(found, row, name_of) for row in rows], [])
    return Explanation([], _nothing_of_whole(distributor_id, period, index, name_of))


def _nothing_of_whole(distributor_id, period, index, name_of):
    found = whole.of(period)
    place = found.place_of(distributor_id) if found else None
    if place is None:
        return [_("Why this is nothing is told when the period has been calculated.")]
    words = Words(found.plan, found.people, name_of)
    said = engine.why_nothing_whole(found.calculation, found.lines, index, place)
    return [words.say(sentence) for sentence in said]


def _explained_whole(found, row, name_of):
    bonus = found.plan.bonuses[int(found.lines.bonus[row])].code
    words = Words(found.plan, found.people, name_of)
    return _explained(
        found.plan, found.people, found.calculation.standings, words, found.lines, row, bonus, "", found.calculation
    )


def _explained(plan, people, standings, words, lines, row, bonus, reference, calculation=None):
    told = engine.explain(plan, people, standings, lines, row, whole=calculation)
    ways = {Says.STEP_PAID, Says.STEP_INHERITS, Says.STEP_LOSES, Says.STEP_PASSED, Says.STEP_NOBODY}
    source = int(lines.source[row])
    seller = int(people.id[source]) if source != NONE else 0
    return Explained(
        bonus=bonus,
        bonus_name=plan.bonuses[int(lines.bonus[row])].name,
        reference=reference,
        source_id=seller,
        source_name=words.name(source),
        level=int(lines.level[row]),
        amount_minor=int(lines.amount_minor[row] - lines.cut_minor[row]),
        currency=plan.currency,
        steps=[words.step(step) for step in told.steps],
        arithmetic=[words.say(sentence) for sentence in told.sentences if sentence.says not in ways],
    )


class Words:
    """Puts the engine's sentences about some people of a company into the reader's language."""

    def __init__(self, plan, people, name_of):
        self.plan, self.people, self.name_of = plan, people, name_of

    def name(self, person):
        """Return the name of one of the people, as the reader may see it."""
        return "" if person == NONE else self.name_of(int(self.people.id[person]))

    def step(self, step):
        """Return one step up with its words."""
        sentence = engine.Sentence(
            {
                Role.PAID: Says.STEP_PAID,
                Role.INHERITS: Says.STEP_INHERITS,
                Role.LOSES: Says.STEP_LOSES,
                Role.PASSED: Says.STEP_PASSED,
                Role.NOBODY: Says.STEP_NOBODY,
            }[step.role],
            {"person": step.person, "level": step.level, "reason": step.reason},
        )
        return Step(
            distributor_id=None if step.person == NONE else int(self.people.id[step.person]),
            name=self.name(step.person),
            level=step.level,
            is_paid=step.role in (Role.PAID, Role.INHERITS),
            is_lost=step.role is Role.LOSES,
            words=self.say(sentence),
        )

    def say(self, sentence):
        """Return a sentence of the engine in words."""
        return sentences.SENTENCES[sentence.says](self, sentence.values)

    def reason(self, reason):
        """Return why somebody is not paid, as the end of a sentence."""
        return {
            Reason.PAID: _("qualifies"),
            Reason.NOBODY_ABOVE: _("nobody is above"),
            Reason.NOT_ACTIVE: _("is not active this period"),
            Reason.RANK_TOO_LOW: _("has a rank that is not paid at this level"),
            Reason.SUSPENDED: _("is suspended"),
            Reason.TERMINATED: _("has left the company"),
            Reason.HOUSE: _("is the company's own account"),
            Reason.GATED: _("has not fulfilled a condition for being paid"),
            Reason.BLOCKED: _("is blocked by somebody in between"),
            Reason.ABOVE_CAP: _("is above a cap"),
            Reason.SMALLER: _("earned more by another bonus, which is paid instead"),
            Reason.NOT_DUE: _("is not due yet"),
            Reason.FIXED: _("has this from an earlier period"),
            Reason.NOT_QUALIFIED: _("lacks something that this bonus asks for"),
        }[Reason(reason)]

    def sold(self, values):
        """Return what a line pays on: points, or an amount of money."""
        if "points" in values:
            return _("%(points)s points") % {"points": formats.points(values["points"])}
        return formats.money(values["amount_minor"], values["currency"])

    def rank(self, rank):
        """Return the name of a rank."""
        return self.plan.ranks[rank].name if rank >= 0 else _("no rank")
