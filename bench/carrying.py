#!/usr/bin/env python3
"""What it costs that a visit keeps what was in force when it arrived, until what is common is estimated anew.

Weekly runs over the chains of bench/drift.py, an estimate every four weeks, between them two ways:

    moved    each auditor's severity, of all visits since the estimate, moves on with the visits of earlier weeks
    kept     a visit keeps the severity and the days that the run before its arrival left: what the product does

    .venv/bin/python bench/carrying.py --seeds 1 2 3 --ways moved kept
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np

from bench.chains import Options, make
from bench.chains.lab import lab_chain, open_lab
from bench.detector.judge import Flags, judge, pooled
from bench.drift import LAB
from reports.measure.defaults import REFIT_DAYS
from reports.measure.drift.backtest import DatedSignal
from reports.measure.drift.detector import Restarts, Settings, scan, stated_threshold
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.forward_filter import carry_on, with_current_auditors, with_current_days
from reports.measure.model.severity import WINDOW_DAYS, fit_effects


def weeks(chain: Chain, start: float, stop: float, way: str) -> Iterator[tuple[float, Effects, Effects]]:
    """Moment of each run, the last estimate, and the effects that it judges by."""
    estimate: Effects | None = None
    for earlier in np.arange(start, stop - WEEK_DAYS + 1e-9, WEEK_DAYS):
        moment = earlier + WEEK_DAYS
        if estimate is None or earlier >= estimate.fitted_at + REFIT_DAYS - 1e-9:
            carried = estimate = fit_effects(chain.as_of(earlier), at=earlier)
        known = chain.subset((chain.arrival <= moment) & (chain.time >= estimate.fitted_at - WEEK_DAYS - 1))
        if way == "moved":
            current = with_current_days(estimate, known, until=moment)
            yield moment, estimate, with_current_auditors(current, known.as_of(earlier))
            continue
        yield moment, estimate, carried
        carried = carry_on(carried, known, known_until=earlier, until=moment)


def signals(chain: Chain, settings: Settings, start: float, stop: float, way: str) -> list[DatedSignal]:
    found: list[DatedSignal] = []
    estimate: Effects | None = None
    for moment, newest, effects in weeks(chain, start, stop, way):
        if newest is not estimate:
            estimate = newest
            threshold = stated_threshold(chain.as_of(moment - WEEK_DAYS), settings, estimate)
        known = (chain.arrival <= moment) & (chain.time >= estimate.fitted_at - WINDOW_DAYS)
        news = known & (chain.arrival > moment - WEEK_DAYS)
        index = np.flatnonzero(known & np.isin(chain.location, np.unique(chain.location[news])))
        keep = np.zeros(chain.n_visits, bool)
        keep[index] = True
        restarts = Restarts.after([dated.signal for dated in found], chain.n_locations)
        raised = scan(chain.subset(keep), effects, settings, threshold, restarts=restarts, watched=news[index])
        found += [
            DatedSignal(replace(signal, visit=int(index[signal.visit])), float(chain.arrival[index[signal.visit]]))
            for signal in raised.signals
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lab", type=Path, default=LAB, help="folder of simulate.py; where it is absent: bench/chains"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--locations", type=int, default=400)
    parser.add_argument("--ways", nargs="+", choices=["moved", "kept"], default=["moved", "kept"])
    arguments = parser.parse_args()
    n, lab = arguments.locations, open_lab(arguments.lab) if (arguments.lab / "simulate.py").exists() else None
    for way in arguments.ways:
        judged = []
        for seed in arguments.seeds:
            if lab is None:
                made = make(Options(n_locations=n), seed)
            else:
                shape = {"visits_a_month": 2.5, "changes": True, "weeks": 104, "burn_in": 52}
                made = lab_chain(lab, seed=seed, n_locations=n, **shape)
            found = signals(made.chain, Settings(), made.truth.start, made.truth.stop, way)
            judged.append(judge(made.truth, Flags.of_signals(found)))
        all_ = pooled(judged)
        traps = ", ".join(f"{name} {share:.3f}" for name, share in all_.trapped.items())
        print(
            f"{way}: {all_.false_alarm_rate:.3f} false alarms a year, mean delay {all_.mean_delay:.2f} weeks, "
            f"{all_.found_within(8, all_.drifting):.3f} within 8; traps: {traps}",
            flush=True,
        )


if __name__ == "__main__":
    main()
