"""The life of a run: asked for, taken by one worker, done or failed; what it is doing can be read from its row."""

import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings as django_settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from audits.models import Standard
from reports.measure.drift import Settings
from reports.models import Run

SEED = 1
SECONDS_BETWEEN_UPDATES = 0.5
Listener = Callable[[str, int, int], None]
"""Called with the phase in words, the number done and the number to do (0 where it is not known)."""


class RunTaken(Exception):
    """Another worker has the run, or another run of the standard is under way."""


class BadParameters(ValueError):
    """A scan was asked for with parameters that do not exist or are out of range."""


def request_scan(
    *, standard: Standard, as_of: datetime | None = None, parameters: dict | None = None, requested_by=None
) -> Run:
    """The row of a run to be made, waiting for `run_scan`; the same request made twice while it waits is one row.

    as_of : only what was known at this moment counts; None for now. parameters : any of those of
    `measure.drift.Settings`, and `seed`; the others take their defaults.
    Raises BadParameters, which names the parameter and what it may be.
    """
    complete = check_parameters(parameters or {})
    _fail_dead(standard)
    if as_of is None:
        waiting = Run.objects.filter(standard=standard, state=Run.State.WAITING, parameters=complete)
        if run := waiting.first():
            return run
    return Run.objects.create(
        standard=standard, as_of=as_of or timezone.now(), parameters=complete, requested_by=requested_by
    )


def check_parameters(parameters: dict) -> dict:
    """The parameters with their defaults filled in."""
    complete = asdict(Settings()) | {"seed": SEED}
    if unknown := sorted(set(parameters) - set(complete)):
        raise BadParameters(f"Unknown parameter {', '.join(unknown)}: use {', '.join(sorted(complete))}.")
    for name, value in parameters.items():
        whole = isinstance(complete[name], int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise BadParameters(f"{name} must be a {'whole ' if whole else ''}number; got {value!r}")
    complete |= parameters
    if complete["seed"] < 0:
        raise BadParameters(f"seed must be 0 or more; got {complete['seed']}")
    try:
        Settings(**{name: value for name, value in complete.items() if name != "seed"})
    except ValueError as wrong:
        raise BadParameters(str(wrong)) from wrong
    return complete


def settings_of(run: Run) -> Settings:
    return Settings(**{name: value for name, value in run.parameters.items() if name != "seed"})


@contextmanager
def taken(run_id: int) -> Iterator[Run]:
    """The run, while this worker has it; it ends as done only by `finish`, as failed by an error within.

    A run whose worker died can be taken again once the time limit of tasks is over. A database that is away for a
    moment puts the run back into the queue. Raises RunTaken when somebody else has it.
    """
    run = _take(run_id)
    try:
        yield run
    except OperationalError:
        _own(run).update(state=Run.State.WAITING, started_at=None)
        raise
    except BaseException as fault:
        error = str(fault) or type(fault).__name__
        _own(run).update(state=Run.State.FAILED, finished_at=timezone.now(), error=error)
        raise


def _take(run_id: int) -> Run:
    now = timezone.now()
    standard = Run.objects.values_list("standard", flat=True).get(pk=run_id)
    _fail_dead(standard, but=run_id)
    other = Run.objects.filter(standard=OuterRef("standard"), state=Run.State.RUNNING).exclude(pk=run_id)
    free = Q(state=Run.State.WAITING) | Q(state=Run.State.RUNNING, started_at__lt=_dead_before())
    try:
        with transaction.atomic():
            won = (
                Run.objects.filter(free, pk=run_id)
                .exclude(Exists(other))
                .update(state=Run.State.RUNNING, started_at=now, error="", code_version=code_version())
            )
    except IntegrityError:  # another run of the standard began between the two halves of the statement
        won = 0
    if not won:
        raise RunTaken(f"Run {run_id} is not waiting, or another run of its standard is under way.")
    return Run.objects.select_related("standard").get(pk=run_id)


def finish(run: Run, **results) -> None:
    """Within the transaction that writes the results: nothing of a run that lost its row is kept."""
    done = _own(run).update(state=Run.State.DONE, finished_at=timezone.now(), phase="Done", **results)
    if not done:
        raise RunTaken(f"Run {run.pk} was taken over by another worker: its results were not written.")
    run.refresh_from_db()


def _own(run: Run):
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, started_at=run.started_at)


def _dead_before() -> datetime:
    return timezone.now() - timedelta(seconds=django_settings.CELERY_TASK_TIME_LIMIT)


def _fail_dead(standard, but: int | None = None) -> None:
    """A run that never ended would keep the standard from being scanned again."""
    dead = Run.objects.filter(standard=standard, state=Run.State.RUNNING, started_at__lt=_dead_before())
    if but is not None:
        dead = dead.exclude(pk=but)
    dead.update(
        state=Run.State.FAILED,
        finished_at=timezone.now(),
        error="The worker stopped without a word within the time limit: scan again.",
    )


class Progress:
    """Tells the listener of every step, and the run's row about twice a second."""

    def __init__(self, run: Run, listener: Listener | None = None):
        self.run, self.listener = run, listener
        self.phase, self.told_at = "", 0.0

    def __call__(self, phase: str, n_done: int = 0, n_total: int = 0) -> None:
        if self.listener:
            self.listener(phase, n_done, n_total)
        now = time.monotonic()
        if phase != self.phase or now - self.told_at >= SECONDS_BETWEEN_UPDATES:
            self.phase, self.told_at = phase, now
            _own(self.run).update(phase=phase, n_done=n_done, n_total=n_total)


@cache
def code_version() -> str:
    """The package's version, and the commit where the source is a git checkout."""
    root = django_settings.BASE_DIR
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    if not (root / ".git").exists():
        return version
    asked = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return f"{version}+{asked.stdout.strip()}" if asked.returncode == 0 else version
