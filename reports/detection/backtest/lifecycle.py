"""The life of a backtest: asked for, taken by one worker at a time, kept every few runs, done or failed.

Every step is one filtered UPDATE whose row count says who won, as with the shards of a run. One backtest is under way
at a time, so that the other workers stay free for visits that have just come in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from audits.models import Standard
from reports.detection.data.day_numbers import to_days
from reports.detection.data.parameters import check_parameters
from reports.detection.data.settings import chosen_for
from reports.detection.scan.lifecycle import code_version
from reports.detection.scan.shards import MOST_ATTEMPTS, worker_name
from reports.detection.signals import backtest_waits
from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS
from reports.measure.drift.backtest import n_scans
from reports.models import Backtest, Tally

MOST_RUNS = 5000
State = Backtest.State


class BadPeriod(ValueError):
    """There is nothing to replay in this period; `name` is the field that has to change."""

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name


class BacktestTaken(Exception):
    """Somebody else has it, it has ended, or another backtest is under way."""


def request_backtest(
    *,
    standard: Standard,
    start_on: date,
    stop_on: date,
    parameters: dict | None = None,
    every_days: float = SCAN_DAYS,
    refit_days: float = REFIT_DAYS,
    requested_by=None,
) -> Backtest:
    """The row of a backtest to be made, waiting; the same request made twice before it is done is one row.

    start_on : what was known when this day began (UTC) is the first baseline. stop_on : the last day, included.
    parameters : as those of `request_scan`. every_days, refit_days : between two runs, and between two fits.
    Raises BadPeriod or BadParameters, which say what may be asked for instead.
    """
    complete = check_parameters(chosen_for(standard).parameters() | (parameters or {}))
    n_total = count_runs(
        standard=standard, start_on=start_on, stop_on=stop_on, every_days=every_days, refit_days=refit_days
    )
    asked = {
        "standard": standard,
        "start_on": start_on,
        "stop_on": stop_on,
        "every_days": every_days,
        "refit_days": refit_days,
        "parameters": complete,
    }
    same = Backtest.objects.filter(state__in=[State.WAITING, State.RUNNING], **asked).first()
    return same or Backtest.objects.create(**asked, n_total=n_total, requested_by=requested_by)


def start_backtest(**asked) -> Backtest:
    """As `request_backtest`, and handed to the workers once the transaction is over."""
    backtest = request_backtest(**asked)
    backtest_waits.send(sender=Backtest)
    return backtest


def count_runs(
    *,
    standard: Standard,
    start_on: date,
    stop_on: date,
    every_days: float = SCAN_DAYS,
    refit_days: float = REFIT_DAYS,
) -> int:
    """How many runs a backtest would replay; raises BadPeriod when there is nothing to replay, or too much."""
    if every_days <= 0 or refit_days <= 0:
        raise BadPeriod("every_days", f"Runs every {every_days:g}, fits every {refit_days:g} days: both above 0.")
    if stop_on < start_on:
        raise BadPeriod("stop_on", f"The last day, {stop_on}, lies before the first, {start_on}: exchange them.")
    if stop_on > (today := timezone.now().astimezone(UTC).date()):
        raise BadPeriod("stop_on", f"The last day, {stop_on}, lies in the future: choose one up to {today}.")
    n_total = n_scans(start=to_days(begin_of(start_on)), stop=to_days(end_of(stop_on)), scan_days=every_days)
    if not n_total:
        raise BadPeriod("stop_on", f"From {start_on} to {stop_on} there is no run: take {every_days:g} days or more.")
    if n_total > MOST_RUNS:
        raise BadPeriod("start_on", f"{n_total:,} runs are too many: shorten the period to {MOST_RUNS:,} or fewer.")
    first = Tally.objects.filter(version__standard=standard, scored_at__isnull=False, is_excluded=False).aggregate(
        first=Min("known_at")
    )["first"]
    if first is None:
        raise BadPeriod("start_on", f"No visit of {standard} has been scored yet: there is no past to replay.")
    if first > begin_of(start_on):
        raise BadPeriod(
            "start_on",
            f"No scored visit of {standard} was known on {start_on}; the first came on {first:%Y-%m-%d}: choose a "
            "later first day, after the visits that show what is usual.",
        )
    return n_total


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)


def unfinished() -> QuerySet[Backtest]:
    """Those to be made or gone on with, the first asked for first; without what they keep."""
    waiting = Backtest.objects.filter(state__in=[State.WAITING, State.RUNNING])
    return waiting.order_by("requested_at", "pk").defer("kept", "able_from")


def next_free() -> Backtest | None:
    """The first that nobody holds; None while one is held, for one is made at a time."""
    now = timezone.now()
    if Backtest.objects.filter(state=State.RUNNING, lease_until__gte=now).exists():
        return None
    return unfinished().first()


def take(backtest_id: int) -> Backtest:
    """Hold a backtest, so that nobody else makes it. Raises BacktestTaken, also when its workers keep dying."""
    now = timezone.now()
    backtest = Backtest.objects.select_related("standard").get(pk=backtest_id)
    dead = Backtest.objects.filter(state=State.RUNNING, lease_until__lt=now)
    dead.exclude(pk=backtest_id).update(state=State.WAITING)
    free = Backtest.objects.filter(
        Q(state=State.WAITING) | Q(state=State.RUNNING, lease_until__lt=now), pk=backtest_id
    )
    tired = free.filter(attempts__gte=MOST_ATTEMPTS)
    given_up = f"Given up after {backtest.attempts} workers died over the same runs, last {backtest.worker}."
    if tired.update(state=State.FAILED, finished_at=now, error=given_up):
        raise BacktestTaken(given_up)
    mine = {
        "state": State.RUNNING,
        "worker": worker_name(),
        "lease_until": now + timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT),  # reading the visits may take long
        "attempts": F("attempts") + 1,
        "started_at": Coalesce("started_at", now),
        "code_version": code_version(),
    }
    if backtest.code_version != code_version():
        mine["kept"] = None  # what another release found does not go on in this one
    try:
        with transaction.atomic():
            won = free.update(**mine)
    except IntegrityError:
        raise BacktestTaken("Another backtest is under way; one is made at a time.") from None
    backtest.refresh_from_db()
    if not won:
        until = f" until {backtest.lease_until:%H:%M:%S} UTC" if backtest.lease_until else ""
        held_by = f": {backtest.worker} holds it{until}" if backtest.state == State.RUNNING else ""
        raise BacktestTaken(f"Backtest {backtest_id} is {backtest.state}{held_by}.")
    return backtest


@contextmanager
def held(backtest: Backtest) -> Iterator[None]:
    """A backtest at work: an error within fails it, but for those that time heals; these put it back."""
    try:
        yield
    except BacktestTaken:
        raise
    except (OperationalError, KeyboardInterrupt, SystemExit):
        put_back(backtest)
        raise
    except BaseException as fault:
        error = str(fault) or type(fault).__name__
        _own(backtest).update(state=State.FAILED, finished_at=timezone.now(), error=error)
        raise


def advance(backtest: Backtest, *, lease: timedelta | None = None, **found) -> None:
    """Write how far it is, and hold it for longer; raises BacktestTaken when it was given to somebody else."""
    if lease is not None:
        found["lease_until"] = timezone.now() + lease
    if not _own(backtest).update(**found):
        raise BacktestTaken(f"Backtest {backtest.pk} was taken over or stopped: nothing was written.")
    for name, value in found.items():
        setattr(backtest, name, value)


def put_back(backtest: Backtest) -> None:
    """For whoever comes next, with what it keeps; nobody died over it."""
    _own(backtest).update(state=State.WAITING, attempts=0)


def finish(backtest: Backtest, *, n_done: int, lags: list[dict]) -> None:
    """Within the transaction that writes the flags."""
    now = timezone.now()
    advance(backtest, state=State.DONE, finished_at=now, n_done=n_done, lags=lags, kept=None, attempts=0)


def stop(backtest: Backtest, *, by) -> bool:
    """Give it up; whoever makes it notices within a run. Returns whether it was still to be made."""
    waiting = Backtest.objects.filter(pk=backtest.pk, state__in=[State.WAITING, State.RUNNING])
    stopped = waiting.update(state=State.FAILED, finished_at=timezone.now(), error=f"Stopped by {by}.")
    return bool(stopped)


def go_on(backtest: Backtest) -> bool:
    """Put a failed one back into the queue: it goes on from what it kept. Returns whether it had failed."""
    failed = Backtest.objects.filter(pk=backtest.pk, state=State.FAILED)
    return bool(failed.update(state=State.WAITING, finished_at=None, error="", attempts=0))


def restart(backtest: Backtest) -> bool:
    """As `go_on`, and handed to the workers once the transaction is over."""
    is_waiting = go_on(backtest)
    if is_waiting:
        backtest_waits.send(sender=Backtest)
    return is_waiting


def _free(now: datetime) -> Q:
    return Q(state=State.WAITING) | Q(state=State.RUNNING, lease_until__lt=now)


def _own(backtest: Backtest) -> QuerySet[Backtest]:
    return Backtest.objects.filter(pk=backtest.pk, state=State.RUNNING, worker=backtest.worker)
