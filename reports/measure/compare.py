"""What was observed beside what locations report: alarms of a metric, and where the two disagree."""

import numpy as np

SLACK = 0.5  # k, in standard deviations
LEAST_VALUES = 8
CEILING_SHARE = 0.5

CEILING, NO_VARIANCE, TOO_FEW, NOT_INDEPENDENT = "ceiling", "no variance", "too few values", "not independent"


def refusals(values, *, burn_in: int, highest: float | None = None, independent: bool = True):
    """Why a metric is no evidence at each location.

    values : (L, P) float, a column per period, NaN where nothing was reported. burn_in : periods of the
    baseline.
    highest : the metric's upper bound, if it has one; at it for half the burn-in, a metric cannot tell
    (ceiling).
    independent : False when the metric is built from the audits themselves; the caller knows.
    Returns (L,) object: one of "not independent", "too few values" (below 8), "no variance", "ceiling", or
    None.

    >>> refusals([[5.0] * 8, [1, 2, 3, 4, 5, 5, 5, 5], [1, 2, 3, 4, 3, 2, 1, 2]], burn_in=8, highest=5).tolist()
    ['no variance', 'ceiling', None]
    """
    window = _burn_in(values, burn_in)
    n = np.isfinite(window).sum(axis=1)
    reason = np.full(window.shape[0], None, dtype=object)
    if highest is not None:
        at_top = (window >= highest).sum(axis=1)
        reason[(n > 0) & (at_top >= CEILING_SHARE * n)] = CEILING
    _, sd = _mean_and_sd(window)
    reason[~(sd > 1e-9)] = NO_VARIANCE
    reason[n < LEAST_VALUES] = TOO_FEW
    if not independent:
        reason[:] = NOT_INDEPENDENT
    return reason


def metric_cusum(values, *, burn_in: int, higher_is_better: bool = True, threshold: float, slack: float = SLACK):
    """One-sided CUSUM of a metric per location, in its own cadence, growing while it is worse than in its
    burn-in.

    values : (L, P) float, NaN where nothing was reported: the sum then waits. burn_in : periods that give
    mean and sd.
    threshold, slack : in standard deviations of the burn-in; see `metric_threshold`.
    Returns (sums, alarms): (L, P) float, 0 in the burn-in and all NaN where mean or sd is missing, and (L, P)
    bool. After an alarm the sum restarts at 0.
    Source: Page (1954), Continuous Inspection Schemes, Biometrika 41, 100-115.

    Mean 1, sd 1; then 3 below the mean twice: 0 + 3 - 0.5 = 2.5, then 5 > 4 is an alarm.

    >>> sums, alarms = metric_cusum([[0, 2, 0, 2, 1, -2, -2]], burn_in=4, threshold=4.0)
    >>> sums.round(2).tolist(), alarms.nonzero()[1].tolist()
    ([[0.0, 0.0, 0.0, 0.0, 0.0, 2.1, 4.2]], [6])
    """
    values = np.asarray(values, float)
    mean, sd = _mean_and_sd(_burn_in(values, burn_in))
    usable = sd > 1e-9
    sums = np.where(usable[:, None], np.zeros(values.shape), np.nan)
    alarms = np.zeros(values.shape, bool)
    worse = (mean[:, None] - values) * (1 if higher_is_better else -1)
    step = np.divide(worse, sd[:, None], out=np.zeros_like(values), where=usable[:, None]) - slack
    total = np.zeros(values.shape[0])
    for period in range(burn_in, values.shape[1]):
        reported = np.isfinite(step[:, period])
        total = np.where(reported, np.maximum(0.0, total + np.nan_to_num(step[:, period])), total)
        alarms[:, period] = usable & reported & (total > threshold)
        sums[usable, period] = total[usable]
        total = np.where(alarms[:, period], 0.0, total)
    return sums, alarms


