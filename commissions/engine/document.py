"""Strict reading of TOML documents into frozen dataclasses, and writing them back.

A dataclass declares each of its settings with ``setting(kind)``. ``read`` collects every problem of a document, each
naming the key by its full path, what was found there and what was expected; ``write`` gives the same document back as
plain data, every value in its one canonical spelling.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from commissions.engine.kinds import Kind, Money, Problem, Report, Unfit


class Refused(ValueError):
    """A document that cannot be used, with every problem that was found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Compound(Kind):
    """A value that is made of values, each with a path of its own."""

    def convert(self, raw: Any) -> Any:
        """Compounds report where inside the trouble is, so they are only ever parsed."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ListOf(Compound):
    """A list; a list of tables is written as ``[[name]]``."""

    item: Kind
    least: int = 1
    most: int = 100

    @property
    def meant(self) -> str:
        return f"a list of {self.least} to {self.most} items, each {self.item.meant}"

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        if not isinstance(raw, list) or not self.least <= len(raw) <= self.most:
            report.wrong(path, raw, self.meant)
            return None
        values = tuple(self.item.parse(value, f"{path}[{place}]", report) for place, value in enumerate(raw, 1))
        return None if any(value is None for value in values) else values

    def dump(self, value: Sequence[Any]) -> list[Any]:
        return [self.item.dump(item) for item in value]


@dataclass(frozen=True, slots=True)
class TableOf(Compound):
    """A table whose keys are names: ``keys`` says how those are written, ``item`` how their values are."""

    keys: Kind
    item: Kind

    @property
    def meant(self) -> str:
        return f"a table: {self.keys.meant} = {self.item.meant}"

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        if not isinstance(raw, dict):
            report.wrong(path, raw, self.meant)
            return None
        before = len(report.problems)
        values = {}
        for key, value in raw.items():
            try:
                name = self.keys.convert(key)
            except Unfit:
                report.problems.append(Problem(f"{path}.{key}", "is not a known key", self.keys.meant))
                continue
            values[name] = self.item.parse(value, f"{path}.{key}", report)
        return values if len(report.problems) == before else None

    def dump(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        return {str(self.keys.dump(key)): self.item.dump(item) for key, item in value.items()}


@dataclass(frozen=True, slots=True)
class Either(Compound):
    """A list, a table, or a table in which one key selects what it is, whichever is written; a list only ``of_list``."""

    of_list: "ListOf | None"
    of_table: TableOf
    selected: "Selected"

    @property
    def kinds(self) -> "tuple[ListOf | TableOf | Selected, ...]":
        """What may be written."""
        kinds = (self.of_list, self.of_table, self.selected)
        return tuple(kind for kind in kinds if kind is not None)

    @property
    def meant(self) -> str:
        return "; or ".join(kind.meant for kind in self.kinds)

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        if isinstance(raw, list) and self.of_list is not None:
            return self.of_list.parse(raw, path, report)
        if isinstance(raw, dict):
            return (self.selected if isinstance(raw.get(self.selected.by), str) else self.of_table).parse(raw, path, report)
        report.wrong(path, raw, self.meant)
        return None

    def kind_of(self, value: Any) -> "ListOf | TableOf | Selected":
        """Say which of the kinds a value is of."""
        if isinstance(value, Mapping):
            return self.of_table
        return self.of_list if self.of_list is not None and isinstance(value, tuple) else self.selected

    def dump(self, value: Any) -> Any:
        return self.kind_of(value).dump(value)


@dataclass(frozen=True, slots=True)
class Table(Compound):
    """A table that fills a dataclass."""

    fills: type

    @property
    def meant(self) -> str:
        return f"a table with {', '.join(_settings(self.fills))}"

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        return read(self.fills, raw, path, report)

    def dump(self, value: Any) -> dict[str, Any]:
        return write(value)


@dataclass(frozen=True, slots=True)
class Selected(Compound):
    """A table whose ``kind``, or whatever ``by`` names, selects the dataclass that it fills from a closed vocabulary."""

    vocabulary: Mapping[str, type]
    by: str = "kind"

    @property
    def meant(self) -> str:
        return f"a table whose {self.by} is one of {', '.join(self.vocabulary)}"

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        if not isinstance(raw, dict):
            report.wrong(path, raw, self.meant)
            return None
        kind = raw.get(self.by)
        if kind is None:
            report.missing(f"{path}.{self.by}", f"one of {', '.join(self.vocabulary)}")
            return None
        if not isinstance(kind, str) or kind not in self.vocabulary:
            report.wrong(f"{path}.{self.by}", kind, f"one of {', '.join(self.vocabulary)}")
            return None
        return read(self.vocabulary[kind], {key: raw[key] for key in raw if key != self.by}, path, report)

    def dump(self, value: Any) -> dict[str, Any]:
        kind = next(name for name, fills in self.vocabulary.items() if type(value) is fills)
        return {self.by: kind, **write(value)}


def setting(kind: Kind, default: Any = dataclasses.MISSING) -> Any:
    """Declare one setting of a document: a dataclass field that knows how it is written."""
    if isinstance(default, dict):
        return dataclasses.field(metadata={"kind": kind, "default": default}, default_factory=default.copy)
    return dataclasses.field(metadata={"kind": kind, "default": default}, default=default)


Filled = TypeVar("Filled")


def read(fills: type[Filled], raw: Any, path: str, report: Report) -> Filled | None:
    """Fill a dataclass from a table, or report unknown keys, missing keys and values that do not fit."""
    values = read_values(fills, raw, path, report)
    return None if any(value is None for value in values.values()) else fills(**values)


def read_values(fills: type, raw: Any, path: str, report: Report) -> dict[str, Any]:
    """Read what fills a dataclass, None for each setting that is missing or does not fit; defaults are left out."""
    settings = _settings(fills)
    within = f"{path}." if path else ""
    if not isinstance(raw, dict):
        report.wrong(path, raw, f"a table with {', '.join(settings)}")
        return dict.fromkeys(settings)
    for key in raw:
        if key not in settings:
            report.unknown(f"{within}{key}", list(settings))
    values = {}
    for name, field in settings.items():
        kind: Kind = field.metadata["kind"]
        if name in raw:
            values[name] = kind.parse(raw[name], f"{within}{name}", report)
        elif field.metadata["default"] is dataclasses.MISSING:
            report.missing(f"{within}{name}", kind.meant)
            values[name] = None
    return values


def write(filled: Any) -> dict[str, Any]:
    """Give back the table that fills this dataclass: canonical spelling, settings at their default left out."""
    return {
        name: field.metadata["kind"].dump(getattr(filled, name))
        for name, field in _settings(type(filled)).items()
        if getattr(filled, name) != field.metadata["default"]
    }


def amounts_in(value: Any, kind: Kind | None = None, path: str = "") -> Iterator[tuple[str, Fraction]]:
    """Find every amount of money in what was read, with the path of its key."""
    if isinstance(kind, Either) and value is not None:
        kind = kind.kind_of(value)
    if isinstance(kind, Money) and value is not None:
        yield path, value
    elif isinstance(value, Mapping):
        item = kind.item if isinstance(kind, TableOf) else None
        for key, each in value.items():
            yield from amounts_in(each, item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, tuple):
        item = kind.item if isinstance(kind, ListOf) else None
        for place, each in enumerate(value, 1):
            yield from amounts_in(each, item, f"{path}[{place}]")
    elif dataclasses.is_dataclass(value):
        for name, field in _settings(value).items():
            yield from amounts_in(getattr(value, name), field.metadata["kind"], f"{path}.{name}")


def _settings(fills: Any) -> dict[str, Any]:
    return {field.name: field for field in dataclasses.fields(fills) if "kind" in field.metadata}
