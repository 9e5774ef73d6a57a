"""Levels with their intervals, adjusted values, the chain's movement and how far back to look."""

import numpy as np
import pytest

from reports.measure.model.levels import LEAST_VISITS, adjusted_values, chain_movement, fit_window, recent_levels
from reports.measure.model.severity import WINDOW_DAYS, fit_effects
from tests.measure.chains import empty_chain, make_chain


def true_shares(*, seed, n_locations=150, difficulty=1.0, location_sd=0.5):
    """The shares that `make_chain` draws its locations from: it draws the times and auditors before the levels."""
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    n = n_locations * 4
    rng.uniform(0, 1, n)
    rng.integers(0, 6, n)
    return expit(difficulty + rng.normal(0, location_sd, n_locations))


def test_intervals_from_four_visits_cover_the_truth_nine_times_in_ten():
    covered = []
    for seed in range(6):
        chain = make_chain(n_locations=150, n_visits=4, difficulty=1.0, location_sd=0.5, seed=seed)
        found = recent_levels(chain, fit_effects(chain), -np.inf)
        truth = true_shares(seed=seed)
        covered.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert 0.85 <= np.mean(covered) <= 0.96


def test_shrinking_brings_levels_closer_to_the_truth_than_plain_shares():
    chain = make_chain(n_locations=150, n_visits=4, difficulty=1.0, location_sd=0.5, seed=1)
    truth = true_shares(seed=1)
    level = recent_levels(chain, fit_effects(chain), -np.inf).level
    plain = np.bincount(chain.location, chain.conforming.sum(axis=1)) / np.bincount(
        chain.location, chain.observed.sum(axis=1)
    )
    assert ((level - truth) ** 2).mean() < ((plain - truth) ** 2).mean()


def test_below_four_visits_nothing_is_said():
    chain = make_chain(n_locations=6, n_visits=8)
    since = np.array([-np.inf, 45.0, 45.0, -np.inf, 1e9, 0.0])  # every ten days: from day 45 three visits are left
    found = recent_levels(chain, fit_effects(chain), since)
    assert found.n_visits.tolist() == [8, 3, 3, 8, 0, 8]
    assert np.isnan(found.level[[1, 2, 4]]).all()
    assert np.isfinite(found.level[[0, 3, 5]]).all()
    assert LEAST_VISITS == 4


def test_visits_without_a_flaw_leave_an_interval_and_not_a_point():
    chain = make_chain(n_locations=10, n_visits=5, conform=True)
    found = recent_levels(chain, fit_effects(chain), -np.inf)
    assert (found.high <= 1).all()
    assert (found.low <= found.level).all()
    assert np.isfinite(found.level).all()


def test_an_empty_chain_has_no_levels_and_does_not_move():
    chain = empty_chain()
    effects = fit_effects(chain)
    assert np.isnan(recent_levels(chain, effects, 0.0).level).all()
    assert adjusted_values(chain, effects).size == 0
    assert chain_movement(effects) == 0


def test_a_severe_auditor_is_taken_out_of_the_adjusted_value():
    chain = make_chain(n_locations=60, n_visits=30, n_auditors=4, auditor_sd=0.8, seed=2)
    value = adjusted_values(chain, fit_effects(chain))
    raw = chain.conforming.sum(axis=1) / chain.observed.sum(axis=1)

    def spread(values):
        return np.ptp([values[chain.auditor == auditor].mean() for auditor in range(4)])

    assert spread(raw) > 0.1
    assert spread(value) < 0.25 * spread(raw)


def test_the_chain_moves_when_every_location_does():
    chain = make_chain(n_locations=60, n_visits=30, drops=dict.fromkeys(range(60), (280.0, 0.6, None)))
    assert chain_movement(fit_effects(chain)) < -0.04


@pytest.mark.parametrize(("every", "wanted"), [(7.0, WINDOW_DAYS), (180.0, 38 * 180.0)])
def test_rare_visits_make_the_window_longer(every, wanted):
    chain = make_chain(n_locations=10, n_visits=39, every=every)
    window = fit_window(chain, look_back=40, at=float(chain.time.max()) + 1)
    assert window == pytest.approx(wanted, abs=3)
