"""Forced matrix: each level of a matrix tree above a sale is paid its own percentage.

docs/plans/matrix.md states the rule with a worked example.
"""

from dataclasses import dataclass
from typing import ClassVar

from commissions.engine.bonuses.unilevel import Unilevel
from commissions.engine.kinds import Report
from commissions.engine.names import Names


@dataclass(frozen=True, kw_only=True)
class Matrix(Unilevel):
    """A unilevel by the places of a matrix, which has no more levels than the matrix is deep."""

    kind: ClassVar[str] = "matrix"

    @property
    def per_sale(self) -> bool:
        return False

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report, "matrix")
        depth = names.depths.get(self.tree)
        if depth is not None and self.levels > depth:
            report.wrong(f"{path}.rates", f"{self.levels} levels", f"at most {depth}, the depth of the tree {self.tree}")
