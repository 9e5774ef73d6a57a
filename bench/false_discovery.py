#!/usr/bin/env python3
"""Weekly lists by e-BH beside weekly lists by the threshold: false discoveries, and what is found.

e-BH (Wang & Ramdas 2022, Journal of the Royal Statistical Society B 84, 822-852) takes the e-values of all locations,
largest first, and lists the first k for the largest k with e_(k) >= L / (q k): at most the share q of a list is false
in the mean, however the locations hang together. The e-value of a location is its evidence over the number of onsets
that it sums: without a change its mean is at most about 1. A location that is listed counts as flagged in that week;
then only later onsets count, as after any alarm.

    .venv/bin/python bench/false_discovery.py --seeds 1 2
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np

from bench.chains import DRIFTS, Made, Options, Truth, make
from bench.chains.lab import lab_chain, open_lab
from bench.detector.goals import LARGE
from bench.detector.judge import GRACE_DAYS, Flags, Judged, judge, pooled
from bench.detector.paths import Paths
from reports.measure.drift.detector import Settings, stated_threshold
from reports.measure.model.effects import WEEK_DAYS
from reports.measure.model.severity import fit_effects

LAB = Path(__file__).resolve().parents[2] / "shared" / "lab"
Rule = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(L,) evidence and (L,) onsets that it sums -> indexes of the locations on the list."""


def by_threshold(limit: float) -> Rule:
    return lambda evidence, n_onsets: np.flatnonzero(evidence > np.exp(limit))


def by_e_bh(share: float) -> Rule:
    def listed(evidence: np.ndarray, n_onsets: np.ndarray) -> np.ndarray:
        values = evidence / np.maximum(n_onsets, 1)
        order = np.argsort(-values)
        enough = values[order] * np.arange(1, order.size + 1) >= order.size / share
        return order[: np.flatnonzero(enough)[-1] + 1] if enough.any() else order[:0]

    return listed


def weekly(paths: Paths, truth: Truth, rule: Rule, *, restart: bool) -> tuple[Flags, list[float], list[float]]:
    """Flags of the first week on the list; by week, the list's false share (0 when empty) and its share of all that
    drift at the time.

    restart : a listed location begins anew, so that a list holds what is new; else it shows what stands.
    """
    n, look_back = truth.n_locations, paths.sums.shape[1]
    first = np.searchsorted(paths.location, np.arange(n))
    last = np.full(n, -look_back)  # row of the last alarm; long ago
    rows, false, found = [], [], []
    on_list = np.zeros(n, bool)
    ends = np.searchsorted(paths.location, np.arange(n), side="right")
    for moment in np.arange(truth.start + WEEK_DAYS, truth.stop + 1e-6, WEEK_DAYS):
        latest = np.array(
            [np.searchsorted(paths.time[a:b], moment) + a - 1 for a, b in zip(first, ends, strict=True)]
        )
        known = (latest >= first) & (latest > last)
        n_onsets = np.where(known, np.clip(latest - last, 1, look_back), 1)
        evidence = np.where(known, paths.sums[np.maximum(latest, 0), n_onsets - 1], 0.0)
        evidence[paths.newest[np.maximum(latest, 0)] > 0.5] = 0.0  # not from one visit alone
        listed = rule(evidence, n_onsets)
        drifting = np.isin(truth.kind, DRIFTS) & (truth.onset <= moment) & (moment <= truth.end + GRACE_DAYS)
        false.append(float((~drifting[listed]).mean()) if listed.size else 0.0)
        found.append(float(drifting[listed].sum() / max(1, drifting.sum())))
        rows += latest[listed[~on_list[listed]]].tolist()
        if restart:
            last[listed] = latest[listed]
        else:
            on_list[:] = False
            on_list[listed] = True
    return paths.flags(np.array(sorted(rows), int)), false, found


def chain_of(seed: int, n_locations: int, lab: Path) -> Made:
    if (lab / "simulate.py").exists():
        return lab_chain(
            open_lab(lab), seed=seed, n_locations=n_locations, visits_a_month=2.5, changes=True, weeks=104, burn_in=52
        )
    return make(Options(n_locations=n_locations, traps=True), seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lab", type=Path, default=LAB, help="folder of simulate.py; where it is absent: bench/chains"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.2, help="of false discoveries that e-BH allows")
    arguments = parser.parse_args()
    settings = Settings()
    told: dict[str, list[tuple[Judged, list[float], list[float]]]] = {}
    for seed in arguments.seeds:
        made = chain_of(seed, arguments.locations, arguments.lab)
        truth, before = made.truth, made.chain.as_of(made.truth.start)
        paths = Paths(made.chain, settings, start=truth.start, stop=truth.stop)
        stated = stated_threshold(before, settings, fit_effects(before, at=truth.start))
        rules = {
            "threshold at 0.1 realised": by_threshold(paths.threshold_at(truth, settings.false_alarms_per_year)),
            "stated threshold": by_threshold(stated),
            f"e-BH at {arguments.share:g}": by_e_bh(arguments.share),
        }
        for restart, kind in ((True, "new this week"), (False, "standing")):
            for name, rule in rules.items():
                flags, false, found = weekly(paths, truth, rule, restart=restart)
                told.setdefault(f"{name}, {kind}", []).append((judge(truth, flags), false, found))
        print(f"seed {seed}: {paths.location.size} visits watched", file=sys.stderr, flush=True)
    print(
        "| list | false alarms per location-year | false share of a list | of the drifting, on the list "
        "| found in 8 weeks | in 13 | mean delay |\n|---|---|---|---|---|---|---|"
    )
    for name, each in told.items():
        whole = pooled([judged for judged, _, _ in each])
        large = whole.of(LARGE, LARGE)
        false, found = (float(np.mean([one[k] for one in each])) for k in (1, 2))
        print(
            f"| {name} | {whole.false_alarm_rate:.3f} | {100 * false:.0f} % | {100 * found:.0f} % "
            f"| {100 * whole.found_within(8, large):.0f} % | {100 * whole.found_within(13, large):.0f} % "
            f"| {whole.mean_delay:.1f} weeks |"
        )


if __name__ == "__main__":
    main()
