"""The names that a plan document gives to its own things, and the check that what refers to them finds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from commissions.engine.kinds import Report


@dataclass(frozen=True, slots=True)
class Names:
    """Every name of a plan that its rules may refer to. ``trees`` includes the sponsor tree; ``depths`` are its matrices'."""

    ranks: tuple[str, ...]
    periods: tuple[str, ...]
    trees: Mapping[str, str]
    volumes: tuple[str, ...]
    amounts: tuple[str, ...]
    bonuses: Mapping[str, str] = field(default_factory=dict)
    depths: Mapping[str, int] = field(default_factory=dict)

    def require(self, path: str, name: str, known: Iterable[str], what: str, report: Report) -> None:
        """Report a name that is none of ``known``."""
        names = tuple(known)
        if name not in names:
            report.wrong(path, name, f"{what}: {', '.join(names)}" if names else f"{what}, of which the plan has none")

    def require_rank(self, path: str, name: str, report: Report) -> None:
        """Report a rank that the plan does not have."""
        self.require(path, name, self.ranks, "one of the plan's ranks", report)

    def require_each_rank(self, path: str, by_rank: Mapping[str, object], what: str, report: Report) -> None:
        """Report ranks that a table leaves out, and those that it has and the plan has not."""
        for rank in self.ranks:
            if rank not in by_rank:
                report.missing(f"{path}.{rank}", what)
        for rank in by_rank:
            self.require_rank(f"{path}.{rank}", rank, report)

    def require_tree(self, path: str, name: str, report: Report, *kinds: str) -> None:
        """Report a tree that the plan does not have, or that is none of the ``kinds`` (of any if none are named)."""
        fitting = [code for code, kind in self.trees.items() if not kinds or kind in kinds]
        self.require(path, name, fitting, f"one of the plan's {' or '.join(kinds)} trees".replace("  ", " "), report)

    def require_volume(self, path: str, name: str, report: Report) -> None:
        """Report a volume that the plan does not have."""
        self.require(path, name, self.volumes, "one of the plan's volumes", report)

    def require_bonus(self, path: str, name: str, report: Report) -> None:
        """Report a bonus that the plan does not have."""
        self.require(path, name, self.bonuses, "one of the plan's bonuses", report)
