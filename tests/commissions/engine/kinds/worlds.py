"""Random companies for bonuses that are paid up a line, and the settings of these bonuses.

A world is a company with a placement tree beside the sponsor tree, facts and a past. ``uplines.py`` has the slow twin.
"""

import dataclasses
from collections import Counter
from fractions import Fraction
from itertools import product

from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import snapshot
from tests.commissions.engine import twin
from tests.commissions.engine.companies import HEADING, UP_TO, engine_snapshot, rank_tables, some_people, some_sales

POINT = Fraction(1)  # a hundredth of a point is worth a hundredth of a dollar
RATES = ("3%", "5%", "7.77%", "12%", "0.0001%", "33.3333%", "0%")
LINES = ("order", "source", "payee")
ROUNDINGS = ("half_even", "half_up", "truncate")
FEW, POINTS_BEFORE = (0, 0, 1, 2), (0, 0, 500, 2500, 9000)
PASTS = st.sampled_from(list(product(POINTS_BEFORE, POINTS_BEFORE, POINTS_BEFORE, FEW)))
"""Lifetime volume, that of the last period and of the one before, and the periods away."""
PACK = {"measure": "fact", "name": "pack", "least": 1}
TITLES_AND_PACKS = st.sampled_from(list(product(FEW, FEW)))


class World:
    """One random company, for the twin and for the engine."""

    def __init__(self, plan, people, sales, places, packs, past):
        self.plan, self.sales, self.packs, self.past = plan, sales, packs, past
        self.people = twin.stand(plan, people, sales)
        self.parents = {
            "sponsor": {id: person.sponsor for id, person in self.people.items()},
            "place": {id: self.people.get(above) for id, above in places.items()},
        }
        base = engine_snapshot(people, sales)
        index = snapshot.Index(base.people.id)
        placed = snapshot.placed(index, id=list(places), parent_id=list(places.values()))
        by_index = [int(id) for id in base.people.id]
        rows = dataclasses.replace(
            base.people, facts={"pack": array(packs, by_index)}, trees={"place": placed} if "place" in plan.trees else {}
        )
        state = snapshot.State(people={name: array(values, by_index) for name, values in past.items()})
        self.snapshot = dataclasses.replace(base, people=rows, state=state)

    def everybody(self):
        return self.people.values()

    def upline(self, person, tree):
        """Everybody above, the nearest first."""
        above = self.parents[tree][person.id]
        while above is not None:
            yield above
            above = self.parents[tree][above.id]

    def below(self, person, tree):
        """Who is directly below."""
        return [each for each in self.everybody() if self.parents[tree][each.id] is person]

    def gated(self, bonus, person):
        gates = [gate for gate in self.plan.gates if bonus.code in gate.bonuses]
        return any(self.packs[person.id] < gate.requires[0].least for gate in gates)

    def may(self, bonus, person):
        """Whether a person may be paid a bonus as far as account, gates and activity go."""
        active = person.is_active or not getattr(bonus, "active_only", True)
        return person.status == "open" and active and not self.gated(bonus, person)

    def why_not(self, bonus, person):
        """Why a person who is not paid is not."""
        if person.status != "open":
            return person.status.upper()
        if self.gated(bonus, person):
            return "GATED"
        return "RANK_TOO_LOW" if person.is_active or not getattr(bonus, "active_only", True) else "NOT_ACTIVE"

    def heir(self, bonus, missed, tree, suits):
        """Who gets what somebody missed."""
        if bonus.unearned != "roll_up":
            return None
        return next((each for each in self.upline(missed, tree) if suits(each) and each.rank >= missed.rank), None)

    def rank_code(self, person):
        return self.plan.ranks[person.rank].code if person.rank >= 0 else None


def array(values, ids):
    """The values by the engine's order of people."""
    return snapshot.np.array([values[id] for id in ids], dtype=snapshot.np.int64)


