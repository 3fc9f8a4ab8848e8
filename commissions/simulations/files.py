"""A simulation's results as CSV: a line a person, or a line for every person, period and bonus.

Amounts are whole and exact, as plain numbers with a point; text that a spreadsheet would take for a formula is quoted.
"""

import csv
from decimal import Decimal

from commissions.engine.money import EXPONENTS
from commissions.engine.snapshot import NO_RANK
from commissions.simulations import results
from genealogy.models import Distributor

PEOPLE_AT_ONCE = 5_000
FORMULAS = ("=", "+", "-", "@", "\t", "\r")

BY_PERSON = ("number", "name", "currency", "before", "after", "difference", "rank_before", "rank_after")
BY_LINE = (
    "period", "number", "name", "rank_before", "rank_after", "bonus", "currency", "before", "after", "difference",
)  # fmt: skip


class Echo:
    """A file that hands back what is written."""

    def write(self, line):
        """Return the line."""
        return line


def by_person(simulation):
    """Yield the lines of a CSV of everybody's sums over all periods, with the ranks of the last one."""
    line = csv.writer(Echo()).writerow
    yield line(BY_PERSON)
    ids, sums, ranks = results.totals(list(simulation.periods.all()))
    for start in range(0, len(ids), PEOPLE_AT_ONCE):
        part = slice(start, start + PEOPLE_AT_ONCE)
        people = _people(ids[part].tolist())
        columns = zip(ids[part].tolist(), *sums[:, part].tolist(), *ranks[:, part].tolist(), strict=True)
        for person, before, after, rank_before, rank_after in columns:
            amounts = [amount(each, simulation.currency) for each in (before, after, after - before)]
            held = [_rank(simulation, rank) for rank in (rank_before, rank_after)]
            yield line([*people.get(person, (person, "")), simulation.currency, *amounts, *held])


def by_line(simulation):
    """Yield the lines of a CSV of every person, period and bonus of which there is an amount under either plan."""
    line = csv.writer(Echo()).writerow
    yield line(BY_LINE)
    codes = [code for code, _name in simulation.bonuses]
    for period in simulation.periods.all():
        for part in results.people(period):
            people = _people(part.id.tolist())
            before, after = part.before.tolist(), part.after.tolist()
            for row, person in enumerate(part.id.tolist()):
                held = [_rank(simulation, int(rank[row])) for rank in (part.rank_before, part.rank_after)]
                who = [period.name, *people.get(person, (person, "")), *held]
                for place, code in enumerate(codes):
                    pair = before[place][row], after[place][row]
                    if any(pair):
                        amounts = [amount(each, simulation.currency) for each in (*pair, pair[1] - pair[0])]
                        yield line([*who, code, simulation.currency, *amounts])


def amount(minor, currency):
    """Write minor units exactly, as a plain number.

    >>> amount(-1_234_50, "USD"), amount(1234, "JPY")
    ('-1234.50', '1234')
    """
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):f}"


def _rank(simulation, rank):
    return "" if rank == NO_RANK else simulation.ranks[rank][0]


def _people(ids):
    """Return number and name of some distributors by their ids."""
    found = Distributor.objects.filter(pk__in=ids).values_list("pk", "number", "name")
    return {pk: (_safe(number), _safe(name)) for pk, number, name in found}


def _safe(text):
    return f"'{text}" if text.startswith(FORMULAS) else text
