"""Reading a company's files: rows with their lines, whatever stands in them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backoffice.imports import ancestry, columns, files
from backoffice.imports.files import CUSTOMERS, Broken, Row


def read(tmp_path, text):
    (tmp_path / "customers.csv").write_bytes(text.encode("utf-8"))
    return list(files.rows(CUSTOMERS, tmp_path))


def test_lines_are_counted_through_fields_that_hold_line_breaks(tmp_path):
    rows = read(tmp_path, 'a,b\n1,"x\ny"\n2,z\n')
    assert rows == [Row(2, ["1", "x\ny"]), Row(4, ["2", "z"])]


def test_windows_line_ends_empty_lines_and_a_byte_order_mark_are_no_trouble(tmp_path):
    (tmp_path / "customers.csv").write_bytes('\ufeffemail,name,market,since\r\na,b,c,d\r\n\r\ne,"f",g,h'.encode())
    assert [column.name for column in files.header(CUSTOMERS, tmp_path)] == ["email", "name", "market", "since"]
    assert list(files.rows(CUSTOMERS, tmp_path)) == [Row(2, ["a", "b", "c", "d"]), Row(4, ["e", "f", "g", "h"])]


def test_a_quote_that_is_never_closed_breaks_one_row(tmp_path):
    rows = read(tmp_path, 'a,b\n1,"x\n2,y\n3,z\n')
    assert isinstance(rows[0], Broken)
    assert rows[0].line == 2
    assert rows[1:] == [Row(3, ["2", "y"]), Row(4, ["3", "z"])]


def test_points_and_amounts_are_counted_exactly():
    assert columns.points("36.5") == "3650"
    assert columns.points("0.07") == "7"
    assert columns.minor_units("19.99", 2) == 1999
    assert columns.minor_units("6800", 0) == 6800


@given(st.lists(st.integers(min_value=-1, max_value=60), min_size=1, max_size=40))
def test_circles_and_what_hangs_below_are_found_as_by_walking(drawn):
    above = np.array([up if up < len(drawn) else -1 for up in drawn])
    people = range(len(above))

    def walk(person):
        seen = []
        while above[person] >= 0 and person not in seen:
            seen.append(person)
            person = int(above[person])
        return [*seen, person]

    circle = [any(int(above[up]) == person for up in walk(person)) for person in people]
    assert ancestry.in_a_circle(above).tolist() == circle
    marked = np.array([person % 3 == 0 for person in people])
    assert ancestry.below(marked, above).tolist() == [any(marked[up] for up in walk(person)) for person in people]
