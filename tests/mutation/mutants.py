"""The mutants of a module: its syntax tree changed in one spot at a time.

What only people read (docstrings, texts of errors), what only a type checker reads, asserts and the like (``strict`` of a
``zip``) are left as they are.
So are the limits above 2 of a setting: they stand against slips of typing, and no plan comes near them.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALCULATED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
CALLED = {
    "min": "max",
    "minimum": "maximum",
    "any": "all",
    "zeros": "ones",
    "append_left": "append_right",
    "cumsum": "cumprod",
    "flatnonzero": "ravel",
    "ceil": "floor",
}
CALLED |= {becomes: was for was, becomes in CALLED.items() if was not in ("cumsum", "flatnonzero")}
WORDS = {"left": "right", "right": "left"}
LIMITS_FROM = 3


@dataclass(frozen=True)
class Change:
    """One spot: ``field`` of ``holder`` (its ``place``-th item, if it is a list) becomes ``new``."""

    holder: ast.AST
    field: str
    place: int | None
    new: Any
    line: int
    inside: str

    def swap(self, value: Any) -> Any:
        """Put a value into the spot and return what was there."""
        if self.place is None:
            was = getattr(self.holder, self.field)
            setattr(self.holder, self.field, value)
            return was
        held = getattr(self.holder, self.field)
        was, held[self.place] = held[self.place], value
        return was


@dataclass(frozen=True)
class Mutant:
    """A module with one change; ``was`` and ``becomes`` are the lines that differ, as ``ast.unparse`` writes them."""

    line: int
    inside: str
    was: str
    becomes: str
    code: CodeType


class Module:
    """A module's source and all that could be changed in it."""

    def __init__(self, source: str, path: str = "<module>"):
        self.path = path
        self.tree = ast.parse(source)
        self.lines = ast.unparse(self.tree).splitlines()
        self.changes = [change for statement in self.tree.body for change in _of_statement(statement, self.tree, "")]
        for place, statement in enumerate(self.tree.body):
            self.changes += _dropped(self.tree, "body", place, statement, "")

    def mutant(self, change: Change) -> Mutant:
        """Make one change, compile, and take it back."""
        was = change.swap(change.new)
        try:
            changed = ast.fix_missing_locations(copy.deepcopy(self.tree))
        finally:
            change.swap(was)
        lines = ast.unparse(changed).splitlines()
        head = next(
            (i for i, (a, b) in enumerate(zip(self.lines, lines, strict=False)) if a != b), min(map(len, (self.lines, lines)))
        )
        extra = len(self.lines) - head
        tail = next((i for i in range(extra) if i >= len(lines) - head or self.lines[-1 - i] != lines[-1 - i]), extra)
        old, new = ("\n".join(text[head : len(text) - tail]).strip() for text in (self.lines, lines))
        return Mutant(change.line, change.inside, old, new, compile(changed, self.path, "exec"))


def _of_statement(statement: ast.stmt, holder: ast.AST, inside: str) -> Iterator[Change]:
    """Find the changes within a statement, those of its body and of its expressions."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assert) or _is_typing(statement) or _is_docstring(statement):
        return
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        inside = f"{inside}.{statement.name}".lstrip(".")
    if isinstance(statement, ast.Raise) or (isinstance(statement, ast.Assign) and "_MOST" in ast.unparse(statement.targets[0])):
        return
    if isinstance(statement, ast.If | ast.While) and not isinstance(statement.test, ast.Compare | ast.BoolOp):
        negated = statement.test.operand if _is_not(statement.test) else ast.UnaryOp(ast.Not(), statement.test)
        yield Change(statement, "test", None, negated, statement.lineno, inside)
    for field, value in ast.iter_fields(statement):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
            continue
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            for place, each in enumerate(value):
                yield from _of_statement(each, statement, inside)
                yield from _dropped(statement, field, place, each, inside)
        elif isinstance(value, list):
            for place, each in enumerate(value):
                yield from _of_expression(each, statement, field, place, inside, limits=False)
        elif isinstance(value, ast.AST):
            yield from _of_expression(value, statement, field, None, inside, limits=False)


def _is_typing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_not(test: ast.expr) -> bool:
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _dropped(holder: ast.AST, field: str, place: int, statement: ast.stmt, inside: str) -> Iterator[Change]:
    """Drop a statement that does something beside naming a value; turn a loop's way out into the other one."""
    new: ast.stmt | None = None
    if (isinstance(statement, ast.Expr | ast.AugAssign | ast.Raise) and not _is_docstring(statement)) or (
        isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Name | ast.Tuple)
    ):
        new = ast.Pass()
    elif isinstance(statement, ast.Continue):
        new = ast.Break()
    elif isinstance(statement, ast.Break):
        new = ast.Continue()
    if new is not None:
        yield Change(holder, field, place, new, statement.lineno, inside)


