"""How long a decline goes on before a flag tells of it: which share is found within some weeks, and after how many
visits.

Under a decline of D logits the log evidence is taken for Brownian motion with drift, whose clock is what the visits
since it began can say of it beside those before.
"""

import numpy as np
from scipy.special import log_ndtr, ndtr
from scipy.stats import poisson

from reports.measure.drift.detector import OVERSHOOT
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual
from reports.measure.planning.visit_value import Assumptions

LEAST_SINCE = 2  # visits: no flag rests on one
HEAD_START = 0.5  # of the log evidence: what the sum over onsets and drops has before, found on seeds below 1000
MOST_VISITS = 120  # since the beginning; what takes longer is not told
HALF_YEAR_WEEKS = 26.0
LEAST_KNOWN = 1e-9
HALF = 0.5  # of the drops: as likely flagged as not
LARGE_DROP = 1.2  # logits, twice the typical decline: what stores with few visits are told of


def noise_of_visit(usual: Usual, effects: Effects) -> float:
    """Variance of what one visit says of a level, logits squared: its own, at the mean level, and the auditor's.

    NaN where no level is known yet.

    Visits of 3 points, squared, at 90 %, and an auditor known to 0.1 logits: 9 / 81 + 0.01

    >>> from dataclasses import replace
    >>> from reports.measure.model.chain import Chain
    >>> from reports.measure.model.severity import fit_effects
    >>> none = fit_effects(Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1))
    >>> usual = Usual(np.ones(1), visit_variance=0.0009, mean=0.9, variance=0.0025)
    >>> round(noise_of_visit(usual, replace(none, auditor_sd=np.array([0.1]))), 4)
    0.1211
    """
    slope = usual.mean * (1 - usual.mean)
    known = effects.auditor_sd**2
    severity = float(known.mean()) if known.size else effects.variance["auditor"]
    return float(usual.visit_variance / slope**2 + severity) if slope > 0 else float("nan")


def found_after(n, noise, assumptions: Assumptions, *, n_before, spread: float = 0.0) -> np.ndarray:
    """Share of declines of D logits that a flag has found by the n-th visit since they began, 0..1.

    noise : variance of what one visit says, logits squared. n_before : visits before the decline. spread : variance
    between locations, 0 where it is unknown. They broadcast. What n visits say has information J = D^2 / (v +
    noise / n), where 1 / v = n_before / noise + 1 / spread. The log evidence has mean J / 2 and variance J, and has
    been at a, the threshold less HEAD_START and the mean overshoot, with chance

        Phi((J / 2 - a) / sqrt J) + exp(a) Phi(-(J / 2 + a) / sqrt J)

    the first passage of Brownian motion with drift (Siegmund 1985, Sequential Analysis, chapter 3), its clock J. One
    visit alone finds none.

    J = 8 after many visits, a = 4 with the overshoot: 1/2 + exp(4) Phi(-2.83).

    >>> given = Assumptions(threshold=4.5 - OVERSHOOT, line=0.0, drop=1.0)
    >>> found_after([1, 1_000_000], 1.0, given, n_before=8).round(3).tolist()
    [0.0, 0.628]
    """
    n, noise, n_before = (np.asarray(each, float) for each in (n, noise, n_before))
    sure = n_before / noise + (1 / spread if spread else 0.0)
    since = np.maximum(n, 1) / noise
    known = assumptions.drop**2 * sure * since / (sure + since)
    left = np.maximum(assumptions.threshold - HEAD_START, 0.0) + OVERSHOOT * assumptions.drop / np.sqrt(noise)
    root = np.sqrt(np.maximum(known, LEAST_KNOWN))
    passed = ndtr((known / 2 - left) / root) + np.exp(left + log_ndtr(-(known / 2 + left) / root))
    return np.where(n >= LEAST_SINCE, np.clip(passed, 0, 1), 0.0)


def found_within(
    weeks: float, usual_weeks, noise, assumptions: Assumptions, *, n_before, spread: float = 0.0
) -> np.ndarray:
    """Share of declines of D logits that a flag finds within so many weeks of their beginning, 0..1.

    usual_weeks : between two visits, which come at random, so that their number is Poisson's. The others as in
    `found_after`, over which this is the mean. They broadcast.

    So much information that any flag comes, and a visit a week for a year: all; one visit in ten years: none.

    >>> given = Assumptions(threshold=4.0, line=0.0, drop=2.0)
    >>> found_within(52, [1.0, 520.0], 0.1, given, n_before=50).round(2).tolist()
    [1.0, 0.0]
    """
    usual_weeks, noise, n_before = (np.asarray(each, float)[..., None] for each in (usual_weeks, noise, n_before))
    expected = weeks / usual_weeks
    most = float(np.max(expected, initial=0.0))
    n = np.arange(LEAST_SINCE, LEAST_SINCE + int(most + 6 * np.sqrt(most) + 6))
    found = found_after(n, noise, assumptions, n_before=n_before, spread=spread)
    return np.clip((poisson.pmf(n, expected) * found).sum(axis=-1), 0, 1)


def visits_to_find(
    share: float, noise: float, assumptions: Assumptions, *, n_before: float, spread: float = 0.0
) -> int | None:
    """How many visits since it began it takes until `share` of declines of D logits are flagged.

    None where MOST_VISITS are not enough: so few visits before leave too open what the level was.

    >>> given = Assumptions(threshold=4.5 - OVERSHOOT, line=0.0, drop=1.0)
    >>> visits_to_find(0.5, 1.0, given, n_before=100), visits_to_find(0.5, 1.0, given, n_before=4)
    (7, None)
    """
    n = np.arange(1, MOST_VISITS + 1)
    enough = np.flatnonzero(found_after(n, noise, assumptions, n_before=n_before, spread=spread) >= share)
    return int(n[enough[0]]) if enough.size else None
