"""The parts of a run, taken by whoever is free: one process in turn, or workers on any number of machines.

Every step is one filtered UPDATE whose row count says who won. A phase needs no closing: its successor can be taken
once no shard of it is unfinished, so nobody can die between the two.
"""

import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from reports.models import Run, Shard

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 3
Phase, State = Shard.Phase, Shard.State


class RunTaken(Exception):
    """Somebody else has the run or the shard, or another run of the standard is under way."""


class GivenUp(Exception):
    """Every worker that took a shard died over it."""


def take(run: Run) -> Shard | None:
    """A free shard of the earliest phase that is not over; None when others hold what is left, or nothing is.

    Raises GivenUp for a shard whose lease ended MOST_ATTEMPTS times.
    """
    while shard := _first_free(run, now := timezone.now()):
        if shard.attempts >= MOST_ATTEMPTS:
            raise GivenUp(f"{shard} was given up after {shard.attempts} workers died over it, last {shard.worker}.")
        mine = {"worker": worker_name(), "lease_until": now + _lease(shard), "attempts": F("attempts") + 1}
        if Shard.objects.filter(_free(now), pk=shard.pk).update(state=State.TAKEN, **mine):
            shard.refresh_from_db(fields=["state", "worker", "lease_until", "attempts"])
            return shard
    return None


def any_free(run: Run) -> bool:
    """Whether there is a shard to take."""
    return _first_free(run, timezone.now()) is not None


def _first_free(run: Run, now: datetime) -> Shard | None:
    unfinished = Shard.objects.filter(run=run, run__state=Run.State.RUNNING).exclude(state=State.DONE)
    phase = unfinished.order_by("phase").values_list("phase", flat=True).first()
    if phase is None:
        return None
    return unfinished.filter(_free(now), phase=phase).defer("result").order_by("index").first()


def renew(shard: Shard) -> None:
    """Raises RunTaken when the shard was given to somebody else meanwhile."""
    if not _own(shard).update(lease_until=timezone.now() + _lease(shard)):
        raise RunTaken(f"{shard} was taken over by another worker.")


def release(shard: Shard) -> None:
    """Put it back for the next one, as if it had not been taken: what stopped it was not its own fault."""
    _own(shard).update(state=State.WAITING, attempts=F("attempts") - 1)


def finish(shard: Shard, result: bytes) -> None:
    """Raises RunTaken when the shard was given to somebody else meanwhile: within a transaction, nothing is kept."""
    if not _own(shard).update(state=State.DONE, result=result):
        raise RunTaken(f"{shard} was taken over by another worker: its results were not written.")


def plan(run: Run, phase: Shard.Phase, payloads: Iterable[dict]) -> int:
    """Make the shards of a phase; those that exist stay as they are. Returns how many there are to be."""
    shards = [Shard(run=run, phase=phase, index=index, payload=payload) for index, payload in enumerate(payloads)]
    Shard.objects.bulk_create(shards, batch_size=500, ignore_conflicts=True)
    return len(shards)


def results(run: Run, phase: Shard.Phase) -> Iterable[bytes]:
    """Of a phase that is over, in order."""
    shards = Shard.objects.filter(run=run, phase=phase, result__isnull=False).order_by("index")
    return (bytes(result or b"") for result in shards.values_list("result", flat=True).iterator(chunk_size=100))


def counted(run: Run, phase: Shard.Phase) -> tuple[int, int]:
    """How many shards of a phase are done, and how many there are."""
    done = Count("pk", filter=Q(state=State.DONE))
    found = Shard.objects.filter(run=run, phase=phase).aggregate(n_done=done, n=Count("pk"))
    return found["n_done"], found["n"]


def abandoned(runs):
    """Of these runs, the ones under way whose shards nobody holds any more."""
    held = Shard.objects.filter(run=OuterRef("pk"), state=State.TAKEN, lease_until__gte=timezone.now())
    left = Shard.objects.filter(run=OuterRef("pk")).exclude(state=State.DONE)
    return runs.filter(Exists(left), ~Exists(held), state=Run.State.RUNNING)


def seen_alive(since: datetime) -> Exists:
    """Of the outer run: whether any worker held one of its shards since a moment."""
    return Exists(Shard.objects.filter(run=OuterRef("pk"), lease_until__gte=since))


def _free(now: datetime) -> Q:
    return Q(state=State.WAITING) | Q(state=State.TAKEN, lease_until__lt=now)


def _own(shard: Shard):
    return Shard.objects.filter(pk=shard.pk, state=State.TAKEN, worker=shard.worker)


def _lease(shard: Shard) -> timedelta:
    """The single shards of the first and last phase take as long as a task may; those of locations take seconds."""
    return LEASE if shard.phase == Phase.LOCATIONS else timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)


def worker_name() -> str:
    """A new one each time: the same process may take a shard again that it lost."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{uuid4().hex[:12]}"
