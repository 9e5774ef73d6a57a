"""How wrong severities may be together: exact where auditors are few, sampled where they are many."""

from dataclasses import replace

import numpy as np

from reports.measure.model import severity_errors as module
from reports.measure.model.severity import fit_effects
from reports.measure.model.severity_errors import severity_errors, severity_variance
from tests.measure.chains import make_chain

VARIANCE = {"auditor": 0.1, "region": 0.02, "location": 0.2}


def covariance(chain, weight):
    errors = severity_errors(chain, weight, VARIANCE)
    return errors @ errors.T


def test_it_is_the_inverse_of_the_whole_information():
    chain = make_chain(n_locations=5, n_visits=6, n_auditors=4, seed=1)
    weight = np.full(chain.n_visits, 3.0)
    rows = np.arange(chain.n_visits)
    design = np.zeros((chain.n_visits, 4 + 5 + 2 + 1))
    for offset, index in ((0, chain.auditor), (4, chain.location), (9, chain.region[chain.location])):
        design[rows, offset + index] = 1
    design[:, -1] = 1
    prior = np.r_[np.full(4, 10.0), np.full(5, 5.0), np.full(2, 50.0), 0.25]
    whole = np.linalg.inv(design.T @ (3.0 * design) + np.diag(prior))
    np.testing.assert_allclose(covariance(chain, weight), whole[:4, :4], rtol=1e-6, atol=1e-12)


def test_draws_agree_with_the_exact_covariance(monkeypatch):
    chain = make_chain(n_locations=30, n_visits=10, n_auditors=8, seed=2)
    weight = np.full(chain.n_visits, 3.0)
    exact = covariance(chain, weight)
    monkeypatch.setattr(module, "MOST_EXACT", 0)
    monkeypatch.setattr(module, "N_DRAWS", 4000)
    np.testing.assert_allclose(covariance(chain, weight), exact, atol=0.1 * exact.diagonal().max())


def test_draws_are_the_same_in_every_run(monkeypatch):
    chain = make_chain(n_locations=10, n_visits=6, seed=3)
    monkeypatch.setattr(module, "MOST_EXACT", 0)
    weight = np.ones(chain.n_visits)
    assert np.array_equal(severity_errors(chain, weight, VARIANCE), severity_errors(chain, weight, VARIANCE))


def test_auditors_who_share_no_store_are_less_sure_than_those_who_do():
    chain = make_chain(n_locations=6, n_visits=12, n_auditors=6, seed=4)
    weight = np.full(chain.n_visits, 3.0)
    apart = replace(chain, auditor=chain.location)
    assert np.trace(covariance(apart, weight)) > 1.5 * np.trace(covariance(chain, weight))


def test_without_visits_the_first_guess_of_the_variance_stays():
    chain = make_chain(n_locations=3, n_visits=4, n_auditors=2, seed=5)
    severity, freedom = severity_variance(chain, fit_effects(chain, at=-1.0), np.zeros(chain.n_visits), VARIANCE)
    assert round(severity, 6) == 0.1
    assert round(freedom, 6) == 4
