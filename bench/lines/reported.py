"""What is said of reported numbers, beside the truth: blind spots, and what chance alone makes of them.

Flags are made: at every decline with its onset as far off as a detector's, and at some steady stores. Judged are they
by the product.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bench.chains import Options
from bench.chains.metrics import KINDS, PLAIN, SEASON, Metrics, make_metrics
from bench.lines import Line
from bench.product import models_only  # noqa: F401  before the models
from locations.models import Metric
from reports.detection.data.reported_metrics import Readings
from reports.detection.data.usual_numbers import EPOCH_ORDINAL
from reports.detection.data.verdicts import Comparison, ReportedNumbers
from reports.measure.model.effects import WEEK_DAYS

WEEKS_SINCE = (12, 16, 20, 26)
LEAST_TRUE, MOST_BY_CHANCE = 0.75, 0.06
N_METRICS = (1, 2, 4, 8)
FEW_STORES = (1, 2, 4, 12)
LATE_BY, LOW_BY, FLAGGED_BY = 2 * WEEK_DAYS, 4 * WEEK_DAYS, 8 * WEEK_DAYS
CHANCE = 0.95  # said of each flag, and true of them
OPTIONS_LOCATIONS = 200  # of a chain
N_MOMENTS = 4


@dataclass
class Counted:
    """n : verdicts. times : how many of them said each word."""

    n: int = 0
    n_confirmed: int = 0
    n_blind: int = 0
    n_true_blind: int = 0
    n_reported_only: int = 0

    def share(self, name: str) -> float:
        return getattr(self, f"n_{name}") / self.n if self.n else 0.0


def reported_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """Blind spots by the weeks since the onset; then by kind and number of metrics what is said of steady stores."""
    for weeks in WEEKS_SINCE:
        yield blind_spot_line(options, seed=seed, n_locations=n_locations, weeks=weeks)
    for kind in KINDS:
        for n_metrics in N_METRICS if kind in (PLAIN, SEASON) else N_METRICS[:1]:
            found = steady(options, seed=seed, n_locations=n_locations, kind=kind, n_metrics=n_metrics)
            yield _by_chance(f"{n_metrics} metric{'s' if n_metrics > 1 else ''}, {kind}", found)
    for stores in FEW_STORES:
        found = steady(options, seed=seed, n_locations=n_locations, kind=SEASON, n_metrics=1, of_chain=stores)
        yield _by_chance(f"chains of {stores}, {SEASON}", found)


def blind_spot_line(options: Options, *, seed: int, n_locations: int, weeks: int) -> Line:
    declined, chance = beside_declines(options, seed=seed, n_locations=n_locations, weeks=weeks)
    said, true = declined.n_blind + chance.n_blind, declined.n_true_blind
    share = true / said if said else 1.0
    how_true = f"true in {share:.2f} of {said}" if said else "said of none"
    return Line(
        f"“blind spot”, week {weeks}",
        f"{how_true}; fell, where the number follows, in {declined.share('confirmed'):.2f} of {declined.n}; "
        f"a false flag is called one in {chance.share('blind'):.2f}",
        f"{LEAST_TRUE:.2f} or more",
        share >= LEAST_TRUE,
    )


def _by_chance(statement: str, found: tuple[Counted, Counted]) -> Line:
    quiet, flagged = found
    return Line(
        f"said of steady stores, {statement}",
        f"reported only {quiet.share('reported_only'):.3f} of {quiet.n}, a false flag confirmed "
        f"{flagged.share('confirmed'):.3f} of {flagged.n}",
        f"{MOST_BY_CHANCE:.2f} or less each",
        max(quiet.share("reported_only"), flagged.share("confirmed")) <= MOST_BY_CHANCE,
    )


def beside_declines(options: Options, *, seed: int, n_locations: int, weeks: int) -> tuple[Counted, Counted]:
    """So many weeks after the onset: of declines, of which n and those confirmed follow; and of false flags."""
    declined, chance = Counted(), Counted()
    for made in _chains(options, seed, n_locations, PLAIN, 1):
        rng = np.random.default_rng(seed)
        onset = made.truth.onset
        steady_ones = np.flatnonzero(np.isnan(onset))
        n_false = round((~np.isnan(onset)).sum() * (1 - CHANCE) / CHANCE)
        flagged = rng.choice(steady_ones, n_false, replace=False)
        begun = np.where(np.isnan(onset), made.truth.start + rng.uniform(0, 40 * WEEK_DAYS, onset.size), onset)
        for place in [*np.flatnonzero(~np.isnan(onset)).tolist(), *flagged.tolist()]:
            now = float(begun[place] + weeks * WEEK_DAYS)
            is_real = not np.isnan(onset[place])
            verdict = _verdict(made, place, begun[place] + rng.normal(0, LATE_BY), now)
            count, is_blind = declined if is_real else chance, verdict.comparison == Comparison.BLIND_SPOT
            count.n_blind += is_blind
            count.n_true_blind += is_blind and is_real and not made.follows[place]
            if not is_real or made.follows[place]:
                count.n += 1
                count.n_confirmed += verdict.comparison == Comparison.CONFIRMED
    return declined, chance


def steady(
    options: Options, *, seed: int, n_locations: int, kind: str, n_metrics: int, of_chain: int = OPTIONS_LOCATIONS
) -> tuple[Counted, Counted]:
    """Of stores where nothing changes: without a flag, and with one whose onset is 4 to 40 weeks ago."""
    quiet, flagged = Counted(), Counted()
    calm = replace(options, changes=False, traps=False)
    for made in _chains(calm, seed, n_locations, kind, n_metrics, of_chain):
        rng = np.random.default_rng(seed)
        for now in np.linspace(made.truth.start + 26 * WEEK_DAYS, made.truth.stop, N_MOMENTS).tolist():
            numbers = numbers_of(made, now)
            for place in range(made.truth.n_locations):
                without = numbers.verdict(place, now=now)
                onset = now - rng.uniform(4, 40) * WEEK_DAYS
                beside = _judge(numbers, place, onset, now)
                quiet.n, flagged.n = quiet.n + 1, flagged.n + 1
                quiet.n_reported_only += without.comparison == Comparison.REPORTED_ONLY
                flagged.n_confirmed += beside.comparison == Comparison.CONFIRMED
    return quiet, flagged


def _chains(
    options: Options, seed: int, n_locations: int, kind: str, n_metrics: int, of_chain: int = OPTIONS_LOCATIONS
) -> Iterator[Metrics]:
    sized = replace(options, n_locations=min(of_chain, n_locations))
    for nth in range(max(1, n_locations // sized.n_locations)):
        yield make_metrics(sized, seed + nth, n_metrics=n_metrics, kind=kind)


def _verdict(made: Metrics, place: int, onset: float, now: float):
    return _judge(numbers_of(made, now), place, onset, now)


def _judge(numbers: ReportedNumbers, place: int, onset: float, now: float):
    flagged_at = min(onset + FLAGGED_BY, now)
    return numbers.verdict(
        place, now=now, onset=onset, onset_low=onset - LOW_BY, flagged_at=flagged_at, chance=CHANCE
    )


def numbers_of(made: Metrics, now: float) -> ReportedNumbers:
    """As the product reads them: of the weeks that were over."""
    n_metrics, n, _ = made.values.shape
    of, place, week = (axis.ravel() for axis in np.indices(made.values.shape))
    start = EPOCH_ORDINAL + made.truth.first_day + week * WEEK_DAYS
    table = np.stack([of + 1, start, start + WEEK_DAYS - 1, made.values.ravel()], axis=1)
    metrics = [Metric(pk=nth + 1, key=f"m{nth}", name=f"Metric {nth}") for nth in range(n_metrics)]
    region = np.arange(n) % max(2, n // 60)
    readings = Readings(metrics, n, place, table, region, {}, {}, None)
    return readings.as_of(date(1970, 1, 1) + timedelta(days=int(now)))
