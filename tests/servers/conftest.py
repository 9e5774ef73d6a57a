"""Tests beside a real PostgreSQL, Redis and Celery worker; `make test-servers` starts the first two."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

START_UP = 40.0


@pytest.fixture(autouse=True)
def _servers_are_there():
    if os.environ.get("SERVERS") != "1":
        pytest.skip("No servers were started: run `make test-servers`.")


@dataclass
class Worker:
    """A Celery worker in a process of its own, at work on the test database."""

    process: subprocess.Popen
    log: Path

    def kill(self) -> None:
        """As a power cut does: the parent and its pool, without a last word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start_worker(transactional_db, settings, tmp_path) -> Iterator[Callable[[], Worker]]:
    """Starts workers on the database of this test, with an empty queue; ends them afterwards."""
    from config.celery import app

    app.control.purge()
    started: list[Worker] = []

    def start() -> Worker:
        worker = _worker(test_database_url(), tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        _wait_until_ready(worker)
        return worker

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.kill()
    app.control.purge()


@pytest.fixture
def celery_worker_process(start_worker) -> Worker:
    return start_worker()


def test_database_url() -> str:
    """DATABASE_URL, but with the name of the database that pytest-django made."""
    from urllib.parse import urlsplit

    from django.db import connection

    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def _worker(database_url: str, log: Path) -> Worker:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"],
            env=os.environ | {"DATABASE_URL": database_url},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Worker(process, log)


def _wait_until_ready(worker: Worker) -> None:
    end = time.monotonic() + START_UP
    while time.monotonic() < end and worker.process.poll() is None:
        if " ready." in worker.log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    pytest.fail(f"The worker did not get ready. Its log:\n{worker.log.read_text(errors='replace')[-2000:]}")


def eventually(what: Callable[[], bool], *, seconds: float = 20.0) -> bool:
    """Whether `what` comes true in time; asked again and again, as a person would reload a page."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return what()
