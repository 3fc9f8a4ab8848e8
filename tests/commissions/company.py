"""A small company on paper: an indented outline of names becomes distributors in the sponsor tree, with a plan."""

from datetime import UTC, datetime

from commissions import periods, plan_versions, verify, volume
from commissions.models import LivePending, Standing, VolumeEntry
from genealogy import trees
from genealogy.models import Distributor, Market, Tree

PLAN = """
[plan]
code = "testing"
name = "Testing"
version = {version}
currency = "USD"
effective_from = {effective_from}
credit_date = "paid"

[ladder]
period = "month"
elsewhere = "last"

[periods.month]
kind = "month"
time_zone = "America/New_York"

[exchange]
EUR = "1.10"
JPY = "0.007"

[activity]
pv = 100

[[ranks]]
code = "associate"
name = "Associate"
pv = 0
gv = 0

[[ranks]]
code = "bronze"
name = "Bronze"
pv = 100
gv = 500

[[ranks]]
code = "silver"
name = "Silver"
pv = 100
gv = 1000
legs = [{{ rank = "bronze", count = 2, where = "anywhere" }}]

[[bonuses]]
kind = "retail_profit"
code = "retail"
name = "Retail profit"
line = "order"
rounding = "half_even"
unearned = "breakage"
buyers = ["retail", "preferred"]
active_only = false

[[bonuses]]
kind = "unilevel"
code = "unilevel"
name = "Unilevel"
line = "order"
rounding = "half_even"
unearned = "breakage"
tree = "sponsor"
rates = ["5%", "4%", "3%"]
compression = "{compression}"
depth = {{ associate = 1, bronze = 2, silver = 3 }}
"""


def plan(*, version=1, effective_from="2026-01-01", compression="full"):
    """Return a plan document in which a few sales move ranks."""
    return PLAN.format(version=version, effective_from=effective_from, compression=compression)


OUTLINE = """
    house
      ana
        ben
          cy
        bob
      eve
        dee
"""


def at(*when):
    """Return an instant in UTC."""
    return datetime(*when, tzinfo=UTC)


class Company:
    """Distributors by name, and the verbs a test needs."""

    def __init__(self, outline, *, document=None, market=None):
        self.plan = plan_versions.store(document or plan())
        self.market = market or Market.objects.create(code="us", name="United States", country="US", currency="USD")
        self.people = {}
        self.tree = None
        self.orders = 0
        above = []
        for line in filter(str.strip, outline.splitlines()):
            name = line.strip()
            depth = len(line) - len(line.lstrip())
            while above and above[-1][0] >= depth:
                above.pop()
            self.enrol(name, above[-1][1] if above else None)
            above.append((depth, name))

    def enrol(self, name, under=None, *, enrolled_at=None):
        """Put somebody under another; the first of all is the house."""
        person = Distributor.objects.create(
            number=f"T{len(self.people) + 1:04d}",
            name=name.title(),
            market=self.market,
            is_house=not self.people,
            enrolled_at=enrolled_at or at(2026, 1, 2),
        )
        if self.tree is None:
            self.tree = trees.plant(code="sponsor", kind=Tree.Kind.OPEN, name="Sponsor tree", distributor_id=person.pk)
        else:
            trees.enrol(person.pk, tree=self.tree, under_id=self.people[under].pk)
        self.people[name] = person
        return person

    def id(self, name):
        """Return the distributor's id of a name."""
        return self.people[name].pk

    def sell(self, name, pv, *, when=None, cv=None, buyer="distributor", paid=0, own=0, currency="USD", reference=None):
        """Credit one line of ``pv`` whole points to somebody and return its entry."""
        self.orders += 1
        line = volume.VolumeLine(
            number=1, product="tea", quantity=1, pv=pv * 100, cv=(pv if cv is None else cv) * 100,
            paid_minor=paid, retail_minor=paid, seller_price_minor=own,
        )  # fmt: skip
        (entry,) = volume.credit(
            distributor_id=self.id(name), lines=[line], at=when or at(2026, 11, 10, 12), currency=currency,
            reference=reference or f"order:{self.orders}", buyer_kind=VolumeEntry.BuyerKind(buyer), market_id=self.market.pk,
        )  # fmt: skip
        return entry


def standing(company, name):
    """Where somebody stands in the companies' month."""
    return Standing.objects.get(distributor=company.id(name), period=periods.containing(at(2026, 11, 10)))


def settle(refresher):
    """Refresh until nothing is pending."""
    for _attempt in range(20):
        refresher.step()
        if not LivePending.objects.exists():
            return
    raise AssertionError("something stays pending")


def proven():
    """Whether every check of the app finds nothing."""
    verify.INSTANTS = 1  # nothing else runs here: what is pending stays pending
    found = {name: faults for name, _examined, faults in (check() for check in verify.CHECKS)}
    assert not any(found.values()), found
    return True
