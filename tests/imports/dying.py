"""Run a command of manage.py, and kill it with -9 in the middle of what it does after it has said a word.

    python -m tests.imports.dying "orders: 150 of" 3 import_company DIR --stretch 150

kills it when the third statement after the word has been carried out: the same place on a fast machine and on a slow one.
"""

import os
import signal
import sys

import django
from django.core.management import call_command
from django.db import connection


class Listening:
    """The command's output: passed on as it comes, and listened to."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.heard = False

    def write(self, text: str) -> None:
        self.heard = self.heard or self.word in text
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def main(word: str, statements: str, *command: str) -> None:
    """Run ``command`` until ``statements`` statements have been carried out since it said ``word``."""
    django.setup()
    output, left = Listening(word), int(statements)

    def carry_out(execute, sql, parameters, many, context):
        nonlocal left
        result = execute(sql, parameters, many, context)
        left -= output.heard
        if left == 0:
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    with connection.execute_wrapper(carry_out):
        call_command(*command, stdout=output)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
