#!/usr/bin/env python3
"""Measure the drift engine on simulated chains whose truth is known, beside the goals of docs/method.md.

The chains come from `simulate.py` of the lab, a folder beside the repository, or from bench/chains where there is
none. The engine runs in memory on the arrays: common effects are refitted every four weeks, visits are walked in time
with only what was known, as `reports.measure.drift.backtest` does it for the product. The stated threshold knows only
the wanted rate; at the equal rate the threshold is set so that locations in control realise 0.1 false alarms a year.

    .venv/bin/python bench/drift.py --threshold equal-rate --seeds 4 5 6
    .venv/bin/python bench/drift.py --in-control --seeds 4
    .venv/bin/python bench/drift.py --product --locations 100      through files and a database, and in memory
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np

from bench.chains import Made, Options, make
from bench.chains.lab import lab_chain, open_lab
from bench.detector.cost import cost_of_a_week
from bench.detector.goals import report
from bench.detector.judge import Flags, Judged, judge
from bench.detector.paths import Paths
from bench.product import replays
from bench.product.database import own_database
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR
from reports.measure.drift.backtest import DatedSignal, backtest
from reports.measure.drift.calibration import calibrate
from reports.measure.drift.detector import DECLINE, YEAR_DAYS, Settings
from reports.measure.model.severity import fit_effects

LAB = Path(__file__).resolve().parents[2] / "shared" / "lab"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lab", type=Path, default=LAB, help="folder of simulate.py; where it is absent: bench/chains"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 5, 6], help="1 to 3 were used for tuning")
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument("--weeks", type=int, default=104, help="of watching, after the burn-in")
    parser.add_argument("--burn-in", type=int, default=52, help="weeks")
    parser.add_argument("--rate", type=float, default=2.5, help="visits per location and month")
    parser.add_argument(
        "--false-alarms", type=float, default=FALSE_ALARMS_PER_YEAR, help="wanted per location and year"
    )
    parser.add_argument("--in-control", action="store_true", help="nothing changes: false alarms only")
    parser.add_argument("--product", action="store_true", help="import, backtest to flags.csv, compare with memory")
    parser.add_argument("--own", action="store_true", help="chains of bench/chains, also where the lab is")
    parser.add_argument(
        "--threshold",
        choices=["stated", "calibrated", "equal-rate"],
        default="stated",
        help="stated: from the wanted rate alone; calibrated: on the burn-in; equal-rate: see above",
    )
    return parser.parse_args()


def has_lab(arguments: argparse.Namespace) -> bool:
    return not arguments.own and (arguments.lab / "simulate.py").exists()


def title(arguments: argparse.Namespace, threshold: str) -> str:
    seeds = " ".join(map(str, arguments.seeds))
    return (
        f"{threshold} threshold, {arguments.false_alarms:g} false alarms wanted, seeds {seeds}, "
        f"{arguments.locations} locations"
    )


def chains(arguments: argparse.Namespace) -> Callable[[int], Made]:
    """What makes the chain of a seed."""
    if not has_lab(arguments):
        options = Options(
            n_locations=arguments.locations,
            burn_in_weeks=arguments.burn_in,
            weeks=arguments.weeks,
            visits_a_month=arguments.rate,
            changes=not arguments.in_control,
            traps=not arguments.in_control,
        )
        return lambda seed: make(options, seed)
    lab = open_lab(arguments.lab)
    return lambda seed: lab_chain(
        lab,
        seed=seed,
        n_locations=arguments.locations,
        visits_a_month=arguments.rate,
        changes=not arguments.in_control,
        weeks=arguments.weeks,
        burn_in=arguments.burn_in,
    )


def equal_rate(made: Made, settings: Settings, seed: int) -> Judged:
    began = time.perf_counter()
    paths = Paths(made.chain, settings, start=made.truth.start, stop=made.truth.stop)
    threshold = paths.threshold_at(made.truth, settings.false_alarms_per_year)
    judged = paths.judged(made.truth, threshold)
    print(
        f"seed {seed}: mean delay {judged.mean_delay:.1f} weeks at threshold "
        f"{threshold:.2f}, {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    return judged


def replayed(made: Made, settings: Settings, seed: int, *, calibrated: bool) -> tuple[list[DatedSignal], str]:
    """The signals, and what to say about the threshold and the time."""
    began, start, threshold = time.perf_counter(), made.truth.start, None
    if calibrated:
        before = made.chain.as_of(start)
        found = calibrate(before, fit_effects(before, at=start), settings, np.random.default_rng(seed))
        threshold = found.threshold
    signals = backtest(made.chain, settings, start=start, stop=made.truth.stop, threshold=threshold)
    text = "" if threshold is None else f", threshold {threshold:.2f}"
    return signals, f"{text}, {time.perf_counter() - began:.0f} s"


def told_of_rates(made: Made, signals: list[DatedSignal]) -> str:
    years = made.chain.n_locations * (made.truth.stop - made.truth.start) / YEAR_DAYS
    n_declines = sum(dated.signal.direction == DECLINE for dated in signals)
    return (
        f"{n_declines / years:.3f} declines and {(len(signals) - n_declines) / years:.3f} improvements per "
        "location-year"
    )


def main():
    arguments = parsed()
    chain_of_seed = chains(arguments)
    settings = Settings(false_alarms_per_year=arguments.false_alarms)
    if arguments.product:
        with own_database() as folder:
            judged = [replays.compared(chain_of_seed(seed), settings, seed, folder) for seed in arguments.seeds]
        report(judged, title(arguments, "the product's"), peers_known=has_lab(arguments))
        return
    judged = []
    for seed in arguments.seeds:
        made = chain_of_seed(seed)
        if arguments.threshold == "equal-rate":
            judged.append(equal_rate(made, settings, seed))
        else:
            signals, text = replayed(made, settings, seed, calibrated=arguments.threshold == "calibrated")
            if arguments.in_control:
                print(f"seed {seed}: {told_of_rates(made, signals)}{text}", flush=True)
                continue
            judged.append(judge(made.truth, Flags.of_signals(signals)))
            print(
                f"seed {seed}: {made.chain.n_visits} visits, {len(signals)} signals, mean delay "
                f"{judged[-1].mean_delay:.1f} weeks, false alarms {judged[-1].false_alarm_rate:.3f}{text}",
                flush=True,
            )
    if judged:
        cost = cost_of_a_week(made.chain, settings, made.truth.stop - 28)
        print(f"G7 a weekly run costs {cost:.1f} passes that sum the ratings to visits; goal <= 20")
        report(judged, title(arguments, arguments.threshold), peers_known=has_lab(arguments))


if __name__ == "__main__":
    main()
