"""What ranks, activity and pay gates may require beside volume and legs, in words: a sentence for each measure."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import formats


def label(plan, required):
    """Return what is measured, in the reader's language."""
    words = LABELS[required.measure](plan, required)
    tree = getattr(required, "tree", "sponsor")
    return words if tree == "sponsor" else _("%(what)s (%(tree)s)") % {"what": words, "tree": tree.replace("_", " ")}


def _own_volume(_plan, required):
    if "distributor" not in required.buyers:
        return _("Volume of your customers")
    return _("Own purchases") if len(required.buyers) == 1 else _("Own volume")


def _customers(_plan, required):
    return _("Customers with at least %(points)s points") % {"points": formats.points(required.each)}


def _legs_with_volume(_plan, required):
    if required.of == "head":
        return _("People on the first level with at least %(points)s points") % {"points": formats.points(required.least)}
    return _("Legs with at least %(points)s points") % {"points": formats.points(required.least)}


def _outside_largest_leg(_plan, required):
    if required.largest == 1:
        return _("Volume outside the largest leg")
    return _("Volume outside the %(count)s largest legs") % {"count": required.largest}


def _nth_largest_leg(_plan, required):
    if required.nth == 1:
        return _("Volume of the largest leg")
    return _("Volume of the leg that is number %(nth)s by volume") % {"nth": required.nth}


def _legs_with_rank(plan, required):
    """Say which legs count: by the rank, by the volume beside it, and by the volume that does instead."""
    said = _("Legs headed by %(rank)s") if required.where == "frontline" else _("Legs with %(rank)s")
    said %= {"rank": _rank(plan, required)}
    for asked, words in (
        (required.with_volume, _("%(legs)s and %(points)s points")),
        (required.or_volume, _("%(legs)s or %(points)s points")),
    ):
        if asked is not None:
            said = words % {"legs": said, "points": formats.points(asked.least)}
    return said


def _sponsored_in_legs(plan, required):
    """Say who is counted, and in how many legs."""
    who = _("Sponsored people with %(rank)s") % {"rank": _rank(plan, required)} if required.rank else _("Sponsored people")
    if required.with_volume is not None:
        points = formats.points(required.with_volume.least)
        who = _("%(who)s who have %(points)s points") % {"who": who, "points": points}
    if required.legs is None:
        return _("%(who)s in the smaller leg") % {"who": who}
    return ngettext("%(who)s in one leg", "%(who)s in each of %(count)s legs", required.legs) % {
        "who": who,
        "count": required.legs,
    }


def _rolling_volume(_plan, required):
    return _("Volume of the last %(periods)s periods") % {"periods": required.periods}


def _group_volume(_plan, required):
    if required.own == "left_out":
        if required.levels is None:
            return _("Group volume without one's own")
        return ngettext("Volume of the first level", "Volume of the first %(count)s levels", required.levels) % {
            "count": required.levels
        }
    if required.levels is None:
        return _("Group volume")
    return ngettext(
        "Volume of oneself and the first level", "Volume of oneself and the first %(count)s levels", required.levels
    ) % {"count": required.levels}


def _periods_at_rank(plan, required):
    return _("Periods as %(rank)s, of the last %(count)s") % {"rank": _rank(plan, required), "count": required.of_last}


def _rank(plan, required):
    return plan.ranks[plan.rank_index(required.rank)].name


def _fact(_plan, required):
    return required.name.replace("_", " ").capitalize()


def _any_of(plan, required):
    """Say each alternative with all that it takes."""
    ways = _("; or ").join(_(" and ").join(_asked(plan, part) for part in way) for way in required.of)
    if required.count == 1:
        return ways
    return ngettext("%(count)s of: %(ways)s", "%(count)s of: %(ways)s", required.count) % {"count": required.count, "ways": ways}


def _asked(plan, required):
    if required.measure in ("title", "without_fact"):
        return label(plan, required)
    write = formats.points if required.is_points else formats.percent if required.is_share else str
    return _("%(what)s: %(need)s") % {"what": label(plan, required), "need": write(required.need)}


LABELS = {
    "any_of": _any_of,
    "own_volume": _own_volume,
    "group_volume": _group_volume,
    "personal_group_volume": lambda _plan, _required: _("Personal group volume"),
    "customer_share": lambda _plan, _required: _("Share of customers' volume"),
    "lesser_leg": lambda _plan, _required: _("Volume of the smaller leg"),
    "outside_largest_leg": _outside_largest_leg,
    "nth_largest_leg": _nth_largest_leg,
    "lifetime_volume": lambda _plan, _required: _("Lifetime volume"),
    "rolling_volume": _rolling_volume,
    "customers": _customers,
    "legs_with_volume": _legs_with_volume,
    "legs_with_rank": _legs_with_rank,
    "active_frontline": lambda _plan, _required: _("Active frontline"),
    "sponsored_in_legs": _sponsored_in_legs,
    "team": lambda _plan, _required: _("People in the team"),
    "periods_at_rank": _periods_at_rank,
    "title": lambda plan, required: _("The title %(rank)s") % {"rank": _rank(plan, required)},
    "fact": _fact,
    "without_fact": lambda plan, required: _("Without: %(name)s") % {"name": _fact(plan, required)},
}
