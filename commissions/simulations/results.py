"""What a simulation found, as it is stored and as it is read: by period, by person, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from commissions.engine import compare
from commissions.engine.snapshot import NO_RANK
from commissions.models import SimulatedPeople
from commissions.simulations import packing

PEOPLE_A_ROW = 10_000
"""So many people share a row: few enough to look one up in a moment, enough to be packed well."""

MOST_NAMED = 20
COLUMNS = ("id", "before", "after", "rank_before", "rank_after")


@dataclass(frozen=True, eq=False)
class Figures:
    """Of some people in one period, in order of their ids: amounts ``[bonus, row]``, and ranks by place (or NO_RANK)."""

    id: np.ndarray
    before: np.ndarray
    after: np.ndarray
    rank_before: np.ndarray
    rank_after: np.ndarray

    @classmethod
    def of(cls, ids, difference):
        """Take from a difference the people of whom there is something to tell."""
        told = difference.told
        rows = told[np.argsort(ids[told], kind="stable")]
        return cls(
            id=ids[rows],
            before=difference.before[:, rows],
            after=difference.after[:, rows],
            rank_before=difference.rank_before[rows],
            rank_after=difference.rank_after[rows],
        )

    @property
    def sums(self):
        """All bonuses together, ``[before and after, row]``."""
        return np.stack([self.before.sum(axis=0), self.after.sum(axis=0)])

    def rows(self, start, end):
        """Return some of them."""
        part = slice(start, end)
        return Figures(self.id[part], self.before[:, part], self.after[:, part], self.rank_before[part], self.rank_after[part])

    def pieces(self):
        """Yield (first id, last id, packed figures), a row's worth of people at a time."""
        for start in range(0, len(self.id), PEOPLE_A_ROW):
            part = self.rows(start, start + PEOPLE_A_ROW)
            yield int(part.id[0]), int(part.id[-1]), packing.pack({name: getattr(part, name) for name in COLUMNS})


def store(simulated, figures):
    """Keep the figures of people with their period."""
    SimulatedPeople.objects.bulk_create(
        (SimulatedPeople(simulated=simulated, first_id=first, last_id=last, data=data) for first, last, data in figures.pieces()),
        batch_size=20,
    )


def people(simulated) -> Iterator[Figures]:
    """Yield the figures of a period's people in order of their ids, a stored row at a time."""
    for data in SimulatedPeople.objects.filter(simulated=simulated).values_list("data", flat=True).iterator(chunk_size=1):
        yield Figures(**packing.unpack(data))


def totals(simulated_periods):
    """Return of everybody the ids, the amounts of all the periods ``[before and after, person]``, and the last ranks.

    Ranks are those of the last of the company's own periods, ``[before and after, person]``.
    """
    ids, sums = np.empty(0, dtype=np.int64), np.empty((2, 0), dtype=np.int64)
    last = []
    for simulated in simulated_periods:
        parts = list(people(simulated))
        last = parts if simulated.is_own else last
        ids, sums = compare.added_up([ids, *(part.id for part in parts)], [sums, *(part.sums for part in parts)])
    ranks = np.full((2, len(ids)), NO_RANK, dtype=np.int8)
    for part in last:
        ranks[:, np.searchsorted(ids, part.id)] = part.rank_before, part.rank_after
    return ids, sums, ranks


def ratio(part, whole):
    """Return a share in parts per million, rounded to a hundredth of a percent; 0 of nothing."""
    return (2 * part * 10_000 + whole) // (2 * whole) * 100 if whole > 0 else 0


def last_own(simulated_periods):
    """Return the last of the company's own periods, or, where either plan has none of them, the last one."""
    return next((each for each in reversed(simulated_periods) if each.is_own), simulated_periods[-1])


