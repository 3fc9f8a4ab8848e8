"""Reading the environment: every setting of Canopy comes from here, and a value that cannot be meant is refused by name."""

import os
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable, stripped, or the default when it is not set or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes or a no."""
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: expected 1 or 0 (also true/false, yes/no, on/off).")


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number that is not below ``least``."""
    value = text(name)
    if not value:
        return default
    try:
        found = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number.") from error
    if found < least:
        raise ImproperlyConfigured(f"{name}={value}: expected {least} or more.")
    return found


def words(name: str, default: str = "") -> list[str]:
    """Return a list written with commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    """Return one of a few words."""
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(options)}.")
    return value


@dataclass(frozen=True)
class Address:
    """The parts of a URL that names a server."""

    scheme: str
    host: str
    port: int | None
    user: str
    password: str
    path: str
    options: dict[str, str]


def address(name: str, schemes: tuple[str, ...]) -> Address | None:
    """Return the parts of a URL in the environment, or None when it is not set."""
    value = text(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: not a URL ({error}).") from error
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name}: expected a URL that begins with {' or '.join(s + '://' for s in schemes)}.")
    return Address(
        scheme=parts.scheme,
        host=unquote(parts.hostname or ""),
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        path=unquote(parts.path),
        options=dict(parse_qsl(parts.query)),
    )
