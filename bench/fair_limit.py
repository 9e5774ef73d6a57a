#!/usr/bin/env python3
"""The fair limit of the lab's chains: what an oracle finds that knows every nuisance, but not which change it is.

It knows each store's level, each auditor's severity, dayparts, season and the chain's fall, how much visits and
interactions differ beyond chance, and the kinds and sizes of the drifts; not where, when and which. A mixture
Shiryaev-Roberts sum of exact likelihood ratios (each visit's and interaction's own effect integrated out by
Gauss-Hermite quadrature) raises its alarms, at the threshold that realises the wanted false alarms. Nobody who has to
learn all this from the visits can be expected to come nearer; chains of other seeds have other limits.

    .venv/bin/python bench/fair_limit.py --seeds 1 2 3     the lab's own figures: 11.5 weeks, .44 within 8 weeks
    .venv/bin/python bench/fair_limit.py --seeds 4 5 6
"""

import argparse
import os
import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other

import numpy as np
from scipy.special import logsumexp

from bench.chains.lab import open_lab, read
from bench.chains.truth import Truth
from bench.detector.goals import ELEVEN_POINTS, LARGE
from bench.detector.judge import Flags, Judged, false_alarms, judge, pooled
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR

LAB = Path(__file__).resolve().parents[2] / "shared" / "lab"
GRID = np.arange(-4.0, 2.51, 0.1)  # logits that a rating may be moved by: visit, interaction and drop together
DROPS = np.arange(0.0, 1.31, 0.1)  # of a ramp on its way
RAMP_DAYS = (56.0, 84.0, 112.0)
HALF_A_GAP = 3.0  # days before the first visit of a ramp at which it began
LOOK_BACK = 60  # visits
LOCATIONS_AT_ONCE = 100
MOST = 300.0  # of a log ratio; its exponential is still a double


class Oracle:
    """The evidence of a drift after every visit of some locations.

    sums : (V, LOOK_BACK) the evidence of the last 1, 2 ... onsets, in the order of the visits.
    """

    def __init__(self, simulate: ModuleType, data: dict, locations: slice):
        here = (data["vl"] >= locations.start) & (data["vl"] < locations.stop)
        rows = here[data["iv"]]
        self.simulate, self.data = simulate, data
        self.time, self.location = data["vt"][here], data["vl"][here]
        self.visit = (np.cumsum(here) - 1)[data["iv"][rows]]
        self.rated, self.expected = data["Y"][rows], data["eta0"][here][self.visit][:, data["sec"]]
        self.first = np.searchsorted(self.location, self.location)
        self.usual = self._tables(simulate.SD_INTER)
        self.steady = self._visits(self.usual, np.zeros(data["S"]), simulate.SD_INTER)
        terms = np.zeros((self.time.size, LOOK_BACK))
        for share, ratio in self._changes():
            self._add(terms, share, ratio)
        self._add_ramps(terms)
        terms[self.time < data["burnin"] * 7] = 0.0
        self.sums = np.cumsum(terms, axis=1)

    def _scale(self, spread: float) -> float:
        """What keeps the mean share where it is while interactions differ more."""
        common, visit, usual = self.simulate.C2, self.simulate.SD_VISIT**2, self.simulate.SD_INTER**2
        return float(np.sqrt((1 + common * (visit + spread**2)) / (1 + common * (visit + usual))))

    def _tables(self, spread: float) -> np.ndarray:
        """(interactions, sections, GRID) log likelihood of an interaction's ratings of a section, moved by GRID."""
        section = self.data["sec"]
        expected = (self.expected + self.data["theta"]) * self._scale(spread)
        tables = np.zeros((self.visit.size, self.data["S"], GRID.size), np.float32)
        for criterion in range(self.data["C"]):
            rated = self.rated[:, criterion, None]
            sign = np.where(rated == 1, -1.0, 1.0).astype(np.float32)
            said = -np.log1p(np.exp(sign * (expected[:, criterion, None] + GRID).astype(np.float32)))
            tables[:, section[criterion]] += np.where(rated < 0, 0.0, said)
        return tables

    def _visits(self, tables: np.ndarray, drops: np.ndarray, spread: float) -> np.ndarray:
        """(V,) log likelihood of each visit with its sections lowered by `drops`."""
        (of_visit, mass), (of_one, mass_of_one) = (_normal(self.simulate.SD_VISIT), _normal(spread))
        moved = np.zeros((tables.shape[0], of_visit.size, of_one.size), np.float32)
        for section, drop in enumerate(drops * self._scale(spread)):
            for place in np.ndindex(of_visit.size, of_one.size):
                shift = (of_visit[place[0]] + of_one[place[1]] - drop - GRID[0]) / (GRID[1] - GRID[0])
                low = int(np.clip(shift, 0, GRID.size - 2))
                table = tables[:, section]
                moved[:, *place] += table[:, low] + (shift - low) * (table[:, low + 1] - table[:, low])
        of_interactions = logsumexp(moved + np.log(mass_of_one), axis=2)
        summed = np.zeros((self.time.size, of_visit.size))
        np.add.at(summed, self.visit, of_interactions)
        return logsumexp(summed + np.log(mass), axis=1)

    def _changes(self):
        """(share, log ratio of each visit) of every change that is there at once and stays."""
        sizes, n_sections = self.simulate.SIZES, self.data["S"]
        shares = self._shares()
        for drop in sizes["step"]:
            yield shares["step"] / len(sizes["step"]), self._dropped(np.full(n_sections, drop))
        for section in np.eye(n_sections):
            for drop in sizes["partial"]:
                yield shares["partial"] / len(sizes["partial"]) / n_sections, self._dropped(section * drop)
        for spread in sizes["consistency"]:
            ratio = self._visits(self._tables(spread), np.zeros(n_sections), spread) - self.steady
            yield shares["consistency"] / len(sizes["consistency"]), ratio

    def _shares(self) -> dict[str, float]:
        shares = {name: self.simulate.SHARES[name] for name in ("step", "ramp", "partial", "consistency")}
        shares["step"] += self.simulate.SHARES["recovered"]
        return {name: share / sum(shares.values()) for name, share in shares.items()}

    def _dropped(self, drops: np.ndarray) -> np.ndarray:
        return self._visits(self.usual, drops, self.simulate.SD_INTER) - self.steady

    def _add(self, terms: np.ndarray, share: float, ratio: np.ndarray):
        summed, visit = np.r_[0.0, np.cumsum(ratio)], np.arange(ratio.size)
        for back in range(LOOK_BACK):
            rows = visit[visit - back >= self.first]
            terms[rows, back] += share * np.exp(np.minimum(summed[rows + 1] - summed[rows - back], MOST))

    def _add_ramps(self, terms: np.ndarray):
        sizes = self.simulate.SIZES["ramp"]
        share = self._shares()["ramp"] / len(sizes) / len(RAMP_DAYS)
        by_drop = np.stack([self._dropped(np.full(self.data["S"], drop)) for drop in DROPS])
        visit = np.arange(self.time.size)
        for size in sizes:
            for days in RAMP_DAYS:
                for back in range(LOOK_BACK):
                    rows = visit[visit - back >= self.first]
                    since = rows[:, None] - np.arange(back, -1, -1)
                    begun = self.time[since[:, :1]] - HALF_A_GAP
                    fallen = size * np.minimum(1.0, (self.time[since] - begun) / days) / (DROPS[1] - DROPS[0])
                    low = np.minimum(fallen.astype(int), DROPS.size - 2)
                    ratio = by_drop[low, since] + (fallen - low) * (by_drop[low + 1, since] - by_drop[low, since])
                    terms[rows, back] += share * np.exp(np.minimum(ratio.sum(axis=1), MOST))


