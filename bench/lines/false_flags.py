"""Flags where nothing changes, at stores that have always been uneven too; and what is later called improved."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.chains import Made, Options, make
from bench.chains.truth import CONSISTENCY, IN_CONTROL
from bench.lines import Line
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, IMPROVEMENT, YEAR_DAYS, Settings
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import fit_effects

STORES = 150  # of a chain
UNEVEN = {"visits": {"uneven": 0.2}, "customers": {"uneven_service": 0.2}}  # what differs more, at a fifth of stores
MOST_OF_A_FIFTH, MOST_IMPROVED = 1.5, 0.10
WORDS = {DECLINE: "declines", IMPROVEMENT: "improvements"}


@dataclass
class Counted:
    """flags : by direction, (5,) of the stores of each fifth by own spread. years : (5,), watched. later : of each
    store that was flagged as declining, whether it was called improved afterwards."""

    flags: dict[str, np.ndarray] = field(default_factory=lambda: {name: np.zeros(5) for name in WORDS})
    years: np.ndarray = field(default_factory=lambda: np.zeros(5))
    later: list[bool] = field(default_factory=list)


def false_flag_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """Chains in which nothing changes, of each kind of unevenness; then the drifts in consistency of others."""
    seeds = range(seed, seed + max(1, -(-n_locations // STORES)))
    given: dict[str, dict[str, Any]] = {"options": {}} if options.uneven or options.uneven_service else UNEVEN
    later: list[bool] = []
    for what, uneven in given.items():
        quiet = replace(options, n_locations=STORES, changes=False, traps=False, **uneven)
        counted = Counted()
        for one in seeds:
            count(make(quiet, one), Settings(), counted)
        later += counted.later
        yield from _rates(counted, f"uneven by {what}")
    yield _improved("stores flagged by chance", later)
    drifting = replace(options, n_locations=STORES, changes=True, traps=False, only_drift=CONSISTENCY)
    found = [is_improved for one in seeds for is_improved in flagged_drifts(make(drifting, one))]
    yield _improved("flagged drifts in consistency", found)


def _rates(counted: Counted, chain: str) -> Iterator[Line]:
    """Of each direction the rate, and that of the fifth with the most; then that of both directions."""
    wanted = Settings().false_alarms_per_year
    years = counted.years.sum()
    for direction, flags in counted.flags.items():
        rate, worst = flags.sum() / years, (flags / counted.years).max()
        yield Line(
            f"{chain}: false {WORDS[direction]} a store and year, {years:.0f} store years",
            f"{rate:.3f} ({flags.sum():.0f})",
            f"{wanted:g} or less",
            bool(rate <= wanted),
        )
        yield Line(
            f"{chain}: false {WORDS[direction]} in the fifth of stores, by own spread, that has the most",
            f"{worst:.3f}; from the evenest on {', '.join(f'{one:.3f}' for one in flags / counted.years)}",
            f"{MOST_OF_A_FIFTH * wanted:g} or less",
            bool(worst <= MOST_OF_A_FIFTH * wanted),
        )
    both = sum(flags.sum() for flags in counted.flags.values())
    yield Line(f"{chain}: false flags of both directions a store and year", f"{both / years:.3f} ({both:.0f})")


def _improved(who: str, later: list[bool]) -> Line:
    share = float(np.mean(later)) if later else 0.0
    bound = f"{MOST_IMPROVED:.2f} or less"
    return Line(
        f"{who} that are later called improved", f"{share:.2f} of {len(later)}", bound, share <= MOST_IMPROVED
    )


def count(made: Made, settings: Settings, counted: Counted) -> None:
    """Adds what a backtest raises in a chain in which nothing changes."""
    truth, fifth = made.truth, fifths_by_spread(made)
    past: dict[int, list[str]] = {}
    for dated in backtest(made.chain, settings, start=truth.start, stop=truth.stop):
        signal = dated.signal
        counted.flags[signal.direction][fifth[signal.location]] += 1
        past.setdefault(signal.location, []).append(signal.direction)
    counted.years += np.bincount(fifth, minlength=5) * (truth.stop - truth.start) / YEAR_DAYS
    counted.later += [IMPROVEMENT in one[one.index(DECLINE) :] for one in past.values() if DECLINE in one]


def flagged_drifts(made: Made) -> Iterator[bool]:
    """Of each location that drifts, and was flagged since: whether it was called improved afterwards."""
    truth = made.truth
    declined: set[int] = set()
    improved: set[int] = set()
    for dated in backtest(made.chain, Settings(), start=truth.start, stop=truth.stop):
        place, direction = dated.signal.location, dated.signal.direction
        if truth.kind[place] != IN_CONTROL and direction == DECLINE and dated.signal.at >= truth.onset[place]:
            declined.add(place)
        elif place in declined:
            improved.add(place)
    return (place in improved for place in sorted(declined))


def fifths_by_spread(made: Made) -> np.ndarray:
    """(L,) 0 to 4, by how much neighbouring visits of each location differ over the whole chain."""
    chain = made.chain
    level = residuals(chain, fit_effects(chain)).level[:, 0]
    pair = chain.location[1:] == chain.location[:-1]
    place, squares = chain.location[1:][pair], np.diff(level)[pair] ** 2
    n = np.maximum(np.bincount(place, minlength=chain.n_locations), 1)
    spread = np.bincount(place, squares, chain.n_locations) / n
    return np.argsort(np.argsort(spread, kind="stable")) * 5 // chain.n_locations
