"""Goals as a distributor reads them: who is in a way, and what it would cost at the prices of the own market's shop."""

from dataclasses import dataclass
from functools import partial

from django.db.models import F, FloatField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from backoffice import access
from backoffice.forms import WhatIfForm
from commissions import formats, goals
from commissions.engine.trials import BOUGHT_BY
from storefront.models import Price

HELPABLE = 12


@dataclass(frozen=True)
class PointPrice:
    """The lowest price per point for one kind of buyer: a product that costs ``amount_minor`` and carries ``pv``."""

    amount_minor: int
    pv: int
    product: str

    def of(self, points):
        """Return what so many hundredths of a point cost at least, in whole minor units."""
        return -(-points * self.amount_minor // self.pv)


@dataclass(frozen=True)
class Cost:
    """What a way costs, altogether and by who spends it; None where the shop has nothing that carries points."""

    total_minor: int | None
    own_minor: int | None
    team_minor: int | None


class Prices:
    """The lowest prices per point in a market, by kind of buyer. One query."""

    def __init__(self, market):
        rows = Price.objects.filter(market=market, product__is_active=True, pv__gt=0)
        per_point = Cast("amount_minor", FloatField()) / F("pv")
        cheapest = rows.order_by("buyer_kind", per_point, "product_id").distinct("buyer_kind")
        found = cheapest.values_list("buyer_kind", "amount_minor", "pv", "product__name")
        self.currency = market.currency
        self.by_kind = {kind: PointPrice(amount, pv, name) for kind, amount, pv, name in found}

    def of(self, step):
        """Return the lowest price at which a step's points can be bought, None if nobody of its kinds can buy any."""
        options = [self.by_kind.get(BOUGHT_BY[kind].name.lower()) for kind in step.kinds]
        return min((each.of(step.total) for each in options if each), default=None)

    def cost(self, way):
        """Return what a way costs."""
        spent = [(step.is_spent_by_self, self.of(step)) for step in way.steps]
        if not self.by_kind or any(amount is None for _own, amount in spent):
            return Cost(None, None, None)
        own = sum(amount for mine, amount in spent if mine)
        return Cost(sum(amount for _mine, amount in spent), own, sum(amount for mine, amount in spent if not mine))

    @property
    def stated(self):
        """Say at which prices money is reckoned."""
        if not self.by_kind:
            return ""
        kinds = (("distributor", _("you and your team")), ("preferred", _("preferred customers")), ("retail", _("customers")))
        said = [
            _("%(price)s for %(who)s (%(product)s)")
            % {"price": formats.money(each.of(100), self.currency), "who": who, "product": each.product}
            for kind, who in kinds
            if (each := self.by_kind.get(kind))
        ]
        return "; ".join(said)


@dataclass(frozen=True)
class Offer:
    """A way with what it costs."""

    way: goals.Way
    cost: Cost


@dataclass(frozen=True)
class Page:
    """What the goals page shows. ``goal`` is None at the top of the ladder, ``keep`` where nothing is missing."""

    rank: int
    rank_name: str
    ranks: list[tuple[int, str, str]]
    goal: goals.Goal | None
    offers: list[Offer]
    card: goals.Card
    keep: Offer | None
    prices: Prices
    supposed: goals.Supposed | None
    form: WhatIfForm

    @property
    def code(self):
        """The code of the rank aimed at."""
        return next((code for index, code, _name in self.ranks if self.goal and index == self.goal.rank), "")


def page(distributor, period, *, target=None, asked=None):
    """Return the goals page of a distributor for the rank ``target``, by default the next one.

    ``asked`` is what was entered into the form "what if", None if nothing was. Raises goals.NotInTree.
    """
    ground = goals.read(distributor.pk, period)
    names_of = partial(names, distributor)
    above = [(index, rank.code, rank.name) for index, rank in enumerate(ground.plan.ranks) if index > ground.rank]
    if target not in [index for index, _code, _name in above]:
        target = above[0][0] if above else None
    goal = ground.seek(target, names_of) if above else None
    card = goals.card(ground, period, names_of, known=goal)
    prices = Prices(distributor.market)
    helped = [step.distributor_id for way in (goal.ways if goal else ()) for step in way.steps if step.leg_id]
    form = WhatIfForm(asked, people=names_of(list(dict.fromkeys([*helped, *ground.strongest]))[:HELPABLE]))
    return Page(
        rank=ground.rank,
        rank_name=goals.rank_name(ground.plan, ground.rank),
        ranks=above,
        goal=goal,
        offers=[Offer(way, prices.cost(way)) for way in goal.ways] if goal else [],
        card=card,
        keep=next((Offer(way, prices.cost(way)) for way in card.goal.ways), None) if card.goal else None,
        prices=prices,
        supposed=ground.suppose(target, form.sold(distributor)) if goal and asked is not None and form.is_valid() else None,
        form=form,
    )


def names(viewer, distributor_ids):
    """Return the names of people by id, as far as they stand in the viewer's downline."""
    if not distributor_ids:
        return {}
    seen = access.downline(viewer).filter(distributor_id__in=distributor_ids)
    found = dict(seen.values_list("distributor_id", "distributor__name"))
    return {pk: found[pk] for pk in distributor_ids if pk in found}
