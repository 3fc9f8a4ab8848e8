"""What must hold of the database once an import has ended."""

from backoffice.imports import indexes


def nothing_rests() -> tuple[str, int, list[str]]:
    """Every index and reference that rested during an import has been built again."""
    resting = indexes.waiting()
    faults = [f"{name} rests since an import: run that again or, if none is running, manage.py prepare" for name in resting]
    return "what rested during an import is there again", len(resting), faults


CHECKS = (nothing_rests,)
