"""Bringing a whole company in, from the folder of its files to its live figures.

The order of it: what the company stands on (one transaction), the people and their trees (one transaction), customers
and orders (a transaction for each stretch of rows). Every stretch is whole, and what is stored is passed over the next
time: an import that was killed is finished by running it again.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from backoffice.imports import customers, files, foundation, indexes, orders, people, profile, refunds, refusals, staging
from backoffice.imports.files import CUSTOMERS, FILES, ORDER_LINES, ORDERS, PEOPLE, PRICES, PRODUCTS, REFUNDS, Unreadable
from backoffice.imports.staging import Say
from commissions import live_pending
from commissions.plan_versions import NoPlan
from commissions.volume import Refused
from genealogy.loading import PEOPLE_TABLES
from genealogy.models import Distributor
from storefront import loading
from storefront.models import Customer, Order

STRETCH = 10_000
LOCK = 0x696D706F7274  # "import"
ADDRESSES = "SELECT {key} AS name, street, postal_code, city, region FROM {table} WHERE street IS NOT NULL OR city IS NOT NULL"


@dataclass
class Report:
    """What became of the rows: by file, how many were read, brought in, there already, refused; and examples of refusals."""

    read: Counter = field(default_factory=Counter)
    added: Counter = field(default_factory=Counter)
    there: Counter = field(default_factory=Counter)
    refused: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)


class Import:
    """One import of one folder. With ``dry`` everything is checked and nothing is kept."""

    def __init__(
        self,
        folder: Path,
        *,
        dry: bool = False,
        report: Path | None = None,
        stretch: int = STRETCH,
        say: Say = lambda text: None,
    ):
        self.folder, self.dry, self.report_path, self.stretch, self.say = folder, dry, report, stretch, say
        self.report = Report()

    def run(self) -> Report:
        """Bring the company in. Unreadable when a file as a whole cannot be used: then nothing was written."""
        if settings.DATABASE_BOUNCER:
            raise Unreadable(_("An import needs its own connection: let DATABASE_URL name the database itself, not PgBouncer."))
        self.profile = profile.read(self.folder)
        self.headers = {file: files.header(file, self.folder) for file in FILES}
        with ExitStack() as stack:
            stack.enter_context(_alone())
            if self.dry:
                stack.enter_context(_undone())
            cursor = stack.enter_context(connection.cursor())
            self._bring_in(cursor)
            self.report.refused = refusals.counts(cursor)
            self.report.examples = refusals.examples(cursor)
            if self.report_path:
                refusals.write(cursor, self.report_path)
        return self.report

    def _bring_in(self, cursor) -> None:
        refusals.create(cursor)
        for file in FILES:
            staging.create(cursor, file)
        with transaction.atomic():
            foundation.lay(self.profile)
            foundation.tell_markets(cursor, self.profile)
            self._catalogue(cursor)
        self._people(cursor)
        self._customers(cursor)
        self._orders(cursor)
        if sum(self.report.added.values()):
            live_pending.ask_reload()

    def _stage(self, cursor, file: files.File) -> None:
        header = self.headers[file]
        if header is not None:
            self.report.read[file.name] = staging.fill(cursor, file, header, self.folder, self.say)

    def _done(self, file: files.File, added: int, there: int = 0) -> None:
        self.report.added[file.name], self.report.there[file.name] = added, there
        self.say(
            _("%(file)s: %(added)d brought in, %(there)d there before") % {"file": file.name, "added": added, "there": there}
        )

    def _catalogue(self, cursor) -> None:
        self._stage(cursor, PRODUCTS)
        self._stage(cursor, PRICES)
        foundation.check_catalogue(cursor)
        cursor.execute("SELECT (SELECT count(*) FROM staged_products), (SELECT count(*) FROM staged_prices)")
        products, prices = cursor.fetchone()
        new_products, new_prices = foundation.load_catalogue(cursor)
        self._done(PRODUCTS, new_products, products - new_products)
        self._done(PRICES, new_prices, prices - new_prices)

    def _people(self, cursor) -> None:
        self._stage(cursor, PEOPLE)
        placed = "placement" in {column.name for column in self.headers[PEOPLE] or ()}
        cursor.execute("CREATE TEMP TABLE addresses AS " + ADDRESSES.format(key="number", table="staged_people"))
        there = people.check(cursor, house_number=self.profile.house.number, placed=placed)
        cursor.execute("SELECT count(*) FROM staged_people")
        (count,) = cursor.fetchone()
        with self._quick_into(PEOPLE_TABLES, count, is_first=not Distributor.objects.filter(is_house=False).exists()):
            added = people.load(placed=placed)
        self._done(PEOPLE, added, there)
        cursor.execute("DROP TABLE staged_people")

    def _customers(self, cursor) -> None:
        self._stage(cursor, CUSTOMERS)
        cursor.execute("INSERT INTO addresses " + ADDRESSES.format(key="email", table="staged_customers"))
        cursor.execute("CREATE INDEX ON addresses (name); ANALYZE addresses")
        there = customers.check(cursor)
        first, last = customers.prepare(cursor)
        added = 0
        with self._quick_into(loading.CUSTOMER_TABLES, last - first, is_first=not Customer.objects.exists()):
            for start, end in stretches(first, last, self.stretch):
                added += loading.customers("ready_customers", first=start, last=end)
        self._done(CUSTOMERS, added, there)
        cursor.execute("DROP TABLE staged_customers, ready_customers; ANALYZE storefront_customer")

    def _orders(self, cursor) -> None:
        for file in (ORDERS, ORDER_LINES, REFUNDS):
            self._stage(cursor, file)
        there = orders.check(cursor, house_number=self.profile.house.number)
        first, last = orders.prepare(cursor)
        refunds_there = refunds.check(cursor)
        refunds.prepare(cursor)
        cursor.execute(
            "SELECT count(*), (SELECT count(*) FROM ready_order_lines), (SELECT count(*) FROM ready_refund_lines)"
            " FROM ready_orders"
        )
        count, lines, refunded = cursor.fetchone()
        if not self.dry:
            self._store(first, last, count)
        self._done(ORDERS, count, there)
        self._done(ORDER_LINES, lines)
        self._done(REFUNDS, refunded, refunds_there)

    def _store(self, first: int, last: int, count: int) -> None:
        """Store the orders stretch by stretch."""
        with self._quick_into(loading.ORDER_TABLES, count, needed=loading.NEEDED, is_first=not Order.objects.exists()):
            added = 0
            for start, end in stretches(first, last, self.stretch):
                added += _stored(start, end)
                self.say(_("orders: %(done)d of %(count)d brought in") % {"done": added, "count": count})
        loading.finish()

    @contextmanager
    def _quick_into(self, tables: tuple[str, ...], rows: int, *, is_first: bool, needed: tuple[str, ...] = ()) -> Iterator[None]:
        """Let indexes rest while the first rows come in, if they are worth it. What rests in the end is built in any case."""
        if self.dry or connection.in_atomic_block:
            yield
        elif is_first and rows > self.stretch:
            with indexes.at_rest(tables, needed=needed, say=self.say):
                yield
        else:
            yield
            indexes.put_back(tables, say=self.say)  # what an import that was killed has left resting


def stretches(first: int, last: int, size: int = STRETCH) -> Iterator[tuple[int, int]]:
    """Cut rows ``first`` to ``last`` into stretches that are each brought in at one stroke.

    >>> list(stretches(2, 20_002))
    [(2, 10001), (10002, 20001), (20002, 20002)]
    """
    for start in range(first, last + 1, size):
        yield start, min(start + size - 1, last)


def _stored(first: int, last: int) -> int:
    """Store a stretch of orders with their volume; return how many were new. Unreadable says why volume could not be credited."""
    try:
        return loading.orders(first=first, last=last)
    except (Refused, NoPlan) as error:
        raise Unreadable(_("The volume of the orders cannot be counted: %(why)s") % {"why": error}) from error


def finish_what_was_cut_off() -> None:
    """Build again what has rested since an import was killed. One that runs at this moment does so itself."""
    if indexes.waiting():
        with suppress(Unreadable), _alone():
            indexes.put_back()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep every other import out until this one ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Unreadable(_("Another import is running. Wait until it has ended."))
        # A stretch that a crash undoes is brought in again by the next run, so no commit need wait for the disk.
        cursor.execute("SET synchronous_commit = off; SET work_mem = '128MB'")
        with suppress(DatabaseError), transaction.atomic():  # refused by a connection that has had temporary tables before
            cursor.execute("SET temp_buffers = '128MB'")
        try:
            yield
        finally:
            with suppress(DatabaseError):  # a lost connection has taken all of it along
                cursor.execute("DISCARD TEMP; RESET synchronous_commit; RESET work_mem")
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _undone() -> Iterator[None]:
    """Undo everything at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
