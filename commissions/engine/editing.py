"""The settings of a plan one by one: listed for a form, changed by what was written into it, and compared.

A setting is named by its path in the document, such as ``bonuses[2].rates``, as the errors of a document name it. Names
that tie a plan together (codes, words for people, dates) are no settings here: whoever changes those edits the document.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commissions.engine import plan as engine_plan
from commissions.engine.document import Compound, Either, ListOf, Refused, Selected, Table, TableOf, write
from commissions.engine.kinds import Code, Day, Kind, OneOf, Problem, Switch, Text, Unfit
from commissions.engine.periods import TimeZone
from commissions.engine.plan import Plan

_NAMES = (Code, Day, Text, TimeZone)
_NAMING = ("plan.version", "periods.")
"""Tables that say which plan this is and how time is cut."""

_MOST_WORDS = 12
"""A closed set of more words than this (currencies) names something rather than sets it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as a form shows it: ``value`` as it is written, empty where an optional one is left out.

    A list of plain values is one setting, written with commas between. ``words`` are all the values that there are,
    none where it is not a closed set; ``meant`` says what is expected.
    """

    path: str
    value: str
    meant: str
    words: tuple[str, ...]
    optional: bool
    is_list: bool

    @property
    def table(self) -> str:
        """The path of the table at the top of the document that the setting is in: ``bonuses[2]``, ``activity``."""
        return re.split(r"\.", self.path, maxsplit=1)[0]

    @property
    def key(self) -> str:
        """The path of the setting within that table."""
        return self.path.partition(".")[2] or self.path


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A place in a plan that holds a plain value or a list of such, and how that is written."""

    path: str
    kind: Kind
    value: Any
    optional: bool


def settings(plan: Plan) -> list[Setting]:
    """Return every number, percentage, switch and closed choice of a plan, in the order of its document."""
    return [_setting(leaf) for leaf in _leaves(plan, "") if _sets(leaf)]


def _leaves(filled: Any, path: str) -> Iterator[_Leaf]:
    within = f"{path}." if path else ""
    for field in dataclasses.fields(filled):
        if "kind" in field.metadata:
            optional = field.default is not dataclasses.MISSING
            yield from _of_kind(field.metadata["kind"], getattr(filled, field.name), f"{within}{field.name}", optional)


def _of_kind(kind: Kind, value: Any, path: str, optional: bool) -> Iterator[_Leaf]:
    if isinstance(kind, Table | Selected):
        if value is not None:
            yield from _leaves(value, path)
    elif isinstance(kind, Either):
        yield from _of_kind(kind.kind_of(value), value, path, optional)
    elif isinstance(kind, TableOf):
        for key, each in (value or {}).items():
            yield from _of_kind(kind.item, each, f"{path}.{kind.keys.dump(key)}", False)
    elif isinstance(kind, ListOf) and isinstance(kind.item, Compound):
        for place, each in enumerate(value or (), 1):
            yield from _of_kind(kind.item, each, f"{path}[{place}]", False)
    elif isinstance(kind, ListOf) or not isinstance(kind, Compound):
        yield _Leaf(path, kind, value, optional)


def _item(kind: Kind) -> Kind:
    return kind.item if isinstance(kind, ListOf) else kind


def _sets(leaf: _Leaf) -> bool:
    """Tell whether a leaf is a setting: a number in some spelling, or a choice between a few words."""
    kind = _item(leaf.kind)
    names = isinstance(kind, _NAMES) or leaf.path.startswith(_NAMING)
    return not names and (not isinstance(kind, OneOf) or 1 < len(kind.words) <= _MOST_WORDS)


def _setting(leaf: _Leaf) -> Setting:
    kind, is_list = _item(leaf.kind), isinstance(leaf.kind, ListOf)
    if leaf.value is None:
        written = ""
    elif is_list:
        written = ", ".join(_written(kind, each) for each in leaf.value)
    else:
        written = _written(kind, leaf.value)
    words = tuple(map(str, kind.words)) if isinstance(kind, OneOf) else ("true", "false") if isinstance(kind, Switch) else ()
    return Setting(leaf.path, written, leaf.kind.meant, () if is_list else words, leaf.optional, is_list)


