"""Who is new on which day: by the calendar of the plan's time zone, in leap years too."""

import dataclasses
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from commissions.engine import plan as plans
from commissions.engine.bonuses.windows import WINDOWS, Days, Months
from commissions.engine.calculate import stand
from commissions.engine.calculation import Calculation
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.kinds.worlds import document
from tests.commissions.engine.twin import Sale

ZONE = ZoneInfo("America/New_York")
MEMBER = [{"code": "member", "name": "Member", "pv": 0, "gv": 0}]
LEVELS = {"kind": "unilevel", "tree": "sponsor", "rates": ["10%"], "compression": "none"}
BONUS = {"code": "team", "name": "Team", "line": "order", "rounding": "half_even", "unearned": "breakage"} | LEVELS


def micro(*when):
    return int(datetime(*when, tzinfo=ZONE).timestamp()) * 1_000_000


def calculation(joined, *sold):
    """One person who joined at an instant, and what that person sold at others."""
    plan = plans.restore(document(MEMBER, [BONUS], pv=0) | {"periods": {"month": {"kind": "month", "time_zone": ZONE.key}}})
    sales = [Sale(id, 1, at, id, "retail", 1, 100, 100, 0, 0, "USD") for id, at in enumerate(sold, 1)]
    snapshot = engine_snapshot([(1, 0, "open")], sales)
    people = dataclasses.replace(snapshot.people, joined_at=np.array([joined]))
    snapshot = dataclasses.replace(snapshot, people=people)
    return Calculation.begin(plan, snapshot, stand(plan, snapshot))


SECOND = timedelta(seconds=1) // timedelta(microseconds=1)


@pytest.mark.parametrize(("window", "joined", "ends"), [
    (Months(months=1), (2028, 2, 29, 23, 59), (2028, 3, 1)),
    (Months(months=2), (2028, 1, 31, 23, 59), (2028, 3, 1)),
    (Months(months=2), (2028, 2, 1), (2028, 4, 1)),
    (Months(months=3), (2027, 12, 15), (2028, 3, 1)),
    (Days(days=1), (2028, 2, 29, 8), (2028, 3, 1)),
    (Days(days=2), (2028, 2, 28, 23, 59), (2028, 3, 1)),
    (Days(days=30), (2028, 2, 29), (2028, 3, 30)),
    (Days(days=2), (2028, 3, 11, 12), (2028, 3, 13)),  # the clocks go forward in between
], ids=str)  # fmt: skip
def test_a_window_ends_at_midnight_of_the_plans_clock(window, joined, ends):
    end = micro(*ends)
    asked = calculation(micro(*joined), micro(*joined), end - SECOND, end, end + 40 * 86_400 * SECOND)
    assert dict(zip(asked.sales.at.tolist(), window.holds(asked).tolist(), strict=True)) == {
        micro(*joined): True, end - SECOND: True, end: False, end + 40 * 86_400 * SECOND: False,
    }  # fmt: skip


@pytest.mark.parametrize("window", [Days(days=3), Months(months=3)], ids=str)
def test_where_nothing_was_sold_nothing_is_asked(window):
    assert window.holds(calculation(micro(2028, 1, 1))).tolist() == []


def test_a_first_order_is_told_by_more_than_when_somebody_joined():
    assert {kind: window.goes_by_time for kind, window in WINDOWS.items()} == {"days": True, "months": True, "first_order": False}
