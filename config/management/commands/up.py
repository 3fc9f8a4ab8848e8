"""Runs the whole product on this machine until Ctrl-C: ``make up`` is this command after installing."""

import asyncio
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.demo import logins
from config import keeper, processes, servers
from config.supervisor import Supervisor


class Command(BaseCommand):
    """Prepare the database, make the demo company when there is none, and run every process under one supervisor."""

    help = "Run the shop, the offices and the workers on this machine until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the port, the size of the demo company and whether it sells by itself."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--people", type=int, default=10_000, help="size of the demo company (made once, when the database is empty)"
        )
        parser.add_argument("--sales", action="store_true", help="let the demo company sell a little all the time")
        parser.add_argument("--no-demo", action="store_true", help="no demo company, no demo sign-ins")

    def handle(self, *args, port: int, people: int, sales: bool, no_demo: bool, **options) -> None:
        """Run until a signal comes."""
        refuse_taken(port)
        if sales and no_demo:
            raise CommandError("--sales needs the demo company: leave out --no-demo.")
        self.url = f"http://localhost:{port}"
        environment = {
            **os.environ,
            "DEMO": "0" if no_demo else "1",
            "PUBLIC_URL": os.environ.get("PUBLIC_URL", self.url),
            "PYTHONUNBUFFERED": "1",
        }
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over, either signal ends this
        try:
            servers.hold()
            self.prepare(environment, 0 if no_demo else people)
        except servers.EmbeddedError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped before it was up; the next start goes on from here.") from None
        self.words = announcement(self.url, demo=not no_demo)
        commands = processes.commands(port)
        if sales:
            commands["sales"] = processes.manage("simulate")
        self.supervisor = Supervisor(commands, environment)
        with keeper.beside(environment):
            asyncio.run(self.supervisor.run(once_up=self.announce))

    def prepare(self, environment: dict[str, str], people: int) -> None:
        """Bring the database to the state of this checkout, in a process whose memory is given back."""
        print("canopy | preparing the database ...", flush=True)
        step = processes.manage("prepare", *(["--people", str(people)] if people else []))
        if subprocess.run(step, env=environment, cwd=processes.BASE_DIR, check=False).returncode:
            raise CommandError("The database could not be prepared; the reason stands above.")

    async def announce(self) -> None:
        """Wait for the first answer of the site, then say where it is and who may sign in."""
        while not await asyncio.to_thread(answers, self.url):
            await asyncio.sleep(0.1)
        width = max(map(len, self.words)) + 4
        for line in ("+" + "-" * width + "+", *(f"|  {line:<{width - 2}}|" for line in self.words), "+" + "-" * width + "+"):
            self.supervisor.say("canopy", line)


def announcement(url: str, *, demo: bool) -> list[str]:
    """Return what a person must know once the site answers."""
    lines = [f"Canopy is running at {url}", "Ctrl-C stops it."]
    if demo and logins.exist():
        lines += ["", f"Sign in with one tap at {url}/accounts/login/", f"or with the password {logins.PASSWORD} as"]
        lines += [f"  {login.title!s:<12} {login.email:<22} {login.about}" for login in logins.LOGINS]
    return lines


def refuse_taken(port: int) -> None:
    """Say so at once when another program has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken ({error.strerror}). Choose another: make up PORT={port + 1}") from error


def answers(url: str) -> bool:
    """Tell whether the site takes a request."""
    try:
        with urllib.request.urlopen(f"{url}/health/live", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