def of_period(difference, ranks):
    """Return what is kept of a period beside its people, as plain data."""
    by_rank = compare.by_rank(difference, ranks)
    change = difference.change
    return {
        "people": int(difference.open.sum()),
        "before": _side(difference.before, difference.unearned_before, difference.cut_before),
        "after": _side(difference.after, difference.unearned_after, difference.cut_after),
        "winners": int((change > 0).sum()),
        "losers": int((change < 0).sum()),
        "movement": compare.movement(difference, ranks).tolist(),
        "by_rank": {name: getattr(by_rank, name).tolist() for name in by_rank.__slots__},
    }


def _side(amounts, unearned, cut):
    return {
        "total": int(amounts.sum()),
        "unearned": int(unearned.sum()),
        "earners": int((amounts.sum(axis=0) > 0).sum()),
        "by_bonus": amounts.sum(axis=1).tolist(),
        "unearned_by_bonus": unearned.tolist(),
        "cut": int(cut.sum()),
        "cut_by_bonus": cut.tolist(),
    }


def in_all(simulated_periods):
    """Return what is kept of a whole simulation, as plain data: sums over its periods, and who gains and loses."""
    ids, sums, ranks = totals(simulated_periods)
    change = sums[1] - sums[0]
    winners, losers = compare.most_changed(change, MOST_NAMED)
    histogram = compare.histogram(change)
    figures = [simulated.figures for simulated in simulated_periods]

    def named(places):
        return [[int(ids[place]), *sums[:, place].tolist(), *ranks[:, place].tolist()] for place in places.tolist()]

    return {
        "sold_minor": sum(each["sold_minor"] for each in figures),
        "volume_minor": sum(each["volume_minor"] for each in figures),
        **sums_of(simulated_periods),
        "movement": last_own(simulated_periods).figures["movement"],
        "winners": int((change > 0).sum()),
        "losers": int((change < 0).sum()),
        "gained_minor": int(change[change > 0].sum()),
        "lost_minor": int(-change[change < 0].sum()),
        "histogram": {
            "edges": histogram.edges.tolist(),
            "losers": histogram.losers.tolist(),
            "unchanged": int(((change == 0) & (sums != 0).any(axis=0)).sum()),
            "winners": histogram.winners.tolist(),
        },
        "most_gained": named(winners),
        "most_lost": named(losers),
    }


def sums_of(simulated_periods):
    """Return the sums over some periods, by bonus and by the rank held, as plain data."""
    figures = [simulated.figures for simulated in simulated_periods]
    return {name: _summed([each[name] for each in figures]) for name in ("before", "after", "by_rank")}


def _summed(figures):
    """Add up equal tables of numbers and lists of numbers."""
    first = figures[0]
    return {
        name: [sum(column) for column in zip(*(each[name] for each in figures), strict=True)]
        if isinstance(first[name], list)
        else sum(each[name] for each in figures)
        for name in first
    }


@dataclass(frozen=True)
class OfPerson:
    """What a simulation says of one person in one period, a ``SimulatedPeriod``: amounts by bonus, ranks by place."""

    simulated: object
    before: list[int]
    after: list[int]
    rank_before: int
    rank_after: int

    @property
    def change(self):
        """What the person gains in the period, or loses."""
        return sum(self.after) - sum(self.before)


def of_person(simulated_periods, distributor_id):
    """Return what is told of one person, period by period. One query."""
    found = SimulatedPeople.objects.filter(
        simulated__in=simulated_periods, first_id__lte=distributor_id, last_id__gte=distributor_id
    )
    packed = dict(found.values_list("simulated_id", "data"))
    told = []
    for simulated in simulated_periods:
        figures = Figures(**packing.unpack(packed[simulated.pk])) if simulated.pk in packed else None
        row = int(np.searchsorted(figures.id, distributor_id)) if figures else 0
        if figures and figures.id[row] == distributor_id:
            told.append(
                OfPerson(
                    simulated,
                    figures.before[:, row].tolist(),
                    figures.after[:, row].tolist(),
                    int(figures.rank_before[row]),
                    int(figures.rank_after[row]),
                )
            )
        else:
            nothing = [0] * len(simulated.figures["before"]["by_bonus"])
            told.append(OfPerson(simulated, nothing, nothing, NO_RANK, NO_RANK))
    return told