def pooled_autocorrelation(values, *, burn_in: int) -> float:
    """Correlation of neighbouring periods in the burn-in, pooled over locations, corrected for the estimated
    means.

    values : (L, P) float, NaN allowed. Returns -0.9..0.9; 0 where no location has 3 neighbouring values.
    Source: the bias -(1 + 3 r) / n is Marriott & Pope (1954), Biometrika 41, 390-402.

    >>> round(pooled_autocorrelation([[1, -1, 1, -1, 1, -1, 1, -1]], burn_in=8), 2)
    -0.9
    """
    window = _burn_in(values, burn_in)
    mean, _ = _mean_and_sd(window)
    left, right = (window - mean[:, None])[:, :-1], (window - mean[:, None])[:, 1:]
    both = np.isfinite(left) & np.isfinite(right)
    power = np.where(both, left**2 + right**2, 0.0).sum() / 2
    if both.sum() < 2 or power <= 0:
        return 0.0
    raw = np.where(both, left * right, 0.0).sum() / power
    n = np.isfinite(window).sum() / max(1, np.isfinite(window).any(axis=1).sum())
    return float(np.clip((n * raw + 1) / max(n - 3, 1), -0.9, 0.9))


def metric_threshold(
    *,
    periods_per_year: float,
    false_alarms_per_year: float,
    burn_in: int,
    rng: np.random.Generator,
    autocorrelation: float = 0.0,
    slack: float = SLACK,
    n_series: int = 4000,
) -> float:
    """Threshold of `metric_cusum` at which series that do not change give the wanted false alarms per
    location-year.

    By simulation of normal series with this autocorrelation over two years, mean and sd from the burn-in as
    in use.
    periods_per_year : 52.18 for a weekly metric. burn_in : periods, 2 or more. Returns standard deviations, 1
    to 30. Raises ValueError when a rate or the burn-in is out of range.

    >>> h = metric_threshold(periods_per_year=52.18, false_alarms_per_year=0.1, burn_in=1000, n_series=1000,
    ...     rng=np.random.default_rng(1))
    >>> bool(3.9 < h < 4.9)  # Siegmund's (1985) approximation gives 4.4 for a known mean
    True
    """
    if periods_per_year <= 0 or false_alarms_per_year <= 0 or burn_in < 2 or not -1 < autocorrelation < 1:
        raise ValueError(
            f"periods_per_year={periods_per_year}, false_alarms_per_year={false_alarms_per_year}, "
            f"burn_in={burn_in}, autocorrelation={autocorrelation}: rates must be above 0, burn_in 2 or "
            "more and the autocorrelation between -1 and 1"
        )
    n_periods = max(round(2 * periods_per_year), 8)
    shocks = rng.normal(size=(burn_in + n_periods, n_series))
    for period in range(1, burn_in + n_periods):
        shocks[period] = autocorrelation * shocks[period - 1] + np.sqrt(1 - autocorrelation**2) * shocks[period]
    mean, sd = shocks[:burn_in].mean(axis=0), shocks[:burn_in].std(axis=0, ddof=1)
    step = (mean - shocks[burn_in:]) / sd - slack
    years = n_series * n_periods / periods_per_year

    def rate(threshold):
        total, n_alarms = np.zeros(n_series), 0
        for row in step:
            total = np.maximum(0.0, total + row)
            crossed = total > threshold
            n_alarms += int(crossed.sum())
            total[crossed] = 0.0
        return n_alarms / years

    low, high = 1.0, 30.0
    while high - low > 0.02:
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > false_alarms_per_year else (low, middle)
    return high


def why_no_quarters(reported, observed, *, least: int = 8) -> str | None:
    """Why the locations of one region have no best quarter as reported and worst quarter as observed.

    reported, observed : (n,) float without NaN, higher is better. least : fewer locations have no quarters.
    Returns "too few values", "no variance", "ceiling" when more than half of the locations tie for the best quarter
    as reported, or None.

    >>> why_no_quarters([0.0] * 5 + [-1, -2, -3], np.arange(8))
    'ceiling'
    """
    reported = np.asarray(reported, float)
    if reported.size < least:
        return TOO_FEW
    if np.ptp(reported) == 0 or np.ptp(observed) == 0:
        return NO_VARIANCE
    return CEILING if (reported >= np.quantile(reported, 0.75)).mean() > CEILING_SHARE else None


