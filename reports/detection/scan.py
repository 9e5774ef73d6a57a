"""A run over one standard: tallies -> common effects -> signals -> flags and a result for every location.

In three phases: what is common (one shard), the changes at the locations (many shards), flags and results (one).
One process takes them in turn, or workers take them side by side; the shards are cut by the visits alone, so that
both give the same flags.
"""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from django.db import transaction

from reports.detection import flags, shards
from reports.detection.comparison import ReportedNumbers, Verdict, reported_numbers
from reports.detection.disagreements import Disagreements, level_disagreements
from reports.detection.effects import pack, unpack
from reports.detection.flags import Change
from reports.detection.moments import to_datetime, to_days
from reports.detection.recent import known, lately, points
from reports.detection.rows import Codes, History, load
from reports.detection.runs import (
    BadParameters,
    Listener,
    Progress,
    RunTaken,
    begin,
    describe,
    fail,
    finish,
    held,
    request_scan,
    settings_of,
)
from reports.measure.calibration import Calibration, calibrate
from reports.measure.chain import Chain
from reports.measure.drift import DECLINE, Settings, detect, stated_threshold
from reports.measure.effects import Effects
from reports.measure.levels import (
    LEAST_VISITS,
    adjusted_values,
    chain_movement,
    fit_window,
    fitted_levels,
    recent_levels,
)
from reports.measure.severity import fit_effects
from reports.measure.standing import standing
from reports.models import LocationResult, Run, Shard

__all__ = ["BadParameters", "RunTaken", "request_scan", "run_scan", "work_on_run"]

MOST_VISITS = 8192  # of a shard; more take more memory, and no less time
LEAST_SHARDS = 8  # where there are as many locations, so that a small run has progress to show, and workers a part
LEAST_EVIDENCE = 20.0
VISITS_TO_CALIBRATE = 12_000  # more make the threshold no steadier than a few hundredths
SECONDS_BETWEEN_LOOKS = 0.2
RESULT_FIELDS = [
    "run", "n_visits", "n_more_needed", "last_visit_at", "level", "level_low", "level_high", "reported", "comparison",
    "points", "n_disagreements", "disagreements",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Recent:
    """What the first phase leaves for the last: arrays by location, and the small charts' points one after the other.

    at : () days, the moment that is judged. n_recent : visits that the level rests on. last : days, NaN for none.
    n_points : how many of `day`, `share` are each location's.
    """

    at: np.ndarray
    n_visits: np.ndarray
    n_recent: np.ndarray
    last: np.ndarray
    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    fitted: np.ndarray
    n_points: np.ndarray
    day: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, chain: Chain, effects: Effects, at: float) -> "Recent":
        levels = recent_levels(chain, effects, lately(chain, at))
        values, first = adjusted_values(chain, effects), chain.first_visit
        shown = [
            points(chain.time[start:stop], values[start:stop], at)
            for start, stop in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)
        ]
        every = np.array([pair for pairs in shown for pair in pairs], dtype=float).reshape(-1, 2)
        last = np.full(chain.n_locations, np.nan)
        some = np.diff(first) > 0
        last[some] = chain.time[first[1:][some] - 1]
        return cls(
            np.array(at), np.diff(first), levels.n_visits, last, levels.level, levels.low, levels.high,
            fitted_levels(chain, effects), np.array([len(pairs) for pairs in shown], dtype=int), *every.T,
        )  # fmt: skip

    def pack(self) -> bytes:
        buffer = io.BytesIO()
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Recent":
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def points(self) -> Iterator[list[list[float]]]:
        stop = np.cumsum(self.n_points)
        for start, end in zip((stop - self.n_points).tolist(), stop.tolist(), strict=True):
            yield np.column_stack([self.day[start:end], self.share[start:end]]).tolist()


def run_scan(run_id: int, progress: Listener | None = None) -> Run:
    """Make the run that `request_scan` asked for, here, until it is done; workers that come along may help.

    The same inputs and parameters give the same flags; all results are written in one transaction. Raises RunTaken
    when others make the run; any other error leaves it failed, with the error in its row.
    """
    n_made = 0
    while True:
        run, n = work_on_run(run_id, progress)
        n_made += n
        if run.state == Run.State.DONE and n_made:
            return run
        if run.state != Run.State.RUNNING or not n_made:
            raise RunTaken(f"Run {run_id} is {run.state} in the hands of others. {run.error}".strip())
        time.sleep(SECONDS_BETWEEN_LOOKS)  # a helper holds the last shards


