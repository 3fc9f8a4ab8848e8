"""Rows of orders.csv that take an order back: of which order they are, and what they may not say."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.snapshot import NONE
from commissions.files.columns import Read
from commissions.files.values import NOBODY, Names, day_of, written_day

_NEVER = np.iinfo(np.int64).max


class Refunds:
    """The refunds among rows, with ``original``: the first row of the order that each refunds, NONE where there is none.

    A refund may name an order that is not in the file; what is said of it is taken as it is. Raises BadFile for a row that
    refunds its own order.
    """

    def __init__(self, rows: Read, names: Names, order: NDArray[np.int64], refund_of: NDArray[np.int64]) -> None:
        self._rows = rows
        self._names = names
        self._refund_of = refund_of
        self._refunds = np.flatnonzero(refund_of != NOBODY)
        own = self._refunds[order[self._refunds] == refund_of[self._refunds]]
        if own.size:
            raise rows.bad(int(own[0]), "refund_of", "names the order itself; a refund is an order of its own")
        self._ids, first, self._group = np.unique(order, return_index=True, return_inverse=True)
        self.original: NDArray[np.int64] = np.full(len(order), NONE, dtype=np.int64)
        if self._refunds.size:
            wanted = refund_of[self._refunds]
            at = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
            self.original[self._refunds] = np.where(self._ids[at] == wanted, first[at], NONE)
        self._of_known = self._refunds[self.original[self._refunds] != NONE]

    def refuse(
        self,
        at: NDArray[np.int64],
        zone: ZoneInfo,
        person: NDArray[np.int64],
        currency: NDArray[np.int64],
        figures: Mapping[str, NDArray[np.int64]],
    ) -> None:
        """Refuse refunds that their orders do not bear out, by these columns of the rows. Raises BadFile."""
        self.refuse_too_early(at, zone)
        self.refuse_too_much(figures)
        self.refuse_another("person", person, self._names.name, "who is credited with")
        self.refuse_another("currency", currency, money.CURRENCIES.__getitem__, "the currency of")

    def refuse_too_much(self, figures: Mapping[str, NDArray[np.int64]]) -> None:
        """Refuse refunds that are larger, together, than the order that they refund, and those that add to it."""
        plain = np.flatnonzero(self._refund_of == NOBODY)
        groups = self._group[self.original[self._of_known]]
        for name, figure in figures.items():
            wrong = self._refunds[figure[self._refunds] > 0]
            if wrong.size:
                raise self._rows.bad(int(wrong[0]), name, "is above 0 on a refund; expected a negative number or 0")
            sold, back = np.zeros((2, len(self._ids)), dtype=np.int64)
            np.add.at(sold, self._group[plain], figure[plain])
            np.add.at(back, groups, figure[self._of_known])
            too_much = (sold + back < 0) & (back < 0)
            if too_much.any():
                row = int(self._of_known[too_much[groups]][-1])
                raise self._rows.bad(row, name, f"refunds more of order {self._order(row)} than was sold")

    def refuse_another(self, column: str, values: NDArray[np.int64], told: Callable[[int], str], why: str) -> None:
        """Refuse refunds whose value in a column no row of the order has that they refund."""
        kinds, kind = np.unique(values, return_inverse=True)
        pairs = self._group * len(kinds) + kind
        asked = self._group[self.original[self._of_known]] * len(kinds) + kind[self._of_known]
        wrong = self._of_known[~np.isin(asked, pairs)]
        if wrong.size:
            row = int(wrong[0])
            was = told(int(values[self.original[row]]))
            found = told(int(values[row]))
            raise self._rows.bad(row, column, f"is {found}; expected {was}, {why} order {self._order(row)}")

    def refuse_too_early(self, at: NDArray[np.int64], zone: ZoneInfo) -> None:
        """Refuse refunds that are dated before the first row of the order that they refund.

        A refund with a date and no time may be of the day on which the order has a time.
        """
        begins = np.full(len(self._ids), _NEVER, dtype=np.int64)
        np.minimum.at(begins, self._group, at)
        sold = begins[self._group[self.original[self._of_known]]]
        for place in np.flatnonzero(at[self._of_known] < sold).tolist():
            row, order_at = int(self._of_known[place]), int(sold[place])
            if at[row] != day_of(order_at, zone):
                said = f"is before order {self._order(row)}, which was on {written_day(order_at, zone)}; expected no earlier date"
                raise self._rows.bad(row, "at", said)

    def _order(self, row: int) -> str:
        return self._names.name(int(self._refund_of[row]))
