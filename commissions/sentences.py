"""Every sentence of an explanation in words: one function a sentence, each given the ``Words`` of the reader and the values."""

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import formats
from commissions.engine.explain import Says
from commissions.engine.money import Rounding


def _sold_points(words, values):
    return _("%(name)s was credited with %(points)s commissionable points.") % {
        "name": words.name(values["seller"]),
        "points": formats.points(values["points"]),
    }


def _sold_above_price(words, values):
    return _("The customer of %(name)s paid %(amount)s more than the seller's own price.") % {
        "name": words.name(values["seller"]),
        "amount": formats.money(values["amount_minor"], values["currency"]),
    }


def _step_paid(words, values):
    if not values["level"]:
        return _("%(name)s made the sale and is paid.") % {"name": words.name(values["person"])}
    return _("%(name)s is paid as level %(level)s.") % {"name": words.name(values["person"]), "level": values["level"]}


def _step_inherits(words, values):
    return _("%(name)s receives what was lost below.") % {"name": words.name(values["person"])}


def _step_loses(words, values):
    return _("%(name)s would be level %(level)s but %(reason)s.") % {
        "name": words.name(values["person"]),
        "level": values["level"],
        "reason": words.reason(values["reason"]),
    }


def _step_passed(words, values):
    return _("%(name)s is passed over and not counted: %(name)s %(reason)s.") % {
        "name": words.name(values["person"]),
        "reason": words.reason(values["reason"]),
    }


def _step_nobody(words, values):
    return _("Nobody is left above for level %(level)s.") % {"level": values["level"]}


def _rate(words, values):
    return _("The rate is %(rate)s of %(base)s.") % {"rate": formats.percent(values["rate_ppm"]), "base": words.sold(values)}


def _worth(words, values):
    return _("1 %(currency)s counts as %(worth)s %(of)s, the plan's fixed rate.") % {
        "currency": values["currency"],
        "worth": decimal(values["worth"]),
        "of": values["of"],
    }


def _rounded(words, values):
    exact, amount = values["exact_minor"], formats.money(values["amount_minor"], values["currency"])
    if exact.denominator == 1:
        return _("That is exactly %(amount)s.") % {"amount": amount}
    how = {
        Rounding.HALF_EVEN: _("to the nearest, and a half to the even one"),
        Rounding.HALF_UP: _("to the nearest, and a half up"),
        Rounding.TRUNCATE: _("down"),
    }[values["rounding"]]
    return _("That is %(exact)s of the smallest unit, rounded %(how)s: %(amount)s.") % {
        "exact": decimal(exact),
        "how": how,
        "amount": amount,
    }


def _gathered(words, values):
    return _("All sales of the period are gathered into one line of %(base)s.") % {"base": words.sold(values)}


def _not_in_upline(words, values):
    return _("%(person)s is not above %(seller)s.") % {
        "person": words.name(values["person"]),
        "seller": words.name(values["seller"]),
    }


def _own_sale(words, values):
    return _("This bonus pays the people above a sale, not %(seller)s, who sold.") % {"seller": words.name(values["seller"])}


def _for_the_seller(words, values):
    return _("This bonus goes to %(seller)s, who sold.") % {"seller": words.name(values["seller"])}


def _out_of_reach(words, values):
    return ngettext(
        "The bonus pays %(levels)s level, and it was used up before it came to %(person)s.",
        "The bonus pays %(levels)s levels, and they were used up before it came to %(person)s.",
        values["levels"],
    ) % {"levels": values["levels"], "person": words.name(values["person"])}


def _account_not_open(words, values):
    return _("%(person)s %(reason)s.") % {"person": words.name(values["person"]), "reason": words.reason(values["reason"])}


def _not_active(words, values):
    return _("%(person)s has %(points)s points of own volume this period; it takes %(needed)s to be active.") % {
        "person": words.name(values["person"]),
        "points": formats.points(values["points"]),
        "needed": formats.points(values["needed_points"]),
    }


def _rank_too_low(words, values):
    return _("%(person)s is %(rank)s and is not paid that far down.") % {
        "person": words.name(values["person"]),
        "rank": words.rank(values["rank"]),
    }


def _nothing_sold(words, values):
    return _("Nothing that this bonus pays on was sold in this period yet.")