def work_on_run(
    run_id: int,
    progress: Listener | None = None,
    call_helpers: Callable[[int], None] | None = None,
    seconds: float = float("inf"),
) -> tuple[Run, int]:
    """Make shards of a run until none is free; returns the run as it then is, and how many shards were made.

    call_helpers : called with the number of shards that wait, once they can be taken by many. seconds : when they
    are over, no further shard is taken.
    Raises RunTaken when the run has ended, or another of the standard is under way, and when a shard took so long
    that it was given to somebody else.
    """
    run = begin(run_id)
    desk, n_made, stop = _Desk(run, progress), 0, time.monotonic() + seconds
    while (n_made == 0 or time.monotonic() < stop) and (shard := _next(run)):
        with held(run, shard):
            desk.make(shard)
        n_made += 1
        if call_helpers and shard.phase == Shard.Phase.COMMON:
            call_helpers(shards.counted(run, Shard.Phase.LOCATIONS)[1])
    run.refresh_from_db()
    return run, n_made


def _next(run: Run) -> Shard | None:
    try:
        return shards.take(run)
    except shards.GivenUp as fault:
        fail(run, fault)
        raise


class _Desk:
    """One process at work on one run; what it has read stays on the desk."""

    def __init__(self, run: Run, listener: Listener | None):
        self.run, self.listener = run, listener
        self.settings = settings_of(run)
        self.history: History | None = None
        self.common: tuple[Effects, Codes, float] | None = None

    def make(self, shard: Shard) -> None:
        tell = Progress(self.run, shard, self.listener)
        if shard.phase == Shard.Phase.COMMON:
            self._estimate(shard, tell)
        elif shard.phase == Shard.Phase.LOCATIONS:
            self._look(shard, tell)
        else:
            self._write(shard, tell)

    def _estimate(self, shard: Shard, tell: Progress) -> None:
        run = self.run
        tell("Reading the visits")
        history = load(standard=run.standard, as_of=run.as_of)
        chain = history.chain
        # An organisation whose visits ended is judged at its last one, not at today.
        at = min(to_days(run.as_of), float(np.floor(chain.time.max()) + 1)) if chain.n_visits else to_days(run.as_of)
        tell("Estimating what is common to all locations")
        window = fit_window(chain, look_back=self.settings.look_back, at=at)
        effects = fit_effects(chain, at=at, window_days=window)
        history = history.since(effects.first_day)
        chain = history.chain
        recent = Recent.of(chain, effects, at)
        tell("Setting the threshold")
        calibration = threshold_for(chain, effects, self.settings, seed=run.parameters["seed"])
        with transaction.atomic():
            shards.finish(shard, recent.pack())
            shards.plan(run, Shard.Phase.LOCATIONS, [{"start": start, "stop": stop} for start, stop in cut(chain)])
            shards.plan(run, Shard.Phase.WRITING, [{}])
            describe(
                run,
                inputs_digest=history.digest,
                n_locations=chain.n_locations,
                n_visits=chain.n_visits,
                threshold=calibration.threshold,
                simulated_rate=known(calibration.simulated_rate),
                effects=pack(effects, history.codes),
                chain_movement=chain_movement(effects),
            )
        self.history, self.common = history, (effects, history.codes, calibration.threshold)

    def _found(self) -> tuple[Effects, Codes, float]:
        """The common effects, the codes and the threshold: this process's, or read from the row."""
        if self.common is None:
            self.run.refresh_from_db()
            if self.run.effects is None or self.run.threshold is None:
                raise RuntimeError(f"Run {self.run.pk} has shards of locations but no effects: scan again.")
            self.common = (*unpack(self.run.effects), self.run.threshold)
        return self.common

    def _look(self, shard: Shard, tell: Progress) -> None:
        """Detect the changes at some of the locations.

        A process that did not make the first phase reads their visits again: one that was scored, corrected or taken
        out in between counts here as it is now. `at_once` evaluates the location of such a visit anew.
        """
        tell("Looking for changes", *shards.counted(self.run, Shard.Phase.LOCATIONS))
        effects, codes, threshold = self._found()
        start, stop = shard.payload["start"], shard.payload["stop"]
        if self.history is not None:
            here = (self.history.chain.location >= start) & (self.history.chain.location < stop)
            visit_ids = self.history.visit_ids[here]
            part = replace(self.history, chain=self.history.chain.subset(here), visit_ids=visit_ids)
        else:
            locations = codes.locations[start:stop].tolist()
            part = load(standard=self.run.standard, as_of=self.run.as_of, codes=codes, locations=locations)
            part = part.since(effects.first_day)
        signals = detect(part.chain, effects, self.settings, threshold)
        found = standing(part.chain, effects, self.settings, signals)
        shards.finish(shard, flags.packed(flags.changes_in(part, found)))
        n_done, n_total = shards.counted(self.run, Shard.Phase.LOCATIONS)
        if self.listener:
            self.listener("Looking for changes", n_done, n_total)
        if n_done == n_total:
            describe(self.run, n_done=n_done, n_total=n_total)

    def _write(self, shard: Shard, tell: Progress) -> None:
        run, codes = self.run, self._found()[1]
        self.history = None
        n_shards = shards.counted(run, Shard.Phase.LOCATIONS)[1]
        tell("Comparing with the reported numbers", n_shards, n_shards)
        found = [change for data in shards.results(run, Shard.Phase.LOCATIONS) for change in flags.unpacked(data)]
        recent = Recent.unpack(next(iter(shards.results(run, Shard.Phase.COMMON))))
        numbers = reported_numbers(codes.locations, as_of=run.as_of.date())
        now = max(float(recent.at), min(numbers.until, to_days(run.as_of)))
        verdicts = _verdicts(codes.locations.size, found, numbers, now=now)
        disagreements = level_disagreements(
            codes=codes, observed=recent.fitted, numbers=numbers, as_of=run.as_of.date()
        )
        tell("Writing the results", n_shards, n_shards)
        with transaction.atomic():
            changes = flags.reconcile(
                run=run, codes=codes, found=found, verdicts=verdicts, titles=flags.section_titles(run.standard)
            )
            changes.write()
            LocationResult.objects.bulk_create(
                _results(run, codes, recent, verdicts, disagreements),
                update_conflicts=True,
                unique_fields=["standard", "location"],
                update_fields=RESULT_FIELDS,
                batch_size=500,
            )
            LocationResult.objects.filter(standard=run.standard).exclude(run=run).delete()
            shards.finish(shard, b"")
            finish(
                run,
                n_done=n_shards,
                n_total=n_shards,
                levels_not_compared=[list(pair) for pair in disagreements.not_compared],
            )


