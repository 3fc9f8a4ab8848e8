"""Places where a test may have the process killed, to prove that nothing is lost or doubled there.

``KILL_AT=live.written:2`` kills at the second arrival at that place, as ``kill -9`` would. A public site ignores it.
"""

import os
import signal
from collections import Counter

from django.conf import settings

_arrivals: Counter = Counter()


def reach(place):
    """Say that a place is reached; the process ends here if a test asked for it."""
    wanted = os.environ.get("KILL_AT")
    if not wanted or settings.PUBLIC:
        return
    name, _colon, times = wanted.partition(":")
    _arrivals[place] += 1
    if name == place and _arrivals[place] >= int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
