"""A run over one standard: tallies -> common effects -> signals -> flags and a result for every location."""

from dataclasses import dataclass, replace

import numpy as np
from django.db import transaction

from audits.models import Section
from reports.detection import flags
from reports.detection.comparison import ReportedNumbers, Verdict, reported_numbers
from reports.detection.disagreements import Disagreements, level_disagreements
from reports.detection.effects import pack
from reports.detection.moments import to_datetime, to_days
from reports.detection.rows import History, load
from reports.detection.runs import (
    BadParameters,
    Listener,
    Progress,
    RunTaken,
    finish,
    request_scan,
    settings_of,
    taken,
)
from reports.measure.calibration import Calibration, calibrate
from reports.measure.chain import Chain
from reports.measure.drift import DECLINE, Settings, Signal, detect, stated_threshold
from reports.measure.levels import (
    LEAST_VISITS,
    Levels,
    adjusted_values,
    chain_movement,
    fit_window,
    fitted_levels,
    recent_levels,
)
from reports.measure.severity import Effects, fit_effects
from reports.measure.standing import Standing, standing
from reports.models import LocationResult, Run

__all__ = ["BadParameters", "RunTaken", "request_scan", "run_scan"]

LATELY_DAYS = 182.0
LEAST_POINTS = 8  # of a small chart, where half a year holds fewer
VISITS_AT_ONCE = 8192
LEAST_EVIDENCE = 20.0
VISITS_TO_CALIBRATE = 12_000  # more make the threshold no steadier than a few hundredths
RESULT_FIELDS = [
    "run", "n_visits", "n_more_needed", "last_visit_at", "level", "level_low", "level_high", "reported", "comparison",
    "points", "n_disagreements", "disagreements",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found before anything is written."""

    history: History
    effects: Effects
    calibration: Calibration
    standing: list[Standing]
    levels: Levels
    values: np.ndarray
    verdicts: dict[int, Verdict]
    disagreements: Disagreements
    at: float


def run_scan(run_id: int, progress: Listener | None = None) -> Run:
    """Make the run that `request_scan` asked for, and write all its results in one transaction.

    The same inputs and parameters give the same flags. Raises RunTaken when another worker has the run; any other
    error leaves the run failed, with the error in its row.
    """
    with taken(run_id) as run:
        tell = Progress(run, progress)
        found = _find(run, tell)
        tell("Writing the results")
        with transaction.atomic():
            _write(run, found)
            finish(
                run,
                inputs_digest=found.history.digest,
                n_done=found.history.chain.n_locations,
                n_total=found.history.chain.n_locations,
                n_locations=found.history.chain.n_locations,
                n_visits=found.history.chain.n_visits,
                threshold=found.calibration.threshold,
                simulated_rate=_known(found.calibration.simulated_rate),
                effects=pack(found.effects, found.history.codes),
                chain_movement=chain_movement(found.effects),
                levels_not_compared=[list(pair) for pair in found.disagreements.not_compared],
            )
    return run


def _find(run: Run, tell: Progress) -> Findings:
    settings = settings_of(run)
    tell("Reading the visits")
    history = load(standard=run.standard, as_of=run.as_of)
    chain = history.chain
    # An organisation whose visits ended is judged at its last one, not at today.
    at = min(to_days(run.as_of), float(np.floor(chain.time.max()) + 1)) if chain.n_visits else to_days(run.as_of)
    tell("Estimating what is common to all locations")
    window = fit_window(chain, look_back=settings.look_back, at=at)
    effects = fit_effects(chain, at=at, window_days=window)
    history = history.since(effects.first_day)
    chain = history.chain
    tell("Setting the threshold")
    calibration = threshold_for(chain, effects, settings, seed=run.parameters["seed"])
    signals = _signals(chain, effects, settings, calibration.threshold, tell)
    found = standing(chain, effects, settings, signals)
    tell("Comparing with the reported numbers")
    numbers = reported_numbers(history.codes.locations, as_of=run.as_of.date())
    verdicts = _verdicts(chain, found, numbers, now=max(at, min(numbers.until, to_days(run.as_of))))
    levels = recent_levels(chain, effects, _lately(chain, at))
    disagreements = level_disagreements(
        codes=history.codes, observed=fitted_levels(chain, effects), numbers=numbers, as_of=run.as_of.date()
    )
    values = adjusted_values(chain, effects)
    return Findings(history, effects, calibration, found, levels, values, verdicts, disagreements, at)


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


def _signals(chain: Chain, effects: Effects, settings: Settings, threshold: float, tell: Progress) -> list[Signal]:
    """The signals of all locations, some at a time; `visit` is an index of `chain`."""
    signals: list[Signal] = []
    first, start = chain.first_visit, 0
    tell("Looking for changes", 0, chain.n_locations)
    while start < chain.n_locations:
        stop = max(start + 1, int(np.searchsorted(first, first[start] + VISITS_AT_ONCE, side="right")) - 1)
        here = (chain.location >= start) & (chain.location < stop)
        part = detect(chain.subset(here), effects, settings, threshold)
        signals += [replace(signal, visit=signal.visit + int(first[start])) for signal in part]
        start = stop
        tell("Looking for changes", start, chain.n_locations)
    return signals


def _verdicts(chain: Chain, found: list[Standing], numbers: ReportedNumbers, *, now: float) -> dict[int, Verdict]:
    declines = {
        one.signal.location: one.signal for one in found if one.signal.direction == DECLINE and one.ended is None
    }
    verdicts = {}
    for location in range(chain.n_locations):
        signal = declines.get(location)
        onset, flagged_at = (signal.onset, signal.at) if signal else (None, None)
        verdicts[location] = numbers.verdict(location, now=now, onset=onset, flagged_at=flagged_at)
    return verdicts


def _lately(chain: Chain, at: float) -> np.ndarray:
    """(L,) since when a location's visits count as lately: half a year, or its last four visits if fewer."""
    last_few = np.maximum(chain.first_visit[1:] - LEAST_VISITS, chain.first_visit[:-1])
    since = np.full(chain.n_locations, at - LATELY_DAYS)
    some = np.diff(chain.first_visit) > 0
    since[some] = np.minimum(since[some], chain.time[last_few[some]])
    return since


def _write(run: Run, found: Findings) -> None:
    titles = dict(
        Section.objects.filter(version__standard=run.standard).order_by("version__number").values_list("key", "title")
    )
    changes = flags.reconcile(
        run=run, history=found.history, found=found.standing, verdicts=found.verdicts, titles=titles
    )
    changes.write()
    LocationResult.objects.bulk_create(
        _results(run, found),
        update_conflicts=True,
        unique_fields=["standard", "location"],
        update_fields=RESULT_FIELDS,
        batch_size=500,
    )
    LocationResult.objects.filter(standard=run.standard).exclude(run=run).delete()


def _results(run: Run, found: Findings) -> list[LocationResult]:
    chain, levels = found.history.chain, found.levels
    n_visits = np.diff(chain.first_visit)
    has_value, is_lately = np.isfinite(found.values), chain.time >= found.at - LATELY_DAYS
    results = []
    for place, location in enumerate(found.history.codes.locations.tolist()):
        visits = np.arange(chain.first_visit[place], chain.first_visit[place + 1])
        shown = visits[has_value[visits]]
        recent = shown[-max(LEAST_POINTS, int(is_lately[shown].sum())) :]
        days, values = chain.time[recent].round(2), np.clip(found.values[recent], 0, 1).round(4)
        verdict = found.verdicts[place]
        disagreements = found.disagreements.rows.get(place, [])
        results.append(
            LocationResult(
                standard=run.standard,
                location_id=location,
                run=run,
                n_visits=int(n_visits[place]),
                n_more_needed=max(0, LEAST_VISITS - int(levels.n_visits[place])),
                last_visit_at=to_datetime(chain.time[visits[-1]]) if visits.size else None,
                level=_known(levels.level[place]),
                level_low=_known(levels.low[place]),
                level_high=_known(levels.high[place]),
                reported=verdict.reported,
                comparison=verdict.comparison,
                points=[list(pair) for pair in zip(days.tolist(), values.tolist(), strict=True)],
                n_disagreements=len(disagreements),
                disagreements=disagreements,
            )
        )
    return results


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
