"""Keeps a few processes running together: starts them, starts again what dies, and ends all of them in the end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MOST_RESTARTS = 5
CALM_AFTER = 60.0
"""Seconds after which a process counts as well started: its earlier deaths are forgotten."""
PATIENCE = 12.0
"""Seconds that processes get to end by themselves before they are killed; an idle Celery worker takes about six."""
TAIL = 12


class GaveUp(Exception):
    """A process died too often; the message says which, and shows its last lines."""


@dataclass
class Child:
    """One process: its name, command and log file, and how often it died lately."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    started: float = 0.0
    n_deaths: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then ends each in turn.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.started = time.monotonic()

    def signal_group(self, number: int) -> None:
        """Reaches what the process started, too, also after it has itself gone."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line}" for line in lines[-TAIL:])


def _die_with_parent() -> None:
    """Linux: the kernel sends SIGTERM when the supervisor itself is killed, so that nothing is left running."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


@dataclass
class Supervisor:
    """Runs `children` until `stop` is called or a signal arrives. Make it in the main thread."""

    children: list[Child]
    say: Callable[[str], None] = print
    is_stopping: bool = field(default=False, init=False)

    def __enter__(self) -> "Supervisor":
        self._before = {number: signal.signal(number, self._heard) for number in (signal.SIGINT, signal.SIGTERM)}
        for child in self.children:
            child.log.unlink(missing_ok=True)
            child.start()
        return self

    def __exit__(self, *failure) -> None:
        self._end_all()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def stop(self) -> None:
        self.is_stopping = True

    def watch(self, *, until: Callable[[], bool] = lambda: False, seconds: float | None = None) -> bool:
        """Look after the children until `until()` holds (True), a signal came or `seconds` are over (False).

        Raises GaveUp when one of them keeps dying.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while not self.is_stopping and (end is None or time.monotonic() < end):
            if until():
                return True
            for child in self.children:
                self._look_after(child)
            time.sleep(0.2)
        return False

    def _heard(self, number, frame) -> None:
        self.stop()

    def _look_after(self, child: Child) -> None:
        assert child.process is not None
        code = child.process.poll()
        if code is None:
            return
        child.signal_group(signal.SIGKILL)  # what it may have left behind would hold its port or its files
        child.n_deaths = child.n_deaths + 1 if time.monotonic() - child.started < CALM_AFTER else 1
        ended = f"The {child.name} ended with code {code}. Its last lines, from {child.log}:\n{child.last_lines()}"
        if child.n_deaths > MOST_RESTARTS:
            raise GaveUp(f"{ended}\n  It ended {child.n_deaths} times in a row: giving up.")
        self.say(f"{ended}\n  Starting it again ({child.n_deaths} of {MOST_RESTARTS}).")
        time.sleep(min(2.0, 0.25 * child.n_deaths))
        child.start()

    def _end_all(self) -> None:
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        end = time.monotonic() + PATIENCE
        for child in self.children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.0, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self.say(f"The {child.name} did not end within {PATIENCE:g} seconds: killing it.")
                child.signal_group(signal.SIGKILL)
                child.process.wait()
