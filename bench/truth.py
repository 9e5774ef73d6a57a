#!/usr/bin/env python3
"""Whether what the pages say is true, on chains of bench/chains whose truth is known: each line beside its bound.

Lines come in groups, one module of bench/lines each; two groups run at a time. Each line says kept, missed, or told
where it has no bound. Ends with status 1 where a bound is missed.

    .venv/bin/python bench/truth.py
    .venv/bin/python bench/truth.py --only levels --scenario graded --seed 5000 --locations 2000
"""

import argparse
import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

from bench.chains import Options
from bench.lines import Line
from bench.scenarios import SCENARIOS

GROUPS = {
    "levels": "bench.lines.levels:level_lines",
    "severities": "bench.lines.severities:severity_lines",
    "flags": "bench.lines.flags:flag_lines",
    "reported": "bench.lines.reported:reported_lines",
    "onsets": "bench.lines.onsets:onset_lines",
    "promise": "bench.lines.promise:promise_lines",
    "false_flags": "bench.lines.false_flags:false_flag_lines",
    "straight_lining": "bench.lines.straight_lining:straight_lining_lines",
    "unevenness": "bench.lines.unevenness:unevenness_lines",
    "more_visits": "bench.lines.more_visits:more_visits_lines",
}
"""Where each group's lines are made: called with Options, seed and n_locations, yields `Line`s."""
AT_ONCE = 2


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2000, help="of the first chain; those below 1000 were tuned on")
    parser.add_argument("--locations", type=int, default=300, help="that are judged for each line")
    parser.add_argument("--scenario", choices=SCENARIOS, default="plain", help="what the chains are like")
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="LINE", help=f"of {', '.join(GROUPS)}")
    return parser.parse_args()


def lines_of(group: str) -> Callable[..., Iterator[Line]]:
    module, _, function = GROUPS[group].partition(":")
    return getattr(importlib.import_module(module), function)


def measured(group: str, *, options: Options, seed: int, n_locations: int) -> tuple[list[Line], float]:
    """The lines of a group, and the seconds they took."""
    began = time.perf_counter()
    lines = list(lines_of(group)(options, seed=seed, n_locations=n_locations))
    return lines, time.perf_counter() - began


def main():
    arguments = parsed()
    groups = arguments.only or list(GROUPS)
    measure = partial(
        measured, options=SCENARIOS[arguments.scenario], seed=arguments.seed, n_locations=arguments.locations
    )
    print(f"scenario {arguments.scenario}, seeds from {arguments.seed} on, {arguments.locations} locations a line")
    all_kept = True
    spawned = multiprocessing.get_context("spawn")  # a group may set up a database of its own
    with ProcessPoolExecutor(AT_ONCE, mp_context=spawned, max_tasks_per_child=1) as pool:
        for group, (lines, seconds) in zip(groups, pool.map(measure, groups), strict=True):
            print(f"\n{group}, {seconds:.0f} s", *lines, sep="\n", flush=True)
            all_kept &= all(line.is_kept for line in lines)
    sys.exit(not all_kept)


if __name__ == "__main__":
    main()
