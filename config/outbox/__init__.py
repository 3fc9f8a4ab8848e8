"""The outbox: how a lower app tells an upper one that something happened, without losing it and without knowing who listens.

``from config.outbox import announce, announce_all, subscribe`` is all that most apps need; docs/outbox.md tells the rest.
"""

from config.outbox.registry import announce, announce_all, subscribe

__all__ = ["announce", "announce_all", "subscribe"]
