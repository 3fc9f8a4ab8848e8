"""The people of a company: checking the staged rows against each other and against who is there, then loading those that hold.

A person is taken only if the whole line above is there or taken too, in both trees; so the trees that are written are whole.
"""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.imports import ancestry, refusals
from backoffice.imports.files import PEOPLE
from backoffice.imports.refusals import Refusal
from backoffice.imports.rules import drop_refused, refuse, repeated, was_refused
from backoffice.imports.staging import gathered, integers
from genealogy import loading
from storefront import loading as shop_loading

OUTSIDE, UNKNOWN = -1, -2
NAMED_OF_A_CIRCLE = 6


def check(cursor, *, house_number: str, placed: bool) -> int:
    """Refuse every row that does not hold, and leave only new people staged. Returns how many were there already."""
    cursor.execute("CREATE INDEX ON staged_people (number); CREATE INDEX ON staged_people (email); ANALYZE staged_people")
    cursor.execute("UPDATE staged_people SET sponsor = %s WHERE sponsor IS NULL", [house_number])
    _refuse_by_themselves(cursor, placed=placed)
    drop_refused(cursor, PEOPLE)
    there = _set_aside_the_known(cursor)
    _refuse_against_the_stored(cursor)
    drop_refused(cursor, PEOPLE)
    _refuse_broken_lines(cursor, ("sponsor", "placement") if placed else ("sponsor",))
    drop_refused(cursor, PEOPLE)
    return there


def _refuse_by_themselves(cursor, *, placed: bool) -> None:
    repeated(cursor, PEOPLE, ["number"], _("a number of its own; line %s has it too"))
    repeated(cursor, PEOPLE, ["email"], _("an e-mail address of its own; line %s has it too"))
    repeated(cursor, PEOPLE, ["shop"], _("an address of its own for the shop; line %s has it too"))
    refuse(
        cursor, PEOPLE, "market", _("a market of company.toml"),
        "SELECT row_line, number, market FROM staged_people WHERE market NOT IN (SELECT code FROM genealogy_market)",
    )  # fmt: skip
    if placed:
        repeated(cursor, PEOPLE, ["placement", "leg"], _("a free leg; line %s stands there"), field="leg")
        refuse(
            cursor, PEOPLE, "placement", _("the number of the person above in the placement tree"),
            "SELECT row_line, number, '' FROM staged_people WHERE placement IS NULL",
        )  # fmt: skip
        refuse(
            cursor, PEOPLE, "leg", _("left or right"),
            "SELECT row_line, number, '' FROM staged_people WHERE leg IS NULL",
        )  # fmt: skip


def _set_aside_the_known(cursor) -> int:
    """Take out people whose number is stored: silently when they are the same person, refused when they are not."""
    stored = "JOIN genealogy_distributor d ON d.number = p.number LEFT JOIN genealogy_user u ON u.id = d.user_id"
    refuse(
        cursor, PEOPLE, "email", _("the e-mail address that is stored for this number"),
        f"SELECT row_line, p.number, p.email FROM staged_people p {stored} WHERE p.email IS DISTINCT FROM lower(u.email)",
    )  # fmt: skip
    refuse(
        cursor, PEOPLE, "sponsor", _("the sponsor that is stored for this number; people are moved at head office"),
        f"""
        SELECT row_line, p.number, p.sponsor FROM staged_people p {stored}
        JOIN genealogy_tree t ON t.code = 'sponsor'
        JOIN genealogy_position here ON here.distributor_id = d.id AND here.tree_id = t.id
        LEFT JOIN genealogy_position above ON above.id = here.parent_id
        LEFT JOIN genealogy_distributor sponsor ON sponsor.id = above.distributor_id
        WHERE p.email = lower(u.email) AND p.sponsor IS DISTINCT FROM sponsor.number
        """,
    )  # fmt: skip
    drop_refused(cursor, PEOPLE)
    cursor.execute("DELETE FROM staged_people p USING genealogy_distributor d WHERE d.number = p.number")
    return cursor.rowcount


def _refuse_against_the_stored(cursor) -> None:
    refuse(
        cursor, PEOPLE, "email", _("an address that no other distributor has"),
        """
        SELECT row_line, p.number, p.email FROM staged_people p JOIN genealogy_user u ON upper(u.email) = upper(p.email)
        JOIN genealogy_distributor d ON d.user_id = u.id
        """,
    )  # fmt: skip
    refuse(
        cursor, PEOPLE, "shop", _("an address that no other shop has"),
        "SELECT row_line, p.number, p.shop FROM staged_people p JOIN storefront_site s ON lower(s.slug) = p.shop",
    )  # fmt: skip
    refuse(
        cursor, PEOPLE, "leg", _("a free leg; somebody stands there already"),
        """
        SELECT row_line, p.number, CASE p.leg WHEN 0 THEN 'left' ELSE 'right' END FROM staged_people p
        JOIN genealogy_distributor d ON d.number = p.placement JOIN genealogy_tree t ON t.code = 'binary'
        JOIN genealogy_position above ON above.distributor_id = d.id AND above.tree_id = t.id
        JOIN genealogy_position taken ON taken.parent_id = above.id AND taken.leg = p.leg
        """,
    )  # fmt: skip


