"""Two runs side by side: the same to the last byte, or where they differ, by bonus, by person and line by line."""

from dataclasses import dataclass

from django.db import connection

from commissions.models import Run, RunBonus
from genealogy.models import Distributor

SHOWN = 100


@dataclass(frozen=True)
class Difference:
    """Something that came to ``before`` in the first run and to ``after`` in the second; what does not apply is empty."""

    before: int
    after: int
    bonus: str = ""
    distributor_id: int = 0
    name: str = ""
    entry_id: int = 0
    source_id: int = 0
    level: int = 0

    @property
    def change(self):
        """How much more it is in the second."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """How two runs differ. Lists hold the largest differences; the counts are of all of them."""

    first: Run
    second: Run
    bonuses: list[Difference]
    people: list[Difference]
    people_count: int
    lines: list[Difference]
    lines_count: int

    @property
    def is_same(self):
        """Whether both came to the same, line by line and person by person."""
        return self.first.result_checksum == self.second.result_checksum

    @property
    def had_same_input(self):
        """Whether both were calculated from the same numbers."""
        return self.first.input_checksum == self.second.input_checksum


CODES = """
    WITH a_codes AS (SELECT place, code FROM commissions_runbonus WHERE run_id = %(first)s),
         b_codes AS (SELECT place, code FROM commissions_runbonus WHERE run_id = %(second)s),
"""
PEOPLE = (
    CODES
    + """
    a AS (SELECT t.distributor_id, c.code, t.amount_minor FROM commissions_runtotal t JOIN a_codes c ON c.place = t.bonus
          WHERE t.run_id = %(first)s),
    b AS (SELECT t.distributor_id, c.code, t.amount_minor FROM commissions_runtotal t JOIN b_codes c ON c.place = t.bonus
          WHERE t.run_id = %(second)s)
    SELECT coalesce(a.amount_minor, 0), coalesce(b.amount_minor, 0), code, distributor_id, count(*) OVER ()
    FROM a FULL JOIN b USING (distributor_id, code) WHERE a.amount_minor IS DISTINCT FROM b.amount_minor
    ORDER BY abs(coalesce(b.amount_minor, 0) - coalesce(a.amount_minor, 0)) DESC, distributor_id, code LIMIT %(shown)s
"""
)
LINE = """
    SELECT c.code, coalesce(l.entry_id, 0) AS entry_id, coalesce(l.source_id, 0) AS source_id, coalesce(l.level, 0) AS level,
           l.payee_id, coalesce(l.missed_id, 0) AS missed_id, l.currency, coalesce(l.reverses_run, 0) AS reverses_run,
           coalesce(l.reverses_number, 0) AS reverses_number, count(*) AS lines, sum(l.base)::bigint AS base,
           sum(l.amount_minor - coalesce(l.cut_minor, 0))::bigint AS amount_minor
    FROM commissions_runline l JOIN {side}_codes c ON c.place = l.bonus WHERE l.run_id = %({run})s
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
LINES = (
    CODES
    + f"""
    a AS ({LINE.format(side="a", run="first")}), b AS ({LINE.format(side="b", run="second")})
    SELECT coalesce(a.amount_minor, 0), coalesce(b.amount_minor, 0), code, payee_id, entry_id, source_id, level, count(*) OVER ()
    FROM a FULL JOIN b USING (code, entry_id, source_id, level, payee_id, missed_id, currency, reverses_run, reverses_number)
    WHERE (a.amount_minor, a.base, a.lines) IS DISTINCT FROM (b.amount_minor, b.base, b.lines)
    ORDER BY abs(coalesce(b.amount_minor, 0) - coalesce(a.amount_minor, 0)) DESC, code, entry_id, source_id, level, payee_id
    LIMIT %(shown)s
"""
)


def compare(first, second, *, shown=SHOWN):
    """Compare two finished runs. Lines are the same if bonus, order, source, level, payee, base and amount are.

    Runs with the same checksum are not read at all.
    """
    if first.result_checksum == second.result_checksum:
        return Comparison(first, second, [], [], 0, [], 0)
    asked = {"first": first.pk, "second": second.pk, "shown": shown}
    people, people_count = _asked(PEOPLE, asked)
    lines, lines_count = _asked(LINES, asked)
    names = dict(Distributor.objects.filter(pk__in={row[3] for row in (*people, *lines)}).values_list("pk", "name"))
    return Comparison(
        first,
        second,
        _bonuses(first, second),
        [Difference(row[0], row[1], bonus=row[2], distributor_id=row[3], name=names.get(row[3], "")) for row in people],
        people_count,
        [
            Difference(
                row[0], row[1], bonus=row[2], distributor_id=row[3], name=names.get(row[3], ""), entry_id=row[4],
                source_id=row[5], level=row[6],
            )
            for row in lines
        ],
        lines_count,
    )  # fmt: skip


def _asked(question, parameters):
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        rows = cursor.fetchall()
    return rows, rows[0][-1] if rows else 0


def _bonuses(first, second):
    """Return what each bonus came to in both, where that differs."""
    sums: dict = {}
    for side, run in enumerate((first, second)):
        for bonus in RunBonus.objects.filter(run=run):
            sums.setdefault(bonus.code, [0, 0, bonus.name])[side] = bonus.earned_minor + bonus.clawback_minor
    return [Difference(before, after, bonus=code, name=name) for code, (before, after, name) in sums.items() if before != after]
