"""Many newcomers at once, from a table of rows that somebody has checked: their users, themselves, their places in the trees.

The caller holds one transaction around it, so that a person without a place is never seen.
"""

from django.db import connection
from django.utils.translation import gettext as _

from genealogy import trees
from genealogy.models import Tree
from genealogy.refusals import Refused

PEOPLE_TABLES = ("genealogy_user", "genealogy_distributor", "genealogy_position")

# A password that nobody can type: such a person signs in by code or passkey until one is set.
UNUSABLE = "'!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')"

USERS = f"""
    INSERT INTO genealogy_user (email, name, language, password, is_staff, is_superuser, is_active, date_joined)
    SELECT email, name, speaks, {UNUSABLE}, false, false, coalesce(status, 'active') <> 'terminated', enrolled_at
    FROM {{source}} ON CONFLICT (email) DO NOTHING"""

DISTRIBUTORS = """
    INSERT INTO genealogy_distributor (user_id, number, name, market_id, status, enrolled_at, phone, is_house)
    SELECT u.id, p.number, p.name, p.market_id, coalesce(p.status, 'active'), p.enrolled_at, coalesce(p.phone, ''), false
    FROM {source} p JOIN genealogy_user u ON u.email = p.email"""

PLACES = """
    SELECT p.number, d.id, above.id, {leg} FROM {source} p JOIN genealogy_distributor d ON d.number = p.number
    JOIN genealogy_distributor above ON above.number = p.{above} ORDER BY d.enrolled_at, d.id"""


# Numbers that the company gives out itself go on after the greatest that was brought in.
STEP_OVER = """
    SELECT setval('genealogy_distributor_number', greatest(taken.last, own.last_value), true)
    FROM (SELECT max(substring(number FROM '^[A-Z]*([0-9]{{1,12}})$')::bigint) AS last FROM {source}) AS taken,
        genealogy_distributor_number AS own WHERE taken.last IS NOT NULL"""


def people(source: str, *, placed: bool) -> int:
    """Enrol everybody who stands in the table ``source``; return how many. Raises Refused when a tree takes one not.

    Its columns: number, name, email (small letters), market_id, speaks (language), status, enrolled_at, phone, sponsor
    (number), and, if the people are ``placed`` in the binary tree, placement (number) and leg.
    """
    with connection.cursor() as cursor:
        cursor.execute(USERS.format(source=source))
        cursor.execute(DISTRIBUTORS.format(source=source))
        count = cursor.rowcount
        cursor.execute("ANALYZE genealogy_user, genealogy_distributor")
        cursor.execute(STEP_OVER.format(source=source))
    _place(source, "sponsor", "sponsor", "NULL")
    if placed:
        _place(source, "binary", "placement", "p.leg")
    return count


def _place(source: str, code: str, above: str, leg: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLACES.format(source=source, above=above, leg=leg))
        loaded = trees.load(Tree.objects.get(code=code), map(trees.Entry._make, cursor))
        cursor.execute("ANALYZE genealogy_position")
    if loaded.refused:
        name, reason = loaded.refused[0]
        raise Refused(
            _("%(name)s cannot stand in the %(tree)s tree: %(reason)s") % {"name": name, "tree": code, "reason": reason}
        )
