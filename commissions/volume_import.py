"""Volume by the thousand, for a company that brings its history: one stroke a chunk, and a repeated chunk adds nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from commissions import live_pending, locks, periods
from commissions.models import Period
from commissions.volume import Conflict, Refused, require_countable


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One entry to bring in. A return has negative figures and names the (reference, line) that it reverses."""

    reference: str
    line: int
    distributor_id: int
    credited_at: datetime
    buyer_kind: str
    buyer_reference: str
    market_id: int
    product: str
    quantity: int
    pv: int
    cv: int
    currency: str
    paid_minor: int
    retail_minor: int
    seller_price_minor: int
    reverses: tuple[str, int] | None = None


@dataclass(frozen=True)
class Loaded:
    """How many rows were added, how many were there before, and how many came late for their own period."""

    added: int
    repeated: int
    late: int


STAGE = """
    CREATE TEMPORARY TABLE volume_stage (
        reference text, line int, distributor_id bigint, period_id bigint, credited_at timestamptz, is_late bool,
        buyer_kind text, buyer_reference text, market_id bigint, product text, quantity int, pv bigint, cv bigint,
        currency text, paid_minor bigint, retail_minor bigint, seller_price_minor bigint,
        reverses_reference text, reverses_line int, reverses_id bigint
    ) ON COMMIT DROP
"""
FIELDS = (
    "reference, line, distributor_id, period_id, credited_at, is_late, buyer_kind, buyer_reference, market_id, product, "
    "quantity, pv, cv, currency, paid_minor, retail_minor, seller_price_minor"
)
COPY = f"COPY volume_stage ({FIELDS}, reverses_reference, reverses_line) FROM STDIN"
INSERT = f"""
    INSERT INTO commissions_volumeentry ({FIELDS}, reverses_id, recorded_at, volumes, code, party)
    SELECT {FIELDS}, reverses_id, now(), '{{}}', '', '' FROM volume_stage
    WHERE (reverses_reference IS NOT NULL) = %s
    ON CONFLICT (reference, line) DO NOTHING
"""
NAME_REVERSED = """
    UPDATE volume_stage s SET reverses_id = v.id FROM commissions_volumeentry v
    WHERE v.reference = s.reverses_reference AND v.line = s.reverses_line AND v.reverses_id IS NULL
"""
NET = """
    UPDATE volume_stage s SET credited_at = v.credited_at, period_id = v.period_id, is_late = v.is_late
    FROM commissions_volumeentry v JOIN commissions_period p ON p.id = v.period_id
    WHERE v.id = s.reverses_id AND p.status = 'open'
"""
LOST = """
    SELECT reference, line, reverses_reference, reverses_line FROM volume_stage
    WHERE reverses_reference IS NOT NULL AND reverses_id IS NULL ORDER BY 1, 2 LIMIT 1
"""
OTHER = """
    SELECT s.reference, s.line FROM volume_stage s JOIN commissions_volumeentry v USING (reference, line)
    WHERE (s.distributor_id, s.buyer_kind, s.market_id, s.product, s.quantity, s.pv, s.cv, s.currency, s.paid_minor,
           s.retail_minor, s.seller_price_minor, s.reverses_id)
        IS DISTINCT FROM (v.distributor_id, v.buyer_kind, v.market_id, v.product, v.quantity, v.pv, v.cv, v.currency,
           v.paid_minor, v.retail_minor, v.seller_price_minor, v.reverses_id)
       OR (s.reverses_id IS NULL AND s.credited_at <> v.credited_at)
    ORDER BY 1, 2 LIMIT 1
"""
TOO_MUCH = """
    SELECT v.reference, v.line FROM commissions_volumeentry v JOIN commissions_volumeentry r ON r.reverses_id = v.id
    WHERE v.id IN (SELECT reverses_id FROM volume_stage)
    GROUP BY v.id HAVING v.quantity + sum(r.quantity) < 0 ORDER BY 1, 2 LIMIT 1
"""


@transaction.atomic
def load(rows: Iterable[LoadRow]) -> Loaded:
    """Bring in a chunk of entries, of which returns may name sales of this chunk or of earlier ones. Safe to repeat.

    As with ``volume.reverse``, a return of a sale whose period is open counts there. All or nothing: raises Conflict
    when an entry came before with other figures, Refused when a return names what is not there or takes back more than
    was sold. Some ten thousand rows a chunk are quick and hold nothing up for long.
    """
    locks.share_books()
    calendar = _Calendar()
    staged = [calendar.stage(row) for row in rows]  # before the COPY: the calendar asks on the same connection
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            for row in staged:
                copy.write_row(row)
        _require_countable(cursor)
        cursor.execute(INSERT, [False])
        added = cursor.rowcount
        cursor.execute(NAME_REVERSED)
        _refuse_first(cursor, LOST, Refused, _("%s line %s takes back %s line %s, which was never credited."))
        cursor.execute(NET)
        cursor.execute("SELECT DISTINCT period_id FROM volume_stage")
        touched = sorted(period_id for (period_id,) in cursor.fetchall())
        cursor.execute(INSERT, [True])
        added += cursor.rowcount
        _refuse_first(cursor, OTHER, Conflict, _("%s line %s was brought in before with other figures."))
        _refuse_first(cursor, TOO_MUCH, Refused, _("More is taken back of %s line %s than was sold."))
        cursor.execute("DROP TABLE volume_stage")
    if added:
        live_pending.tell_history(touched)
    return Loaded(added=added, repeated=calendar.rows - added, late=calendar.late)


def _require_countable(cursor):
    """Refuse what the plans of the periods could not count, before it is stored."""
    cursor.execute("SELECT period_id, array_agg(DISTINCT currency) FROM volume_stage GROUP BY period_id")
    currencies = dict(cursor.fetchall())
    cursor.execute("SELECT DISTINCT distributor_id FROM volume_stage")
    distributor_ids = [distributor_id for (distributor_id,) in cursor.fetchall()]
    for period in Period.objects.select_related("plan").filter(pk__in=currencies):
        require_countable(period, distributor_ids, currencies[period.pk])


def _refuse_first(cursor, question, error, message):
    cursor.execute(question)
    found = cursor.fetchone()
    if found:
        raise error(message % found)


class _Calendar:
    """Finds the counting period of row after row, asking the database once a stretch."""

    def __init__(self):
        self.known = []
        self.rows = self.late = 0

    def stage(self, row):
        """Return a row as the stage wants it."""
        period_id, late = self._counting(row.credited_at)
        self.rows += 1
        self.late += late
        return (
            row.reference, row.line, row.distributor_id, period_id, row.credited_at, late, row.buyer_kind,
            row.buyer_reference, row.market_id, row.product, row.quantity, row.pv, row.cv, row.currency, row.paid_minor,
            row.retail_minor, row.seller_price_minor, *(row.reverses or (None, None)),
        )  # fmt: skip

    def _counting(self, at):
        for starts_at, ends_at, period_id, late in self.known:
            if starts_at <= at < ends_at:
                return period_id, late
        own = periods.containing(at)
        period, late = periods.counting(at)
        self.known.insert(0, (own.starts_at, own.ends_at, period.pk, late))
        return period.pk, late
