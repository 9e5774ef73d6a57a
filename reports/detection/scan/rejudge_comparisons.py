"""Between runs: what readings that came, changed or went say beside the flags and results of their locations."""

import time
from collections.abc import Iterable

import numpy as np
from django.db import transaction
from django.utils import timezone

from reports.detection.data.day_numbers import to_days
from reports.detection.data.reported_metrics import reported_numbers
from reports.detection.data.usual_numbers import UsualNumbers
from reports.detection.data.verdicts import Begun
from reports.detection.scan import reconcile_flags
from reports.measure.drift.detector import DECLINE
from reports.models import ChangedReadings, DriftFlag, LocationResult, Run

AT_ONCE = 500
"""Locations in one transaction: a visit that is evaluated, or a run that writes, waits for them."""
JUDGED = ["reported", "reported_metric", "comparison"]
"""Fields of a LocationResult."""


def note_changed(location_ids: Iterable[int]) -> int | None:
    """Within the transaction that changed their readings. Returns the number of the first row, None without one."""
    ordered = sorted(location_ids)
    parts = (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
    rows = ChangedReadings.objects.bulk_create((ChangedReadings(location_ids=part) for part in parts), batch_size=500)
    return rows[0].pk if rows else None


def is_called_for(pk: int) -> bool:
    """Whether a row before this one still waits, committed: whoever stored it calls, and who takes it sees this, too.

    To be asked after the commit. Of rows that are committed at the same moment the first one finds none before it.
    """
    return ChangedReadings.objects.filter(is_judged=False, pk__lt=pk).exists()


def any_ready() -> bool:
    """Whether there is something to judge: what came, or what was judged while a run was under way that is over."""
    return _ready(_is_run_under_way()).exists()


def judge_again() -> bool:
    """After a run, which wrote what it had read before. Returns whether anything was judged under way."""
    return ChangedReadings.objects.filter(is_judged=True).update(is_judged=False) > 0


def rejudge_waiting(*, seconds: float = float("inf")) -> bool:
    """Judge what waits now, part by part, until others hold what is left of it, or the seconds are over.

    Doing it twice changes nothing; a part that is not finished waits as before. Returns whether this call judged
    something and more waits.
    """
    last = ChangedReadings.objects.order_by("pk").values_list("pk", flat=True).last()
    if last is None:
        return False
    stop, n = time.monotonic() + seconds, 0
    while taken := _rejudge_some(last):
        n += taken
        if time.monotonic() >= stop:
            break
    return n > 0 and any_ready()


@transaction.atomic
def _rejudge_some(last: int) -> int:
    """Take rows that nobody else holds, all together of AT_ONCE locations or those of one row; returns how many.

    last : the number of the last row that may be taken; what comes while this goes on is gathered for the next time.
    """
    under_way = _is_run_under_way()  # asked first: a run that begins later reads what has changed by now
    rows = _ready(under_way).filter(pk__lte=last).select_for_update(skip_locked=True).order_by("pk")[:AT_ONCE]
    taken: list[int] = []
    location_ids: set[int] = set()
    for row in rows:
        if taken and len(location_ids.union(row.location_ids)) > AT_ONCE:
            break
        taken.append(row.pk)
        location_ids.update(row.location_ids)
    known = LocationResult.objects.filter(location__in=location_ids).order_by("standard_id")
    for standard_id in known.values_list("standard_id", flat=True).distinct():
        rejudge(standard_id=standard_id, location_ids=location_ids)
    done = ChangedReadings.objects.filter(pk__in=taken)
    if under_way:
        done.update(is_judged=True)
    else:
        done.delete()
    return len(taken)


def _is_run_under_way() -> bool:
    return Run.objects.filter(state=Run.State.RUNNING).exists()


def _ready(under_way: bool):
    rows = ChangedReadings.objects.all()
    return rows.filter(is_judged=False) if under_way else rows


def rejudge(*, standard_id: int, location_ids: Iterable[int]) -> None:
    """Within a transaction: write what the reported numbers say now of these locations, as a run would.

    Onset and signal are those of the flags that are open; no visit is read. What is common to the readings of the
    chain, and which metrics there are, is as the last run found it: a metric that it did not know is left to the
    next one, and so is where a location stands among others (`disagreements`). Nothing is written where no run has
    finished. The number of queries does not depend on that of the locations.
    """
    reconcile_flags.lock(standard_id)
    run = Run.objects.fitted().filter(standard=standard_id).defer("effects").first()
    if run is None or not run.numbers:  # none but that of an older release, which told nothing of the readings
        return
    results = LocationResult.objects.filter(standard=standard_id)
    here = list(results.filter(location__in=location_ids).order_by("location_id").only("location", *JUDGED))
    now = timezone.now()
    locations = np.array([result.location_id for result in here], dtype=int)
    numbers = reported_numbers(locations, as_of=now.date(), usual=UsualNumbers.from_json(run.numbers))
    moment = to_days(now)
    flags = DriftFlag.objects.filter(standard=standard_id, location__in=locations.tolist(), direction=DECLINE).open()
    declines = {flag.location_id: flag for flag in flags}
    changed = []
    for index, result in enumerate(here):
        flag = declines.get(result.location_id)
        verdict = numbers.verdict(index, now=moment, **Begun.of_flag(flag)._asdict() if flag else {})
        judged = (verdict.reported, verdict.metric.pk if verdict.metric else None, verdict.comparison)
        if (result.reported, result.reported_metric_id, result.comparison) != judged:
            result.reported, result.reported_metric_id, result.comparison = judged
            changed.append(result)
        if flag:
            reconcile_flags.set_comparison(flag, verdict)
    DriftFlag.objects.bulk_update(declines.values(), reconcile_flags.COMPARED, batch_size=AT_ONCE)
    LocationResult.objects.bulk_update(changed, JUDGED, batch_size=AT_ONCE)