def _written(kind: Kind, value: Any) -> str:
    return _plainly(kind.dump(value))


def changed(plan: Plan, written: Mapping[str, str]) -> Plan:
    """Return the plan with the settings of some paths written otherwise.

    An optional setting that is left empty is left out. Raises Refused, as for a document, with every problem; a path
    that the plan does not have is one of them.
    """
    leaves = {leaf.path: leaf for leaf in _leaves(plan, "")}
    unknown = [
        Problem(path, "is not a setting of this plan", "a path such as bonuses[1].rates")
        for path in written
        if path not in leaves
    ]
    if unknown:
        raise Refused(unknown)
    data = write(plan)
    for path, text in written.items():
        _put(data, path, _raw(leaves[path], text.strip()))
    return engine_plan.restore(data)


_LEFT_OUT = object()


def _raw(leaf: _Leaf, text: str) -> Any:
    """Return what was written as the document would have it; what fits nothing stays text, for the reader to refuse."""
    if leaf.optional and not text:
        return _LEFT_OUT
    if isinstance(leaf.kind, ListOf):
        return [_plain(leaf.kind.item, each.strip()) for each in text.split(",") if each.strip()]
    return _plain(leaf.kind, text)


def _plain(kind: Kind, text: str) -> Any:
    """Return the first reading of a text that its kind takes; a percentage may be written without its sign."""
    readings: list[Any] = [int(text)] if re.fullmatch(r"-?\d{1,18}", text) else []
    if text in ("true", "false"):
        readings.append(text == "true")
    for reading in (*readings, text, f"{text}%"):
        try:
            kind.convert(reading)
        except Unfit:
            continue
        return reading
    return readings[0] if readings else text


def _put(data: Any, path: str, raw: Any) -> None:
    """Write a value into plain data at a path."""
    *steps, last = (int(number) - 1 if number else name for number, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path))
    for step in steps:
        data = data[step] if isinstance(step, int) else data.setdefault(step, {})
    if raw is _LEFT_OUT:
        data.pop(last, None)
    else:
        data[last] = raw


@dataclass(frozen=True, slots=True)
class Change:
    """A place where two plans differ. ``before`` or ``after`` is empty where one of them has nothing there."""

    path: str
    before: str
    after: str


def changes(before: Plan, after: Plan) -> list[Change]:
    """Return where two plans differ, but for their version and the day from which they hold.

    Tables that have a code go by it, so that a rank or a bonus that moves is the same one: ``bonuses.team.rates``.
    """
    told = [dict(_flat(write(plan), "")) for plan in (before, after)]
    paths = [*told[0], *(path for path in told[1] if path not in told[0])]
    return [
        Change(path, told[0].get(path, ""), told[1].get(path, ""))
        for path in paths
        if told[0].get(path) != told[1].get(path) and path not in ("plan.version", "plan.effective_from")
    ]


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value, 1):
            code = each.get("code") if isinstance(each, Mapping) else None
            yield from _flat(each, f"{path}.{code}" if code else f"{path}[{place}]")
    elif isinstance(value, list):
        yield path, ", ".join(_plainly(each) for each in value)
    else:
        yield path, _plainly(value)


def _plainly(value: Any) -> str:
    """Write a plain value for people: a fraction as a decimal number where it is one."""
    if isinstance(value, str) and re.fullmatch(r"\d+/\d+", value):
        share = Fraction(value)
        digits = next((digits for digits in range(10) if 10**digits % share.denominator == 0), None)
        return value if digits is None else f"{Decimal(share.numerator * 10**digits // share.denominator).scaleb(-digits):f}"
    return str(value).lower() if isinstance(value, bool) else str(value)
