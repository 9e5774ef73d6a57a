"""What holds for what any visit shows: residuals, interactions and their spread, and how much visits differ."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from reports.measure.drift.spread import (
    RATIOS,
    believed,
    mean_spread,
    pull_of_visits,
    spread_likelihoods,
    spread_ratio,
    spreads,
)
from reports.measure.model.chain import FULL, NONE
from reports.measure.model.interactions import interactions, usual_spread
from reports.measure.model.overdispersion import MOST_WANDER, successive_overdispersion, wander, weights
from reports.measure.model.residuals import logits, residuals
from tests.measure.any_chain import (
    KNOWN,
    any_chain,
    effects_for,
    halved,
    knowing_one_more,
    moved_with,
    relabelled,
    set_to,
    with_unobserved_criterion,
)
from tests.measure.chains import make_chain

few = settings(max_examples=12)
PER_VISIT = ("level", "weight", "information", "typical", "seen", "expected", "n", "unfamiliarity")
CLOSE = {"rtol": 1e-4, "atol": 1e-3}  # what visits show is summed in single precision


# Residuals


@few
@given(any_chain(), st.integers(0, 99))
def test_residuals_move_with_their_labels_and_are_otherwise_equal(chain, seed):
    effects = effects_for(chain)
    moved, labels = relabelled(chain, seed)
    found, again = residuals(chain, effects), residuals(moved, moved_with(labels, effects, chain))
    channel = np.r_[0, 1 + np.argsort(labels.section), 1 + chain.n_sections, 2 + chain.n_sections]
    for name in PER_VISIT:
        assert np.allclose(getattr(again, name), getattr(found, name)[labels.visit][:, channel], **CLOSE), name


@few
@given(any_chain(least_visits=1), st.integers(0, 99))
def test_a_criterion_that_was_never_observed_changes_no_residual(chain, seed):
    more, effects = with_unobserved_criterion(chain), effects_for(chain)
    found, again = residuals(chain, effects), residuals(more, knowing_one_more(effects))
    for name in PER_VISIT:
        assert np.allclose(getattr(again, name), getattr(found, name), **CLOSE), name


@few
@given(any_chain())
def test_what_is_kept_by_half_shows_the_level_half_way(chain):
    effects, rows = effects_for(chain), np.ones(chain.rating_visit.size, bool)
    failed, half, kept = (
        residuals(one, effects) for one in (set_to(chain, rows, 0), halved(chain), set_to(chain, rows, FULL))
    )
    assert np.allclose(half.level, (failed.level + kept.level) / 2, **CLOSE)
    assert np.array_equal(half.weight, kept.weight)


@few
@given(any_chain())
def test_a_visit_weighs_no_more_than_its_information_and_no_more_than_visits_differ(chain):
    effects = effects_for(chain)
    found = residuals(chain, effects)
    assert (found.weight <= found.information).all()
    assert (found.weight * effects.overdispersion_of_channels(chain) <= 1).all()
    assert ((found.n == 0) == (found.weight == 0)).all()
    assert (found.seen <= found.n + 1e-5).all()


@few
@given(any_chain(), st.floats(0.1, 1.0))
def test_the_same_answers_of_a_more_severe_auditor_show_a_higher_level(chain, severity):
    effects = effects_for(chain)
    severe = replace(effects, auditor=effects.auditor - severity)
    found, again = residuals(chain, effects), residuals(chain, severe)
    by_somebody = (found.n > 0) & (chain.auditor >= 0)[:, None]
    assert (again.expected[by_somebody] < found.expected[by_somebody]).all()
    assert np.allclose(again.level[~by_somebody], found.level[~by_somebody])


@few
@given(any_chain(least_locations=2), any_chain(least_locations=2))
def test_other_locations_change_neither_residuals_nor_the_spread_of_a_location(chain, other):
    effects = effects_for(chain)
    alone = chain.subset(chain.location == 0)
    found, again = residuals(chain, effects), residuals(alone, effects)
    for name in PER_VISIT:
        assert np.allclose(getattr(again, name), getattr(found, name)[chain.location == 0], **CLOSE), name
    whole = spread_likelihoods(chain, effects)
    assert np.allclose(spread_likelihoods(alone, effects), whole[chain.location == 0], atol=1e-3)


# Interactions


def expected_of(chain):
    effects = effects_for(chain)
    return expit(effects.criterion + logits(chain, effects)[:, None])


@few
@given(any_chain())
def test_interactions_of_a_visit_add_up_to_the_visit(chain):
    p = expected_of(chain)
    found = interactions(chain, p)
    gap = np.bincount(chain.rating_visit, found.gap, chain.n_visits)
    information = np.bincount(chain.rating_visit, found.information, chain.n_visits)
    assert np.allclose(gap, (chain.conforming - chain.observed * p).sum(axis=1), **CLOSE)
    assert np.allclose(information, (chain.observed * p * (1 - p)).sum(axis=1), **CLOSE)
    assert ((found.typical > 0) & (found.typical < 1)).all()


@few
@given(any_chain(), st.integers(0, 99))
def test_the_usual_spread_is_the_same_under_other_labels(chain, seed):
    moved, labels = relabelled(chain, seed)
    p = expected_of(chain)
    found = usual_spread(chain, interactions(chain, p))
    again = usual_spread(moved, interactions(moved, p[labels.visit][:, labels.criterion]))
    assert again == pytest.approx(found, abs=1e-4)
    assert all(0 <= value <= 1 for value in found)


def test_interactions_of_which_half_keep_all_and_half_nothing_differ_more_than_mixed_ones():
    chain = make_chain(n_locations=4, n_visits=30, n_interactions=4, difficulty=0.0)
    whole = np.where(chain.ratings == NONE, NONE, FULL * (np.arange(480) % 2)[:, None])
    p = np.full((chain.n_visits, chain.n_criteria), 0.5)
    split, mixed = (usual_spread(one, interactions(one, p)) for one in (replace(chain, ratings=whole), chain))
    assert split[0] > mixed[0] + 0.5


# Overdispersion

numbers = st.lists(st.floats(-3, 3), min_size=0, max_size=12)


@given(numbers, st.floats(-5, 5), st.integers(0, 99))
def test_overdispersion_sees_differences_within_locations_alone(residual, shift, seed):
    rng, y = np.random.default_rng(seed), np.array(residual)
    location = np.sort(rng.integers(0, 3, y.size))
    information = rng.uniform(0, 20, y.size)
    found = successive_overdispersion(y, information, location)
    assert 0 <= found <= 1
    shifted = y + shift * location  # another level at each location
    assert successive_overdispersion(shifted, information, location) == pytest.approx(found, abs=1e-9)
    backwards = successive_overdispersion(y[::-1], information[::-1], location[::-1])
    assert backwards == pytest.approx(found, abs=1e-9)
    doubt = np.r_[y, 2.0], np.r_[information, 0.0], np.r_[location, 2]  # one more visit that observed nothing
    assert successive_overdispersion(*doubt) == found


@given(st.floats(0, 1e6), st.floats(0, 2), st.floats(0, 2))
def test_the_more_visits_differ_the_less_one_weighs(information, differ, more):
    one, other = weights(information, differ), weights(information, differ + more)
    assert 0 <= other <= one <= information


@few
@given(st.integers(0, 99), st.floats(-2, 2))
def test_wander_is_of_quarters_within_locations_whatever_these_are_called(seed, shift):
    rng = np.random.default_rng(seed)
    location, quarter = np.repeat(np.arange(14), 8), np.tile(np.arange(4), 28)
    residual, weight = rng.normal(0, 0.6, location.size), rng.uniform(0, 9, location.size)
    found = wander(residual, weight, location, quarter, 4)
    assert 0 <= found <= MOST_WANDER
    renamed, turned = rng.permutation(14)[location], rng.permutation(4)[quarter]
    assert wander(residual + shift * location, weight, renamed, turned, 4) == pytest.approx(found, abs=1e-4)


# Spread


@few
@given(any_chain(), st.integers(0, 99))
def test_the_likelihoods_of_spreads_move_with_their_labels(chain, seed):
    effects = effects_for(chain)
    moved, labels = relabelled(chain, seed)
    again = spread_likelihoods(moved, moved_with(labels, effects, chain))
    compared = spread_likelihoods(chain, effects)[labels.visit]
    assert np.allclose(again - again[:, 1:2], compared - compared[:, 1:2], atol=2e-3)


@few
@given(any_chain(least_visits=1))
def test_what_was_not_observed_says_nothing_of_the_spread(chain):
    effects = effects_for(chain)
    nothing = replace(chain, ratings=np.full_like(chain.ratings, NONE))
    assert np.allclose(spread_likelihoods(nothing, effects), 0.0, atol=1e-3)
    assert np.allclose(pull_of_visits(spread_likelihoods(nothing, effects)), 0.0, atol=1e-3)


logs = st.lists(st.floats(-40, 40), min_size=RATIOS.size, max_size=RATIOS.size).map(np.array)


@given(logs, logs, st.floats(-100, 100))
def test_beliefs_and_ratios_do_not_depend_on_a_constant_of_the_likelihood(before, after, constant):
    belief = believed(before)
    assert belief.sum() == pytest.approx(1)
    assert np.allclose(believed(before + constant), belief)
    ratio = spread_ratio(belief, after)
    assert ratio >= 0
    assert spread_ratio(belief, after + constant) == pytest.approx(ratio, rel=1e-6)


@given(logs)
def test_a_mean_spread_lies_between_the_smallest_and_the_largest_that_are_tried(after):
    least, most = (mean_spread(np.eye(RATIOS.size)[[at]] * 1e4, KNOWN) for at in (0, RATIOS.size - 1))
    assert least - 1e-12 <= mean_spread(after[None], KNOWN) <= most + 1e-12
    assert (np.diff(spreads(KNOWN)) > 0).all()
