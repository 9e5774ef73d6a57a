#!/usr/bin/env python3
"""Measure whether visits that go where they are worth most find drifts sooner than visits shared out equally.

A made chain (bench/chains) holds, for every location and week, the visit that would be made there. Each week a plan
chooses the same number of locations; only the chosen visits are made and known. Both plans see the same chain. Equal
allocation sends a visit to each location in turn; by value, to those where `measure.planning.visit_value` says that
it is worth most, and to flagged ones in turn, for what was done about them has to be verified. Common effects are
refitted every four weeks, flags are raised at the stated threshold.

    .venv/bin/python bench/planning.py --seeds 4 5 6
    .venv/bin/python bench/planning.py --every 4 --fewer 0.7     by value with three tenths fewer visits
    .venv/bin/python bench/planning.py --in-control              nothing changes: false alarms only
    .venv/bin/python bench/planning.py --data ../shared/data/chicago_food     days earlier, on real inspections
"""

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np

from bench.chains import Options, make
from bench.detector.inspections import days_earlier, read_inspections
from bench.detector.judge import Judged, judge, pooled
from bench.detector.visiting import POSSIBLE_A_MONTH, Followed, by_value, equally, followed
from reports.measure.drift.detector import Settings

PLANS = {"equally": equally, "by value": by_value}
PUBLISHED = (date(2014, 9, 1), date(2014, 10, 31))  # the two months of the city's own trial
EARLIER = ((date(2014, 2, 1), date(2014, 3, 31)), (date(2013, 9, 1), date(2013, 10, 31)))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 5, 6], help="1 to 3 were used for tuning")
    parser.add_argument("--locations", type=int, default=150)
    parser.add_argument("--weeks", type=int, default=104, help="of watching, after a year of burn-in")
    parser.add_argument("--every", type=float, default=2.0, help="weeks between visits to a location")
    parser.add_argument(
        "--fewer", type=float, default=1.0, help="share of the visits that the plan by value may make"
    )
    parser.add_argument("--in-control", action="store_true", help="nothing changes: false alarms only")
    parser.add_argument("--data", type=Path, help="a folder of real inspections: days earlier, instead of chains")
    return parser.parse_args()


def main():
    arguments = parsed()
    if arguments.data:
        told_of_inspections(arguments.data)
        return
    options = Options(
        n_locations=arguments.locations,
        weeks=arguments.weeks,
        visits_a_month=POSSIBLE_A_MONTH,
        changes=not arguments.in_control,
    )
    judged: dict[str, list[Judged]] = {name: [] for name in PLANS}
    for seed in arguments.seeds:
        made = make(options, seed)
        for name, plan in PLANS.items():
            began = time.perf_counter()
            share = arguments.fewer if name == "by value" else 1.0
            found = followed(made, plan, every=arguments.every, share=share, settings=Settings())
            judged[name].append(judge(made.truth, found.flags))
            print(f"seed {seed}, {name}: {told(judged[name][-1])}; {spread(found)}, "
                  f"{time.perf_counter() - began:.0f} s", flush=True)  # fmt: skip
    print(f"all seeds, a visit every {arguments.every:g} weeks, by value {arguments.fewer:.0%} of them:")
    for name, each in judged.items():
        print(f"  {name}: {told(pooled(each))}")


def told(judged: Judged) -> str:
    text = f"{judged.false_alarm_rate:.3f} false alarms per location-year ({judged.false_alarms})"
    if not judged.drifting.any():
        return text
    within = (f"{weeks} weeks {judged.found_within(weeks, judged.drifting):.2f}" for weeks in (8, 13, 26))
    return f"mean delay {judged.mean_delay:.1f} weeks, found within {', '.join(within)}; {text}"


def spread(found: Followed) -> str:
    low, middle, high = np.quantile(found.visits, [0.05, 0.5, 0.95])
    return f"{found.n_visits} visits, {low:.0f}-{middle:.0f}-{high:.0f} to a location (5, 50, 95 %)"


def told_of_inspections(folder: Path) -> None:
    found = read_inspections(folder)
    for start, stop in (PUBLISHED, *EARLIER):
        rankings = days_earlier(found, start=start, stop=stop)
        _, n_failing, n = next(iter(rankings.values()))
        print(f"{start} to {stop}, {n_failing} of {n} visits found a critical violation; days earlier by ranking:")
        for name, (days, *_) in rankings.items():
            print(f"  {name}: {days:+.1f}")


if __name__ == "__main__":
    main()
