"""A standard's past replayed: tallies -> arrays -> signals, run by run -> the flags that would have been raised.

What was found is kept in the row every few seconds, so that whoever comes after a worker that died, or whose time was
over, goes on from there: the flags are those of a replay that nobody interrupted.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from reports.detection.backtest import lifecycle
from reports.detection.backtest.checkpoint import pack_days, pack_replayed, unpack_replayed
from reports.detection.backtest.metric_lags import lags
from reports.detection.data.chain_loader import Codes, History, load
from reports.detection.data.channels import channel_name
from reports.detection.data.day_numbers import to_date, to_datetime, to_days, to_moment
from reports.detection.data.parameters import settings_of
from reports.detection.data.recent import known
from reports.detection.data.reported_metrics import read_numbers
from reports.detection.data.threshold import simulated_threshold
from reports.detection.data.usual_numbers import usual_lags
from reports.detection.data.verdicts import Begun, ReportedNumbers, Verdict
from reports.detection.scan.shards import LEASE
from reports.measure.drift.backtest import DatedSignal, Replayed, SetThreshold, in_order, replay
from reports.measure.drift.detector import DECLINE, Signal
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.levels import fit_window
from reports.models import Backtest, DriftFlag, PastFlag
from reports.models.runs import VISITS_OF_A_CHANGE

WAITING, BLIND_SPOT = DriftFlag.Comparison.WAITING, DriftFlag.Comparison.BLIND_SPOT
SECONDS_BETWEEN_KEPT = 5.0
SECONDS_BETWEEN_UPDATES = 0.5
TIMES_READING = 4
STEPS_OF_LEASE = 20
Listener = Callable[[int, int, datetime], None]
"""Called with the runs replayed, the runs to replay, and the moment of the last one."""


class NothingToReplay(Exception):
    """No visit was known before the first day, so that nothing could be expected."""


@dataclass(frozen=True, eq=False)
class _Past:
    """What a replay needs besides where it stands. first, last : days."""

    history: History
    first: float
    last: float


def replay_past(
    backtest_id: int,
    *,
    listener: Listener | None = None,
    seconds: float | None = None,
    seconds_between_kept: float = SECONDS_BETWEEN_KEPT,
) -> Backtest:
    """Replay the runs of a backtest at start + every_days, start + 2 x every_days ... up to its last day.

    A visit is judged when it arrives, as the product does it: by what the last run before has left, with the readings
    of the periods that were over.
    seconds : when they are over (or four times what reading the visits took, if that is longer, but no more than half
    of a task's time), it is put back with what was found, and returned unfinished. None for all at once.
    Visits that were corrected or excluded since it was kept make it begin anew. Raises BacktestTaken, and
    NothingToReplay when no visit was known at the start.
    """
    backtest = lifecycle.take(backtest_id)
    with lifecycle.held(backtest):
        begun = time.monotonic()
        past, begin = _set_up(backtest)
        until = begun + _time_at_work(seconds, reading=time.monotonic() - begun)
        book = _Book(backtest, past, listener, seconds_between_kept)
        done = begin
        for done in _runs(backtest, past, begin):
            is_over = time.monotonic() >= until and done.n_scans < backtest.n_total
            book.enter(done, keep=is_over)
            if is_over:
                lifecycle.put_back(backtest)
                break
        else:
            _write(backtest, past, done)
    backtest.refresh_from_db()
    return backtest


def _time_at_work(seconds: float | None, *, reading: float) -> float:
    """What is read anew by each worker has to pay, and a task that takes too long is killed."""
    if seconds is None:
        return math.inf
    return min(max(seconds, TIMES_READING * reading), settings.CELERY_TASK_TIME_LIMIT / 2)


def _runs(backtest: Backtest, past: _Past, begin: Replayed) -> Iterator[Replayed]:
    return replay(
        past.history.chain,
        settings_of(backtest),
        start=past.first,
        stop=past.last,
        refit_days=backtest.refit_days,
        scan_days=backtest.every_days,
        threshold=_threshold_of(backtest, past),
        after=begin,
    )


def _threshold_of(backtest: Backtest, past: _Past) -> SetThreshold:
    """As a run finds it, at the first moment and where the visits have outgrown it; the row tells the last one."""
    settings = settings_of(backtest)

    def found(known_then: Chain, effects: Effects) -> float:
        at = effects.fitted_at
        window = fit_window(known_then, look_back=settings.look_back, at=at)
        calibration = simulated_threshold(
            past.history.chain, settings, at=at, window=window, seed=backtest.parameters["seed"]
        )
        lifecycle.advance(
            backtest,
            threshold=calibration.threshold,
            simulated_rate=known(calibration.simulated_rate),
            simulated_improvement_rate=known(calibration.improvement_rate),
        )
        return calibration.threshold

    return found


class _Book:
    """How far a replay is, in its row: about twice a second the number, every few seconds what a successor needs."""

    def __init__(self, backtest: Backtest, past: _Past, listener: Listener | None, seconds_between_kept: float):
        self.backtest, self.past, self.listener = backtest, past, listener
        self.seconds_between_kept = seconds_between_kept
        self.told_at = self.kept_at = time.monotonic()
        self.slowest = 0.0

    def enter(self, done: Replayed, *, keep: bool) -> None:
        now = time.monotonic()
        self.slowest = max(self.slowest, now - self.told_at)
        lease = max(LEASE, timedelta(seconds=STEPS_OF_LEASE * self.slowest))
        if keep or now - self.kept_at >= self.seconds_between_kept:
            kept = pack_replayed(done, self.past.history.codes)
            lifecycle.advance(self.backtest, lease=lease, n_done=done.n_scans, kept=kept, attempts=0)
            self.told_at = self.kept_at = now
        elif now - self.told_at >= SECONDS_BETWEEN_UPDATES:
            lifecycle.advance(self.backtest, lease=lease, n_done=done.n_scans)
            self.told_at = now
        if self.listener:
            moment = self.past.first + done.n_scans * self.backtest.every_days
            self.listener(done.n_scans, self.backtest.n_total, to_datetime(moment))


def _set_up(backtest: Backtest) -> tuple[_Past, Replayed]:
    """Read the visits, and where the replay stands: what was kept, if the visits are the same, else its beginning."""
    start, stop = lifecycle.begin_of(backtest.start_on), lifecycle.end_of(backtest.stop_on)
    history = load(standard=backtest.standard, as_of=stop, scored_by=backtest.requested_at)
    first, last = to_days(start), to_days(stop)
    past = _Past(history, first, last)
    if backtest.kept is not None and backtest.inputs_digest == history.digest:
        return past, unpack_replayed(backtest.kept)
    if not (history.chain.arrival <= first).any():
        raise NothingToReplay(
            f"No visit of {backtest.standard} that counts was known on {backtest.start_on}: choose a later first "
            "day, after the visits that show what is usual."
        )
    parameters = settings_of(backtest)
    lifecycle.advance(
        backtest,
        n_done=0,
        n_locations=history.chain.n_locations,
        n_visits=history.chain.n_visits,
        inputs_digest=history.digest,
        able_from=pack_days(history, parameters.least_baseline + VISITS_OF_A_CHANGE),
    )
    return past, Replayed()


def _write(backtest: Backtest, past: _Past, done: Replayed) -> None:
    codes = past.history.codes
    comparing = _Comparing(codes, standard_id=backtest.standard_id, stop_on=backtest.stop_on)
    flags = [_flag(backtest, past, codes, comparing, dated) for dated in in_order(done.signals)]
    declines = [(dated.signal.location, dated.signal.onset) for dated in done.signals if _is_decline(dated)]
    with transaction.atomic():
        lifecycle.finish(
            backtest, n_done=done.n_scans, lags=lags(comparing.readings, declines, until=backtest.stop_on)
        )
        PastFlag.objects.bulk_create(flags, batch_size=500)


def _is_decline(dated: DatedSignal) -> bool:
    return dated.signal.direction == DECLINE


class _Comparing:
    """Declines beside the reported numbers, with the readings that were known at a moment. Readings are read once."""

    def __init__(self, codes: Codes, *, standard_id: int, stop_on: date):
        self.readings = read_numbers(codes.locations, until=stop_on, lags=usual_lags(standard_id))
        self.by_day: dict[date, ReportedNumbers] = {}

    def verdict(self, signal: Signal, *, now: float) -> Verdict:
        day = to_date(now)
        if day not in self.by_day:
            self.by_day[day] = self.readings.as_of(day)
        return self.by_day[day].verdict(signal.location, now=now, **Begun.of_signal(signal)._asdict())


def _flag(backtest: Backtest, past: _Past, codes: Codes, comparing: _Comparing, dated: DatedSignal) -> PastFlag:
    signal = dated.signal
    then = in_the_end = Verdict()
    if _is_decline(dated):
        then = comparing.verdict(signal, now=dated.raised_at)
        in_the_end = comparing.verdict(signal, now=past.last)
    return PastFlag(
        backtest=backtest,
        location_id=int(codes.locations[signal.location]),
        flagged_at=to_moment(dated.raised_at),
        direction=signal.direction,
        channel=channel_name(signal.channel, codes.sections),
        onset_at=to_datetime(signal.onset),
        evidence=signal.evidence,
        seen=signal.seen,
        expected=signal.expected,
        drop=signal.drop,
        chance=signal.chance,
        comparison=BLIND_SPOT if then.comparison == WAITING else then.comparison,
        in_the_end=in_the_end.comparison,
        metric=in_the_end.metric,
        lead_days=in_the_end.lead_days,
    )
