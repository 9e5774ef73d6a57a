from dataclasses import replace

import numpy as np

from reports.measure.consistency import consistency, pairwise_agreement
from reports.measure.model.severity import fit_effects
from tests.measure.chains import empty_chain, make_chain
from tests.measure.drift.test_spread import uneven_from


def test_unevenness_rises_where_interactions_differ_and_the_promise_hardly_moves():
    chain = make_chain(n_interactions=4, location_sd=0.2, seed=4)
    effects = fit_effects(chain)
    uneven = consistency(uneven_from(chain, 7, 0.0, sd=1.8), effects)
    assert uneven.unevenness.value.argmax() == 7
    assert uneven.unevenness.low[7] > np.delete(uneven.unevenness.value, 7).max()


def test_a_lower_level_lowers_the_promise_and_hardly_the_evenness():
    chain = make_chain(n_interactions=4, drops={7: (0.0, 1.5, None)}, location_sd=0.2)
    found = consistency(chain, fit_effects(chain))
    assert found.promise_kept.value.argmin() == 7
    assert found.unevenness.value[7] < 0.1


def test_too_few_visits_show_nothing_and_say_how_many_are_missing():
    chain = make_chain(n_locations=3, n_visits=10)
    few = chain.subset((chain.location > 0) | (np.arange(30) < 3))
    found = consistency(few, fit_effects(chain))
    assert np.isnan(found.promise_kept.value).tolist() == [True, False, False]
    assert np.isnan(found.unevenness.value[0])
    assert found.promise_kept.missing.tolist() == [1, 0, 0]


def test_intervals_contain_the_truth_about_as_often_as_they_say():
    covered = []
    for seed in range(12):
        chain = make_chain(n_locations=60, n_visits=4, n_interactions=3, seed=seed, location_sd=0.6)
        rng = np.random.default_rng(seed)
        rng.uniform(0, 1, chain.n_visits), rng.integers(0, 6, chain.n_visits)
        level = 1.5 + rng.normal(0, 0.6, 60)
        p = 1 / (1 + np.exp(-level))
        truth = (0.1 + 0.9 * p) ** 3  # three critical criteria, each not observed once in ten
        truth = (truth - 0.001) / (1 - 0.001)
        found = consistency(chain, fit_effects(chain)).promise_kept
        covered.append((found.low <= truth) & (truth <= found.high))
    assert 0.84 <= np.mean(covered) <= 0.95


def test_every_extreme_chain_has_numbers_in_their_range():
    for chain in (
        make_chain(conform=True),
        make_chain(conform=False),
        make_chain(n_locations=1),
        empty_chain(),
        replace(make_chain(), ratings=np.full((4800, 12), 255)),
    ):
        found = consistency(chain, fit_effects(chain))
        for values in (found.promise_kept.value, found.promise_kept.low, found.promise_kept.high):
            assert (np.isnan(values) | ((values >= 0) & (values <= 1))).all()
        assert (np.isnan(found.unevenness.value) | (found.unevenness.value >= 0)).all()


def test_agreement_depends_on_the_mean_alone():
    chain = make_chain(n_locations=2, n_visits=20, seed=9)
    shuffled = chain.ratings.copy()
    rows = chain.location[chain.rating_visit] == 0
    shuffled[rows] = np.random.default_rng(1).permutation(shuffled[rows])
    assert np.allclose(pairwise_agreement(chain), pairwise_agreement(replace(chain, ratings=shuffled)))
