"""Plain data, as ``document.write`` gives it, written as a TOML document for people to read and edit."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any


def toml(data: Mapping[str, Any]) -> str:
    """Write a table as TOML: what ``tomllib`` reads back is equal.

    Values are text, whole numbers, true and false, lists and tables of these.

    >>> print(toml({"activity": {"pv": 50}, "ranks": [{"code": "gold", "legs": [{"count": 2}]}]}), end="")
    [activity]
    pv = 50
    <BLANKLINE>
    [[ranks]]
    code = "gold"
    legs = [{ count = 2 }]
    """
    return "\n".join(_blocks(data, "")).lstrip("\n")


def _blocks(data: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield a table's own values, then the tables and the lists of tables in it, each with its heading."""
    own = [f"{_key(key)} = {_value(value)}\n" for key, value in data.items() if not _is_block(value)]
    if own:
        yield "".join(own)
    for key, value in data.items():
        inside = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(value, Mapping):
            values = "".join(_blocks(value, inside)) if not any(map(_is_block, value.values())) else None
            yield f"[{inside}]\n{values}" if values is not None else f"[{inside}]\n" + "\n".join(_blocks(value, inside))
        elif _is_block(value):
            yield from (f"[[{inside}]]\n" + "".join(f"{_key(k)} = {_value(v)}\n" for k, v in item.items()) for item in value)


def _is_block(value: Any) -> bool:
    """Tell whether a value stands under a heading of its own."""
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)
    )


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a plan document")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
