from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.detector import Settings, detect, stated_threshold
from reports.measure.drift.evidence import Baselines, History, Stretches, evidence
from reports.measure.drift.spread import believed, mean_spread, spread_likelihoods, spread_ratio
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain


def uneven_from(chain, location, start, *, sd, seed=2):
    """The chain with interactions of one location that differ by `sd` logits from `start` on, at the same mean."""
    rng = np.random.default_rng(seed)
    rows = (chain.location[chain.rating_visit] == location) & (chain.time[chain.rating_visit] >= start)
    level = 1.5 * np.sqrt(1 + 0.346 * sd**2) + rng.normal(0, sd, rows.sum())
    drawn = np.where(rng.random((rows.sum(), chain.n_criteria)) < 1 / (1 + np.exp(-level))[:, None], 240, 0)
    ratings = chain.ratings.copy()
    ratings[rows] = np.where(chain.ratings[rows] == 255, 255, drawn)
    return replace(chain, ratings=ratings)


def test_interactions_that_come_to_differ_are_found_although_the_mean_holds():
    chain = uneven_from(make_chain(n_interactions=4, location_sd=0.2), 7, 200.0, sd=1.8)
    settings, effects = Settings(false_alarms_per_year=0.005), fit_effects(chain)
    found = [
        signal
        for signal in detect(chain, effects, settings, stated_threshold(chain, settings), since=150.0)
        if signal.direction == "decline"
    ]
    assert [(signal.location, signal.channel) for signal in found] == [(7, "consistency")]
    assert abs(found[0].onset - 200) < 40
    assert found[0].seen > 2 * found[0].expected


def test_the_order_of_interactions_within_a_visit_changes_nothing():
    chain = make_chain(n_locations=5, n_visits=10)
    turned = replace(chain, ratings=chain.ratings.reshape(50, 3, 12)[:, ::-1].reshape(150, 12))
    effects = fit_effects(chain)
    assert np.allclose(spread_likelihoods(chain, effects), spread_likelihoods(turned, effects), atol=1e-3)


def test_a_larger_spread_is_believed_after_interactions_that_differ_more():
    chain = make_chain(n_locations=2, n_visits=60, n_interactions=4, location_sd=0.0)
    chain = uneven_from(chain, 1, 0.0, sd=1.5)
    effects = fit_effects(make_chain(n_interactions=4))
    likelihoods = spread_likelihoods(chain, effects)
    even, uneven = likelihoods[chain.location == 0], likelihoods[chain.location == 1]
    assert believed(uneven.sum(axis=0)).argmax() > believed(even.sum(axis=0)).argmax()
    assert mean_spread(uneven, effects) > 2 * mean_spread(even, effects)


def test_a_visit_without_interactions_says_nothing_about_the_spread():
    chain = make_chain(n_locations=1, n_visits=3, n_interactions=1)
    without = replace(chain, ratings=chain.ratings[[0, 2]], rating_visit=[0, 2])
    likelihoods = spread_likelihoods(without, fit_effects(chain))
    assert np.allclose(likelihoods[1], 0.0)
    assert spread_ratio(believed(np.zeros(7)), likelihoods[1]) == pytest.approx(1.0)


@pytest.mark.slow
def test_without_a_change_the_mean_evidence_of_an_onset_stays_near_its_share():
    chain = make_chain(n_locations=400, n_visits=30, seed=11)
    history = History(chain, fit_effects(chain))
    first = chain.first_visit[:-1]
    last = chain.first_visit[1:] - 1
    baselines = Baselines(first.copy(), first.copy(), np.zeros(400, bool))
    stretches = Stretches(history, baselines, last, look_back=20, least_baseline=4)
    found = evidence(stretches, direction=1, smallest_drop=0.25)
    shares = {"overall": 0.5, "sections": 0.3, "consistency": 0.2}
    means = found.terms.mean(axis=0)
    for name, terms in {
        "overall": means[:, 0],
        "sections": means[:, 1:-1].sum(axis=1),
        "consistency": means[:, -1],
    }.items():
        assert terms.mean() < 1.2 * shares[name]
