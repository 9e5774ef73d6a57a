"""How often the 90 % interval of an auditor's severity covers the truth, where auditors share few stores and many."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.chains import Made, Options, make
from bench.lines import Line
from reports.measure.auditors.severities import Z_90
from reports.measure.model.severity import WINDOW_DAYS, fit_effects

KINDS = {
    "five auditors a region": (5, False),
    "two auditors a region": (2, False),
    "five auditors a region, a quarter of the stores drifts": (5, True),
}
STORES = 60  # of a chain; larger ones have more auditors, not better known ones
LEAST_COVERAGE = 0.86
LEAST_CHAINS = 20  # auditors of a region err together
WEEKS = 104


def severity_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """A line for each kind of chain; all of them together have `n_locations` or more."""
    for words, (auditors, changes) in KINDS.items():
        few = replace(options, n_locations=STORES, burn_in_weeks=0, weeks=WEEKS, traps=False)
        small = replace(few, auditors_of_region=auditors, changes=changes)
        n_chains = max(LEAST_CHAINS, -(-n_locations // STORES))
        covered, sd = (
            np.concatenate(of)
            for of in zip(*(judged(make(small, seed + nth)) for nth in range(n_chains)), strict=True)
        )
        yield Line(
            f"severity of an auditor, 90 % interval, {words}",
            f"covers {covered.mean():.3f} of {covered.size}, standard deviation {sd.mean():.2f} logits",
            f"{LEAST_COVERAGE:.2f} or more",
            bool(covered.mean() >= LEAST_COVERAGE),
        )


def judged(made: Made) -> tuple[np.ndarray, np.ndarray]:
    """Of each auditor who was seen in the window of the fit: whether the interval holds the truth, and its sd."""
    if made.severities is None:
        raise ValueError("this chain does not tell how severe its auditors are")
    chain, effects = made.chain, fit_effects(made.chain)
    seen = np.unique(chain.auditor[(chain.auditor >= 0) & (chain.time >= effects.fitted_at - WINDOW_DAYS)])
    error, sd = (effects.auditor - made.severities)[seen], effects.auditor_sd[seen]
    return np.abs(error) <= Z_90 * sd, sd
