"""Waiting that asks no machine to be fast: on and on while there are signs of work, no longer once it is over."""

import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

_PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())
LONGEST = float(_PROJECT["tool"]["pytest"]["ini_options"]["timeout"])
"""Seconds that a test may take at most, a bound against a hang."""
STILL = LONGEST / 10
"""Seconds without a sign of work after which what is waited for counts as stuck."""
MOST = LONGEST * 0.8  # so that the words below are said before the test is ended from outside
BETWEEN_LOOKS = 0.1
T = TypeVar("T")


class Stuck(AssertionError):
    """What was waited for did not come; the message says what and shows the last words."""


def wait_until(
    is_so: Callable[[], T],
    what: str,
    *,
    signs: Callable[[], object] = lambda: None,
    is_over: Callable[[], bool] = lambda: False,
    words: Callable[[], str] = str,
    pause: Callable[[], object] = lambda: time.sleep(BETWEEN_LOOKS),
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """What `is_so` gives once it is true, asked again and again, as a person would reload a page.

    what : a sentence of what is waited for. signs : any value that changes while somebody works on it: the size of a
    log, how far a row is. is_over : whether nobody is left to do it, so that waiting is in vain. words : what to show
    when it does not come. pause : between two looks. Raises Stuck.
    """
    begun = moved = clock()
    sign = signs()
    while True:
        over = is_over()  # asked first: what has ended may have done it with its last breath
        if found := is_so():
            return found
        now, latest = clock(), signs()
        if latest != sign:
            sign, moved = latest, now
        if over or now - moved > STILL or now - begun > MOST:
            why = "nobody is left to do it" if over else f"{now - moved:.0f} of {now - begun:.0f} s without a sign"
            raise Stuck(f"{what}: waited in vain ({why}).\n{words()}".rstrip())
        pause()


def sizes(paths: Iterable[Path]) -> list[int]:
    """Of logs, as a sign: they grow while somebody works."""
    return [path.stat().st_size for path in paths if path.exists()]


def last_words(*logs: Path, most: int = 3000) -> str:
    return "\n".join(f"{log}:\n{log.read_text(errors='replace')[-most:]}" for log in logs if log.exists())


def has_ended(process: subprocess.Popen) -> bool:
    return process.poll() is not None


def turns(page) -> Callable[[], None]:
    """As `pause`, for what a page has to do: meanwhile it is given its turn."""
    return lambda: page.wait_for_timeout(1000 * BETWEEN_LOOKS)


def settle(page, frames: int = 2) -> None:
    """Until the page has drawn so many frames: whatever it had ready by now is on the screen."""
    for _ in range(frames):
        page.evaluate("() => new Promise(requestAnimationFrame)")
