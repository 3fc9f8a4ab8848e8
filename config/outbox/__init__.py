"""The outbox: how a lower app tells an upper one that something happened, without losing it and without knowing who listens.

``from config.outbox import announce, subscribe`` is all that most apps need; docs/outbox.md tells the rest.
"""

from config.outbox.registry import announce, subscribe

__all__ = ["announce", "subscribe"]
