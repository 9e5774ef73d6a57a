"""Where true levels lie: the grid over their spread, and the quantiles of mixtures."""

import numpy as np
import pytest
from scipy.special import ndtr

from reports.measure.model.level_posterior import level_nodes, mixture_quantile


def test_quantiles_have_their_share_of_any_mixture_below():
    rng = np.random.default_rng(1)
    chance = rng.dirichlet(np.full(9, 0.3))
    centre, spread = rng.normal(0.8, 0.2, (500, 9)), 10 ** rng.uniform(-4, -0.5, (500, 9))
    for share in (0.05, 0.5, 0.95):
        x = mixture_quantile(chance, centre, spread, share)
        assert ndtr((x[:, None] - centre) / spread) @ chance == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize("n", [1, 2, 5, 2000])
def test_the_grid_follows_the_scale_and_the_place_of_what_was_seen(n):
    x = np.random.default_rng(2).normal(0.7, 0.08, n)
    nodes = level_nodes(x, np.full(n, 0.002))
    moved = level_nodes(x + 0.1, np.full(n, 0.002))
    assert nodes[:, 1].sum() == pytest.approx(1)
    np.testing.assert_allclose(moved[:, 2], nodes[:, 2] + 0.1)
    np.testing.assert_allclose(moved[:, [0, 1, 3]], nodes[:, [0, 1, 3]], rtol=1e-6)


def test_many_locations_tell_how_much_they_differ():
    rng = np.random.default_rng(3)
    nodes = level_nodes(rng.normal(0.8, 0.05, 20_000) + rng.normal(0, 0.04, 20_000), np.full(20_000, 0.04**2))
    spread = np.sqrt(nodes[:, 0])
    mean = nodes[:, 1] @ spread
    assert mean == pytest.approx(0.05, abs=0.002)
    assert nodes[:, 1] @ (spread - mean) ** 2 < 0.001**2


def test_locations_that_look_alike_leave_open_that_they_differ():
    nodes = level_nodes(np.array([0.8, 0.8]), np.full(2, 0.0016))
    assert nodes[nodes[:, 0] > 0.03**2, 1].sum() > 0.3
