"""What holds for the two numbers of consistency in any chain, and for chains that are simulated from its effects."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.measure.consistency import LEAST_VISITS, consistency, pairwise_agreement
from reports.measure.drift.calibration import FURTHER, calibrate, simulate_in_control
from reports.measure.drift.detector import Settings, stated_threshold
from reports.measure.model.chain import FULL, NONE
from reports.measure.model.severity import fit_effects
from tests.measure.any_chain import (
    any_chain,
    effects_for,
    knowing_one_more,
    moved_with,
    relabelled,
    set_to,
    with_unobserved_criterion,
)
from tests.measure.chains import make_chain

few = settings(max_examples=12)
NUMBERS = ("value", "low", "high", "raw", "missing")


def is_alike(one, other) -> bool:
    return np.allclose(one, other, atol=1e-3, equal_nan=True)


@few
@given(any_chain(most_visits=8))
def test_each_number_lies_in_its_interval_and_its_range_or_says_what_is_missing(chain):
    found = consistency(chain, effects_for(chain))
    for shrunk, most in ((found.promise_kept, 1.0), (found.unevenness, np.inf)):
        told = np.isfinite(shrunk.value)
        assert (told == (shrunk.missing == 0)).all()
        assert (shrunk.missing <= LEAST_VISITS).all()
        assert (shrunk.low[told] <= shrunk.value[told] + 1e-12).all()
        assert (shrunk.value[told] <= shrunk.high[told] + 1e-12).all()
        assert ((shrunk.low[told] >= 0) & (shrunk.high[told] <= most)).all()
    assert (np.isnan(found.within_visits) | ((found.within_visits >= 0) & (found.within_visits <= 1))).all()


@few
@given(any_chain(most_visits=8), st.integers(0, 99))
def test_consistency_moves_with_its_labels_and_is_otherwise_equal(chain, seed):
    effects = effects_for(chain)
    moved, labels = relabelled(chain, seed)
    found, again = consistency(chain, effects), consistency(moved, moved_with(labels, effects, chain))
    for name in NUMBERS:
        for one, other in ((again.promise_kept, found.promise_kept), (again.unevenness, found.unevenness)):
            assert is_alike(getattr(one, name)[labels.location], getattr(other, name)), name
    assert np.allclose(
        pairwise_agreement(moved)[labels.location],
        pairwise_agreement(chain)[:, labels.criterion],
        equal_nan=True,
    )


@few
@given(any_chain(least_visits=1, most_visits=8))
def test_a_criterion_that_was_never_observed_changes_no_number(chain):
    effects = effects_for(chain)
    found = consistency(chain, effects)
    again = consistency(with_unobserved_criterion(chain), knowing_one_more(effects))
    for name in NUMBERS:
        assert is_alike(getattr(again.promise_kept, name), getattr(found.promise_kept, name))
        assert is_alike(getattr(again.unevenness, name), getattr(found.unevenness, name))


@few
@given(any_chain(least_locations=2, most_visits=8))
def test_before_shrinking_a_location_is_judged_by_its_own_visits(chain):
    effects = effects_for(chain)
    whole = consistency(chain, effects).promise_kept
    alone = consistency(chain.subset(chain.location == 0), effects).promise_kept
    assert is_alike(alone.raw[0], whole.raw[0])
    assert alone.missing[0] == whole.missing[0]


@few
@given(any_chain(least_visits=4, most_visits=8))
def test_a_promise_that_is_always_kept_is_kept_and_one_never_kept_is_not(chain):
    chain = replace(chain, critical=np.ones_like(chain.critical))
    rows = np.ones(chain.rating_visit.size, bool)
    for byte, share in ((FULL, 1.0), (0, 0.0)):
        found = consistency(set_to(chain, rows, byte), effects_for(chain)).promise_kept
        assert np.allclose(found.value[np.isfinite(found.value)], share)


# Calibration


@few
@given(any_chain(most_visits=8), st.integers(0, 99))
def test_a_simulated_chain_differs_from_the_chain_in_its_ratings_alone(chain, seed):
    effects = effects_for(chain)
    simulated = simulate_in_control(chain, effects, np.random.default_rng(seed))
    for name in ("location", "time", "arrival", "auditor", "rating_visit", "section"):
        assert np.array_equal(getattr(simulated, name), getattr(chain, name))
    assert np.array_equal(simulated.ratings == NONE, chain.ratings == NONE)
    assert np.isin(simulated.ratings, (0, FULL, NONE)).all()
    again = simulate_in_control(chain, effects, np.random.default_rng(seed))
    assert np.array_equal(again.ratings, simulated.ratings)


def test_what_is_easier_conforms_more_often_in_a_simulated_chain():
    chain = make_chain(n_locations=10)
    effects = fit_effects(chain)
    kept = [
        simulate_in_control(
            chain, replace(effects, criterion=effects.criterion + by), np.random.default_rng(1)
        ).conforming.sum()
        for by in (-1.0, 0.0, 1.0)
    ]
    assert kept == sorted(kept)


@settings(max_examples=4)
@given(st.integers(0, 99))
def test_who_wants_fewer_false_alarms_gets_a_threshold_as_high_or_higher(seed):
    chain = make_chain(n_locations=6, n_visits=24)
    effects = fit_effects(chain)
    wanted = [Settings(false_alarms_per_year=rate) for rate in (2.0, 0.5, 0.1, 0.01)]
    found = [calibrate(chain, effects, one, np.random.default_rng(seed), n_chains=1).threshold for one in wanted]
    assert found == sorted(found)
    limits = [stated_threshold(chain, one, effects) + FURTHER for one in wanted]
    assert all(limit <= most for limit, most in zip(found, limits, strict=True))
