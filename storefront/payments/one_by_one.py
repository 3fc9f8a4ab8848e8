"""Work through what is waiting, one by one: whatever is wrong with one of them, the others get their turn."""

import logging

log = logging.getLogger(__name__)


def settle_each(kind, waiting, settle):
    """Settle each of ``waiting`` and return how many were looked at; one that breaks is named in the log and left waiting.

    Only its kind, its id and the type of the error are logged: the rest may hold what a gateway knows of a person.
    """
    for one in waiting:
        try:
            settle(one)
        except Exception as error:
            log.error("%s %s was not settled: %s", kind, one.pk, type(error).__name__)
    return len(waiting)
