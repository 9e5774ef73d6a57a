"""`manage.py demo`: an invented chain, the web server, a Celery worker and its scheduler, in one terminal."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from config.demo import chain, load
from config.demo.places import ACCOUNTS, ADMINISTRATOR, PASSWORD
from config.demo.supervisor import Child, GaveUp, Supervisor
from locations.accounts.roles import Role
from reports.detection.data.scoring import score_waiting
from reports.models import Run, Tally

HOST = "127.0.0.1"
START_UP = 300.0
"""Seconds that the web server gets to answer; of one that dies, its supervisor tells at once."""


class Command(BaseCommand):
    help = "Load an invented chain into an empty database, then run web server, worker and scheduler until Ctrl-C."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Where the web server listens (8000).")
        parser.add_argument("--stores", type=int, default=60, help="How many stores are loaded, 1 to 60 (60).")
        parser.add_argument("--weeks", type=int, default=78, help="How far back their visits go (78).")
        parser.add_argument("--load-only", action="store_true", help="Prepare everything, then start nothing.")

    def handle(self, *args, port: int, stores: int, weeks: int, load_only: bool, **options) -> None:
        began = time.monotonic()
        if not load_only:
            refuse_taken(port)
        call_command("migrate", verbosity=0)
        if load.is_empty():
            self._load(stores, weeks)
        self._score_and_scan()
        call_command("collectstatic", interactive=False, verbosity=0)
        if load_only:
            return
        with Supervisor(children(port, Path(settings.DATA_DIR) / "log"), self.stdout.write) as supervisor:
            try:
                if supervisor.watch(until=lambda: answers(port), seconds=START_UP):
                    self._introduce(port, time.monotonic() - began)
                    supervisor.watch()
                elif not supervisor.is_stopping:
                    raise CommandError(
                        f"The web server did not answer within {START_UP:g} seconds: see {log_of('web')}."
                    )
            except GaveUp as error:
                raise CommandError(str(error)) from error
            self.stdout.write("\nStopping …")
        self.stdout.write(f"Stopped. The data stay in {settings.DATA_DIR}; delete that folder to begin anew.")

    def _load(self, stores: int, weeks: int) -> None:
        self.stdout.write(f"Making {stores} stores and {weeks} weeks of visits:")
        made = chain.make(today=timezone.localdate(timezone=chain.ZONE), n_stores=stores, n_weeks=weeks)
        load.load(made, say=lambda step: self.stdout.write(f"  {step}"))

    def _score_and_scan(self) -> None:
        """What an interrupted first start left undone is done by the next."""
        if n_waiting := Tally.objects.waiting().count():
            with tqdm(total=n_waiting, desc="Scoring", unit=" visits", file=sys.stdout) as bar:

                def progress(n: int) -> None:
                    bar.update(n)

                score_waiting(progress=progress)
        if not Run.objects.filter(state=Run.State.DONE).exists():
            call_command("scan", stdout=self.stdout)

    def _introduce(self, port: int, seconds: float) -> None:
        roles = dict(Role.choices)
        lines = [
            f"\nPlumbline is ready after {seconds:.0f} s:  http://{HOST}:{port}/",
            f"\nPassword of all: {PASSWORD}",
        ]
        for account in (*ACCOUNTS, ADMINISTRATOR):
            role = roles.get(account.role, "Administrator")
            lines.append(f"  {account.email:24} {role:17} {account.shows}")
        lines.append("\nCtrl-C stops everything. The data are kept.")
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def refuse_taken(port: int) -> None:
    """Before anything is made: a server that cannot listen would be noticed two minutes later."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}): choose another one, as in make demo PORT={port + 1}."
            ) from error


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def log_of(name: str) -> Path:
    return Path(settings.DATA_DIR) / "log" / f"{name}.log"


def children(port: int, logs: Path) -> list[Child]:
    """The same three processes as in production, smaller."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config"]
    web = [python, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread"]
    web += ["--workers", str(min(2, os.cpu_count() or 1)), "--threads", "4", "--graceful-timeout", "3"]
    return [
        Child("web server", [*web, "--no-control-socket"], log_of("web")),
        Child("worker", [*celery, "worker", "--concurrency", "1", "--loglevel", "INFO"], log_of("worker")),
        Child("scheduler", [*celery, "beat", "--loglevel", "INFO", "--pidfile="], log_of("beat")),
    ]
