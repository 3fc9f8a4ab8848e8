"""Worked examples: a small tree and orders in, cents out, in files that can be checked by hand.

An example is a TOML file in this folder; those in ``published`` are plans of real companies. ``shows`` says what it
shows. ``tree`` is an indented outline of names, each with the status of the account if that is not open. ``orders`` has
a line for each entry: the order's number, who is credited, the kind of buyer, then what there is of ``pv``, ``cv``
(points), ``paid`` and ``price`` (with the currency in between: ``paid 12.00 EUR price 9.00``). A refund has minus signs.
``earned`` has a line for each person and bonus: name, bonus, amount. ``unearned``: bonus, reason, amount. ``stands``: name,
PV, GV, active or not, rank or ``none``. What follows a # is the arithmetic. ``rules`` are the parts of a plan document that
the example is about; ``rules_of`` names the example whose rules they are.
"""

import tomllib
from collections import Counter
from decimal import Decimal
from pathlib import Path

from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.money import EXPONENTS
from commissions.engine.result import Reason
from commissions.files.columns import Source
from commissions.files.company import read_company
from commissions.files.state import rows_of
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.outline import outline
from tests.commissions.engine.twin import Sale

FOLDER = Path(__file__).parent
FILES = sorted([*FOLDER.glob("*.toml"), *FOLDER.glob("published/*.toml")])
HEADING = {
    "code": "example",
    "name": "Example",
    "version": 1,
    "currency": "USD",
    "effective_from": "2026-01-01",
    "credit_date": "paid",
}
RULES = {
    "plan": HEADING,
    "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
    "ladder": {"period": "month", "elsewhere": "last"},
    "exchange": {},
    "activity": {"pv": 0},
    "ranks": [{"code": "member", "name": "Member", "pv": 0, "gv": 0}],
}
SHIPPED = FOLDER.parents[2] / "commissions" / "plans"


class Example:
    """One worked example, read and calculated."""

    def __init__(self, path):
        self.raw = tomllib.loads(path.read_text(), parse_float=Decimal)
        if "plan" in self.raw:
            self.plan = plans.parse((SHIPPED / f"{self.raw['plan']}.toml").read_text())
        else:
            self.plan = plans.restore(RULES | self._rules(path))
        if "people" in self.raw:
            self._read_files()
        else:
            self.names, self.statuses, people = self._people()
            self.snapshot = engine_snapshot(people, self._sales())
        self.result = calculate(self.plan, self.snapshot)

    def _rules(self, path):
        """The rules, which ``rules_of`` says are those of another example beside this one."""
        if "rules_of" in self.raw:
            path = path.with_name(f"{self.raw['rules_of']}.toml")
        return tomllib.loads(path.read_text(), parse_float=Decimal)["rules"]

    def _read_files(self):
        """Read the example as ``manage.py calculate`` reads files."""
        kinds = [name for name in ("people", "orders", "parties", "state") if name in self.raw]
        sources = {name: Source.text(f"{name}.csv", unindented(self.raw[name])) for name in kinds}
        self.company = read_company(self.plan, sources, self.raw["period"])
        self.snapshot = self.company.snapshot

    def name(self, place):
        """The name of a person by the place in the snapshot."""
        number = int(self.snapshot.people.id[place])
        return self.company.names.name(number) if "people" in self.raw else self.names[number - 1]

    def left(self):
        """What is left for the next period: who, which number, its value."""
        return {
            (person or "company", name): value
            for person, name, value in rows_of(self.result.state, self.snapshot.people, self.company.names)
        }

    def _people(self):
        lines = [line.split("#")[0].rstrip() for line in self.raw["tree"].splitlines() if line.split("#")[0].strip()]
        names, _, parents, _ = outline("\n".join(line[: len(line) - len(line.lstrip())] + line.split()[0] for line in lines))
        statuses = [(*line.split(), "open")[1] for line in lines]
        return names, statuses, [(i + 1, int(parents[i]) + 1, statuses[i]) for i in range(len(names))]

    def _sales(self):
        return [self._sale(number, *words) for number, words in enumerate(rows(self.raw["orders"]), 1)]

    def _sale(self, number, order, name, buyer, *figures):
        currency = next((word for word in figures if word.isupper()), self.plan.currency)
        words = [word for word in figures if not word.isupper()]
        value = {key: Decimal(amount) for key, amount in zip(words[::2], words[1::2], strict=True)}
        unit = 10 ** EXPONENTS[currency]
        return Sale(
            id=number,
            person_id=self.names.index(name) + 1,
            at=0,
            order=int(order),
            buyer=buyer,
            quantity=-1 if any(amount < 0 for amount in value.values()) else 1,
            pv=int(value.get("pv", 0) * 100),
            cv=int(value.get("cv", 0) * 100),
            paid=int(value.get("paid", 0) * unit),
            price=int(value.get("price", 0) * unit),
            currency=currency,
        )

    @property
    def codes(self):
        return [bonus.code for bonus in self.plan.bonuses]

    def amount(self, minor):
        """An amount of the plan's currency as it is written."""
        return f"{Decimal(int(minor)).scaleb(-EXPONENTS[self.plan.currency]):f}"

    def earned(self):
        """What everybody earned, by name and bonus."""
        totals = self.result.totals
        return {
            (self.name(place), code): self.amount(totals[bonus, place])
            for bonus, code in enumerate(self.codes)
            for place in range(len(self.snapshot.people))
            if totals[bonus, place]
        }

    def unearned(self):
        """What nobody earned, by bonus and reason."""
        lost = Counter()
        lines = self.result.lines
        for bonus, payee, reason, amount in zip(lines.bonus, lines.payee, lines.reason, lines.amount_minor, strict=True):
            if payee < 0:
                lost[self.codes[bonus], Reason(reason).name.lower()] += int(amount)
        return {key: self.amount(minor) for key, minor in lost.items() if minor}

    def stands(self):
        """Where everybody stands."""
        standings = self.result.standings
        codes = [*(rank.code for rank in self.plan.ranks), "none"]
        return {
            self.name(place): (
                plain(standings.pv[place]),
                plain(standings.gv[place]),
                "active" if standings.active[place] else "inactive",
                codes[standings.rank[place]],
            )
            for place in range(len(self.snapshot.people))
        }


def unindented(text):
    """CSV without comments, empty lines and the blanks that line it up."""
    lines = (line.split("#")[0] for line in text.splitlines())
    return "\n".join(",".join(value.strip() for value in line.split(",")) for line in lines if line.strip()) + "\n"


def rows(text):
    """The words of every line, without comments."""
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return [words for words in lines if words]


def plain(hundredths):
    """Points as they are written."""
    return f"{(Decimal(int(hundredths)) / 100).normalize():f}"
