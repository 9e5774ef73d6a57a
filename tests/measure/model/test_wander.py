"""How much stores wander without drifting is learnt from the chain, and a few that drift do not count."""

import numpy as np
import pytest

from bench.chains import Options, make
from reports.measure.model.overdispersion import wander
from reports.measure.model.severity import fit_effects

SIZE = {"n_locations": 120, "burn_in_weeks": 78, "weeks": 1, "changes": False}


def test_stores_with_seasons_of_their_own_wander_and_others_hardly():
    steady, seasonal = (
        fit_effects(make(Options(**SIZE, own_season=swing), 1).chain).variance["wander"] for swing in (0.0, 0.3)
    )
    assert steady < 0.005
    assert 0.01 < seasonal < 0.08  # half the square of a swing whose typical size is 0.2 to 0.3 logits


def quarters(rng, *, n_locations, variance, sd=0.1):
    """Known means of six quarters at each location: (residual, weight, location, quarter)."""
    location, quarter = np.repeat(np.arange(n_locations), 6), np.tile(np.arange(6), n_locations)
    residual = rng.normal(0, np.sqrt(variance + sd**2), location.size)
    return residual, np.full(location.size, 1 / sd**2), location, quarter


@pytest.mark.parametrize("variance", [0.005, 0.02, 0.08])
def test_the_wander_between_quarters_is_found(variance):
    rng = np.random.default_rng(1)
    assert wander(*quarters(rng, n_locations=400, variance=variance), 6) == pytest.approx(
        variance, rel=0.2, abs=0.002
    )


def test_one_location_in_ten_that_falls_hardly_moves_it():
    residual, weight, location, quarter = quarters(np.random.default_rng(1), n_locations=400, variance=0.01)
    fallen = residual - 1.0 * ((location % 10 == 0) & (quarter >= 3))
    whole, without = (wander(one, weight, location, quarter, 6) for one in (fallen, residual))
    assert whole == pytest.approx(without, abs=0.005)


def test_no_wander_is_claimed_of_a_few_locations():
    assert wander(*quarters(np.random.default_rng(1), n_locations=9, variance=0.05), 6) == 0.0