def _missed(words, values):
    return _("%(person)s missed %(amount)s at level %(level)s: %(person)s %(reason)s.") % {
        "person": words.name(values["person"]),
        "amount": formats.money(values["amount_minor"], words.plan.currency),
        "level": values["level"],
        "reason": words.reason(values["reason"]),
    }


def _came_to_nothing(words, values):
    return _("The sales were returned, or came to less than the smallest unit of money.")


def _amount_each(words, values):
    return _("The bonus pays an amount of %(amount)s.") % {"amount": words.sold(values)}


def _earned_by(words, values):
    return _("%(name)s earned %(amount)s of the bonuses that this one matches.") % {
        "name": words.name(values["seller"]),
        "amount": words.sold(values),
    }


def _times(words, values):
    return _("It is paid %(times)s times.") % {"times": values["times"]}


def _shares(words, values):
    return _("That is %(shares)s of %(of)s shares.") % {"shares": values["shares"], "of": values["of"]}


def _brought(words, values):
    return _("%(amount)s comes from an earlier period.") % {"amount": words.sold(values)}


def _person_cap(words, values):
    return _("The most that one person is paid left %(amount)s of it.") % {
        "amount": formats.money(values["amount_minor"], values["currency"])
    }


def _cut(words, values):
    return _("The company's cap, or a larger bonus in its place, left %(amount)s of it.") % {
        "amount": formats.money(values["amount_minor"], values["currency"])
    }


def _figure(words, values):
    name, value = values["name"], values["value"]
    shown, unit = name, str(value)
    if name.endswith("_points"):
        shown, unit = name.removesuffix("_points"), _("%(points)s points") % {"points": formats.points(value)}
    elif name.endswith("_minor"):
        shown, unit = name.removesuffix("_minor"), formats.money(value, words.plan.currency)
    return f"{shown.replace('_', ' ').capitalize()}: {unit}."


def _gate_shut(words, values):
    return _("%(person)s is not paid this bonus: %(gate)s is not fulfilled.") % {
        "person": words.name(values["person"]),
        "gate": values["gate"],
    }


def _nothing_due(words, values):
    return _("Nothing came together in this period that the bonus pays %(person)s for.") % {
        "person": words.name(values["person"])
    }


SENTENCES = {
    Says.SOLD_POINTS: _sold_points,
    Says.SOLD_ABOVE_PRICE: _sold_above_price,
    Says.STEP_PAID: _step_paid,
    Says.STEP_INHERITS: _step_inherits,
    Says.STEP_LOSES: _step_loses,
    Says.STEP_PASSED: _step_passed,
    Says.STEP_NOBODY: _step_nobody,
    Says.RATE: _rate,
    Says.WORTH: _worth,
    Says.ROUNDED: _rounded,
    Says.GATHERED: _gathered,
    Says.NOT_IN_UPLINE: _not_in_upline,
    Says.OWN_SALE: _own_sale,
    Says.FOR_THE_SELLER: _for_the_seller,
    Says.OUT_OF_REACH: _out_of_reach,
    Says.ACCOUNT_NOT_OPEN: _account_not_open,
    Says.NOT_ACTIVE: _not_active,
    Says.RANK_TOO_LOW: _rank_too_low,
    Says.NOTHING_SOLD: _nothing_sold,
    Says.MISSED: _missed,
    Says.CAME_TO_NOTHING: _came_to_nothing,
    Says.AMOUNT_EACH: _amount_each,
    Says.EARNED_BY: _earned_by,
    Says.TIMES: _times,
    Says.SHARES: _shares,
    Says.BROUGHT: _brought,
    Says.PERSON_CAP: _person_cap,
    Says.CUT: _cut,
    Says.FIGURE: _figure,
    Says.GATE_SHUT: _gate_shut,
    Says.NOTHING_DUE: _nothing_due,
}


def decimal(number: Fraction) -> str:
    """Write an exact fraction as a decimal, cut after eight places where it goes on."""
    whole, rest = divmod(abs(number.numerator) * 10**8 // number.denominator, 10**8)
    digits = f"{whole}.{rest:08d}".rstrip("0").rstrip(".")
    return f"-{digits}" if number < 0 else digits
