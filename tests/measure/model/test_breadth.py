"""A visit that looks at little goes where something is suspect: the longer the visit, the better the plain score."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from reports.measure.model.chain import FULL, NONE, Chain, breadth_of
from reports.measure.model.effects import Effects
from reports.measure.model.levels import adjusted_values
from reports.measure.model.severity import fit_effects


@pytest.fixture(scope="module")
def inspections() -> Chain:
    """600 visits at 150 places; a short one (6 of 24 criteria) finds half a logit less in order, a long one more."""
    rng = np.random.default_rng(5)
    location = np.repeat(np.arange(150), 4)
    n_looked_at = rng.choice([6, 12, 24], location.size)
    time = np.tile(np.arange(4) * 90.0, 150) + rng.uniform(0, 60, location.size)
    logit = rng.normal(0, 0.4, 150)[location] + 0.5 * np.log2(n_looked_at / 12)
    p = expit(rng.normal(1.0, 0.6, 24) + logit[:, None])
    looked_at = rng.random(p.shape).argsort(axis=1).argsort(axis=1) < n_looked_at[:, None]
    ratings = np.where(looked_at, np.where(rng.random(p.shape) < p, FULL, 0), NONE)
    none = np.full(location.size, -1)
    columns = np.zeros(24, int)
    return Chain(
        location, time, time, none, none, none, ratings, np.arange(location.size), columns, columns, columns > 0,
        np.zeros(150, int), 150, breadth_of(n_looked_at / 24),
    )  # fmt: skip


@pytest.fixture(scope="module")
def effects(inspections) -> Effects:
    return fit_effects(inspections)


def correlation_with_length(inspections: Chain, effects: Effects) -> float:
    n = inspections.observed.sum(axis=1)
    return float(np.corrcoef(n, adjusted_values(inspections, effects))[0, 1])


def test_the_adjusted_score_does_not_depend_on_how_much_was_looked_at(inspections, effects):
    without = replace(effects, breadth=np.zeros(0))
    assert correlation_with_length(inspections, without) > 0.15
    assert abs(correlation_with_length(inspections, effects)) < 0.05


def test_where_every_visit_looks_at_as_much_nothing_is_explained_by_it(inspections):
    whole = inspections.subset(inspections.breadth == 0)
    assert whole.n_visits > 100
    assert np.abs(fit_effects(whole).breadth).max() < 1e-9


def test_a_chain_that_says_nothing_of_breadth_looked_at_everything(inspections):
    unsaid = replace(inspections, breadth=np.zeros(0))
    assert unsaid.breadth.tolist() == [0] * inspections.n_visits
