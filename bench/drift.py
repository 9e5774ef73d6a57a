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
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np  # noqa: E402

from reports.measure.backtest import DatedSignal, backtest  # noqa: E402
from reports.measure.calibration import calibrate  # noqa: E402
from reports.measure.chain import FULL, NONE, Chain  # noqa: E402
from reports.measure.current import with_current_auditors, with_current_days  # noqa: E402
from reports.measure.drift import DECLINE, Settings, smallest_logits  # noqa: E402
from reports.measure.effects import WEEK_DAYS  # noqa: E402
from reports.measure.evidence import Baselines, History, evidence  # noqa: E402
from reports.measure.severity import WINDOW_DAYS, fit_effects  # noqa: E402

FAIR_LIMIT = 11.5  # weeks of mean delay; what an oracle reaches that knows everything but which change it is
BEST_PEER = 0.20  # share found within 8 weeks at the same rate by kernel-PELT, the best of six
SUDDEN = ("step", "recovered", "partial", "consistency")
LARGE = (
    "step:0.8",
    "step:1.2",
    "ramp:0.8",
    "ramp:1.2",
    "partial:1.4",
    "partial:2.0",
    "consistency:1.3",
    "consistency:1.7",
    "recovered:0.8",
    "recovered:1.2",
)
ELEVEN_POINTS = ("step:0.8", "step:1.2")


def chain_of(data: dict) -> Chain:
    """The lab's arrays as a Chain; every visit arrives the moment it is made."""
    rated = data["Y"]
    ratings = np.where(rated < 0, NONE, np.where(rated > 0, FULL, 0)).astype(np.uint8)
    return Chain(
        location=data["vl"],
        time=data["vt"],
        arrival=data["vt"],
        auditor=data["va"],
        daypart=data["dp"],
        staffing=data["st"],
        ratings=ratings,
        rating_visit=data["iv"],
        section=data["sec"],
        dimension=data["dim"].astype(np.int8),
        critical=data["critical"],
        region=data["region"],
        n_locations=data["L"],
    )


def judged(lab, data: dict, signals: list[DatedSignal]) -> dict:
    """The lab's figures for the declines among these signals."""
    declines = [dated for dated in signals if dated.signal.direction == DECLINE]
    location = np.array([dated.signal.location for dated in declines], int)
    raised = np.array([dated.raised_at for dated in declines])
    figures = lab.score(data, location, raised)
    figures["attribution"] = lab.attribution(
        data,
        location,
        raised,
        np.array([d.signal.onset for d in declines]),
        np.array([d.signal.channel for d in declines]),
    )
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
    within_8_weeks = mean(figures, "by", "all", "d8")
    rows = [
        ("G1 mean delay over the fair limit", "<= 1.20", f"{delay / FAIR_LIMIT:.2f}  ({delay:.1f} weeks)"),
        ("G2 steps of 11 points or more within 8 weeks", ">= .68", f"{pooled(figures, ELEVEN_POINTS, 'd8'):.2f}"),
        ("G2 medium and large within 8 weeks", ">= .48", f"{pooled(figures, LARGE, 'd8'):.2f}"),
        ("G2 medium and large within 13 weeks", ">= .68", f"{pooled(figures, LARGE, 'd13'):.2f}"),
        ("G3 auditor trap in 26 weeks", "<= .10", f"{mean(figures, 'trap_auditor_share26w'):.3f}"),
        ("G3 daypart trap in 26 weeks", "<= .10", f"{mean(figures, 'trap_daypart_share26w'):.3f}"),
        ("G3 December trap", "<= .024", f"{mean(figures, 'trap_season_share'):.3f}"),
        ("G3 chain trap", "<= .03", f"{mean(figures, 'trap_chain_share8w'):.3f}"),
        (
            "G4 false alarms per location-year",
            ".05-.10",
            f"{mean(figures, 'fa_loc_year'):.3f}  ("
            + ", ".join(f"{figure['fa_loc_year']:.3f}" for figure in figures)
            + ")",
        ),
        (
            "G5 8-week share over the best peer's",
            ">= 1.6",
            f"{within_8_weeks / BEST_PEER:.2f}  ({within_8_weeks:.2f})",
        ),
        (
            "G6 onset within 4 weeks, sudden changes",
            ">= .70",
            f"{attributed(figures, SUDDEN, 'onset_within_4wk'):.2f}",
        ),
        ("G6 the same, gradual ones", "", f"{attributed(figures, ('ramp',), 'onset_within_4wk'):.2f}"),
        ("G6 right section", ">= .85", f"{attributed(figures, ('partial',), 'channel_right'):.2f}"),
        ("G6 median lead over the metric, weeks", ">= 5", f"{mean(figures, 'lead', 'median_lead_wk'):.1f}"),
    ]
    print(f"\n{title}\n{'':46}{'goal':>9}  reached")
    for name, goal, reached in rows:
        print(f"{name:46}{goal:>9}  {reached}")


