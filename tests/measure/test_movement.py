"""How far a metric has moved since a decline began: in its own units, with an interval that holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.measure.movement import Decline, movement

ONSET, WEEKS = 60, 90
DECLINE = Decline(ONSET * 7.0, ONSET * 7.0 - 28, 56.0)


def series(seed=0, *, fall=0.0, from_week=ONSET + 8, correlation=0.3, weeks=WEEKS):
    rng = np.random.default_rng(seed)
    values = rng.normal(80, 2, weeks)
    for week in range(1, weeks):
        values[week] = 80 + correlation * (values[week - 1] - 80) + np.sqrt(1 - correlation**2) * (values[week] - 80)
    return values - fall * (np.arange(weeks) >= from_week)


def moved(values, **but):
    facts = {"decline": DECLINE, "period_days": 7.0, "correlation": 0.3} | but
    return movement(values, np.arange(len(values)) * 7.0 + 3.5, **facts)


def test_a_fall_is_told_in_the_metrics_units_and_a_rise_is_no_confirmation():
    falls = [moved(series(seed, fall=3)) for seed in range(200)]
    assert np.mean([one.moved for one in falls]) == pytest.approx(-3, abs=0.15)
    assert np.mean([one.is_worse for one in falls]) > 0.95
    assert not any(moved(series(seed, fall=-6)).is_worse for seed in range(50))


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("weeks", [70, 90])
def test_the_interval_covers_the_truth_and_chance_is_seldom_taken_for_a_fall(correlation, weeks):
    found = [
        moved(series(seed, correlation=correlation, weeks=weeks), correlation=correlation) for seed in range(600)
    ]
    assert np.mean([one.low <= 0 <= one.high for one in found]) == pytest.approx(0.95, abs=0.025)
    assert np.mean([one.is_worse for one in found]) <= 0.04


@pytest.mark.parametrize("n_metrics", [1, 4, 8])
def test_several_metrics_together_are_no_likelier_to_be_taken_for_a_fall(n_metrics):
    stores = range(400)
    any_worse = [
        any(moved(series(1000 * store + nth), n_metrics=n_metrics).is_worse for nth in range(n_metrics))
        for store in stores
    ]
    assert np.mean(any_worse) <= 0.05


@given(scale=st.floats(0.01, 100), shift=st.floats(-500, 500), seed=st.integers(0, 30))
def test_unit_and_zero_of_a_metric_do_not_matter(scale, shift, seed):
    values = series(seed, fall=1)
    once, again = moved(values), moved(scale * values + shift)
    assert np.allclose([again.moved, again.low, again.high], scale * np.array([once.moved, once.low, once.high]))
    assert again.silent == pytest.approx(once.silent, abs=1e-6)


@given(seed=st.integers(0, 30))
def test_turned_round_it_has_moved_as_far_the_other_way(seed):
    once, again = moved(series(seed)), moved(-series(seed))
    assert (again.moved, again.low, again.high) == pytest.approx((-once.moved, -once.high, -once.low))


@given(days=st.integers(-5000, 5000), seed=st.integers(0, 10))
def test_only_the_time_between_matters(days, seed):
    values, middles = series(seed), np.arange(WEEKS) * 7.0 + 3.5
    later = Decline(DECLINE.onset + days, DECLINE.onset_low + days, DECLINE.lag)
    once = movement(values, middles, decline=DECLINE, period_days=7.0, correlation=0.3)
    again = movement(values, middles + days, decline=later, period_days=7.0, correlation=0.3)
    assert (again.moved, again.low, again.silent) == pytest.approx((once.moved, once.low, once.silent))


def test_one_reading_since_is_told_with_a_wide_interval_and_none_is_nothing():
    decline = Decline(ONSET * 7.0, ONSET * 7.0, 0.0)
    one, many = (moved(series()[:n], decline=decline) for n in (ONSET + 1, ONSET + 20))
    assert one.high - one.low > 2 * (many.high - many.low)
    assert moved(series()[:ONSET], decline=decline) is None
    assert moved(series()[ONSET - 7 :], decline=Decline(42.0, 42.0, 0.0)) is None, "7 readings before are too few"


def test_the_longer_it_stays_the_likelier_it_never_follows():
    flat = np.tile([79.0, 81.0], WEEKS // 2)
    silent = [moved(flat[: ONSET + weeks]).silent for weeks in (4, 12, 20, 30)]
    assert silent == sorted(silent)
    assert silent[0] == pytest.approx(0.5, abs=0.02)
    assert silent[-1] > 0.75
    assert moved(series(fall=4)).silent < 0.01


def test_the_wait_is_the_usual_lag_and_the_time_in_which_a_fall_would_show():
    assert not moved(series()[: ONSET + 14]).is_over
    assert moved(series()[: ONSET + 16]).is_over
    assert not moved(series()[: ONSET + 16], correlation=0.6).is_over