def _normal(sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Five points of a normal law and their masses."""
    points, masses = np.polynomial.hermite_e.hermegauss(5)
    return points * sd, masses / masses.sum()


def judged_at_rate(truth: Truth, location: np.ndarray, time: np.ndarray, sums: np.ndarray, rate: float) -> Judged:
    """At the threshold where locations in control realise `rate` false alarms a year. An alarm shuts out earlier
    onsets."""

    def flags(threshold: float) -> Flags:
        last: dict[int, int] = {}
        chosen = []
        for row in np.flatnonzero(sums[:, -1] > threshold):
            place = int(location[row])
            n_onsets = min(row - last[place], LOOK_BACK) if place in last else LOOK_BACK
            if sums[row, n_onsets - 1] > threshold:
                last[place] = row
                chosen.append(row)
        rows = np.array(chosen, int)
        return Flags(location[rows], time[rows], np.full(rows.size, np.nan), np.full(rows.size, ""))

    low, high = 1.0, 12.0
    while high - low > 0.01:
        middle = (low + high) / 2
        n, years = false_alarms(truth, flags(np.exp(middle)))
        low, high = (middle, high) if n / years > rate else (low, middle)
    return judge(truth, flags(np.exp(high)))


def told(name: str, found: Judged) -> str:
    large, eleven = found.of(LARGE, LARGE), found.of(ELEVEN_POINTS, ELEVEN_POINTS)
    soon, steps = found.found_within(8, found.drifting), found.found_within(8, eleven)
    sooner, later = (found.found_within(weeks, large) for weeks in (8, 13))
    return (
        f"{name}: mean delay {found.mean_delay:.2f} weeks, found within 8 weeks {soon:.2f}; steps of 11 points or "
        f"more {steps:.2f}; medium and large within 8 and 13 weeks {sooner:.2f}, {later:.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", type=Path, default=LAB, help="folder of simulate.py")
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 5, 6])
    parser.add_argument("--locations", type=int, default=1000)
    parser.add_argument(
        "--false-alarms", type=float, default=FALSE_ALARMS_PER_YEAR, help="realised per location in control and year"
    )
    arguments = parser.parse_args()
    simulate = open_lab(arguments.lab)
    all_found = []
    for seed in arguments.seeds:
        data = simulate.generate(L=arguments.locations, seed=seed)
        starts = range(0, arguments.locations, LOCATIONS_AT_ONCE)
        blocks = [Oracle(simulate, data, slice(start, start + LOCATIONS_AT_ONCE)) for start in starts]
        sums = np.concatenate([block.sums for block in blocks])
        made = read(simulate, data)
        found = judged_at_rate(made.truth, data["vl"], made.chain.time, sums, arguments.false_alarms)
        print(told(f"seed {seed}", found), flush=True)
        all_found.append(found)
    print(told("together", pooled(all_found)))


if __name__ == "__main__":
    main()