def level_blind_spots(reported, observed, region, *, higher_is_better: bool = True, least: int = 8):
    """Locations in the best quarter of their region as reported, and in the worst quarter as observed.

    For chains whose visits are too few to see a drift. reported, observed : (L,) float, NaN for none;
    observed: higher is better. region : (L,) int. least : a region with fewer comparable locations has no
    quarters, nor has one where most tie for the best (`why_no_quarters`). Returns (L,) bool. Ties count towards
    neither quarter's inside: a value equal to the quartile belongs to the quarter.

    >>> level_blind_spots([9, 1, 2, 3], [0.2, 0.7, 0.8, 0.9], [0, 0, 0, 0], least=4).tolist()
    [True, False, False, False]
    """
    reported = np.asarray(reported, float) * (1 if higher_is_better else -1)
    observed, region = np.asarray(observed, float), np.asarray(region)
    comparable = np.isfinite(reported) & np.isfinite(observed)
    found = np.zeros(reported.size, bool)
    for name in np.unique(region[comparable]):
        here = np.flatnonzero(comparable & (region == name))
        if why_no_quarters(reported[here], observed[here], least=least):
            continue
        best = reported[here] >= np.quantile(reported[here], 0.75)
        worst = observed[here] <= np.quantile(observed[here], 0.25)
        found[here] = best & worst
    return found


def pooled_lag(values, onset, *, burn_in: int, higher_is_better: bool = True, longest: int = 26, least: int = 5):
    """How many periods after the onset of a decline a metric follows, pooled over past declines.

    values : (N, P) float, one row per past decline (its location's readings), NaN allowed. onset : (N,) int,
    its period, which should come after the burn-in.
    burn_in : periods that standardise each row. longest : lags 0..longest are tried. least : with fewer rows that
    can be used the answer is None. The lag is where a step fits the mean of the rows, aligned at their onsets, best
    by least squares (the maximum of the cross-correlation with a step). A single location is too noisy to have a lag
    of its own. None, too, where the rows do not worsen there by three standard errors of their mean: rows of
    different locations err apart, whatever their autocorrelation. Returns int or None.

    >>> rows = [[0, 1] * 5 + [0.5] * 3 + [-4] * 7] * 5
    >>> pooled_lag(rows, [10] * 5, burn_in=10, longest=6)
    3
    """
    values = np.asarray(values, float)
    mean, sd = _mean_and_sd(_burn_in(values, burn_in))
    rows = []
    for row, start, m, s in zip(values, np.asarray(onset, int), mean, sd, strict=True):
        if s > 1e-9 and 0 <= start < row.size:
            aligned = np.full(2 * longest + 1, np.nan)
            part = row[start : start + aligned.size]
            aligned[: part.size] = (m - part) / s * (1 if higher_is_better else -1)
            rows.append(aligned)
    if len(rows) < least:
        return None
    aligned = np.array(rows)
    n = np.isfinite(aligned).sum(axis=0)
    path = np.nansum(aligned, axis=0) / np.maximum(n, 1)
    best, gain = None, 0.0
    for lag in range(longest + 1):
        after, before = n[lag:].sum(), n[:lag].sum()
        if not after:
            break
        rise = (n[lag:] * path[lag:]).sum() / after
        base = (n[:lag] * path[:lag]).sum() / before if before else 0.0
        explained = after * max(rise - max(base, 0.0), 0.0) ** 2 if rise > base else 0.0
        if explained > gain:
            best, gain = lag, explained
    return None if best is None or not _worsens(aligned, best) else best


def _worsens(rows: np.ndarray, lag: int) -> bool:
    """Whether the rows lie higher from `lag` on than before it, by three standard errors of their mean."""
    before, after = rows[:, :lag], rows[:, lag:]
    seen = np.isfinite(after).any(axis=1) & (np.isfinite(before).any(axis=1) | (lag == 0))
    step = np.nanmean(after[seen], axis=1) - (np.nanmean(before[seen], axis=1) if lag else 0.0)
    return step.size > 1 and bool(step.mean() > 3 * step.std(ddof=1) / np.sqrt(step.size))


def _burn_in(values, burn_in: int) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim != 2:
        raise ValueError(f"values must be (locations, periods); got shape {values.shape}")
    if burn_in < 2:
        raise ValueError(f"burn_in must be 2 or more periods; got {burn_in}")
    return values[:, :burn_in]


def _mean_and_sd(window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (n - 1) of each row without its NaNs; NaN below 2 values."""
    n = np.isfinite(window).sum(axis=1)
    enough = n >= 2
    mean = np.where(enough, np.nansum(window, axis=1) / np.maximum(n, 1), np.nan)
    squares = np.nansum((window - mean[:, None]) ** 2, axis=1)
    return mean, np.where(enough, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)
