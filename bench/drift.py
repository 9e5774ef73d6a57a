#!/usr/bin/env python3
"""Measure the drift engine on simulated chains whose truth is known, beside the goals of docs/method.md.

The chains come from `simulate.py`, the judgement from `evaluate.py` of the lab, a folder beside the repository. The
engine runs in memory on the arrays: common effects are refitted every four weeks, visits are walked in time with only
what was known, as `reports.measure.backtest` does it for the product. At the stated threshold the figures are what a
user gets; at the equal rate the threshold is set so that in-control locations realise 0.1 false alarms a year each.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np  # noqa: E402

from reports.measure.backtest import DatedSignal, backtest  # noqa: E402
from reports.measure.calibration import calibrate  # noqa: E402
from reports.measure.chain import FULL, NONE, Chain  # noqa: E402
from reports.measure.drift import DECLINE, Settings  # noqa: E402
from reports.measure.severity import fit_effects  # noqa: E402

FAIR_LIMIT = 11.5  # weeks of mean delay; what an oracle reaches that knows everything but which change it is
LARGE = ("step:0.8", "step:1.2", "ramp:0.8", "ramp:1.2", "partial:1.4", "partial:2.0", "consistency:1.3",
         "consistency:1.7", "recovered:0.8", "recovered:1.2")
ELEVEN_POINTS = ("step:0.8", "step:1.2")


def chain_of(data: dict) -> Chain:
    """The lab's arrays as a Chain; every visit arrives the moment it is made."""
    rated = data["Y"]
    ratings = np.where(rated < 0, NONE, np.where(rated > 0, FULL, 0)).astype(np.uint8)
    return Chain(location=data["vl"], time=data["vt"], arrival=data["vt"], auditor=data["va"], daypart=data["dp"],
                 staffing=data["st"], ratings=ratings, rating_visit=data["iv"], section=data["sec"],
                 dimension=data["dim"].astype(np.int8), critical=data["critical"], region=data["region"],
                 n_locations=data["L"])


def judged(lab, data: dict, signals: list[DatedSignal]) -> dict:
    """The lab's figures for the declines among these signals."""
    declines = [dated for dated in signals if dated.signal.direction == DECLINE]
    location = np.array([dated.signal.location for dated in declines], int)
    raised = np.array([dated.raised_at for dated in declines])
    figures = lab.score(data, location, raised)
    figures["attribution"] = lab.attribution(data, location, raised, np.array([d.signal.onset for d in declines]),
                                             np.array([d.signal.channel for d in declines]))
    return figures


def pooled(figures: list[dict], kinds: tuple[str, ...], name: str) -> float:
    """Mean of a share over kinds of drift and seeds, weighted by the number of drifting locations."""
    rows = [figure["by"][kind] for figure in figures for kind in kinds if kind in figure["by"]]
    return float(np.average([row[name] for row in rows], weights=[row["n"] for row in rows]))


def attributed(figures: list[dict], kinds: tuple[str, ...], name: str) -> float:
    rows = [figure["attribution"][kind] for figure in figures for kind in kinds if kind in figure["attribution"]]
    return float(np.average([row[name] for row in rows], weights=[row["n"] for row in rows]))


def mean(figures: list[dict], *names: str) -> float:
    values = []
    for figure in figures:
        value = figure
        for name in names:
            value = value[name]
        if value is not None:
            values.append(value)
    return float(np.mean(values)) if values else float("nan")