def cut(chain: Chain) -> list[tuple[int, int]]:
    """Ranges of locations with about as many visits each: the shards; a function of the visits alone."""
    first, start, ranges = chain.first_visit, 0, []
    size = min(MOST_VISITS, -(-chain.n_visits // LEAST_SHARDS))
    while start < chain.n_locations:
        stop = max(start + 1, int(np.searchsorted(first, first[start] + size, side="right")) - 1)
        ranges.append((start, stop))
        start = stop
    return ranges


def threshold_for(chain: Chain, effects: Effects, settings: Settings, *, seed: int) -> Calibration:
    """The threshold that simulation finds for this chain; of a large chain, for locations drawn by the seed.

    Where visits are rare, the wanted rate would let pass what is hardly likelier than no change: never below
    LEAST_EVIDENCE, and the simulated rate is then an upper bound.
    """
    rng = np.random.default_rng(seed)
    if not chain.n_visits:
        return Calibration(stated_threshold(chain, settings), float("nan"), 0)
    if chain.n_visits > VISITS_TO_CALIBRATE:
        chain = chain.subset(rng.random(chain.n_locations)[chain.location] < VISITS_TO_CALIBRATE / chain.n_visits)
    found = calibrate(chain, effects, settings, rng)
    return replace(found, threshold=max(found.threshold, float(np.log(LEAST_EVIDENCE))))


def _verdicts(n_locations: int, found: list[Change], numbers: ReportedNumbers, *, now: float) -> dict[int, Verdict]:
    standing_now = [one.standing.signal for one in found if one.standing.ended is None]
    declines = {signal.location: signal for signal in standing_now if signal.direction == DECLINE}
    verdicts = {}
    for location in range(n_locations):
        signal = declines.get(location)
        onset, flagged_at = (signal.onset, signal.at) if signal else (None, None)
        verdicts[location] = numbers.verdict(location, now=now, onset=onset, flagged_at=flagged_at)
    return verdicts


def _results(
    run: Run, codes: Codes, recent: Recent, verdicts: dict[int, Verdict], disagreements: Disagreements
) -> list[LocationResult]:
    results = []
    for place, (location, shown) in enumerate(zip(codes.locations.tolist(), recent.points(), strict=True)):
        verdict, rows = verdicts[place], disagreements.rows.get(place, [])
        last = known(recent.last[place])
        results.append(
            LocationResult(
                standard=run.standard,
                location_id=location,
                run=run,
                n_visits=int(recent.n_visits[place]),
                n_more_needed=max(0, LEAST_VISITS - int(recent.n_recent[place])),
                last_visit_at=None if last is None else to_datetime(last),
                level=known(recent.level[place]),
                level_low=known(recent.low[place]),
                level_high=known(recent.high[place]),
                reported=verdict.reported,
                comparison=verdict.comparison,
                points=shown,
                n_disagreements=len(rows),
                disagreements=rows,
            )
        )
    return results