class Paths:
    """The evidence of a decline after every visit, onset by onset, so that every threshold can be tried at once.

    As in a backtest, but for what an alarm does to later ones: it only shuts out earlier onsets.
    """

    def __init__(self, chain: Chain, settings: Settings, *, start: float, stop: float, refit_days: float = 28.0):
        location, moments, terms, channels, onsets = [], [], [], [], []
        effects = None
        for moment in np.arange(start, stop, WEEK_DAYS):
            known = chain.subset(chain.time < moment + WEEK_DAYS)
            before = known.subset(known.time < moment)
            if effects is None or moment >= effects.fitted_at + refit_days:
                effects = fit_effects(before, at=moment)
                smallest = smallest_logits(effects, settings)
            current = with_current_auditors(with_current_days(effects, before, until=moment), before)
            current = replace(
                with_current_days(effects, known, until=moment + WEEK_DAYS),
                auditor=current.auditor,
                auditor_sd=current.auditor_sd,
            )
            news = np.unique(known.location[known.time >= moment])
            near = np.isin(known.location, news) & (known.time >= effects.fitted_at - WINDOW_DAYS)
            part = known.subset(near)
            first, visit = part.first_visit[:-1], np.flatnonzero(part.time >= moment)
            baselines = Baselines(first.copy(), first.copy(), np.zeros(first.size, bool))
            history = History(part, current)
            found = evidence(
                history,
                baselines,
                visit,
                direction=1,
                look_back=settings.look_back,
                least_baseline=settings.least_baseline,
                smallest_drop=smallest,
            )
            begun = visit - found.terms.sum(axis=2).argmax(axis=1)
            location.append(part.location[visit])
            moments.append(part.time[visit])
            terms.append(found.terms.sum(axis=2))
            channels.append(np.array(history.channels)[found.terms.sum(axis=1).argmax(axis=1)])
            onsets.append((part.time[begun] + part.time[np.maximum(begun - 1, 0)]) / 2)
        order = np.lexsort((np.concatenate(moments), np.concatenate(location)))
        self.location, self.time = np.concatenate(location)[order], np.concatenate(moments)[order]
        self.channel, self.onset = np.concatenate(channels)[order], np.concatenate(onsets)[order]
        self.sums = np.cumsum(np.concatenate(terms)[order], axis=1)
        self.newest = self.sums[:, 0] / np.maximum(self.sums[:, -1], 1e-300)

    def alarms(self, threshold: float) -> np.ndarray:
        """Indexes of the visits that raise an alarm; none from the newest visit alone."""
        last: dict[int, int] = {}
        chosen = []
        for row in np.flatnonzero(self.sums[:, -1] > np.exp(threshold)):
            place = self.location[row]
            n_onsets = min(row - last[place], self.sums.shape[1]) if place in last else self.sums.shape[1]
            if self.newest[row] <= 0.5 and self.sums[row, n_onsets - 1] > np.exp(threshold):
                last[place] = row
                chosen.append(row)
        return np.array(chosen, int)

    def judged(self, lab, data: dict, threshold: float) -> dict:
        rows = self.alarms(threshold)
        figures = lab.score(data, self.location[rows], self.time[rows])
        figures["attribution"] = lab.attribution(
            data, self.location[rows], self.time[rows], self.onset[rows], self.channel[rows]
        )
        return figures

    def threshold_at(self, lab, data: dict, rate: float) -> float:
        """The threshold at which in-control locations realise `rate`, by bisection."""
        low, high = 1.0, 12.0
        while high - low > 0.01:
            middle = (low + high) / 2
            rows = self.alarms(middle)
            realised = lab.rate_in_control(data, self.location[rows], self.time[rows])
            low, high = (middle, high) if realised > rate else (low, middle)
        return high