def _refuse_broken_lines(cursor, links: tuple[str, ...]) -> None:
    """Refuse who refers to nobody, who stands in a circle, and whoever stands below a refused person in either tree."""
    cursor.execute(
        "CREATE TEMP TABLE numbered_people AS SELECT row_line, number, sponsor, placement,"
        " row_number() OVER (ORDER BY row_line) - 1 AS nth FROM staged_people;"
        "CREATE INDEX ON numbered_people (number); CREATE INDEX ON numbered_people (nth); ANALYZE numbered_people"
    )
    above = {link: _above(link) for link in links}
    bad = above["sponsor"] == UNKNOWN
    for link, numbers in above.items():
        _note_unknown(cursor, link, numbers)
        circle = ancestry.in_a_circle(numbers)
        _note_circles(cursor, link, numbers, circle)
        bad |= (numbers == UNKNOWN) | circle
    direct = bad.copy()
    while True:
        reached = bad
        for numbers in above.values():
            reached = ancestry.below(reached, numbers)
        if (reached == bad).all():
            break
        bad = reached
    _note_below(cursor, (bad & ~direct).nonzero()[0].tolist())
    cursor.execute("DROP TABLE numbered_people")


def _above(link: str):
    """Return for each staged person the staged person above, OUTSIDE when that one is stored, UNKNOWN when nobody is."""
    (numbers,) = integers(
        f"""
        SELECT {gathered(f"coalesce(up.nth, CASE WHEN d.id IS NULL THEN {UNKNOWN} ELSE {OUTSIDE} END)", "p.nth")}
        FROM numbered_people p LEFT JOIN numbered_people up ON up.number = p.{link}
        LEFT JOIN genealogy_distributor d ON d.number = p.{link}
        """
    )
    return numbers


def _note_unknown(cursor, link: str, numbers) -> None:
    lost = (numbers == UNKNOWN).nonzero()[0].tolist()
    cursor.execute(
        f"""
        INSERT INTO {refusals.TABLE} SELECT %s, row_line, number, %s, {link},
            coalesce({was_refused(PEOPLE, f"p.{link}")}, %s) FROM numbered_people p WHERE nth = ANY(%s)
        """,
        [PEOPLE.name, link, _("the number of somebody in this file or in the company"), lost],
    )  # fmt: skip


def _note_circles(cursor, link: str, numbers, circle) -> None:
    members = circle.nonzero()[0].tolist()
    if not members:
        return
    cursor.execute("SELECT nth, number, row_line FROM numbered_people WHERE nth = ANY(%s)", [members])
    named = {nth: (number, line) for nth, number, line in cursor.fetchall()}
    expected = _("somebody who does not stand below this person; the circle is %(circle)s")
    found = []
    for person in members:
        ring = ancestry.circle_of(person, numbers)
        shown = [named[member][0] for member in [*ring[:NAMED_OF_A_CIRCLE], person]]
        if len(ring) > NAMED_OF_A_CIRCLE:
            shown.insert(-1, "…")
        number, line = named[person]
        up = named[int(numbers[person])][0]
        found.append(Refusal(PEOPLE.name, line, number, link, up, expected % {"circle": " → ".join(shown)}))
    refusals.note(cursor, found)


def _note_below(cursor, people: list[int]) -> None:
    cursor.execute(
        f"INSERT INTO {refusals.TABLE} SELECT %s, row_line, number, 'sponsor', sponsor, %s"
        " FROM numbered_people WHERE nth = ANY(%s)",
        [PEOPLE.name, _("somebody who is taken; a person above this one was refused"), people],
    )


def load(*, placed: bool) -> int:
    """Write the people who are left, with their places in the trees, all or none of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMP TABLE ready_people AS SELECT p.*, m.id AS market_id, coalesce(p.language, m.language) AS speaks
            FROM staged_people p JOIN genealogy_market m ON m.code = p.market ORDER BY row_line
            """
        )
        count = loading.people("ready_people", placed=placed)
        shop_loading.shops("ready_people")
        cursor.execute("DROP TABLE ready_people")
    return count
