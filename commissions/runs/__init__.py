"""Runs: a period is calculated whole, looked at, approved by a second person, closed, and never changed again.

From outside: ``from commissions import runs`` and ``runs.calculate(period, by=user)``. docs/runs.md tells the whole way.
"""

from commissions.runs.steps import Refused, again, approve, calculate, close, discard, preview, retry, stale

__all__ = ["Refused", "again", "approve", "calculate", "close", "discard", "preview", "retry", "stale"]
