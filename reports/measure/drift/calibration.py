"""A threshold calibrated on this chain: how often would it raise a false flag if nothing ever changed?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from reports.measure.drift.detector import DECLINE, YEAR_DAYS, Settings, detect, scan, stated_threshold
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import logits
from reports.measure.model.severity import QUARTER_DAYS

# A real chain differs from its model (severities are estimated, and differ by section): chains that were simulated in
# more detail, without any change, raised up to twice the alarms that this simulation foretold.
MARGIN = 0.5
STEP = 0.05
FURTHER = 3.0  # above the stated threshold at most, where even that raises more than was wanted
LEAST_ALARMS = 60  # that a rate should rest on: its error is then an eighth
TIMES_MORE = 4  # chains are simulated at most, to get there


@dataclass(frozen=True)
class Calibration:
    """A threshold on the log evidence, and what it gave in the simulation.

    simulated_rate, improvement_rate : false declines and false improvements per location-year. n_flags : that the
    rates rest on; where there are few they are rough.
    """

    threshold: float
    simulated_rate: float
    improvement_rate: float
    n_flags: int


def calibrate(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    rng: np.random.Generator,
    *,
    since: float | None = None,
    n_chains: int = 4,
    least: float = 0.5,
) -> Calibration:
    """Find the threshold that gives the wanted rate of false flags on chains simulated from the fitted model.

    Each simulated chain has the visits, auditors and observed criteria of `chain`, no change at any location,
    severities and levels drawn around the fitted ones, and visits that differ beyond chance as they do here.
    Baselines are estimated from the simulated visits, so their uncertainty is in the threshold.
    since : days; alarms and years count from then on, earlier visits are baseline only. None = the later half
    of the visits: at first there are few onsets to be wrong about, and the rate would look too low. rng :
    seeded by the caller.
    n_chains : more give a steadier threshold and take longer; up to TIMES_MORE times as many are made where the
    rate would rest on fewer than LEAST_ALARMS. least : no threshold below it is tried.
    Returns Calibration: the lowest threshold at which the simulated rate of each direction is at most MARGIN of the
    wanted one, up to `stated_threshold`; else the lowest further up, by FURTHER at most, at which it is at most the
    wanted one. The stated one with rates NaN when no simulated visit could have raised an alarm.
    Raises ValueError for n_chains below 1.
    Source: parametric bootstrap of the run length; Gandy & Kvaloy (2013), Scandinavian Journal of Statistics
    40, 647-668.

    One store, twenty weekly visits, two false alarms a year wanted: the threshold that follows from the rate alone
    keeps it by far, a lower one does as well.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> settings = Settings(false_alarms_per_year=2.0)
    >>> found = calibrate(chain, effects, settings, np.random.default_rng(1), n_chains=20)
    >>> found.threshold < stated_threshold(chain, settings, effects), found.simulated_rate <= 1.0
    (True, True)
    """
    if n_chains < 1:
        raise ValueError(f"n_chains must be 1 or more; got {n_chains}")
    ceiling = max(stated_threshold(chain, settings, effects), least)
    if since is None:
        since = float(np.median(chain.time)) if chain.n_visits else -np.inf
    made: list[Chain] = []
    paths: list[_Paths] = []
    while True:
        more = [simulate_in_control(chain, effects, rng) for _ in range(n_chains)]
        made, paths = made + more, paths + [_paths(one, effects, settings, since) for one in more]
        threshold, n_alarms = _lowest(chain, paths, settings.false_alarms_per_year, (least, ceiling), since)
        if n_alarms is None:
            return Calibration(ceiling, float("nan"), float("nan"), 0)
        if n_alarms >= LEAST_ALARMS or len(made) >= TIMES_MORE * n_chains:
            return _told(made, effects, settings, threshold, since)


_Paths = tuple[np.ndarray, np.ndarray]
"""(V,) each: log evidence of a decline and of an improvement after each visit of a simulated chain."""


def _paths(made: Chain, effects: Effects, settings: Settings, since: float) -> _Paths:
    found = scan(made, effects, settings, np.inf, since=since)
    declines, improvements = (
        np.logaddexp.reduce(np.where(np.isnan(of), -np.inf, of), axis=1) for of in (found.decline, found.improvement)
    )
    return declines, improvements


def _lowest(
    chain: Chain, paths: list[_Paths], wanted: float, limits: tuple[float, float], since: float
) -> tuple[float, int | None]:
    """The lowest threshold that keeps the wanted rate in each direction, or the highest one that is tried; and the
    alarms that it rests on, None where none was possible."""
    least, ceiling = limits

    def at(threshold: float) -> list[tuple[float, int]]:
        return [_rate(chain, of, threshold, since) for of in zip(*paths, strict=True)]

    grid = np.arange(least, ceiling + FURTHER, STEP)
    below, beyond = [*grid[grid < ceiling], ceiling], [ceiling, *grid[grid > ceiling]]
    found = _first(below, MARGIN * wanted, at) or _first(beyond, wanted, at) or beyond[-1]
    rates = at(found)
    return float(found), None if any(np.isnan(rate) for rate, _ in rates) else sum(n for _, n in rates)


def _first(thresholds: Iterable[float], most: float, at: Callable[[float], list[tuple[float, int]]]) -> float | None:
    """The first of them at which no direction has more than so many alarms in a location-year."""
    return next((one for one in thresholds if all(rate <= most for rate, _ in at(one))), None)


def _told(made: list[Chain], effects: Effects, settings: Settings, threshold: float, since: float) -> Calibration:
    """What the product would flag in the simulated chains: no visit alone, and again after a flag."""
    flags = [signal for one in made for signal in detect(one, effects, settings, threshold, since=since)]
    chain = made[0]
    watched = np.flatnonzero(chain.time >= since)
    begin = np.flatnonzero(np.diff(chain.location[watched], prepend=-1) > 0)
    end = np.r_[begin[1:] - 1, watched.size - 1]
    years = len(made) * float((chain.time[watched[end]] - chain.time[watched[begin]]).sum()) / YEAR_DAYS
    n_declines = sum(flag.direction == DECLINE for flag in flags)
    return Calibration(threshold, n_declines / years, (len(flags) - n_declines) / years, len(flags))


def simulate_in_control(chain: Chain, effects: Effects, rng: np.random.Generator) -> Chain:
    """A chain like this one in which nothing changes at any location; ratings are 0, full or not observed, as here.

    Severities are drawn around the fitted ones; visits, interactions of a visit and sections of a visit
    differ beyond chance by the variances of `effects`.

    What was not observed stays so, what was is drawn anew; of a criterion that nearly always conforms nearly all
    do.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> n, day, ratings = [0] * 99, range(99), [[255, 0]] * 99
    >>> chain = Chain(n, day, day, n, n, n, ratings, day, [0, 0], [0, 0], [False, False], [0], 1)
    >>> easy = replace(fit_effects(chain, at=0.0), criterion=np.full(2, 9.0))
    >>> drawn = simulate_in_control(chain, easy, np.random.default_rng(1)).ratings
    >>> bool((drawn[:, 0] == 255).all()), bool((drawn[:, 1] == 240).mean() > 0.95)
    (True, True)
    """
    within = effects.variance["interaction"]
    n = np.maximum(np.bincount(chain.rating_visit, minlength=chain.n_visits), 1)
    overall = float(effects.overdispersion[0])
    visit = rng.normal(0, np.sqrt(np.maximum(overall + effects.of_scatter(chain) - within / n, 0.0)))
    slow = effects.variance.get("wander", 0.0)
    if slow and chain.n_visits:
        quarter = ((chain.time - chain.time.min()) // QUARTER_DAYS).astype(int)
        visit += rng.normal(0, np.sqrt(slow), (chain.n_locations, int(quarter.max()) + 1))[chain.location, quarter]
    if chain.n_auditors:
        drawn = rng.normal(0, 1, chain.n_auditors)[np.clip(chain.auditor, 0, None)]
        visit += np.where(chain.auditor >= 0, drawn * np.sqrt(effects.auditor_variance(chain)), 0.0)
    of_section = rng.normal(0, 1, (chain.n_visits, chain.n_sections))
    of_section *= np.sqrt(np.maximum(effects.overdispersion[1:] - overall, 0.0))
    visit_part = (logits(chain, effects) + visit)[:, None] + of_section[:, chain.section]
    interaction = rng.normal(0, np.sqrt(within), chain.rating_visit.size)
    p = expit(effects.criterion + visit_part[chain.rating_visit] + interaction[:, None])
    ratings = np.where(rng.random(p.shape) < p, FULL, 0)
    return replace(chain, ratings=np.where(chain.ratings == NONE, NONE, ratings).astype(np.uint8))


def _rate(chain: Chain, paths, threshold: float, since: float) -> tuple[float, int]:
    """First alarms per location-year at risk, and how many; NaN when no year was at risk."""
    n_alarms, days = 0, 0.0
    for path in paths:
        watched = np.flatnonzero(chain.time >= since)
        location = chain.location[watched]
        crossed = watched[path[watched] > threshold]
        first = np.full(chain.n_locations, chain.n_visits)
        np.minimum.at(first, chain.location[crossed], crossed)
        n_alarms += int((first < chain.n_visits).sum())
        at_risk = watched[watched <= first[location]]
        if at_risk.size:
            location_index = chain.location[at_risk]
            begin = np.flatnonzero(np.r_[True, np.diff(location_index) > 0])
            end = np.r_[begin[1:] - 1, at_risk.size - 1]
            days += float((chain.time[at_risk[end]] - chain.time[at_risk[begin]]).sum())
    return (n_alarms / (days / YEAR_DAYS), n_alarms) if days > 0 else (float("nan"), n_alarms)
