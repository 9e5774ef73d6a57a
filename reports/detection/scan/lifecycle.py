"""The life of a run: asked for, begun, done or failed; what it is doing can be read from its row."""

import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings as django_settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audits.models import Standard
from reports.detection.data.parameters import DETECTOR, GOING_ON, check_parameters
from reports.detection.data.settings import chosen_for
from reports.detection.scan import shards
from reports.detection.scan.shards import RunTaken
from reports.detection.signals import run_waits
from reports.models import Run, Shard

SECONDS_BETWEEN_UPDATES = 0.5
Listener = Callable[[str, int, int], None]
"""Called with the phase in words, the number done and the number to do (0 where it is not known)."""


def request_scan(
    *,
    standard: Standard,
    as_of: datetime | None = None,
    parameters: dict | None = None,
    must_estimate: bool = False,
    requested_by=None,
) -> Run:
    """The row of a run to be made, waiting for `run_scan`; the same request made twice while it waits is one row.

    as_of : only what was known at this moment counts; None for that at which the run begins. parameters : any of
    those of `measure.drift.detector.Settings`, `seed`, and those of GOING_ON; the others are as set for the standard,
    else their defaults. must_estimate : estimate anew what is common, whenever that was done last.
    Raises BadParameters, which names the parameter and what it may be.
    """
    complete = check_parameters(chosen_for(standard).parameters() | (parameters or {}), DETECTOR | GOING_ON)
    _fail_dead(standard)
    if as_of is None:
        waiting = Run.objects.filter(
            standard=standard,
            state=Run.State.WAITING,
            is_current=True,
            parameters=complete,
            must_estimate=must_estimate,
        )
        if run := waiting.first():
            return run
    return Run.objects.create(
        standard=standard,
        as_of=as_of or timezone.now(),
        is_current=as_of is None,
        parameters=complete,
        must_estimate=must_estimate,
        requested_by=requested_by,
    )


def start_scan(*, standard: Standard, must_estimate: bool = False, requested_by=None) -> Run:
    """As `request_scan`, and handed to the workers once the transaction is over."""
    run = request_scan(standard=standard, must_estimate=must_estimate, requested_by=requested_by)
    run_waits.send(sender=Run, run_id=run.pk)
    return run


def begin(run_id: int) -> Run:
    """The run, under way: by this call, or by another worker's before.

    Raises RunTaken when it has ended, or another run of the standard is under way.
    """
    run = Run.objects.select_related("standard").get(pk=run_id)
    _fail_dead(run.standard, but=run_id)
    if run.state == Run.State.RUNNING and _is_of_another_release(run):
        _start_over(run)
    if run.state == Run.State.WAITING:
        _begin(run)
        run.refresh_from_db()
    if run.state != Run.State.RUNNING:
        raise RunTaken(f"Run {run_id} is {run.state}, or another run of its standard is under way.")
    return run


def _is_of_another_release(run: Run) -> bool:
    """By its name, or, where both have the same, by shards that this one would have written in another way."""
    if run.code_version not in ("", code_version()):
        return True
    shards_of_locations = Shard.objects.filter(run=run, phase=Shard.Phase.LOCATIONS)
    return shards_of_locations.exclude(payload__has_key="location_indexes").exists()


def _start_over(run: Run) -> None:
    """What shards of another release hold does not go on in this one; a worker of that one finds its shard gone."""
    with transaction.atomic():
        begun = Run.objects.select_for_update(of=("self",)).filter(pk=run.pk, code_version=run.code_version)
        if begun.filter(state=Run.State.RUNNING).update(state=Run.State.WAITING, phase="", n_done=0, n_total=0):
            Shard.objects.filter(run=run).delete()
    run.refresh_from_db()


def _begin(run: Run) -> None:
    other = Run.objects.filter(standard=OuterRef("standard"), state=Run.State.RUNNING)
    waiting = Run.objects.filter(pk=run.pk, state=Run.State.WAITING).exclude(Exists(other))
    begun = {"started_at": timezone.now(), "error": "", "code_version": code_version()}
    if run.is_current and run.started_at is None:  # one that was put back goes on with what it has read
        begun["as_of"] = begun["started_at"]
    try:
        with transaction.atomic():
            if waiting.update(state=Run.State.RUNNING, **begun):
                shards.plan(run, Shard.Phase.COMMON, [{}])
    except IntegrityError:  # another run of the standard began between the two halves of the statement
        return


@contextmanager
def held(run: Run, shard: Shard) -> Iterator[None]:
    """A shard at work: an error within fails the whole run, but for those that time heals.

    A database that is away for a moment puts the shard back, and the run into the queue when nobody else works on it.
    """
    try:
        yield
    except shards.RunTaken:
        raise
    except OperationalError:
        shards.release(shard)
        others = Shard.objects.filter(run=OuterRef("pk"), state=Shard.State.TAKEN)
        _own(run).exclude(Exists(others)).update(state=Run.State.WAITING)
        raise
    except BaseException as fault:
        fail(run, fault)
        raise


def fail(run: Run, fault: BaseException) -> None:
    error = str(fault) or type(fault).__name__
    _own(run).update(state=Run.State.FAILED, finished_at=timezone.now(), error=error)


def describe(run: Run, **found) -> None:
    """Write what was found into the row; raises RunTaken when the run has ended meanwhile."""
    if not _own(run).update(**found):
        raise RunTaken(f"Run {run.pk} is not under way any more: its results were not written.")


def finish(run: Run, **results) -> None:
    """Within the transaction that writes the results: nothing of a run that lost its row is kept.

    Flags, results and the next run rest on this one from now on, so the effects of earlier ones have no reader.
    """
    describe(run, state=Run.State.DONE, finished_at=timezone.now(), phase="Done", **results)
    Shard.objects.filter(run=run).delete()
    ended = Run.objects.filter(standard=run.standard, state__in=[Run.State.DONE, Run.State.FAILED])
    ended.filter(effects__isnull=False).exclude(pk=run.pk).update(effects=None)


def _own(run: Run):
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)


def _fail_dead(standard, but: int | None = None) -> None:
    """A run that never ended would keep the standard from being scanned again."""
    silent_since = timezone.now() - timedelta(seconds=django_settings.CELERY_TASK_TIME_LIMIT)
    dead = Run.objects.filter(
        ~shards.seen_alive(silent_since), standard=standard, state=Run.State.RUNNING, started_at__lt=silent_since
    )
    if but is not None:
        dead = dead.exclude(pk=but)
    dead.update(
        state=Run.State.FAILED,
        finished_at=timezone.now(),
        error="The worker stopped without a word within the time limit: scan again.",
    )


class Progress:
    """Tells the listener of every step, and the run's row about twice a second; renews the shard's lease with it."""

    def __init__(self, run: Run, shard: Shard, listener: Listener | None = None):
        self.run, self.shard, self.listener = run, shard, listener
        self.phase, self.told_at = "", 0.0

    def __call__(self, phase: str, n_done: int = 0, n_total: int = 0) -> None:
        if self.listener:
            self.listener(phase, n_done, n_total)
        now = time.monotonic()
        if phase != self.phase or now - self.told_at >= SECONDS_BETWEEN_UPDATES:
            self.phase, self.told_at = phase, now
            shards.renew(self.shard)
            _own(self.run).update(phase=phase, n_done=n_done, n_total=n_total)


@cache
def code_version() -> str:
    """The package's version, and the commit where the source is a git checkout."""
    root = django_settings.BASE_DIR
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return version
    asked = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return f"{version}+{asked.stdout.strip()}" if asked.returncode == 0 else version
