"""Runs the processes of a company beside each other.

Their lines are shown under names and colours; what dies is started again; all stop together.

It is for one machine and one terminal. Production runs each process under a unit of its own; see docs/running.md.
"""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from config import servers
from config.processes import BASE_DIR

COLOURS = (36, 32, 35, 33, 34, 31)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
HEALTHY_SECONDS = 30.0
STOP_SECONDS = 8.0
WATCH_SECONDS = 2.0
PR_SET_PDEATHSIG = 1


def end_with_the_parent() -> None:
    """Ask Linux to end this process when the supervisor is killed, so that nothing is left running without it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Supervisor:
    """Some named commands and the environment they share."""

    commands: dict[str, list[str]]
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.stopping = asyncio.Event()
        self.running: dict[str, asyncio.subprocess.Process] = {}
        self.width = max(map(len, self.commands))
        self.colourful = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    async def run(self, *, once_up: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run everything until SIGINT or SIGTERM comes, then stop it; returns when the last process has gone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stopping.set)
        tasks = [asyncio.create_task(self._keep(name, command)) for name, command in self.commands.items()]
        tasks += [asyncio.create_task(self._watch_servers()), asyncio.create_task(once_up())]
        await self.stopping.wait()
        self.say("canopy", "stopping")
        await self._stop_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def say(self, name: str, line: str) -> None:
        """Print a line under the name of the process it came from."""
        place = list(self.commands).index(name) if name in self.commands else -1
        label = f"{name:>{self.width}} |"
        if self.colourful:
            label = f"\x1b[{COLOURS[place % len(COLOURS)] if place >= 0 else 1}m{label}\x1b[0m"
        print(f"{label} {line}", flush=True)

    async def _keep(self, name: str, command: Sequence[str]) -> None:
        """Run one process, and again when it ends, after a pause that grows while it keeps dying young."""
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=BASE_DIR, env=self.environment, start_new_session=True, preexec_fn=end_with_the_parent,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=2**20,
            )  # fmt: skip
            self.running[name] = process
            await self._show(name, process)
            code = await process.wait()
            if self.stopping.is_set():
                return
            pause = FIRST_PAUSE if time.monotonic() - began > HEALTHY_SECONDS else min(pause * 2, LONGEST_PAUSE)
            self.say(name, f"ended ({ending(code)}); starting again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _show(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            text = line.decode(errors="replace").rstrip()
            if text:
                self.say(name, text)

    async def _watch_servers(self) -> None:
        """Start an embedded server again when it has fallen over."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for server in servers.embedded_ones():
                if not await asyncio.to_thread(server.pid):
                    self.say("canopy", f"{server.name} is not running; starting it")
                    try:
                        await asyncio.to_thread(server.start)
                    except servers.EmbeddedError as error:
                        self.say("canopy", str(error))

    async def _stop_all(self) -> None:
        """Ask every process to end; kill what has not after a while, with all that it started."""
        alive = [process for process in self.running.values() if process.returncode is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        waits = [asyncio.create_task(process.wait()) for process in alive]
        if waits:
            await asyncio.wait(waits, timeout=STOP_SECONDS)
        for process in alive:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


def ending(code: int) -> str:
    """Say how a process ended."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
