"""The run on one page: from a plan and a snapshot to standings, totals and lines.

``calculate(plan, snapshot, lines=True) -> Result`` is the one calculation. The live refresh, the period's run and the
simulator call it; the live refresh mostly through ``slices.refresh``, which calls the same functions on a slice.
"""
