"""A company of any size in seconds: random people in the sponsor tree, and volume, written by COPY for benchmarks alone.

The tree is what companies look like: most people have nobody, a few have thousands, and one line is 1,000 deep.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from commissions import periods, plan_versions, standing_rows
from commissions.engine import tree
from commissions.models import Period
from genealogy import labels
from genealogy.models import Distributor, Market, Position, Tree

PLAN = Path(__file__).resolve().parents[2] / "commissions" / "plans" / "fernhollow.toml"
DEEP = 1_000


class Population:
    """Who was made: ``ids`` are distributors in tree order, ``parent`` and ``size`` as the engine has them."""

    def __init__(self, people, seed=7, plans=(PLAN,)):
        self.random = np.random.default_rng(seed)
        self.market = Market.objects.create(code="us", name="United States", country="US", currency="USD")
        self.plan = plan_versions.store(plans[0].read_text())
        self.period = periods.containing(timezone.now())
        parent = parents(people, self.random)
        order = tree.preorder(parent)
        place = np.empty_like(order)
        place[order] = np.arange(people)
        self.parent = np.append(place, -1)[parent[order]]
        self.size = tree.sizes(self.parent)
        self.depth = tree.depth(self.size)
        self._write_people()
        self.ids = np.array(Distributor.objects.order_by("number").values_list("pk", flat=True))
        sponsors = Tree.objects.create(code="sponsor", kind=Tree.Kind.OPEN, name="Sponsor tree")
        self._write_tree(sponsors, self.ids, self.parent, self.size, self.depth)
        named = {code: tree for path in plans for code, tree in plan_versions.read(path.read_text()).trees.items()}
        for code, placement in named.items():
            self._place(code, placement.kind, _width(placement))
        self._analyze("genealogy_distributor", "genealogy_position")

    @property
    def deepest(self):
        """The place in tree order of whoever stands deepest: the end of the long line."""
        return int(np.argmax(self.depth))

    def count_by(self, path):
        """Have the period that everything was sold in count by another plan, and return that plan as the engine has it."""
        self.plan = plan_versions.store(path.read_text())
        plan = plan_versions.load(self.plan)
        Period.objects.filter(pk=self.period.pk).update(plan=self.plan, kind=plan.ladder.period)
        self.period.refresh_from_db()
        return plan

    def _write_people(self):
        joined = datetime(2025, 1, 1, tzinfo=UTC).isoformat()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO genealogy_distributor (number, name, market_id, status, enrolled_at, phone, is_house) "
                "SELECT 'B' || to_char(n, 'FM00000000'), 'Person ' || n, %s, 'active', %s, '', n = 0 "
                "FROM generate_series(0, %s) AS n ORDER BY n",
                [self.market.pk, joined, len(self.parent) - 1],
            )

    def _place(self, code, kind, width):
        """Seat everybody in a placement tree, as they came: each on one of the seats that are open, by chance."""
        count = len(self.ids)
        parent = np.full(count, -1, dtype=np.int64)
        leg = np.full(count, -1, dtype=np.int64)
        open_seats = [(0, seat) for seat in range(width)]
        chosen = self.random.random(count)
        for person in range(1, count):
            place = int(chosen[person] * len(open_seats))
            open_seats[place], open_seats[-1] = open_seats[-1], open_seats[place]
            parent[person], leg[person] = open_seats.pop()
            open_seats += [(person, seat) for seat in range(width)]
        order = tree.preorder(parent)
        place = np.append(np.empty(count, dtype=np.int64), -1)
        place[order] = np.arange(count)
        above = place[parent[order]]
        size = tree.sizes(above)
        stored = Tree.objects.create(code=code, kind=Tree.Kind(kind), name=code)
        self._write_tree(stored, self.ids[order], above, size, tree.depth(size), leg[order])

    def _write_tree(self, stored, ids, parent, size, depth, leg=None):
        """Label everyone evenly: in tree order, person i at depth d opens as number 2 i - d and closes 2 size - 1 later."""
        people = len(parent)
        gap = (labels.LAST - labels.FIRST) // (2 * people)
        opens = 2 * np.arange(people) - depth
        first = (Position.objects.aggregate(most=Max("pk"))["most"] or 0) + 1
        columns = {
            "id": np.arange(first, first + people),
            "tree_id": np.full(people, stored.pk),
            "distributor_id": ids,
            "parent_id": np.where(parent < 0, 0, parent + first),
            "lft": labels.FIRST + opens * gap,
            "rght": labels.FIRST + (opens + 2 * size - 1) * gap,
            "level": depth,
            "leg": np.full(people, -1) if leg is None else leg,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica" if connection.in_atomic_block else "SELECT 1")
            cursor.execute("CREATE TEMPORARY TABLE grown (" + ", ".join(f"{name} bigint" for name in columns) + ")")
            standing_rows.copy_in(cursor, f"COPY grown ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)", columns)
            cursor.execute(
                "INSERT INTO genealogy_position (id, tree_id, distributor_id, parent_id, lft, rght, level, leg) "
                "SELECT id, tree_id, distributor_id, nullif(parent_id, 0), lft, rght, level, nullif(leg, -1) "
                "FROM grown ORDER BY id"
            )
            cursor.execute("SELECT setval(pg_get_serial_sequence('genealogy_position', 'id'), %s)", [first + people])
            cursor.execute("DROP TABLE grown")

    def sell(self, entries, *, since_days=5):
        """Credit that many entries of the present period to random people, and note nothing for the live refresh."""
        first = max(self.period.starts_at, timezone.now() - timedelta(days=since_days))
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "INSERT INTO commissions_volumeentry (reference, line, distributor_id, period_id, credited_at, recorded_at, "
                "is_late, buyer_kind, buyer_reference, market_id, product, quantity, pv, cv, volumes, currency, paid_minor, "
                "retail_minor, seller_price_minor, code, party) "
                "SELECT 'bench:' || n, 1, %s + floor(random() * %s)::bigint, %s, %s::timestamptz + n * interval '1 millisecond', "
                "now(), false, (ARRAY['distributor', 'retail', 'preferred'])[1 + n %% 3], '', %s, 'tea', 1, "
                "1000 + n %% 9000, 800 + n %% 7000, '{}', 'USD', 2000 + n %% 9000, 2000 + n %% 9000, 1500 + n %% 6000, '', '' "
                "FROM generate_series(1, %s) AS n",
                [int(self.ids[0]), len(self.ids), self.period.pk, first, self.market.pk, entries],
            )
            cursor.execute("SET session_replication_role = origin")
        self._analyze("commissions_volumeentry")

    def _analyze(self, *tables):
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"VACUUM ANALYZE {table}")


def _width(placement):
    """How many people may sit directly under one, in a tree that benchmarks make."""
    return {"binary": 2, "open": 3}.get(placement.kind) or placement.width


def parents(people, random):
    """Choose sponsors among those who came before, the recent and the lucky more often, then one long line; -1 has none."""
    line = min(DEEP, people // 2)
    wide = people - line
    came = np.arange(1, wide)
    parent = np.full(people, -1, dtype=np.int64)
    parent[1:wide] = (came * random.beta(0.7, 1.1, size=wide - 1)).astype(np.int64)
    parent[wide:] = np.arange(wide - 1, people - 1)
    parent[wide] = 0
    return parent
