#!/usr/bin/env python
"""How fast visits are scored and a chain is scanned, phase by phase.

Makes a chain of simulated visits in a database of its own (a temporary folder), forgets their scores, and measures
scoring, a scan and a second scan, then a scan by several processes that share its shards. Nothing of the configured
database is touched.

    .venv/bin/python bench/scan.py --locations 200 --visits 40 --workers 2
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HELPER = """
import time, django
django.setup()
from reports.detection.scan import RunTaken, work_on_run
from reports.models import Run, Shard
run = Run.objects.filter(pk={run_id})
while not Shard.objects.filter(run={run_id}, phase=2).exists() and run.filter(finished_at=None).exists():
    time.sleep(0.02)
try:
    print("  helper:", work_on_run({run_id})[1], "shards")
except RunTaken:
    print("  helper: came when all was done")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument("--visits", type=int, default=40, help="per location, one a week")
    parser.add_argument("--workers", type=int, default=2, help="processes that share the last scan (2)")
    parser.add_argument("--at-least", type=float, metavar="RATE", help="fail below so many scored visits a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        os.environ |= {"DEBUG": "1", "DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        rate = measure(options.locations, options.visits, options.workers)
    if options.at_least and rate < options.at_least:
        sys.exit(f"{rate:,.0f} visits scored a second, {options.at_least:,.0f} wanted.")


def measure(n_locations: int, n_visits: int, n_workers: int) -> float:
    from django.conf import settings
    from django.core.management import call_command

    from reports.detection.runs import request_scan
    from reports.detection.scan import run_scan
    from reports.detection.scoring import score_waiting
    from reports.models import Tally
    from tests.reports.chains import make_chain, observe

    settings.DEBUG = False  # or every query would be kept in memory
    call_command("migrate", verbosity=0)
    drops = dict.fromkeys(range(0, n_locations, 20), (n_visits * 4.0, 1.2, None))
    chain = make_chain(n_locations=n_locations, n_visits=n_visits, drops=drops)
    n_observations = observe(chain)
    Tally.objects.update(scored_at=None, matrix=None)
    total = n_locations * n_visits
    print(f"{total:,} visits, {n_observations:,} observations at {n_locations:,} locations")

    began, cpu = time.perf_counter(), time.process_time()
    score_waiting()
    rate = total / (time.process_time() - cpu)
    print(f"scoring: {total / (time.perf_counter() - began):,.0f} visits a second, {rate:,.0f} a second of CPU")

    for name in ("scan", "scan again"):
        phases: dict[str, float] = {}

        def tell(phase: str, n_done: int, n_total: int, phases=phases) -> None:
            phases.setdefault(phase, time.process_time())

        began = time.perf_counter()
        run = run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk, progress=tell)
        print(f"{name}: {time.perf_counter() - began:.2f} s, {run.drift_flags.count()} flags; CPU by phase:")
        ends = [*list(phases.values())[1:], time.process_time()]
        for phase, end in zip(phases, ends, strict=True):
            print(f"  {end - phases[phase]:7.2f} s  {phase}")
    share(request_scan(standard=chain.standard, as_of=chain.end).pk, n_workers)
    return rate


def share(run_id: int, n_workers: int) -> None:
    """Make a run with helpers in processes of their own, which start while the first phase is made."""
    from reports.detection.scan import run_scan
    from reports.models import Run, Shard

    helper = HELPER.format(run_id=run_id)
    helpers = [subprocess.Popen([sys.executable, "-c", helper], cwd=ROOT) for _ in range(n_workers - 1)]
    times: dict[str, float] = {}

    def tell(phase: str, n_done: int, n_total: int) -> None:
        times.setdefault(phase, time.perf_counter())

    began = time.perf_counter()
    run = run_scan(run_id, progress=tell)
    ended = time.perf_counter()
    looked = times.get("Comparing with the reported numbers", ended)  # a helper may have made the last phase
    print(
        f"{n_workers} processes: {ended - began:.2f} s, of which the shards of {run.n_locations:,} locations "
        f"{looked - times['Looking for changes']:.2f} s"
    )
    for process in helpers:
        process.wait()
    assert Run.objects.get(pk=run_id).state == Run.State.DONE
    assert not Shard.objects.filter(run=run_id).exists()


if __name__ == "__main__":
    main()
