"""Whole numbers as they stand in an address or a form: whatever a browser may send, read or passed over."""

DIGITS = 18  # any more might not be an id: they have 64 bits


def whole(written: str | None) -> int | None:
    """Return a whole number of 0 or more; None when nothing was written, or no number that an id could be.

    >>> whole("17"), whole("x"), whole("9" * 5000), whole(None)
    (17, None, None, None)
    """
    return int(written) if written and written.isdecimal() and len(written) <= DIGITS else None