def _of_expression(node: Any, holder: ast.AST, field: str, place: int | None, inside: str, *, limits: bool) -> Iterator[Change]:
    """Find the changes of an expression and of all that it is made of."""
    if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr):
        return
    line = getattr(node, "lineno", getattr(holder, "lineno", 0))
    for new in _instead(node, limits=limits):
        yield Change(holder, field, place, new, line, inside)
    if isinstance(node, ast.Slice):
        for side in ("lower", "upper"):
            bound = getattr(node, side)
            if isinstance(bound, ast.Name | ast.Attribute | ast.Call):
                yield Change(node, side, None, ast.BinOp(bound, ast.Add(), ast.Constant(1)), bound.lineno, inside)
    if isinstance(node, ast.Call) and _tells(node):
        return
    limits = limits or (isinstance(node, ast.Call) and ast.unparse(node.func) == "setting")
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "ctx") or (isinstance(node, ast.keyword) and node.arg == "strict"):
            continue
        for number, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            yield from _of_expression(each, node, name, number, inside, limits=limits)


def _tells(call: ast.Call) -> bool:
    """Whether a call only tells what is wrong: its arguments are texts for people."""
    name = ast.unparse(call.func)
    return name.startswith("report.") or name == "Problem" or name.endswith("Error")


def _instead(node: ast.AST, *, limits: bool) -> list[ast.AST]:
    """Return what could stand in an expression's place."""
    match node:
        case ast.Compare(left, [op, *more_ops], compared):
            return [ast.Compare(left, [other(), *more_ops], compared) for other in COMPARED[type(op)]]
        case ast.BinOp(left, op, right) if type(op) in CALCULATED:
            return [ast.BinOp(left, CALCULATED[type(op)](), right)]
        case ast.BoolOp(op, values):
            return [ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)]
        case ast.UnaryOp(_, operand):
            return [operand]
        case ast.IfExp(test, body, other):
            return [ast.IfExp(test, other, body)]
        case ast.Constant(value) if isinstance(value, bool):
            return [ast.Constant(not value)]
        case ast.Constant(value) if isinstance(value, int) and not (limits and value >= LIMITS_FROM):
            return [ast.Constant(value + 1)]
        case ast.Constant(value) if isinstance(value, str) and value in WORDS:
            return [ast.Constant(WORDS[value])]
        case ast.Call(ast.Name(name), arguments, keywords) if name in CALLED:
            return [ast.Call(ast.Name(CALLED[name], ast.Load()), arguments, keywords)]
        case ast.Call(ast.Attribute(value, "where"), [test, yes, no], keywords):
            return [ast.Call(ast.Attribute(value, "where", ast.Load()), [test, no, yes], keywords)]
        case ast.Call(ast.Attribute(value, name), arguments, keywords) if name in CALLED:
            return [ast.Call(ast.Attribute(value, CALLED[name], ast.Load()), arguments, keywords)]
    return []
