"""Volume by the thousand, for a company that brings its history: one stroke a chunk, and a repeated chunk adds nothing.

The rows come from a query of the caller's and never leave the database: a few statements a chunk, however many rows it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from commissions import live_pending, locks, periods
from commissions.models import Period
from commissions.volume import Conflict, Refused, require_countable


@dataclass(frozen=True)
class Loaded:
    """How many rows were added, how many were there before, and how many came late for their own period."""

    added: int
    repeated: int
    late: int


TABLE = "commissions_volumeentry"
NEEDED = ("volume_reversals",)
"""The indexes beside the unique ones without which ``load`` would read the whole table."""

STAGE = """
    CREATE TEMPORARY TABLE volume_stage (
        reference text, line int, distributor_id bigint, credited_at timestamptz, buyer_kind text, buyer_reference text,
        market_id bigint, product text, quantity int, pv bigint, cv bigint, currency text, paid_minor bigint,
        retail_minor bigint, seller_price_minor bigint, reverses_reference text, reverses_line int,
        period_id bigint, is_late bool, reverses_id bigint
    ) ON COMMIT DROP
"""
GIVEN = (
    "reference, line, distributor_id, credited_at, buyer_kind, buyer_reference, market_id, product, quantity, pv, cv, currency, "
    "paid_minor, retail_minor, seller_price_minor"
)
FIELDS = f"{GIVEN}, period_id, is_late"
FILL = f"INSERT INTO volume_stage ({GIVEN}, reverses_reference, reverses_line) "
FIRST_WITHOUT_PERIOD = "SELECT min(credited_at) FROM volume_stage WHERE period_id IS NULL"
COUNT_IN = """
    UPDATE volume_stage SET period_id = %s, is_late = %s WHERE credited_at >= %s AND credited_at < %s AND period_id IS NULL
"""
INSERT = f"""
    INSERT INTO commissions_volumeentry ({FIELDS}, reverses_id, recorded_at, volumes, code, party)
    SELECT {FIELDS}, reverses_id, now(), '{{}}', '', '' FROM volume_stage
    WHERE (reverses_reference IS NOT NULL) = %s
    ON CONFLICT (reference, line) DO NOTHING
"""
NAME_REVERSED = """
    UPDATE volume_stage s SET reverses_id = v.id FROM commissions_volumeentry v
    WHERE s.reverses_reference IS NOT NULL
        AND v.reference = s.reverses_reference AND v.line = s.reverses_line AND v.reverses_id IS NULL
"""
NET = """
    UPDATE volume_stage s SET credited_at = v.credited_at, period_id = v.period_id, is_late = v.is_late
    FROM commissions_volumeentry v JOIN commissions_period p ON p.id = v.period_id
    WHERE s.reverses_reference IS NOT NULL AND v.id = s.reverses_id AND p.status = 'open'
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
def load(query: str, params: Mapping[str, Any] | None = None) -> Loaded:
    """Bring in the entries that a query returns, of which returns may name sales of this chunk or of earlier ones.

    Its columns stand in the order of GIVEN, and after them the reference and the line that a row reverses: nulls for a
    sale; a return has negative figures.

    Safe to repeat. As with ``volume.reverse``, a return of a sale whose period is open counts there. All or nothing:
    raises Conflict when an entry came before with other figures, Refused when a return names what is not there or takes
    back more than was sold. Some ten thousand rows a chunk are quick and hold nothing up for long.
    """
    locks.share_books()
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.execute(FILL + query, params)
        rows = cursor.rowcount
        late = _count_in_periods(cursor)
        _require_countable(cursor)
        cursor.execute(INSERT, [False])
        sold = cursor.rowcount
        added = sold + (_take_back(cursor) if sold < rows else 0)
        if added < rows:
            _refuse_first(cursor, OTHER, Conflict, _("%s line %s was brought in before with other figures."))
        cursor.execute("SELECT DISTINCT period_id FROM volume_stage ORDER BY 1")
        touched = [period_id for (period_id,) in cursor.fetchall()]
        cursor.execute("DROP TABLE volume_stage")
    if added:
        live_pending.tell_history(touched)
    return Loaded(added=added, repeated=rows - added, late=late)


def _count_in_periods(cursor) -> int:
    """Give each row the period that it counts in, asking the calendar once a period. Returns how many rows are late."""
    late_rows = 0
    while True:
        cursor.execute(FIRST_WITHOUT_PERIOD)
        (at,) = cursor.fetchone()
        if at is None:
            return late_rows
        own = periods.containing(at)
        period, late = periods.counting(at)
        cursor.execute(COUNT_IN, [period.pk, late, own.starts_at, own.ends_at])
        late_rows += late * cursor.rowcount


def _take_back(cursor) -> int:
    """Add the returns, each beside the sale that it names. Returns how many were added."""
    cursor.execute("ANALYZE volume_stage (reverses_reference)")  # few: sales are looked up, not read through
    cursor.execute(NAME_REVERSED)
    _refuse_first(cursor, LOST, Refused, _("%s line %s takes back %s line %s, which was never credited."))
    cursor.execute(NET)
    cursor.execute(INSERT, [True])
    added = cursor.rowcount
    _refuse_first(cursor, TOO_MUCH, Refused, _("More is taken back of %s line %s than was sold."))
    return added


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
