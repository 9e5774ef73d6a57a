"""How much interactions differ is told without bias and with intervals that hold, and says nothing of the rest."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.chains import Options
from bench.lines.unevenness import judged
from reports.measure.model.chain import FULL
from reports.measure.unevenness import unevenness
from tests.measure.any_chain import any_chain, relabelled
from tests.measure.chains import make_chain

few = settings(max_examples=12)
NUMBERS = ("value", "low", "high", "raw", "missing")


def even(chain, share=0.8):
    return np.full((chain.n_visits, chain.n_criteria), share), np.full((chain.n_locations, chain.n_criteria), share)


def alike(one, other):
    return np.allclose(one, other, atol=1e-6, equal_nan=True)


def with_spread(sd, *, seed=1, n_visits=30, n_locations=30):
    """Interactions whose chance to keep everything is 0.7 - sd or 0.7 + sd, by the toss of a coin."""
    chain = make_chain(n_interactions=3, n_visits=n_visits, n_locations=n_locations)
    rng = np.random.default_rng(seed)
    share = 0.7 + sd * rng.choice([-1, 1], len(chain.ratings))
    return replace(
        chain, ratings=np.where(rng.random(chain.ratings.shape) < share[:, None], FULL, 0).astype(np.uint8)
    )


@pytest.mark.parametrize("sd", [0.0, 0.05, 0.1, 0.2])
def test_the_unevenness_is_that_of_the_interactions_whatever_chance_adds(sd):
    chain = with_spread(sd)
    found = unevenness(chain, *even(chain, 0.7))
    assert found.value.mean() == pytest.approx(sd, abs=0.008)
    assert ((found.low <= sd + 1e-9) & (sd <= found.high)).mean() >= 0.86


@pytest.mark.parametrize(("points", "visits"), [(5.0, 6), (10.0, 15), (None, 15), (None, 40)])
def test_a_stated_interval_holds_the_truth_as_often_as_it_says_and_the_value_has_no_bias(points, visits):
    found = judged(Options(), points=points, visits=visits, seed=9000, n_locations=160)
    assert found.covered >= 0.84  # of .90; .024 is the standard error over 160
    assert abs(found.bias) <= 0.5  # points; about .15 of that is chance


def test_a_wrong_expectation_of_the_whole_location_is_not_unevenness():
    chain = with_spread(0.0)
    found = unevenness(chain, *even(chain, 0.6))
    assert found.value.mean() < 0.01


def test_what_lies_within_visits_is_told_from_what_lies_between_them():
    chain = make_chain(n_interactions=3, n_visits=40, n_locations=10)
    rng = np.random.default_rng(1)
    visit = (0.7 + 0.2 * rng.choice([-1, 1], chain.n_visits))[chain.rating_visit]
    between = replace(chain, ratings=np.where(rng.random(chain.ratings.shape) < visit[:, None], FULL, 0).astype("u1"))
    assert unevenness(between, *even(chain, 0.7)).within_visits.mean() < 0.15
    assert unevenness(with_spread(0.2), *even(with_spread(0.2), 0.7)).within_visits.mean() > 0.85


def test_a_location_with_few_visits_leans_on_the_chain_and_one_with_many_on_its_own():
    chain = with_spread(0.1, n_locations=20, n_visits=40)
    steady = np.where(np.random.default_rng(2).random(chain.ratings.shape) < 0.7, FULL, 0).astype(np.uint8)
    calm = chain.location[chain.rating_visit] < 2
    mixed = replace(chain, ratings=np.where(calm[:, None], steady, chain.ratings))
    nth = np.arange(chain.n_visits) - chain.first_visit[chain.location]
    mixed = mixed.subset((mixed.location != 0) | (nth < 5))
    found = unevenness(mixed, *even(mixed, 0.7))
    assert found.value[1] < found.value[0] < found.value[2:].mean()
    assert found.high[0] - found.low[0] > found.high[1] - found.low[1]


@few
@given(any_chain(most_visits=8), st.integers(0, 99))
def test_the_order_and_names_of_things_make_no_difference(chain, seed):
    moved, labels = relabelled(chain, seed)
    found, again = unevenness(chain, *even(chain)), unevenness(moved, *even(moved))
    for name in NUMBERS:
        assert alike(getattr(again, name)[labels.location], getattr(found, name)), name


@few
@given(any_chain(most_visits=8))
def test_the_scale_of_conformity_may_be_turned_round(chain):
    """What was kept and what was missed are the same to a spread."""
    seen = chain.ratings <= FULL
    turned = replace(chain, ratings=np.where(seen, FULL - chain.ratings, chain.ratings).astype(np.uint8))
    found, again = unevenness(chain, *even(chain, 0.8)), unevenness(turned, *even(turned, 0.2))
    for name in NUMBERS:
        assert np.allclose(getattr(again, name), getattr(found, name), atol=1e-4, equal_nan=True), name


def test_one_store_one_visit_and_no_visit_have_an_answer():
    one = make_chain(n_locations=1, n_visits=12, n_interactions=2)
    found = unevenness(one, *even(one))
    assert 0 <= found.low[0] <= found.value[0] <= found.high[0] <= 0.5
    single = one.subset(np.arange(12) < 1)
    assert unevenness(single, *even(single)).missing.tolist() == [3]
    none = one.subset(np.zeros(12, bool))
    assert unevenness(none, *even(none)).missing.tolist() == [4]
