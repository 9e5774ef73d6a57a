"""A run over one standard: tallies -> common effects -> signals -> flags and a result for every location.

In three phases: what is common (one shard), the changes at the locations (many shards), flags and results (one).
One process takes them in turn, or workers take them side by side; the shards are cut by the visits alone, so that
both give the same flags. Where what is common is carried on, only the locations with news are looked at.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from django.db import transaction

from reports.detection.data.chain_loader import load
from reports.detection.data.in_force import InForce
from reports.detection.data.packed_effects import unpack, unpack_usual
from reports.detection.data.parameters import settings_of
from reports.detection.scan import shards
from reports.detection.scan.checkpoint import Checkpoint
from reports.detection.scan.estimate import Estimate, base_of, estimate_or_carry_on
from reports.detection.scan.lifecycle import (
    Listener,
    Progress,
    RunTaken,
    begin,
    describe,
    fail,
    finish,
    held,
    request_scan,
)
from reports.detection.scan.location_result import Findings, look_at
from reports.detection.scan.record_estimates import record_estimate, record_past
from reports.detection.scan.write_results import compare, write
from reports.models import Carried, Run, Shard

__all__ = ["RunTaken", "request_scan", "run_scan", "work_on_run"]

MOST_VISITS = 8192  # of a shard; more take more memory, and no less time
LEAST_SHARDS = 8  # where there are as many locations, so that a small run has progress to show, and workers a part
SECONDS_BETWEEN_LOOKS = 0.2


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
        self.common: Estimate | None = None
        self.before: tuple[InForce | None] | None = None

    def make(self, shard: Shard) -> None:
        tell = Progress(self.run, shard, self.listener)
        if shard.phase == Shard.Phase.COMMON:
            self._find_common(shard, tell)
        elif shard.phase == Shard.Phase.LOCATIONS:
            self._look(shard, tell)
        else:
            self._write(shard, tell)

    def _find_common(self, shard: Shard, tell: Progress) -> None:
        run = self.run
        common = estimate_or_carry_on(run, tell)
        with transaction.atomic():
            shards.finish(shard, common.kept.pack())
            parts = cut(common.location_indexes, common.kept.n)
            shards.plan(run, Shard.Phase.LOCATIONS, [{"location_indexes": part.tolist()} for part in parts])
            shards.plan(run, Shard.Phase.WRITING, [{}])
            describe(run, **common.found)
            if common.base is None and base_of(run) is None:
                record_past(run, common.replayed)
        run.refresh_from_db(fields=["threshold", "estimated_by"])
        self.common = common

    def _known(self) -> Estimate:
        """What is common: as this process found it, or as another one left it in the row."""
        if self.common is None:
            run = self.run
            run.refresh_from_db()
            if run.effects is None or (usual := unpack_usual(run.effects)) is None:
                raise RuntimeError(f"Run {run.pk} has shards of locations but no effects: scan again.")
            effects, codes = unpack(run.effects)
            kept = Checkpoint.unpack(next(iter(shards.results(run, Shard.Phase.COMMON))))
            base = base_of(run) if run.estimated_by else None
            self.common = Estimate(effects, codes, usual, kept, np.arange(0), None, base, {})
        return self.common

    def _in_force(self) -> InForce | None:
        """What the run before left, by which the visits that came since are judged; None of a first run."""
        if self.before is None:
            base = base_of(self.run)
            self.before = (InForce.of_run(base.fitted) if base else None,)
        return self.before[0]

    def _look(self, shard: Shard, tell: Progress) -> None:
        """Detect the changes at some of the locations.

        A process that did not make the first phase reads their visits again: one that was scored, corrected or taken
        out in between counts here as it is now. `online_update` evaluates the location of such a visit anew.
        """
        tell("Looking for changes", *shards.counted(self.run, Shard.Phase.LOCATIONS))
        common, location_indexes = self._known(), np.array(shard.payload["location_indexes"], dtype=int)
        whole = None
        if common.history is not None:
            part = common.history.subset(np.isin(common.history.chain.location, location_indexes))
        else:
            locations = common.codes.locations[location_indexes].tolist()
            whole = load(standard=self.run.standard, as_of=self.run.as_of, codes=common.codes, locations=locations)
            part = whole.since(common.effects.first_day)
        found = look_at(
            part,
            standard=self.run.standard,
            as_of=self.run.as_of,
            location_indexes=location_indexes,
            effects=common.effects,
            usual=common.usual,
            settings=self.settings,
            in_force=self._in_force(),
            whole=whole if common.base else None,
        )
        shards.finish(shard, found.pack())
        n_done, n_total = shards.counted(self.run, Shard.Phase.LOCATIONS)
        if self.listener:
            self.listener("Looking for changes", n_done, n_total)
        if n_done == n_total:
            describe(self.run, n_done=n_done, n_total=n_total)

    def _write(self, shard: Shard, tell: Progress) -> None:
        run, common = self.run, replace(self._known(), history=None)
        n_shards = shards.counted(run, Shard.Phase.LOCATIONS)[1]
        tell("Comparing with the reported numbers", n_shards, n_shards)
        found = Findings.gathered(Findings.unpack(data) for data in shards.results(run, Shard.Phase.LOCATIONS))
        compared = compare(
            run,
            codes=common.codes,
            effects=common.effects,
            usual=common.usual,
            n_visits=common.kept.n,
            found=found,
        )
        tell("Writing the results", n_shards, n_shards)
        base, before = common.base, base_of(run)
        with transaction.atomic():
            if before and not base:
                record_estimate(before, until=run.as_of, since=common.effects.first_day)
            write(run, codes=common.codes, found=found, compared=compared, before=base.run if base else None)
            Carried.objects.filter(run__standard=run.standard).delete()
            Carried.objects.create(run=run, kept=common.kept.pack())
            shards.finish(shard, b"")
            finish(
                run,
                n_done=n_shards,
                n_total=n_shards,
                numbers=compared.numbers.usual.as_json(),
                levels_not_compared=[list(pair) for pair in compared.disagreements.not_compared],
            )


def cut(location_indexes: np.ndarray, n_visits: np.ndarray) -> list[np.ndarray]:
    """The locations of each shard, with about as many visits each: a function of the visits alone.

    location_indexes : (n,) indexes of the locations, ascending. n_visits : (L,) of all locations.
    """
    total = np.r_[0, np.cumsum(n_visits[location_indexes])]
    start, parts = 0, []
    size = min(MOST_VISITS, -(-int(total[-1]) // LEAST_SHARDS))
    while start < location_indexes.size:
        stop = max(start + 1, int(np.searchsorted(total, total[start] + size, side="right")) - 1)
        parts.append(location_indexes[start:stop])
        start = stop
    return parts
