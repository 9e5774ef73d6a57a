#!/usr/bin/env python
"""How fast visits are scored and a chain is scanned, phase by phase, and what a week's run costs.

Makes a chain of simulated visits in a database of its own (a temporary folder), forgets their scores, and measures
scoring, a run that estimates what is common, the run of the week after it, which carries it on, and both again by
several processes that share their shards. Nothing of the configured database is touched.

    .venv/bin/python bench/scan.py --locations 200 --visits 40 --workers 2

With --in-memory, a week's run without the database, against one numpy pass that sums the same ratings to visits:

    .venv/bin/python bench/scan.py --in-memory 1000 10000 100000
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from math import log
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HELPER = """
import time, django
django.setup()
from reports.detection.scan.scan import work_on_run
from reports.detection.scan.shards import RunTaken
from reports.models import Run, Shard
run = Run.objects.filter(pk={run_id})
while not Shard.objects.filter(run={run_id}, phase=2).exists() and run.filter(finished_at=None).exists():
    time.sleep(0.02)
try:
    print("  helper:", work_on_run({run_id})[1], "shards")
except RunTaken:
    print("  helper: came when all was done")
"""
WEEK = timedelta(days=7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument("--visits", type=int, default=40, help="per location")
    parser.add_argument("--every", type=float, default=7.0, metavar="DAYS", help="between two visits (7)")
    parser.add_argument("--workers", type=int, default=2, help="processes that share the last runs (2)")
    parser.add_argument("--no-scoring", action="store_true", help="leave out the observations, and their scoring")
    parser.add_argument("--at-least", type=float, metavar="RATE", help="fail below so many scored visits a second")
    parser.add_argument("--in-memory", type=int, nargs="+", metavar="LOCATIONS", help="without a database, ascending")
    parser.add_argument(
        "--every-nth",
        type=int,
        default=1,
        help="with --in-memory: estimate from a part, counted so often",
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from bench.product.database import own_database

    with own_database():
        if options.in_memory:
            in_memory(options.in_memory, options.every_nth)
            return
        rate = through_the_product(options)
    if options.at_least and rate < options.at_least:
        sys.exit(f"{rate:,.0f} visits scored a second, {options.at_least:,.0f} wanted.")


def in_memory(sizes: list[int], every_nth: int) -> None:
    from bench.detector import weekly

    before: tuple[int, dict[str, float]] | None = None
    for n_locations in sizes:
        costs = weekly.measure(n_locations, every_nth)
        if before:
            growth = {
                name: log(costs[name] / before[1][name]) / log(n_locations / before[0])
                for name in ("weekly", "refit")
            }
            print(
                f"  exponent from {before[0]:,} to {n_locations:,}: {growth['weekly']:.2f} of a run that carries on, "
                f"{growth['refit']:.2f} of one that estimates"
            )
        before = n_locations, costs


def through_the_product(options) -> float:
    """Returns how many visits were scored a second of CPU."""
    from bench.product.database_chains import make_chain, observe
    from reports.detection.scan.lifecycle import request_scan

    n_locations, n_visits = options.locations, options.visits
    drops = dict.fromkeys(range(0, n_locations, 20), (n_visits * options.every * 0.6, 1.2, None))
    chain = make_chain(n_locations=n_locations, n_visits=n_visits, every_days=options.every, drops=drops)
    stagger(chain)
    total = n_locations * n_visits
    print(f"{total:,} visits at {n_locations:,} locations")
    rate = float("inf") if options.no_scoring else scored_a_second(observe(chain), total)

    def asked(weeks: int, **given) -> int:
        as_of = chain.end - WEEK * weeks
        return request_scan(standard=chain.standard, as_of=as_of, **given).pk

    share(asked(4), 1, "estimates")
    share(asked(3), 1, "carries on")
    share(asked(2), options.workers, "carries on")
    share(asked(1, must_estimate=True), options.workers, "estimates")
    share(asked(0, parameters={"incremental": False}), 1, "carries on, but looks at all locations")
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return rate


def stagger(chain) -> None:
    """Not all locations on the same day, so that each week brings news of some."""
    from django.db.models import F

    from reports.models import Tally

    for number, location in enumerate(chain.locations):
        by = timedelta(days=-chain.every_days * (number * 0.618 % 1))
        Tally.objects.filter(location=location).update(started_at=F("started_at") + by, known_at=F("known_at") + by)


def scored_a_second(n_observations: int, n_visits: int) -> float:
    from reports.detection.data.scoring import score_waiting
    from reports.models import Tally

    Tally.objects.update(scored_at=None, matrix=None)
    began, cpu = time.perf_counter(), time.process_time()
    score_waiting()
    rate = n_visits / (time.process_time() - cpu)
    print(
        f"scoring {n_observations:,} observations: {n_visits / (time.perf_counter() - began):,.0f} visits a second, "
        f"{rate:,.0f} a second of CPU"
    )
    return rate


def share(run_id: int, n_workers: int, name: str) -> None:
    """Make a run with helpers in processes of their own, which start while the first phase is made."""
    from reports.detection.scan.scan import run_scan
    from reports.models import Run, Shard

    helper = HELPER.format(run_id=run_id)
    helpers = [subprocess.Popen([sys.executable, "-c", helper], cwd=ROOT) for _ in range(n_workers - 1)]
    times: dict[str, tuple[float, float]] = {}

    def tell(phase: str, n_done: int, n_total: int) -> None:
        times.setdefault(phase, (time.perf_counter(), time.process_time()))

    begun = time.perf_counter(), time.process_time(), sum(os.times()[2:4])
    run = run_scan(run_id, progress=tell)
    times["done"] = time.perf_counter(), time.process_time()
    seconds = times["done"][0] - begun[0]
    print(f"a run that {name}, {n_workers} processes: {seconds:.2f} s, {run.drift_flags.count()} flags")
    for phase, after in pairwise(times):
        passed, cpu = (times[after][at] - times[phase][at] for at in (0, 1))
        print(f"  {passed:7.2f} s  {cpu:7.2f} s of CPU here  {phase}")
    for process in helpers:
        process.wait()
    here, others = times["done"][1] - begun[1], sum(os.times()[2:4]) - begun[2]
    print(f"  {here:.2f} s of CPU here, {others:.2f} s in the others, their start included")
    assert Run.objects.get(pk=run_id).state == Run.State.DONE
    assert not Shard.objects.filter(run=run_id).exists()


if __name__ == "__main__":
    main()
