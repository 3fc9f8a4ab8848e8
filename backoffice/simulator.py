"""Simulations as head office reads them: rows of a table, cells of a matrix, people by name."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import charts
from commissions.engine.snapshot import NO_RANK
from commissions.models import Period, Simulation
from commissions.simulations import results
from genealogy.models import Distributor

LISTED = 50
FOUND = 20

DOING = {
    "reading": gettext_lazy("Reading who stood where and what was sold"),
    "before": gettext_lazy("Calculating the plan that held"),
    "after": gettext_lazy("Calculating the plan that is tried"),
    "comparing": gettext_lazy("Setting both side by side"),
    "adding_up": gettext_lazy("Adding up all periods"),
}


@dataclass(frozen=True)
class Pair:
    """An amount before and after, with its name; ``note`` is said below the name."""

    name: str
    before: int
    after: int
    note: str = ""

    @property
    def change(self):
        """What it is more after than before."""
        return self.after - self.before


@dataclass(frozen=True)
class Person:
    """Somebody who gains or loses: who it is, the amounts, and the ranks by name in the last period."""

    distributor: object
    before: int
    after: int
    rank_before: str
    rank_after: str

    @property
    def change(self):
        """What the person gains, or loses."""
        return self.after - self.before


def recent():
    """Return the newest simulations, the newest first, with who asked for them. Two periods come with each."""
    return list(Simulation.objects.select_related("owner", "first", "last").defer("document", "carried").order_by("-pk")[:LISTED])


def periods():
    """Return the periods that can be simulated, those that have begun, the newest first."""
    return Period.objects.filter(starts_at__lte=timezone.now()).order_by("kind", "-starts_at")


def progress(simulation):
    """Say how far a simulation is and what it does, in words."""
    done, steps = simulation.step, simulation.steps
    number = min(done // 4, (steps - 1) // 4 - 1) + 1
    if simulation.state == Simulation.State.WAITING:
        doing = _("Waiting for a worker")
    elif simulation.is_cancelling:
        doing = _("Stopping")
    else:
        doing = str(DOING.get(simulation.doing, _("Beginning")))
    return {"doing": doing, "number": number, "count": (steps - 1) // 4, "percent": done * 100 // steps}


def sums(simulation):
    """Return the figures above everything else: what is paid, shares of what was sold, what nobody earns."""
    figures = simulation.figures
    before, after = figures["before"], figures["after"]
    return {
        "paid": Pair(_("Paid"), before["total"], after["total"]),
        "of_sold": _shares(_("Of what was sold"), figures["sold_minor"], before, after),
        "of_volume": _shares(_("Of commissionable volume"), figures["volume_minor"], before, after),
        "unearned": Pair(_("Unearned"), before["unearned"], after["unearned"]),
        "cut": Pair(_("Cut by caps"), before["cut"], after["cut"]),
        "winners": figures["winners"],
        "losers": figures["losers"],
        "gained": figures["gained_minor"],
        "lost": -figures["lost_minor"],
    }


def _shares(name, whole, before, after):
    return Pair(name, results.ratio(before["total"], whole), results.ratio(after["total"], whole))


def by_bonus(simulation, figures):
    """Return of each bonus what is paid, what nobody earns of it and what caps cut, by a simulation's figures or a period's."""
    before, after = figures["before"], figures["after"]
    return [
        {
            "paid": Pair(name, before["by_bonus"][place], after["by_bonus"][place], code),
            "unearned": Pair(name, before["unearned_by_bonus"][place], after["unearned_by_bonus"][place]),
            "cut": Pair(name, before["cut_by_bonus"][place], after["cut_by_bonus"][place]),
        }
        for place, (code, name) in enumerate(simulation.bonuses)
    ]


def rank_names(simulation):
    """Return the names of the ranks behind the one for none, as figures by rank begin with who has none."""
    return [_("No rank"), *(name for _code, name in simulation.ranks)]


def by_rank(simulation, figures):
    """Return a row for each rank that anybody held before: what its people earn, and who of them gains or loses."""
    table = figures["by_rank"]
    return [
        {
            "paid": Pair(name, table["before"][place], table["after"][place]),
            "winners": table["winners"][place],
            "losers": table["losers"][place],
        }
        for place, name in enumerate(rank_names(simulation))
        if table["people"][place] and (table["before"][place] or table["after"][place] or place)
    ]


def movement(period, names):
    """Return the matrix of ranks: a row for each rank that was held, a cell for each rank that is held instead.

    ``tone`` is stays, rises, falls or nobody.
    """
    rows = period.figures["movement"]
    here = [place for place in range(len(names)) if any(rows[place]) or any(row[place] for row in rows)]
    return {
        "heads": [names[place] for place in here],
        "rows": [
            {
                "name": names[held],
                "cells": [
                    {
                        "count": rows[held][place],
                        "tone": _tone(held, place) if rows[held][place] else "nobody",
                        "name": names[place],
                    }
                    for place in here
                ],
            }
            for held in here
        ],
        "moved": sum(rows[held][place] for held in here for place in here if held != place),
    }


def _tone(held, place):
    return "stays" if held == place else "rises" if place > held else "falls"


def most_changed(simulation):
    """Return those who gain most and those who lose most, each with name and ranks. One query."""
    rows = [*simulation.figures["most_gained"], *simulation.figures["most_lost"]]
    people = Distributor.objects.in_bulk([row[0] for row in rows])
    told = [
        Person(people[pk], before, after, rank_name(simulation, rank_before), rank_name(simulation, rank_after))
        for pk, before, after, rank_before, rank_after in rows
        if pk in people
    ]
    return [each for each in told if each.change > 0], [each for each in told if each.change < 0]


def rank_name(simulation, rank):
    """Return the name of a rank by its place; of none, nothing."""
    return "" if rank == NO_RANK else simulation.ranks[rank][1]


def found(words):
    """Return distributors by their whole number, or by the beginning of any word of their name as it is written."""
    words = words.strip()
    if not words:
        return []
    by_name = Q(name__istartswith=words) | Q(name__icontains=f" {words}")
    return list(Distributor.objects.filter(Q(number=words.upper()) | by_name, is_house=False).order_by("name", "pk")[:FOUND])


def of_person(simulation, distributor):
    """Return what a simulation says of one person: period by period, and by bonus over all of them."""
    told = results.of_person(list(simulation.periods.all()), distributor.pk)
    return {
        "periods": [
            {
                "period": each.simulated,
                "paid": Pair(each.simulated.name, sum(each.before), sum(each.after)),
                "rank_before": rank_name(simulation, each.rank_before),
                "rank_after": rank_name(simulation, each.rank_after),
            }
            for each in told
        ],
        "bonuses": [
            Pair(name, sum(each.before[place] for each in told), sum(each.after[place] for each in told))
            for place, (_code, name) in enumerate(simulation.bonuses)
        ],
        "paid": Pair(_("In all"), sum(sum(each.before) for each in told), sum(sum(each.after) for each in told)),
    }


def by_own_period(rows):
    """Return what is paid in each of the company's own periods, and in all that ends in it."""
    groups: dict = {}
    for row in rows:
        groups.setdefault(row.own, []).append(row)
    told = []
    for name, group in groups.items():
        before, after = ({"total": sum(row.figures[side]["total"] for row in group)} for side in ("before", "after"))
        sold = sum(row.figures["sold_minor"] for row in group)
        own = next((row for row in group if row.is_own), None)
        told.append(
            {
                "period": own,
                "name": name,
                "paid": Pair(name, before["total"], after["total"]),
                "share": _shares(name, sold, before, after),
            }
        )
    return told


def result(simulation, only):
    """Return all that the page of a result shows: by bonus and rank, of the one period named ``only`` if there is such."""
    rows = list(simulation.periods.all())
    chosen = [row for row in rows if row.own == only]
    figures = results.sums_of(chosen) if chosen else simulation.figures
    own, last = by_own_period(rows), results.last_own(chosen or rows)
    winners, losers = most_changed(simulation)
    return {
        "sums": sums(simulation),
        "periods": own,
        "by_period": charts.periods(own, simulation.currency),
        "only": only if chosen else "",
        "bonuses": by_bonus(simulation, figures),
        "ranks": by_rank(simulation, figures),
        "movement": movement(last, rank_names(simulation)),
        "last": last,
        "bins": charts.bins(simulation.figures["histogram"], simulation.currency),
        "by_change": charts.changes(simulation.figures["histogram"], simulation.currency),
        "winners": winners,
        "losers": losers,
    }