def report(figures: list[dict], title: str):
    delay = mean(figures, "by", "all", "rmd_wk")
    steps = ("step", "recovered", "partial", "consistency", "ramp")
    rows = [
        ("G1 mean delay over the fair limit", "<= 1.20", f"{delay / FAIR_LIMIT:.2f}  ({delay:.1f} weeks)"),
        ("G2 steps of 11 points or more within 8 weeks", ">= .68", f"{pooled(figures, ELEVEN_POINTS, 'd8'):.2f}"),
        ("G2 medium and large within 8 weeks", ">= .48", f"{pooled(figures, LARGE, 'd8'):.2f}"),
        ("G2 medium and large within 13 weeks", ">= .68", f"{pooled(figures, LARGE, 'd13'):.2f}"),
        ("G3 auditor trap in 26 weeks", "<= .10", f"{mean(figures, 'trap_auditor_share26w'):.3f}"),
        ("G3 daypart trap in 26 weeks", "<= .10", f"{mean(figures, 'trap_daypart_share26w'):.3f}"),
        ("G3 December trap", "<= .024", f"{mean(figures, 'trap_season_share'):.3f}"),
        ("G3 chain trap", "<= .03", f"{mean(figures, 'trap_chain_share8w'):.3f}"),
        ("G4 false alarms per location-year", ".05-.10", f"{mean(figures, 'fa_loc_year'):.3f}  ("
         + ", ".join(f"{figure['fa_loc_year']:.3f}" for figure in figures) + ")"),
        ("G6 onset within 4 weeks", ">= .70", f"{attributed(figures, steps, 'onset_within_4wk'):.2f}"),
        ("G6 right section", ">= .85", f"{attributed(figures, ('partial',), 'channel_right'):.2f}"),
        ("G6 median lead over the metric, weeks", ">= 5", f"{mean(figures, 'lead', 'median_lead_wk'):.1f}"),
    ]
    print(f"\n{title}\n{'':46}{'goal':>9}  reached")
    for name, goal, reached in rows:
        print(f"{name:46}{goal:>9}  {reached}")


def threshold_at(lab, data: dict, chain: Chain, run, rate: float, n_runs: int = 4) -> float:
    """The threshold at which in-control locations realise `rate`, to 0.1, by bisection on whole replays."""
    low, high = np.log(rate) * -1 + 1.9, np.log(rate) * -1 + 3.5
    for _ in range(n_runs):
        middle = (low + high) / 2
        realised = judged(lab, data, run(chain, middle))["fa_loc_year"]
        low, high = (middle, high) if realised > rate else (low, middle)
    return high


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=Path, default=ROOT.parent / "shared" / "lab", help="folder of simulate.py")
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 5, 6], help="1 to 3 were used for tuning")
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=2.5, help="visits per location and month")
    parser.add_argument("--false-alarms", type=float, default=0.1, help="wanted per location and year")
    parser.add_argument("--in-control", action="store_true", help="nothing changes: false alarms only")
    parser.add_argument("--threshold", choices=["stated", "calibrated", "equal-rate"], default="stated",
                        help="stated: from the wanted rate alone; calibrated: on the burn-in; equal-rate: see above")
    arguments = parser.parse_args()
    if not (arguments.lab / "simulate.py").exists():
        parser.error(f"no simulate.py in {arguments.lab}: name the lab's folder with --lab")
    sys.path.insert(0, str(arguments.lab))
    import evaluate as lab
    import simulate

    settings = Settings(false_alarms_per_year=arguments.false_alarms)
    figures = []
    for seed in arguments.seeds:
        data = simulate.generate(L=arguments.locations, rate=arguments.rate, seed=seed,
                                 incontrol=arguments.in_control)
        chain, start, stop = chain_of(data), data["burnin"] * 7.0, data["W"] * 7.0

        def run(chain, threshold, start=start, stop=stop):
            return backtest(chain, settings, start=start, stop=stop, threshold=threshold)

        began, threshold = time.perf_counter(), None
        if arguments.threshold == "calibrated":
            before = chain.as_of(start)
            found = calibrate(before, fit_effects(before, at=start), settings, np.random.default_rng(seed))
            threshold = found.threshold
        elif arguments.threshold == "equal-rate":
            threshold = threshold_at(lab, data, chain, run, arguments.false_alarms)
        signals = run(chain, threshold)
        seconds = time.perf_counter() - began
        text = "" if threshold is None else f", threshold {threshold:.2f}"
        if arguments.in_control:
            years = arguments.locations * (stop - start) / 365.25
            n_declines = sum(dated.signal.direction == DECLINE for dated in signals)
            print(f"seed {seed}: {n_declines / years:.3f} declines and {(len(signals) - n_declines) / years:.3f} "
                  f"improvements per location-year{text}, {seconds:.0f} s")
            continue
        figures.append(judged(lab, data, signals))
        print(f"seed {seed}: {chain.n_visits} visits, {len(signals)} signals, mean delay "
              f"{figures[-1]['by']['all']['rmd_wk']:.1f} weeks, false alarms {figures[-1]['fa_loc_year']:.3f}{text}, "
              f"{seconds:.0f} s", flush=True)
    if figures:
        report(figures, f"{arguments.threshold} threshold, {arguments.false_alarms:g} false alarms wanted, seeds "
                        f"{' '.join(map(str, arguments.seeds))}, {arguments.locations} locations")


if __name__ == "__main__":
    main()
