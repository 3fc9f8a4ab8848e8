"""Rules that hold between rows: each finds, in one statement over all staged rows, those that break it."""

from django.utils.translation import gettext as _

from backoffice.imports import refusals
from backoffice.imports.files import File


def refuse(cursor, file: File, field: str, expected: str, found: str, params: list | None = None) -> int:
    """Note a refusal for each row that a query finds. The query returns line, key and value, and may add its own expectation."""
    cursor.execute(
        f"INSERT INTO {refusals.TABLE} (file, line, key, field, value, expected)"
        f" SELECT %s, f.line, coalesce(f.key, ''), %s, coalesce(f.value, ''), %s FROM ({found}) AS f (line, key, value)",
        [file.name, field, expected, *(params or [])],
    )
    return cursor.rowcount


def refuse_saying(cursor, file: File, field: str, found: str, params: list | None = None) -> int:
    """Note a refusal for each row that a query finds; the query returns line, key, value and what was expected."""
    cursor.execute(
        f"INSERT INTO {refusals.TABLE} (file, line, key, field, value, expected)"
        f" SELECT %s, f.line, coalesce(f.key, ''), %s, coalesce(f.value, ''), f.expected"
        f" FROM ({found}) AS f (line, key, value, expected)",
        [file.name, field, *(params or [])],
    )
    return cursor.rowcount


def repeated(cursor, file: File, fields: list[str], expected: str, *, field: str | None = None) -> int:
    """Refuse each row that says again what an earlier one has said. ``expected`` names the earlier line by ``%s``."""
    columns = ", ".join(f'"{name}"' for name in fields)
    filled = " AND ".join(f'"{name}" IS NOT NULL' for name in fields)
    return refuse_saying(
        cursor, file, field or fields[0],
        f"""
        SELECT row_line, "{file.key}"::text, "{field or fields[0]}"::text, format(%s, earliest) FROM (
            SELECT *, first_value(row_line) OVER (PARTITION BY {columns} ORDER BY row_line) AS earliest
            FROM {file.table} WHERE {filled}) AS grouped
        WHERE row_line <> earliest
        """,
        [expected],
    )  # fmt: skip


def drop_refused(cursor, file: File) -> None:
    """Take the refused rows out of the staged ones."""
    cursor.execute(f"DELETE FROM {file.table} s USING {refusals.TABLE} r WHERE r.file = %s AND r.line = s.row_line", [file.name])


def was_refused(file: File, key: str) -> str:
    """Write the SQL that says in which line the row of a key was refused; null when no such row was."""
    text = _("one that is taken; %s, line %%s, was refused") % file.name
    quoted = text.replace("'", "''").replace("%", "%%")
    return (
        f"(SELECT format('{quoted}', r.line) FROM {refusals.TABLE} r"
        f" WHERE r.file = '{file.name}' AND r.key = {key} ORDER BY r.line LIMIT 1)"
    )
