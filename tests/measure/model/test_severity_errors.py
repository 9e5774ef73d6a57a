"""How wrong severities may be together: exact where auditors are few, sampled where they are many."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.chains import Options
from bench.lines.severities import severity_lines
from reports.measure.model import severity_errors as module
from reports.measure.model.severity import fit_effects
from reports.measure.model.severity_errors import known_severities, severity_errors, severity_variance
from tests.measure.any_chain import any_chain, relabelled
from tests.measure.chains import make_chain

VARIANCE = {"auditor": 0.1, "region": 0.02, "location": 0.2}
BY_QUARTER = VARIANCE | {"quarter": 0.05}


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
    severity, freedom = severity_variance(
        chain, fit_effects(chain, at=-1.0).auditor, np.zeros(chain.n_visits), VARIANCE
    )
    assert round(severity, 6) == 0.1
    assert round(freedom, 6) == 4


def test_visits_of_one_quarter_to_a_store_share_an_error():
    chain = make_chain(n_locations=5, n_visits=6, n_auditors=4, seed=1)
    quarter, weight = (chain.time // 20).astype(int), np.full(chain.n_visits, 3.0)
    rows, cell = np.arange(chain.n_visits), chain.location * 10 + quarter
    design = np.zeros((chain.n_visits, 4 + 5 + 2 + 1))
    for offset, index in ((0, chain.auditor), (4, chain.location), (9, chain.region[chain.location])):
        design[rows, offset + index] = 1
    design[:, -1] = 1
    noise = np.eye(chain.n_visits) / 3.0 + 0.05 * (cell[:, None] == cell)
    prior = np.r_[np.full(4, 10.0), np.full(5, 5.0), np.full(2, 50.0), 0.25]
    whole = np.linalg.inv(design.T @ np.linalg.solve(noise, design) + np.diag(prior))
    errors = severity_errors(chain, weight, BY_QUARTER, quarter)
    np.testing.assert_allclose(errors @ errors.T, whole[:4, :4], rtol=1e-6, atol=1e-12)


def test_what_is_known_of_many_auditors_is_what_is_known_exactly(monkeypatch):
    chain = make_chain(n_locations=30, n_visits=10, n_auditors=8, seed=2)
    rng = np.random.default_rng(1)
    given = np.zeros(8), rng.normal(0, 0.3, chain.n_visits), np.full(chain.n_visits, 3.0)
    quarter = (chain.time // 30).astype(int)
    exact = known_severities(chain, *given, BY_QUARTER, quarter)
    monkeypatch.setattr(module, "MOST_EXACT", 0)
    drawn = known_severities(chain, *given, BY_QUARTER, quarter)
    np.testing.assert_allclose(drawn.mean, exact.mean, atol=1e-3)
    np.testing.assert_allclose(drawn.sd, exact.sd, rtol=0.12)  # its variance rests on few draws


@settings(max_examples=10)
@given(any_chain(least_visits=1), st.floats(-2, 2))
def test_what_moves_all_visits_moves_no_auditor_beyond_the_prior(chain, shift):
    weight, quarter = np.full(chain.n_visits, 3.0), (chain.time // 91).astype(int)
    given = np.zeros(chain.n_auditors), np.full(chain.n_visits, shift), weight
    found = known_severities(chain, *given, BY_QUARTER, quarter)
    assert (found.sd > 0).all()
    assert (np.abs(found.mean) <= abs(shift) / 2 + 1e-9).all()
    assert abs(found.usual) <= abs(shift) + 1e-9


@settings(max_examples=10)
@given(any_chain(least_visits=1), st.integers(0, 99))
def test_severities_move_with_their_labels(chain, seed):
    moved, labels = relabelled(chain, seed)
    left = np.random.default_rng(seed).normal(0, 1, chain.n_visits)
    found, again = (
        known_severities(
            one,
            np.zeros(one.n_auditors),
            values,
            np.full(one.n_visits, 2.0),
            BY_QUARTER,
            (one.time // 91).astype(int),
        )
        for one, values in ((chain, left), (moved, left[labels.visit]))
    )
    np.testing.assert_allclose(again.mean[labels.auditor], found.mean, atol=1e-9)
    np.testing.assert_allclose(again.sd[labels.auditor], found.sd, atol=1e-9)


def test_the_interval_of_a_severity_covers_the_truth():
    lines = severity_lines(Options(), seed=3000, n_locations=900)
    for line in lines:
        assert line.is_kept, str(line)
