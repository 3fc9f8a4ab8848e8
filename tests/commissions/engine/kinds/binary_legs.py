"""The legs of binary bonuses: random settings, what earlier periods left, and the plain rules of what stays on a leg."""

from hypothesis import strategies as st

from tests.commissions.engine.kinds.two_legs import BUYERS, RANKS, SIDES


def why_not(plan, bonus, person):
    """Why a person is not paid a binary bonus, None for who is; ranks are asked later."""
    if person.status != "open":
        return person.status.upper()
    if bonus.qualifies.active and not person.active:
        return "NOT_ACTIVE"
    if bonus.qualifies.sponsored_each_leg:
        for head in person.legs:
            sponsored = [each for each in (head.downline() if head else []) if each.sponsor is person and each.active]
            if len(sponsored) < bonus.qualifies.sponsored_each_leg:
                return "NOT_QUALIFIED"
    return None


def leg_volumes(bonus, company, person):
    """What this period brings on each leg."""
    buyers = bonus.sales.buyers if bonus.sales else BUYERS
    volume = {"pv": lambda sale: sale.pv, "cv": lambda sale: sale.cv}[bonus.volume]
    new = [
        sum(volume(sale) for sale in company.sales if head and sale.person in head.downline() and sale.buyer in buyers)
        for head in person.legs
    ]
    if bonus.own_volume and (person.above or person is company.people[0]):
        own = sum(volume(sale) for sale in company.sales if sale.person is person and sale.buyer in buyers)
        less = [each + old for each, old in zip(new, brought(bonus, person), strict=True)]
        leg = {"left": 0, "right": 1, "lesser": 0 if less[0] < less[1] else 1}[bonus.own_volume.leg]
        new[leg] += max(own - bonus.own_volume.above, 0)
    return new


def brought(bonus, person):
    """What earlier periods left on each leg."""
    ages = 0 if bonus.carry_over is None else bonus.carry_over.expires_after or 1
    return [sum(person.state.get(f"{bonus.code}.{side}.{age}", 0) for age in range(1, ages + 1)) for side in SIDES]


def stays(bonus, person, side, new, used, flushed):
    """What stays on a leg, by age, and what is lost: the oldest is used, expires and is cut off first."""
    carry = bonus.carry_over
    ages = 0 if carry is None else carry.expires_after or 1
    carried = [person.state.get(f"{bonus.code}.{side}.{age}", 0) for age in range(1, ages + 1)]
    buckets = [[0, new], *([age, volume] for age, volume in enumerate(carried, 1))]
    total = new + sum(carried)
    left = total - used
    if flushed or carry is None or left == 0:
        return {}, left
    if carry.while_inactive == "flushed":
        keeps = person.active and (not carry.least_rank or person.rank >= RANKS.index(carry.least_rank))
        inactive = 0 if keeps else person.state.get(f"{bonus.code}.inactive", 0) + 1
        if inactive > carry.grace:
            return {}, left
    if left < 0:
        return {1: left}, 0
    if carry.expires_after is None:
        kept = left if carry.most is None else min(left, carry.most)
        return ({1: kept} if kept else {}), left - kept
    gone = sum(max(volume, 0) for _, volume in buckets) - left
    kept = {}
    for age, volume in reversed(buckets):
        volume = max(volume, 0)
        taken = min(gone, volume)
        gone -= taken
        if volume - taken and age < carry.expires_after:
            kept[age + 1] = volume - taken
    for age in sorted(kept, reverse=True):
        over = sum(kept.values()) - carry.most if carry.most is not None else 0
        if over > 0:
            kept[age] -= min(over, kept[age])
    kept = {age: volume for age, volume in kept.items() if volume}
    return kept, left - sum(kept.values())


def assert_legs_agree(bonus, company, outcome, used, flushed):
    """Every figure of every leg is the twin's, and what comes in is what goes out."""
    for place, side in enumerate(SIDES):
        ages = range(1, (0 if bonus.carry_over is None else bonus.carry_over.expires_after or 1) + 1)
        left = {age: outcome.left(f"{bonus.code}.{side}.{age}") for age in ages}
        figures = {name: outcome.left(f"{bonus.code}.{side}.{name}") for name in ("in", "new", "used", "lost")}
        for person in company.people:
            new = leg_volumes(bonus, company, person)[place]
            kept, lost = stays(bonus, person, side, new, used[person.id][place], flushed[person.id])
            assert {age: each[person.id] for age, each in left.items() if person.id in each} == kept
            of = {name: each.get(person.id, 0) for name, each in figures.items()}
            assert of["new"] == new
            assert of["used"] == used[person.id][place]
            assert of["lost"] == lost
            assert of["in"] + of["new"] == of["used"] + of["lost"] + sum(kept.values())


LEFT_OVER = st.sampled_from([0, 0, 100, 2500, 7777, 30000])


def carried(code):
    """What earlier periods may have left of a binary bonus."""
    names = [(f"{code}.{side}.{age}", LEFT_OVER) for side in SIDES for age in (1, 2, 3)]
    return (*names, (f"{code}.inactive", st.integers(0, 3)))


@st.composite
def binary_settings(draw):
    """The settings that binary bonuses share."""
    carry = {
        "consumed": draw(st.sampled_from(["paid", "matched"])),
        "while_inactive": draw(st.sampled_from(["kept", "flushed"])),
    }
    if draw(st.booleans()):
        carry["most"] = draw(st.sampled_from([0, 10, 80, "299.99"]))
    if draw(st.booleans()):
        carry["expires_after"] = draw(st.integers(1, 3))
    if carry["while_inactive"] == "flushed" and draw(st.booleans()):
        carry["grace"] = draw(st.integers(0, 3))
    if carry["while_inactive"] == "flushed" and draw(st.booleans()):
        carry["least_rank"] = draw(st.sampled_from(RANKS))
    settings = {
        "code": "team",
        "name": "Team",
        "tree": "team",
        "volume": draw(st.sampled_from(["pv", "cv"])),
        "qualifies": {"active": draw(st.booleans()), "sponsored_each_leg": draw(st.sampled_from([0, 0, 1, 2]))},
        "line": "payee",
        "rounding": draw(st.sampled_from(["half_even", "half_up", "truncate"])),
        "unearned": "breakage",
    }
    if draw(st.booleans()):
        settings["carry_over"] = carry
    if not draw(st.integers(0, 4)):
        settings["sales"] = {"buyers": draw(st.sampled_from([["retail"], ["retail", "preferred"]]))}
    if not draw(st.integers(0, 2)):
        leg = draw(st.sampled_from(["lesser", "left", "right"]))
        settings["own_volume"] = {"above": draw(st.sampled_from([0, 20, 60])), "leg": leg}
    return settings
