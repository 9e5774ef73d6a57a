"""What a chain's readings share: found whatever the unit, the order and the names; nothing where too few report."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.measure.common_movement import Common, common_movement

SEASON = 2 * np.sin(2 * np.pi * np.arange(104) / 52)
BAD_WEEK = np.where(np.arange(104) == 60, -5.0, 0.0)


def readings(n=60, *, seed=1, common=SEASON):
    rng = np.random.default_rng(seed)
    return rng.normal(80, 3, (n, 1)) + rng.normal(0, 2, (n, common.size)) + common


def left(values, common=SEASON):
    """What is left of the common movement once it is taken out, standard deviation."""
    return float(np.std(common - np.array(common_movement(values).chain.values)))


@pytest.mark.parametrize("common", [SEASON, 0.04 * np.arange(104), BAD_WEEK], ids=["season", "trend", "bad week"])
def test_a_season_a_trend_and_a_bad_week_everywhere_are_taken_out(common):
    assert left(readings(200, common=common), common) < 0.3
    assert np.std(common) > 0.3


def test_where_nothing_is_common_next_to_nothing_is_taken_out():
    kept = [np.std(common_movement(readings(40, seed=seed, common=0 * SEASON)).chain.values) for seed in range(20)]
    assert np.mean(kept) < 0.08, "the medians alone have a standard deviation of 0.4"


@given(scale=st.sampled_from([0.001, 1.0, 40.0]), shift=st.floats(-1e3, 1e3), seed=st.integers(0, 50))
def test_unit_and_zero_of_a_metric_do_not_matter(scale, shift, seed):
    values = readings(12, seed=seed)
    once, again = common_movement(values), common_movement(scale * values + shift)
    assert np.allclose(np.array(again.chain.values) / scale, once.chain.values, atol=0.02)


@given(seed=st.integers(0, 50))
def test_order_and_own_levels_of_locations_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    values, region = readings(50, seed=seed), np.arange(50) % 2
    order = rng.permutation(50)
    once, again = common_movement(values, region=region), common_movement(values[order], region=region[order])
    assert np.allclose(once.chain.values, again.chain.values, atol=1e-3)
    assert once.regions.keys() == again.regions.keys()
    moved = common_movement(values + rng.normal(0, 50, (50, 1)))
    assert np.allclose(once.chain.values, moved.chain.values, atol=0.02)


def test_numbers_of_regions_may_be_any():
    values = readings(60) + np.where(np.arange(60) % 2, 0, 1)[:, None] * np.cumsum(np.ones(104)) * 0.05
    once = common_movement(values, region=np.arange(60) % 2)
    renamed = common_movement(values, region=7 - np.arange(60) % 2)
    assert set(once.regions) == {0, 1}
    assert once.regions[0] == renamed.regions[7]
    assert once.regions[1] == renamed.regions[6]


def test_a_region_with_enough_locations_has_a_movement_of_its_own():
    region = np.arange(80) % 2
    values = readings(80) + np.where(region, 0.0, -4.0)[:, None] * (np.arange(104) >= 70)
    found = common_movement(values, region=region)
    ordinary, hit = (found.of(np.arange(104), np.full(104, one)) for one in (1, 0))
    fall = (hit - ordinary)[75:].mean() - (hit - ordinary)[:65].mean()
    assert -4.2 < fall < -3, "shrunk by what medians of 40 err"
    assert not common_movement(values[:30], region=region[:30]).regions, "15 locations are none"


@pytest.mark.parametrize("n", [0, 1, 3])
def test_of_one_to_three_locations_nothing_is_taken_out(n):
    found = common_movement(readings(n) if n else np.zeros((0, 104)))
    assert not found.is_told
    assert not found.of(np.arange(104), np.zeros(104, int)).any()


def test_one_reading_each_is_no_movement():
    assert common_movement(readings(8)[:, :1]).chain.values == (0.0,)


def test_a_week_that_few_have_reported_yet_is_taken_as_the_last_ones():
    values = readings(40)
    values[5:, -1] = np.nan
    values[:5, -1] -= 30
    found = common_movement(values).chain.values
    assert found[-1] == pytest.approx(np.mean(found[-5:-1]), abs=1e-3)


def test_what_is_known_of_a_day_needs_nothing_later():
    values = readings(40)
    later = np.c_[values, np.full((40, 1), np.nan)]
    once, again = common_movement(values), common_movement(later)
    assert once.chain.values == again.chain.values[:-1]
    assert once.chain.after == again.chain.values[-1]


def test_it_is_stored_and_read_back_as_it_was():
    found = common_movement(readings(60), first=4000, region=np.arange(60) % 2)
    assert Common.from_json(json.loads(json.dumps(found.as_json()))) == found
