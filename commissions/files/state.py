"""state.csv: what the period before left, and what this one leaves: one number a row.

A row is a person's (``person``, ``name``, ``value``), the company's (no person), or a row of a table: no person, the
name ``table.<name>``, and numbers separated by spaces.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine.plan import Plan
from commissions.engine.snapshot import Index, People, State
from commissions.files import values
from commissions.files.columns import Column, Read, Source, Unfit, read
from commissions.files.values import NOBODY, Names, Words

_TABLE = "table."
_OF_RANKS = re.compile(r"rank\.(paid_as|ago\.\d+|title|title_since|held|grace)|volume\.(lifetime|ago\.\d+)\.(own|group)\.(.+)")


def read_state(source: Source, people: People, names: Names) -> State:
    """Return the state of a file. Raises BadFile."""
    words, texts = Words(), Words()

    def value(text: str) -> int:
        for part in text.split() or [""]:
            values.whole(part or "x")
        return texts.place(text)

    columns = {
        "person": Column(names.number, needed=True, many=names.numbers),
        "name": Column(_named(words), needed=True),
        "value": Column(value, needed=True),
    }
    rows = read(source, columns)
    person, name, text = (np.array(rows.columns[each], dtype=np.int64) for each in columns)
    unknown = np.flatnonzero((person != NOBODY) & ~np.isin(person, people.id))
    if unknown.size:
        raise rows.bad(int(unknown[0]), "person", f"{names.name(int(person[unknown[0]]))} is not among the people")
    _refuse_twice(rows, words, person, name, names)
    written = list(texts.places)
    of_people: dict[str, NDArray[np.int64]] = {}
    of_company: dict[str, int] = {}
    tables: dict[str, NDArray[np.int64]] = {}
    for code, place in words.places.items():
        here = np.flatnonzero(name == place)
        numbers = [[int(part) for part in written[each].split()] for each in text[here]]
        if code.startswith(_TABLE):
            width = len(numbers[0])
            odd = next((row for row, each in zip(here, numbers, strict=True) if len(each) != width), None)
            if odd is not None:
                raise rows.bad(int(odd), "value", f"has another number of numbers than the rows of {code} before, {width}")
            tables[code.removeprefix(_TABLE)] = np.array(numbers, dtype=np.int64)
            continue
        wide = next((row for row, each in zip(here, numbers, strict=True) if len(each) != 1), None)
        if wide is not None:
            raise rows.bad(int(wide), "value", "has several numbers; expected one whole number")
        single = np.array([each[0] for each in numbers], dtype=np.int64)
        nobody = person[here] == NOBODY
        if nobody.any():
            of_company[code] = int(single[nobody].sum())
        if not nobody.all():
            of_people[code] = np.zeros(len(people), dtype=np.int64)
            of_people[code][Index(people.id).of(person[here][~nobody], "person")] = single[~nobody]
    return State(of_people, of_company, tables)


def _refuse_twice(rows: Read, words: Words, person: NDArray[np.int64], name: NDArray[np.int64], names: Names) -> None:
    """Refuse a number that is there twice; only tables have several rows."""
    tables = [place for code, place in words.places.items() if code.startswith(_TABLE)]
    single = np.flatnonzero(~np.isin(name, tables))
    order = single[np.lexsort((single, name[single], person[single]))]
    same = np.flatnonzero((person[order][1:] == person[order][:-1]) & (name[order][1:] == name[order][:-1]))
    if same.size:
        row, first = int(order[same[0] + 1]), int(order[same[0]])
        whose = "the company" if person[row] == NOBODY else names.name(int(person[row]))
        code = list(words.places)[int(name[row])]
        raise rows.bad(row, "name", f"{code} of {whose} is there already, on line {rows.lines[first]}")


def unread(plan: Plan, state: State) -> list[str]:
    """Return the names in a state that nothing of the plan reads: of no bonus of it, or misspelt ones of ranks."""
    codes = {bonus.code for bonus in plan.bonuses}
    volumes = {None, "pv", "cv", *plan.volumes}
    names = sorted({*state.people, *state.company, *state.tables})
    of_ranks = {name for name in names if (match := _OF_RANKS.fullmatch(name)) and match[4] in volumes}
    return [name for name in names if name not in of_ranks and name.partition(".")[0] not in codes]


def rows_of(state: State, people: People, names: Names) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a state; zeros are left out."""
    for name in sorted(state.people):
        column = state.people[name]
        for person in np.flatnonzero(column).tolist():
            yield names.name(int(people.id[person])), name, str(int(column[person]))
    for name in sorted(state.company):
        yield "", name, str(state.company[name])
    for name in sorted(state.tables):
        for row in state.tables[name].tolist():
            yield "", f"{_TABLE}{name}", " ".join(map(str, row))


def _named(words: Words) -> Callable[[str], int]:
    """Number the names of a column, none of which may be empty."""

    def place(text: str) -> int:
        found = words.place(text)
        if found < 0:
            raise Unfit("the name of a number, such as rank.title")
        return found

    return place
