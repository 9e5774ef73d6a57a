import numpy as np
import pytest

from reports.measure.compare import level_blind_spots, metric_cusum, metric_threshold, pooled_lag, refusals


def steps(*, n=200, burn_in=40, shift=0.0, seed=1, length=100):
    values = np.random.default_rng(seed).normal(80, 2, (n, length))
    values[:, burn_in + 20 :] += shift
    return values


def test_a_metric_that_falls_raises_an_alarm_and_one_that_rises_does_not():
    assert metric_cusum(steps(shift=-4), burn_in=40, threshold=5.0)[1].any(axis=1).mean() > 0.95
    assert metric_cusum(steps(shift=4), burn_in=40, threshold=8.0)[1][:, 60:].mean() < 0.001


def test_for_a_metric_where_less_is_better_a_rise_is_worse():
    values = steps(shift=4)
    up = metric_cusum(values, burn_in=40, threshold=5.0, higher_is_better=False)
    down = metric_cusum(-values, burn_in=40, threshold=5.0)
    assert np.allclose(up[0], down[0])


def test_the_threshold_keeps_the_stated_rate_with_an_estimated_baseline():
    h = metric_threshold(periods_per_year=52.18, false_alarms_per_year=0.1, burn_in=40, rng=np.random.default_rng(2))
    n_alarms = metric_cusum(steps(n=3000, length=144), burn_in=40, threshold=h)[1].sum()
    assert n_alarms / (3000 * 104 / 52.18) == pytest.approx(0.1, abs=0.02)


def test_neighbouring_periods_that_resemble_each_other_need_a_higher_threshold():
    common = {"periods_per_year": 52.18, "false_alarms_per_year": 0.1, "burn_in": 52, "n_series": 1000}
    low, high = (metric_threshold(autocorrelation=r, rng=np.random.default_rng(1), **common) for r in (0.0, 0.4))
    assert high > low + 1


def test_a_missing_reading_waits():
    values = steps(n=3, shift=-4)
    holes = np.insert(values, 70, np.nan, axis=1)
    assert np.allclose(
        metric_cusum(np.delete(holes, 70, axis=1), burn_in=40, threshold=5.0)[0],
        np.delete(metric_cusum(holes, burn_in=40, threshold=5.0)[0], 70, axis=1),
    )


def test_a_metric_built_from_the_audits_is_refused_by_name():
    assert refusals(steps(n=2), burn_in=40, independent=False).tolist() == ["not independent"] * 2


def test_a_metric_with_too_few_values_is_refused():
    assert refusals(np.full((1, 20), np.nan), burn_in=20).tolist() == ["too few values"]


def test_quarters_are_taken_within_the_region():
    reported = np.r_[np.arange(8), np.arange(8) + 100.0]
    observed = np.r_[np.arange(8)[::-1], np.arange(8)] / 10
    found = level_blind_spots(reported, observed, np.repeat([0, 1], 8))
    assert found.nonzero()[0].tolist() == [6, 7]


def slow_noise(seed, rows=20, periods=120):
    """A metric that goes its own way, half of each period's deviation into the next."""
    values = np.random.default_rng(seed).normal(80, 2, (rows, periods))
    for period in range(1, periods):
        values[:, period] = 0.5 * values[:, period - 1] + 0.5 * values[:, period]
    return values


def test_a_pooled_lag_is_found_in_noise():
    values = np.random.default_rng(3).normal(80, 2, (60, 120))
    values[:, 68:] -= 3
    onset = np.full(60, 60)
    assert pooled_lag(values, onset, burn_in=50) == pytest.approx(8, abs=1)
    assert pooled_lag(values[:3], onset[:3], burn_in=50) is None
    assert pooled_lag(160 - values, onset, burn_in=50, higher_is_better=False) == pytest.approx(8, abs=1)


def test_a_metric_that_does_not_follow_has_no_lag():
    found = [pooled_lag(slow_noise(seed), np.full(20, 60), burn_in=50) for seed in range(40)]
    assert sum(lag is not None for lag in found) <= 2
