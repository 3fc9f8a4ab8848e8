"""The book of a period: what the live worker holds of it in memory, and what a refresh would change in its rows.

Nothing here writes. ``Book.refresh`` and ``Book.whole`` work out an ``Entry`` (the rows that differ, the ranks that
rose); once the caller has committed it, ``Book.take`` brings the book up to it.
"""

from dataclasses import dataclass

import numpy as np

from commissions import plan_versions, snapshots, standing_rows
from commissions.engine import held, slices, tree
from commissions.engine import snapshot as engine_snapshot
from commissions.engine.calculate import calculate
from commissions.engine.snapshot import Snapshot
from commissions.standing_rows import Figures

NOBODY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Entry:
    """What a refresh changes: people (places in tree order), their rows from now on, and whose rank rose.

    ``change`` is the engine's side of it, None where everything was calculated.
    """

    people: np.ndarray
    figures: Figures
    risen: np.ndarray
    change: slices.Change | None


@dataclass(eq=False)
class Book:
    """One open period in memory: ``held`` by the engine, and ``stored``, which is what the rows say.

    ``floor`` is the rank that somebody without any sale holds.
    """

    period: object
    plan: object
    held: held.Held
    stored: Figures
    floor: int

    @classmethod
    def read(cls, period, company):
        """Read and calculate a period whole; ``stored`` is what the rows say now. Call it within the company's instant."""
        plan = plan_versions.load(period.plan)
        snapshot = snapshots.of_company(company, period)
        stored = standing_rows.read(period.pk, company.index, len(company.people), [bonus.code for bonus in plan.bonuses])
        return cls(period, plan, held.hold(plan, snapshot), stored, rank_without_sales(plan))

    @property
    def ids(self):
        """The distributors' ids, in tree order."""
        return self.held.people.id

    def whole(self, *, quiet=False):
        """Return the entry that brings every row up to what is held. ``quiet`` says that no rank counts as news."""
        people = self.held.people
        joined = (people.joined_at < int(self.period.ends_at.timestamp() * 1_000_000)).astype(np.int64)
        active = self.held.standings.active.astype(np.int64)
        figures = self._figures(
            self.held.standings,
            self.held.totals,
            announced=self.stored.announced_rank,
            team_size=tree.downline_sum(joined, people.size) - joined,
            team_active=tree.downline_sum(active, people.size) - active,
        )
        return self._entry(np.arange(len(people)), figures, None, quiet=quiet)

    def refresh(self, arrived):
        """Return the entry for an ``arrivals.Change``; whom it names stands in what is held already."""
        change = slices.refresh(self.plan, self.held, arrived.sales, arrived.people)
        flipped = change.standings.active != self.held.standings.active[change.people]
        turned = np.where(change.standings.active[flipped], 1, -1)
        grown, growth = self._upward(arrived.joined, np.ones(len(arrived.joined), dtype=np.int64))
        moved, active = self._upward(change.people[flipped], turned)
        people = np.unique(np.concatenate([change.people, arrived.people, grown, moved]))
        before = self.stored.at(people)
        before.team_size[np.searchsorted(people, grown)] += growth
        before.team_active[np.searchsorted(people, moved)] += active
        standings, totals = self.held.standings.take(people), self.held.totals[:, people]
        here = np.searchsorted(people, change.people)
        standings.put(here, change.standings)
        totals[:, here] = change.totals
        figures = self._figures(
            standings, totals, announced=before.announced_rank, team_size=before.team_size, team_active=before.team_active
        )
        return self._entry(people, figures, change, quiet=False)

    def take(self, entry):
        """Bring the book up to an entry that is committed."""
        self.stored.put(entry.people, entry.figures)
        if entry.change is not None:
            self.held = slices.take(self.held, entry.change)

    def _figures(self, standings, totals, *, announced, team_size, team_active):
        rank = standings.rank.astype(np.int64)
        return Figures(
            pv=standings.pv,
            gv=standings.gv,
            is_active=standings.active,
            rank=rank,
            best_rank=standings.best.astype(np.int64),
            earned_minor=totals.sum(axis=0),
            announced_rank=np.maximum(announced, rank),
            team_size=team_size,
            team_active=team_active,
            totals=totals,
        )

    def _entry(self, people, figures, change, *, quiet):
        """Keep the rows that differ from what is stored. What a rank without any sale gives is no news."""
        before = self.stored.at(people)
        differs = figures.differing(before) | (figures.totals != before.totals).any(axis=0)
        rows = np.flatnonzero(differs)
        news = figures.rank > np.maximum(before.announced_rank, self.floor)
        risen = NOBODY if quiet else np.flatnonzero(news[rows])
        return Entry(people[rows], figures.at(rows), risen, change)

    def _upward(self, people, weights):
        """Add up weights over the uplines of some people: who stands above any of them, and the sum there."""
        if not len(people):
            return NOBODY, NOBODY
        order = np.argsort(people)
        people, running = people[order], np.concatenate(([0], np.cumsum(weights[order])))
        size = self.held.people.size
        line = tree.with_uplines(people, self.held.people.parent, size)
        first, end = np.searchsorted(people, line, side="right"), np.searchsorted(people, line + size[line])
        above = end > first
        return line[above], running[end[above]] - running[first[above]]

    def rows(self, entry):
        """Return an entry as it is written: ids and figures of the standings, and by bonus ids and amounts."""
        before = self.stored.at(entry.people)
        standing = np.flatnonzero(entry.figures.differing(before))
        totals = [
            (bonus.code, self.ids[entry.people[changed]], entry.figures.totals[row, changed])
            for row, bonus in enumerate(self.plan.bonuses)
            if (changed := entry.figures.totals[row] != before.totals[row]).any()
        ]
        return self.ids[entry.people[standing]], entry.figures.at(standing), totals

    def ranks_reached(self, entry):
        """Yield (distributor id, rank, rank's code) of those whose rank rose."""
        for row in entry.risen.tolist():
            rank = int(entry.figures.rank[row])
            yield int(self.ids[entry.people[row]]), rank, self.plan.ranks[rank].code


def rank_without_sales(plan):
    """Return the rank that somebody holds who is alone and has sold nothing: no news when it is reached."""
    people = engine_snapshot.people(id=[1], sponsor_id=[0])
    nothing = snapshots.no_sales(engine_snapshot.Index(people.id))
    return int(calculate(plan, Snapshot(people, nothing), keep_lines=False).standings.rank[0])