def cost_of_a_week(chain: Chain, settings: Settings, moment: float) -> float:
    """CPU time of a weekly run, a fourth of a refit included, in passes that sum the same ratings to visits."""
    clock = time.process_time
    began = clock()
    replace(chain, location=chain.location.copy()).conforming  # noqa: B018
    one_pass = clock() - began
    chain.observed, chain.conforming  # noqa: B018
    began = clock()
    fit_effects(chain.as_of(moment), at=moment)
    fit = clock() - began
    began = clock()
    backtest(chain, settings, start=moment, stop=moment + WEEK_DAYS)
    return (clock() - began - 0.75 * fit) / one_pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=Path, default=ROOT.parent / "shared" / "lab", help="folder of simulate.py")
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 5, 6], help="1 to 3 were used for tuning")
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=2.5, help="visits per location and month")
    parser.add_argument("--false-alarms", type=float, default=0.1, help="wanted per location and year")
    parser.add_argument("--in-control", action="store_true", help="nothing changes: false alarms only")
    parser.add_argument(
        "--threshold",
        choices=["stated", "calibrated", "equal-rate"],
        default="stated",
        help="stated: from the wanted rate alone; calibrated: on the burn-in; equal-rate: see above",
    )
    arguments = parser.parse_args()
    if not (arguments.lab / "simulate.py").exists():
        parser.error(f"no simulate.py in {arguments.lab}: name the lab's folder with --lab")
    sys.path.insert(0, str(arguments.lab))
    import evaluate as lab
    import simulate

    settings = Settings(false_alarms_per_year=arguments.false_alarms)
    figures = []
    for seed in arguments.seeds:
        data = simulate.generate(
            L=arguments.locations, rate=arguments.rate, seed=seed, incontrol=arguments.in_control
        )
        chain, start, stop = chain_of(data), data["burnin"] * 7.0, data["W"] * 7.0

        def run(chain, threshold, start=start, stop=stop):
            return backtest(chain, settings, start=start, stop=stop, threshold=threshold)

        began, threshold = time.perf_counter(), None
        if arguments.threshold == "calibrated":
            before = chain.as_of(start)
            found = calibrate(before, fit_effects(before, at=start), settings, np.random.default_rng(seed))
            threshold = found.threshold
        elif arguments.threshold == "equal-rate":
            paths = Paths(chain, settings, start=start, stop=stop)
            threshold = paths.threshold_at(lab, data, arguments.false_alarms)
            figures.append(paths.judged(lab, data, threshold))
            print(
                f"seed {seed}: mean delay {figures[-1]['by']['all']['rmd_wk']:.1f} weeks at threshold "
                f"{threshold:.2f}, {time.perf_counter() - began:.0f} s",
                flush=True,
            )
            continue
        signals = run(chain, threshold)
        seconds = time.perf_counter() - began
        text = "" if threshold is None else f", threshold {threshold:.2f}"
        if arguments.in_control:
            years = arguments.locations * (stop - start) / 365.25
            n_declines = sum(dated.signal.direction == DECLINE for dated in signals)
            print(
                f"seed {seed}: {n_declines / years:.3f} declines and {(len(signals) - n_declines) / years:.3f} "
                f"improvements per location-year{text}, {seconds:.0f} s"
            )
            continue
        figures.append(judged(lab, data, signals))
        print(
            f"seed {seed}: {chain.n_visits} visits, {len(signals)} signals, mean delay "
            f"{figures[-1]['by']['all']['rmd_wk']:.1f} weeks, false alarms {figures[-1]['fa_loc_year']:.3f}{text}, "
            f"{seconds:.0f} s",
            flush=True,
        )
    if figures:
        cost = cost_of_a_week(chain, settings, stop - 28)
        print(f"G7 a weekly run costs {cost:.1f} passes that sum the ratings to visits; goal <= 20")
        report(
            figures,
            f"{arguments.threshold} threshold, {arguments.false_alarms:g} false alarms wanted, seeds "
            f"{' '.join(map(str, arguments.seeds))}, {arguments.locations} locations",
        )


if __name__ == "__main__":
    main()