def document(ranks, bonuses, *, pv, gates=()):
    """A whole document around ranks and bonuses, with a matrix beside the sponsor tree."""
    return {
        "plan": HEADING,
        "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
        "ladder": {"period": "month", "elsewhere": "last"},
        "exchange": {"EUR": "1.0837", "JPY": "1/151", "KWD": "3.25"},
        "activity": {"pv": pv},
        "ranks": ranks,
        "trees": {"place": {"kind": "matrix", "width": 3, "depth": 9, "spill": "breadth_first"}},
        "gates": list(gates),
        "bonuses": bonuses,
    }


@st.composite
def some_worlds(draw, bonuses, most=16, refunds=True):
    """A world whose plan has the bonuses that ``bonuses(draw, ranks)`` makes, with refunds or without."""
    ranks = draw(rank_tables())
    tables = bonuses(draw, ranks)
    gated = draw(st.sampled_from([False, False, True]))
    gate = {"code": "gate", "name": "Gate", "bonuses": [tables[-1]["code"]]}
    gates = [gate | {"requires": [PACK]}] if gated else []
    plan = plans.restore(document(ranks, tables, pv=draw(st.sampled_from([0, 10, 20])), gates=gates))
    people = draw(some_people(most))
    ids = [id for id, _, _ in people]
    places = draw(some_places(ids))
    past = {}
    for table in tables:
        drawn = {id: draw(PASTS) for id in ids}
        for place, what in enumerate(("lifetime", "volume.1", "volume.2", "away")):
            past[f"{table['code']}.{what}"] = {id: values[place] for id, values in drawn.items()}
    drawn = {id: draw(TITLES_AND_PACKS) for id in ids}
    past["rank.title"] = {id: title for id, (title, _) in drawn.items()}
    sales = [sale for sale in draw(some_sales(people)) if refunds or sale.quantity > 0]
    return World(plan, people, sales, places, {id: pack for id, (_, pack) in drawn.items()}, past)


@st.composite
def some_places(draw, ids):
    """A matrix three wide over all people, in any order."""
    order = draw(st.permutations(ids))
    places, filled = {order[0]: 0}, Counter()
    for id in order[1:]:
        open_places = [each for each in places if filled[each] < 3]
        above = open_places[draw(UP_TO[len(open_places) - 1])]
        places[id] = above
        filled[above] += 1
    return places


def common(draw, code, lines=LINES, unearned=("breakage", "roll_up")):
    """The settings of every bonus."""
    return {
        "code": code,
        "name": code,
        "line": draw(st.sampled_from(lines)),
        "rounding": draw(st.sampled_from(ROUNDINGS)),
        "unearned": draw(st.sampled_from(unearned)),
    }


def measures(draw, of=("own", "group")):
    """What is measured, and over how long."""
    over = draw(st.sampled_from(["period", "rolling", "lifetime"]))
    table = {"of": draw(st.sampled_from(of)), "volume": draw(st.sampled_from(["pv", "cv"])), "over": over}
    return table | ({"periods": draw(st.integers(2, 3))} if over == "rolling" else {})


def brackets(draw):
    """Brackets with rates that mostly rise."""
    thresholds = sorted(draw(st.sets(st.sampled_from([0, 1, 10, 20, 50, 75.5, 100, 200]), min_size=1, max_size=4)))
    return [{"at": f"{at}", "rate": draw(st.sampled_from(RATES))} for at in thresholds]


def rate_tables(draw, ranks, of=("own", "group")):
    """Rates by bracket, by rank or by what is required."""
    by = draw(st.sampled_from(["bracket", "bracket", "rank", "requirement"]))
    if by == "bracket":
        return {"by": "bracket", **measures(draw, of), "table": brackets(draw)}
    if by == "requirement":
        return {"by": "requirement", "table": draw(some_rows("rate", st.sampled_from(RATES)))}
    return {"by": "rank", "table": {rank["code"]: draw(st.sampled_from(RATES)) for rank in ranks}}


