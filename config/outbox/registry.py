"""Who listens to what, and the act of announcing."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from config.outbox.wake import Bell

if typing.TYPE_CHECKING:
    from config.outbox.models import Event

BELL = Bell("config.outbox.tasks.deliver")
Handler = Callable[[Any], None]

READERS: dict[Any, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
    tuple: tuple,
}

_handlers: dict[str, tuple[type, Handler]] = {}
_subscribers: dict[type, list[str]] = {}


def kind_of(event_class: type) -> str:
    """Return the stored name of a kind of event: its app and its class, as in ``storefront.OrderPaid``."""
    return f"{event_class.__module__.split('.')[0]}.{event_class.__qualname__}"


def subscribe(event_class: type, handler: Handler, name: str) -> None:
    """Have a handler hear of each event of a class from now on. Said once a process, in ``AppConfig.ready``.

    The name is stored with each delivery, so it stays the same when the function moves: "storefront.send_receipt".
    """
    if not dataclasses.is_dataclass(event_class) or not event_class.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise ImproperlyConfigured(f"{event_class.__name__}: an event is a frozen dataclass.")
    known = _handlers.get(name)
    if known and known != (event_class, handler):
        raise ImproperlyConfigured(f"Two subscribers are named {name!r}; a name is for one handler of one event.")
    _handlers[name] = (event_class, handler)
    names = _subscribers.setdefault(event_class, [])
    if name not in names:
        names.append(name)


def unsubscribe(name: str) -> None:
    """Take a handler off again; deliveries that wait for it stay and say so."""
    event_class, _ = _handlers.pop(name)
    _subscribers[event_class].remove(name)


def subscribers(event_class: type) -> tuple[str, ...]:
    """Return the names of those who hear of a class of events."""
    return tuple(_subscribers.get(event_class, ()))


def all_subscribers() -> dict[type, list[str]]:
    """Return every class of events that somebody hears of, with the names of those who do."""
    return _subscribers


def handler_of(name: str) -> tuple[type, Handler]:
    """Return the event class and the handler of a subscriber; LookupError when nobody has the name (any more)."""
    try:
        return _handlers[name]
    except KeyError:
        raise LookupError(f"No subscriber is named {name!r} in this version.") from None


def announce(event: Any) -> "Event":
    """Store an event and one delivery for each subscriber in the caller's transaction; wake the delivery once it is committed.

    Outside a transaction both rows are written in one of their own.
    """
    event_model, delivery_model = apps.get_model("outbox", "Event"), apps.get_model("outbox", "Delivery")
    names = subscribers(type(event))
    with transaction.atomic(savepoint=False):
        stored = event_model.objects.create(kind=kind_of(type(event)), facts=dataclasses.asdict(event))
        if names:
            delivery_model.objects.bulk_create([delivery_model(event=stored, subscriber=name) for name in names])
    if names:
        BELL.ring_after_commit()
    return stored


def announce_all(events: Iterable[Any]) -> int:
    """Announce many events of one class at once, as ``announce`` would one by one, in a few statements; return how many."""
    announced = list(events)
    if not announced:
        return 0
    event_model, delivery_model = apps.get_model("outbox", "Event"), apps.get_model("outbox", "Delivery")
    kind, names = kind_of(type(announced[0])), subscribers(type(announced[0]))
    with transaction.atomic():
        rows = [event_model(kind=kind, facts=dataclasses.asdict(event)) for event in announced]
        stored = event_model.objects.bulk_create(rows, batch_size=2_000)
        deliveries = [delivery_model(event=event, subscriber=name) for event in stored for name in names]
        delivery_model.objects.bulk_create(deliveries, batch_size=2_000)
    if names:
        BELL.ring_after_commit()
    return len(stored)


def restore(event_class: type, facts: dict[str, Any]) -> Any:
    """Make the event again from its stored facts.

    Facts that a newer class no longer has are left out; those that it newly has need a default there.
    """
    hints = typing.get_type_hints(event_class)
    names = {field.name for field in dataclasses.fields(event_class)}
    return event_class(**{name: _read(hints[name], value) for name, value in facts.items() if name in names})


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    for plain in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        reader = READERS.get(typing.get_origin(plain) or plain)
        if reader:
            return reader(value)
    return value
