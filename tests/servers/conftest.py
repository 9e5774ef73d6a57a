"""Tests beside a real PostgreSQL, Redis and Celery worker; `make test-servers` starts the first two."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import has_ended, last_words, sizes, wait_until

at_work: list["Worker"] = []
"""The workers that this test has started."""


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

    def start() -> Worker:
        worker = _worker(test_database_url(), tmp_path / f"worker-{len(at_work)}.log")
        at_work.append(worker)
        _wait_until_ready(worker)
        return worker

    yield start
    for worker in at_work:
        if not has_ended(worker.process):
            worker.kill()
    at_work.clear()
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
    wait_until(
        lambda: " ready." in worker.log.read_text(errors="replace"),
        "A worker that is ready",
        signs=lambda: sizes([worker.log]),
        is_over=lambda: has_ended(worker.process),
        words=lambda: last_words(worker.log),
    )


def eventually(is_so: Callable[[], bool], *, signs: Callable[[], object] = lambda: None) -> bool:
    """True, once `is_so` is true by the hand of this test's workers; raises Stuck when they no longer work on it.

    signs : what else changes while they do, beside their logs.
    """
    logs = [worker.log for worker in at_work]
    return wait_until(
        is_so,
        "What the workers were to do",
        signs=lambda: (sizes(logs), signs()),
        is_over=lambda: all(has_ended(worker.process) for worker in at_work),
        words=lambda: last_words(*logs),
    )