@st.composite
def some_rows(draw, key, values):
    """Rows that ask for a pack, for own volume, for both or for nothing."""
    pack = PACK | {"least": draw(st.integers(1, 2))}
    buyers = draw(st.sampled_from([["distributor"], ["distributor", "preferred", "retail"]]))
    volume = {"measure": "own_volume", "volume": "pv", "buyers": buyers, "least": draw(st.sampled_from([1, 20]))}
    asks = st.sampled_from([[], [pack], [volume], [pack, volume]])
    return draw(st.lists(st.fixed_dictionaries({"requires": asks, key: values}), min_size=1, max_size=3))


def level_settings(draw, ranks, lowest=0):
    """Rates by level and what unlocks the levels; ranks below ``lowest`` have none."""
    count = draw(st.integers(1, 4))
    percents = st.sampled_from(["10%", "5%", "7.77%", "33.3333%", "0%"])
    by = draw(st.sampled_from(["list", "rank", "requirement"]))
    if by == "list":
        rates = [draw(percents) for _ in range(count)]
    elif by == "requirement":
        rows = draw(some_rows("rates", st.lists(percents, max_size=count)))
        rows.append({"requires": draw(st.sampled_from([[], [PACK]])), "rates": [draw(percents) for _ in range(count)]})
        rates = {"by": "requirement", "table": draw(st.permutations(rows))}
    else:
        own = {rank["code"]: draw(st.integers(0, count)) if place >= lowest else 0 for place, rank in enumerate(ranks)}
        own[ranks[-1]["code"]] = count
        rates = {code: [draw(percents) for _ in range(levels)] for code, levels in own.items()}
    settings = {"rates": rates}
    if draw(st.booleans()):
        settings["depth"] = {
            rank["code"]: draw(st.integers(0, count)) if place >= lowest else 0 for place, rank in enumerate(ranks)
        }
    if draw(st.sampled_from([False, False, True])):
        settings["tiers"] = [{"legs": 0, "depth": draw(st.integers(0, count))}, {"legs": 2, "depth": count}]
    if draw(st.sampled_from([False, False, True])):
        settings["held"] = {"fact": "pack", "table": [{"least": 1, "depth": draw(st.integers(0, count))}]}
    return settings


def heads(draw, ranks):
    """What it takes to head a group."""
    if draw(st.booleans()):
        return {"by": "rank", "rank": draw(st.sampled_from(ranks))["code"]}
    return {"by": "volume", **measures(draw), "least": draw(st.sampled_from([1, 20, 50, 100]))}


LEVELS = ["10%", "5%", "7.77%"]
UNLOCKED = {
    "by frontline": {"rates": LEVELS, "tiers": [{"legs": 0, "depth": 1}, {"legs": 2, "depth": 3}]},
    "by pack": {"rates": LEVELS, "held": {"fact": "pack", "table": [{"least": 1, "depth": 3}]}},
    "by requirement": {"rates": {"by": "requirement", "table": [{"requires": [PACK], "rates": LEVELS}]}},
    "in another tree": {"rates": LEVELS, "tree": "place"},
    "in a matrix": {"rates": LEVELS, "tree": "place", "kind": "matrix"},
    "of some sales": {"rates": LEVELS, "sales": {"buyers": ["retail"]}},
    "rolled up": {"rates": LEVELS, "unearned": "roll_up"},
    "inactive people passed": {"rates": LEVELS, "compression": "inactive"},
}


def levels(settings):
    """A unilevel of these settings; inactive people have none of its levels, and whoever missed them may have heirs."""
    plain = {"tree": "sponsor", "volume": "cv", "compression": "none", "line": "order", "unearned": "breakage"}
    return lambda _draw, _ranks: [
        plain | {"code": "team", "name": "Team", "kind": "unilevel", "rounding": "half_even"} | settings
    ]
