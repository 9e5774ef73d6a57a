from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift import calibration
from reports.measure.drift.calibration import calibrate, simulate_in_control
from reports.measure.drift.detector import Settings, stated_threshold
from reports.measure.model.severity import fit_effects
from tests.measure.chains import empty_chain, make_chain


def test_a_calibrated_threshold_is_lower_than_the_stated_one_and_keeps_the_rate():
    chain = make_chain(n_locations=60, n_visits=40, every=12.0)
    settings, effects = Settings(), fit_effects(chain)
    found = calibrate(chain, effects, settings, np.random.default_rng(1), since=120.0, n_chains=2)
    assert found.threshold < stated_threshold(chain, settings)
    assert found.simulated_rate <= settings.false_alarms_per_year


def test_the_same_seed_gives_the_same_threshold():
    chain = make_chain(n_locations=20)
    effects = fit_effects(chain)
    first, second = (calibrate(chain, effects, Settings(), np.random.default_rng(4), n_chains=1) for _ in range(2))
    assert first == second


def test_where_alarms_are_few_more_chains_are_simulated(monkeypatch):
    chain = make_chain(n_locations=60, n_visits=20, every=15.0)
    effects = fit_effects(chain)
    firm = calibrate(chain, effects, Settings(), np.random.default_rng(1))
    monkeypatch.setattr(calibration, "TIMES_MORE", 1)
    rough = calibrate(chain, effects, Settings(), np.random.default_rng(1))
    assert rough.n_flags < calibration.LEAST_ALARMS
    assert firm.n_flags > rough.n_flags


def test_a_chain_without_visits_keeps_the_stated_threshold():
    chain, fitted = empty_chain(), fit_effects(empty_chain())
    effects = replace(fitted, variance=fitted.variance | {"wander": 0.01})  # of a run that knew visits
    found = calibrate(chain, effects, Settings(), np.random.default_rng(1))
    assert found.threshold == stated_threshold(chain, Settings())
    assert np.isnan(found.simulated_rate)


def test_simulated_chains_observe_what_the_chain_observed_and_conform_as_often():
    chain = make_chain(n_locations=100)
    simulated = simulate_in_control(chain, fit_effects(chain), np.random.default_rng(1))
    assert np.array_equal(simulated.observed, chain.observed)
    assert simulated.conforming.sum() / chain.conforming.sum() == pytest.approx(1.0, abs=0.02)


def test_where_even_the_stated_threshold_raises_too_many_it_goes_further_and_says_what_was_simulated():
    chain = make_chain(n_locations=60, n_visits=40, every=12.0)
    fitted = fit_effects(chain)
    rough = replace(
        fitted, variance=fitted.variance | {"interaction": 1.0}
    )  # visits differ more than is reckoned with
    settings = Settings(false_alarms_per_year=0.5)
    found = calibrate(chain, rough, settings, np.random.default_rng(1), since=120.0, n_chains=2)
    assert found.threshold > stated_threshold(chain, settings, rough)
    assert found.simulated_rate > 0.5 * settings.false_alarms_per_year
