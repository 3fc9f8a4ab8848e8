"""``simulate``: let the demo company sell a little all the time, so that one sees it live."""

import signal
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice.demo.simulator import Simulator

MOST = 100.0


class Command(BaseCommand):
    help = "Buy, join and send back, a few times a second, until Ctrl-C or for --for seconds."

    def add_arguments(self, parser):
        parser.add_argument("--rate", type=float, default=2.0, help="how often a second something happens (default 2)")
        parser.add_argument("--for", type=float, dest="seconds", help="end after so many seconds")
        parser.add_argument("--seed", type=int, help="the same choices again")

    def handle(self, *args, rate, seconds, seed, **options):
        if not settings.DEMO or settings.PAYMENT_GATEWAY != "test":
            raise CommandError(_("The simulator buys in the demo only, with the test gateway: set DEMO=1."))
        if not 0 < rate <= MOST:
            raise CommandError(_("--rate is %(rate)s, expected more than 0 and at most %(most)d.") % {"rate": rate, "most": MOST})
        self.stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        end = time.monotonic() + seconds if seconds else None
        done = Simulator(rate, lambda: self.stopped or (end is not None and time.monotonic() >= end), seed).run()
        self.stdout.write(", ".join(f"{count} {what}" for what, count in done.most_common()) or _("nothing happened"))

    def _stop(self, *_signal):
        self.stopped = True
