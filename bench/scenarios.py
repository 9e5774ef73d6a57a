#!/usr/bin/env python3
"""False alarms and detection on chains of other kinds, beside the plain one: the table of docs/method.md.

Each scenario is a chain of bench/chains with one thing more. It is made twice: without any change at any location,
which gives the false alarms per location-year, and with a quarter of the locations drifting, which gives what is
found. The engine runs in memory, week by week with only what was known (reports/measure/backtest.py).

    .venv/bin/python bench/scenarios.py                       all of them
    .venv/bin/python bench/scenarios.py late renewed --seeds 13 14
"""

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np

from bench.chains import Made, Options, make
from bench.detector.goals import LARGE
from bench.detector.judge import Flags, Judged, false_alarms, judge, pooled
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR
from reports.measure.drift.backtest import DatedSignal, backtest
from reports.measure.drift.calibration import calibrate
from reports.measure.drift.detector import DECLINE, IMPROVEMENT, Settings
from reports.measure.model.severity import fit_effects

SCENARIOS = {
    "plain": Options(),
    "graded": Options(levels=4),
    "moving": Options(auditor_walk=0.3),
    "shocks": Options(regional_shock=0.4),
    "seasons": Options(own_season=0.2),
    "sparse": Options(visits_a_month=1.0),
    "risk": Options(sooner=3.0),
    "renewed": Options(renewed=0.5),
    "late": Options(late=0.05),
    "form": Options(new_form=True),
    "ticking": Options(straight_lining=1 / 3),
    "hiding": Options(hiding=1 / 3),
    "quarterly": Options(visits_a_month=1 / 3, burn_in_weeks=104),
    "unlinked": Options(auditors_of_region=1),
    "one": Options(n_locations=1, by_chance=True),
    "two": Options(n_locations=2, by_chance=True),
    "four": Options(n_locations=4, by_chance=True),
    "ten": Options(n_locations=10, by_chance=True),
    "uneven": Options(uneven=0.2),
    "uneven-service": Options(uneven_service=0.2),
}
SEEDS_APART = 100_000  # between the first chains of two seeds, where a seed has several
WORDS = {
    "plain": "plain",
    "graded": "graded 1 to 4",
    "moving": "auditors drift, 0.3 logits in a year",
    "shocks": "each region falls by 0.4 logits for six weeks, twice",
    "seasons": "each store has a season of its own, sd 0.2 logits",
    "sparse": "one visit a month",
    "risk": "after a bad visit the next comes three times sooner",
    "renewed": "half of the auditors replaced on one day",
    "late": "5 % of visits late by up to six weeks",
    "form": "a new version, harder, with other difficulties",
    "ticking": "a third of the auditors tick everything, at six visits in ten",
    "hiding": "a third of the auditors put misses down as “does not apply”, at six visits in ten",
    "quarterly": "one visit a quarter, two years of burn-in",
    "unlinked": "one auditor a region",
    "one": "chains of one store",
    "two": "chains of two stores",
    "four": "chains of four stores",
    "ten": "chains of ten stores",
    "uneven": "visits of a fifth of the stores have always differed much more, sd 0.6 logits instead of 0.25",
    "uneven-service": "customers of a visit have always differed more at a fifth of the stores, sd 1 instead of 0.3",
}


def signals_of(made: Made, settings: Settings, threshold: str, seed: int) -> list[DatedSignal]:
    chain, truth, limit = made.chain, made.truth, None
    if threshold == "calibrated":
        before = chain.as_of(truth.start)
        effects = fit_effects(before, at=truth.start)
        limit = calibrate(before, effects, settings, np.random.default_rng(seed)).threshold
    return backtest(chain, settings, start=truth.start, stop=truth.stop, threshold=limit)


def rates(options: Options, seeds: list[int], settings: Settings, threshold: str) -> tuple[float, float]:
    """False declines and false improvements per location-year where nothing changes."""
    counted = {DECLINE: 0, IMPROVEMENT: 0}
    years = 0.0
    for seed in seeds:
        made = make(replace(options, changes=False), seed)
        signals = signals_of(made, settings, threshold, seed)
        for direction in counted:
            n, watched = false_alarms(made.truth, Flags.of_signals(signals, direction))
            counted[direction] += n
        years += watched
    return counted[DECLINE] / years, counted[IMPROVEMENT] / years


def detection(options: Options, seeds: list[int], settings: Settings, threshold: str) -> Judged:
    judged = []
    for seed in seeds:
        made = make(options, seed)
        judged.append(judge(made.truth, Flags.of_signals(signals_of(made, settings, threshold, seed))))
    return pooled(judged)


def chains_of(name: str, seeds: list[int], n_locations: int) -> tuple[Options, list[int]]:
    """One chain of so many locations for each seed; of the scenarios with few stores, chains that add up to them."""
    options = SCENARIOS[name]
    if options.n_locations == Options.n_locations:
        return replace(options, n_locations=n_locations), seeds
    n_chains = -(-n_locations // options.n_locations)
    return options, [SEEDS_APART * seed + nth for seed in seeds for nth in range(n_chains)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENARIOS)}; none: all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[11])
    parser.add_argument("--locations", type=int, default=300)
    parser.add_argument(
        "--false-alarms", type=float, default=FALSE_ALARMS_PER_YEAR, help="wanted per location and year"
    )
    parser.add_argument("--threshold", choices=["stated", "calibrated"], default="stated")
    parser.add_argument("--in-control", action="store_true", help="only the false alarms")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(sorted(unknown))}: choose from {', '.join(SCENARIOS)}")
    settings = Settings(false_alarms_per_year=arguments.false_alarms)
    print(
        f"{arguments.threshold} threshold, {arguments.false_alarms:g} false alarms wanted per location-year, "
        f"{arguments.locations} locations, seeds {' '.join(map(str, arguments.seeds))}\n\n"
        "| | false declines | false improvements | found in 8 weeks | in 13 | mean delay |\n|---|---|---|---|---|---|"
    )
    for name in arguments.names or SCENARIOS:
        began = time.perf_counter()
        options, seeds = chains_of(name, arguments.seeds, arguments.locations)
        declines, improvements = rates(options, seeds, settings, arguments.threshold)
        cells = [WORDS[name], f"{declines:.3f}", f"{improvements:.3f}"]
        if not arguments.in_control:
            found = detection(options, seeds, settings, arguments.threshold)
            large = found.of(LARGE, LARGE)
            cells += [f"{100 * found.found_within(weeks, large):.0f} %" for weeks in (8, 13)]
            cells.append(f"{found.mean_delay:.1f} weeks")
        print(f"| {' | '.join(cells)} |", flush=True)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
