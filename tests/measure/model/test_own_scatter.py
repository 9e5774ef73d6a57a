"""A store that has always been uneven is measured by its own yardstick."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.chains import Options, make
from reports.measure.model.groups import gathered
from reports.measure.model.overdispersion import own_scatter, successive_overdispersion
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import fit_effects
from tests.measure.any_chain import any_chain, relabelled


def visits(seed, n_locations=20, n_visits=16, uneven=4.0):
    """The first location differs `uneven` times as much, as a variance, as the others."""
    rng = np.random.default_rng(seed)
    location = np.repeat(np.arange(n_locations), n_visits)
    information = rng.uniform(3, 8, location.size)
    sd = np.sqrt(1 / information + np.where(location == 0, 0.1 + 0.3 * (uneven - 1), 0.1))
    return rng.normal(0, sd), information, location


@given(st.integers(0, 99), st.floats(-5, 5))
def test_neither_levels_nor_the_order_of_time_nor_doubtful_visits_matter(seed, shift):
    residual, information, location = visits(seed)
    found = own_scatter(residual, information, location, 20, 0.1)
    shifted = own_scatter(residual + shift * location, information, location, 20, 0.1)
    assert shifted == pytest.approx(found, abs=1e-6)
    turned = own_scatter(residual[::-1], information[::-1], 19 - location[::-1], 20, 0.1)
    assert turned[::-1] == pytest.approx(found, abs=1e-9)
    empty = np.r_[residual, 9.0], np.r_[information, 0.0], np.r_[location, 19]
    assert own_scatter(*empty, 20, 0.1) == pytest.approx(found)


@given(st.integers(0, 99), st.floats(0.25, 4))
def test_on_another_scale_it_is_that_scale_s_square(seed, scale):
    residual, information, location = visits(seed)
    found = own_scatter(residual, information, location, 20, 0.1)
    again = own_scatter(residual * scale, information / scale**2, location, 20, 0.1 * scale**2)
    assert again == pytest.approx(found * scale**2, abs=1e-9)


def test_an_uneven_store_stands_out_and_leaves_the_others_alone():
    found = np.mean([own_scatter(*visits(seed), 20, 0.1) for seed in range(20)], axis=0)
    assert found[0] > 0.3
    assert np.abs(found[1:]).max() < 0.08


def test_few_visits_leave_the_chains_scatter():
    residual, information, location = visits(1, n_visits=2, uneven=2.0)
    assert np.abs(own_scatter(residual, information, location, 20, 0.1)).max() < 0.1
    assert own_scatter(residual[:1], information[:1], location[:1], 3, 0.1).tolist() == [0, 0, 0]


def test_a_single_store_is_what_its_chain_is_like():
    residual, information, _ = visits(4, n_locations=1, n_visits=30, uneven=1.0)
    nowhere = np.zeros(30, int)
    alone = successive_overdispersion(residual, information, nowhere)
    assert abs(own_scatter(residual, information, nowhere, 1, alone)[0]) < 0.25 * (alone + 1 / information.mean())


def test_no_store_varies_less_than_chance():
    residual, information, location = visits(5)
    for overdispersion in (0.0, 0.02, 0.5):
        found = own_scatter(residual / 100, information, location, 20, overdispersion)
        assert (found >= -overdispersion).all()


def test_more_that_differs_never_makes_a_store_look_evener():
    residual, information, location = visits(6)
    first = location == 0
    varied = [np.where(first, residual * times, residual) for times in (0.2, 0.5, 1.0, 2.0, 4.0)]
    found = [own_scatter(one, information, location, 20, 0.1)[0] for one in varied]
    assert (np.diff(found) > -0.001).all()  # six times the chain's variance is the most that is tried


def test_a_drift_is_no_scatter():
    residual, information, location = visits(2, uneven=1.0)
    fallen = residual - 1.5 * ((location == 0) & (np.arange(residual.size) >= 8))
    assert own_scatter(fallen, information, location, 20, 0.1)[0] < 0.15


@settings(max_examples=8)
@given(any_chain(least_visits=1), st.integers(0, 99))
def test_it_moves_with_its_location(chain, seed):
    moved, labels = relabelled(chain, seed)
    found, again = fit_effects(chain).own_scatter, fit_effects(moved).own_scatter
    assert np.allclose(again[labels.location], found, atol=1e-6)


def test_a_visit_weighs_by_its_own_stores_scatter():
    chain = make(Options(n_locations=60, changes=False, uneven=0.2), 7).chain
    effects = fit_effects(chain)
    place = int(effects.own_scatter.argmax())
    alike = replace(effects, own_scatter=np.zeros(0))  # what an older run kept
    here = chain.location == place
    own, usual = (residuals(chain, one).weight[here, 0].mean() for one in (effects, alike))
    assert own < 0.8 * usual
    group = np.where(here, 0, -1)
    alone = residuals(*gathered(chain, effects, group, np.array([place]))).weight[:, 0]
    assert alone.mean() == pytest.approx(own)
