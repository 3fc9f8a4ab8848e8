#!/usr/bin/env python
"""The door to every command of Canopy."""

import os
import sys

from django.core.management import execute_from_command_line

# Commands that write files from the code, or from other files, alone. Django would ask the database about them in passing,
# and so start it.
OFFLINE = {
    "makemigrations",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "calculate",
    "check_plan",
    "plan_schema",
}

if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in OFFLINE:
        os.environ["CANOPY_OFFLINE"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
