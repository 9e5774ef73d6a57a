"""What changes in a made chain: at which locations, in what, since when; and what they report of it."""

from collections.abc import Iterator

import numpy as np

from bench.chains.options import FIRST_DAY, Options
from bench.chains.truth import (
    CONSISTENCY,
    EVENINGS,
    IN_CONTROL,
    RAMP,
    RECOVERED,
    SECTION,
    SEVERE_AUDITOR,
    STEP,
    TRAPS,
    Spell,
    Truth,
)
from reports.measure.model.effects import WEEK_DAYS

CHAIN_FALL_WEEK = 88
SIZES = {
    STEP: (0.4, 0.8, 1.2),
    RAMP: (0.4, 0.8, 1.2),
    SECTION: (0.8, 1.4, 2.0),
    CONSISTENCY: (0.9, 1.3, 1.7),  # the new standard deviation of interactions
    RECOVERED: (0.8, 1.2),
    SEVERE_AUDITOR: (0.9,),
    EVENINGS: (0.85,),  # the share of visits in the evening
}
SHARES = {STEP: 0.06, RAMP: 0.06, SECTION: 0.06, CONSISTENCY: 0.04, RECOVERED: 0.03}
TRAP_SHARES = dict.fromkeys(TRAPS, 0.025)


def truth_of(options: Options, region: np.ndarray, level: np.ndarray, rng: np.random.Generator) -> Truth:
    n, weeks = options.n_locations, options.burn_in_weeks + options.weeks
    kind = np.full(n, IN_CONTROL, dtype="<U20")
    size, ramp = np.zeros(n), np.zeros(n)
    onset, end, section = np.full(n, np.nan), np.full(n, np.inf), np.full(n, -1)
    free = rng.permutation(n)
    only = STEP if options.drop else options.only_drift
    drifts = {only: sum(SHARES.values())} if only else SHARES
    wanted = (drifts if options.changes else {}) | (TRAP_SHARES if options.traps else {})
    for name, share in wanted.items():
        n_chosen = int(rng.binomial(n, share)) if options.by_chance else round(share * n)
        chosen, free = free[:n_chosen], free[n_chosen:]
        kind[chosen] = name
        size[chosen] = options.drop if options.drop and name == STEP else np.resize(SIZES[name], chosen.size)
        onset[chosen] = options.start + rng.uniform(0.08, 0.6, chosen.size) * options.weeks * WEEK_DAYS
        if name == RAMP:
            ramp[chosen] = rng.uniform(8, 16, chosen.size) * WEEK_DAYS
        elif name == SECTION:
            section[chosen] = rng.integers(0, options.n_sections, chosen.size)
        elif name == RECOVERED:
            end[chosen] = onset[chosen] + rng.uniform(10, 20, chosen.size) * WEEK_DAYS
        elif name == SEVERE_AUDITOR:
            for place in np.unique(region[chosen]):  # one auditor comes to all of the region's on one day
                together = chosen[region[chosen] == place]
                onset[together] = onset[together[0]]
    truth = Truth(
        options.start, options.stop, kind, size, onset, end, ramp, section,
        tuple(_spells(options)) if options.traps else (), FIRST_DAY, np.zeros((n, weeks)),
    )  # fmt: skip
    truth.readings[:] = _readings(truth, level, rng)
    return truth


def _readings(truth: Truth, level: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A weekly number, about 80, that follows what is true 4 to 12 weeks later; of two locations in five, never."""
    n, weeks = truth.readings.shape
    lag = rng.integers(4, 13, (n, 1)) * WEEK_DAYS
    seen = truth.first_day + (np.arange(weeks) + 0.5) * WEEK_DAYS - lag
    drop = truth.share_of_drop(np.arange(n)[:, None], seen) * truth.size[:, None]
    drop[truth.section >= 0] *= 0.25
    deaf = (rng.random(n) < 0.4) | ~np.isin(truth.kind, (STEP, RAMP, SECTION, RECOVERED))
    drop[deaf] = 0.0
    noise = rng.normal(0, 2, (n, weeks))
    for week in range(1, weeks):
        noise[:, week] = 0.3 * noise[:, week - 1] + np.sqrt(1 - 0.3**2) * noise[:, week]
    return 80 + 3 * level[:, None] - 5 * drop + noise


def _spells(options: Options) -> Iterator[Spell]:
    year = _year(options.start)
    for december in (_first_of_december(year + k) for k in range(int(options.weeks // 52) + 2)):
        if december + 62 > options.start and december < options.stop:
            begin = max(december, options.start)
            judged = begin + 31 <= min(options.stop, fall_at(options))
            yield Spell("December", begin, december + 62, begin + 45 if judged else begin)
    fall = fall_at(options)
    if fall < options.stop:
        yield Spell("chain-wide fall", fall, options.stop, fall + 8 * WEEK_DAYS)


def fall_at(options: Options) -> float:
    return options.start + CHAIN_FALL_WEEK * WEEK_DAYS


def _year(day: float) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[Y]").astype(int)) + 1970


def _first_of_december(year: int) -> float:
    return float(np.datetime64(f"{year}-12-01", "D").astype(int))
