"""Who to send: somebody who has not been there, and across groups that share no visit."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.detector import Settings
from reports.measure.model.severity import fit_effects
from reports.measure.planning.auditor_assignment import auditor_assignment
from reports.measure.planning.location_forecast import forecast, weakest_quarter
from reports.measure.planning.visit_value import Assumptions
from tests.measure.chains import make_chain

N = 8


def compared(chain, at=130.0):
    effects = fit_effects(chain, at=at)
    known = forecast(
        chain,
        effects,
        Settings(),
        log_evidence=np.zeros(chain.n_locations),
        is_flagged=np.zeros(chain.n_locations, bool),
        at=at,
    )
    return auditor_assignment(chain, effects, known, Assumptions(5.0, weakest_quarter(effects)), at=at)


@pytest.fixture(scope="module")
def chain():
    return make_chain(n_locations=N, n_visits=12, n_auditors=4, auditor_sd=0.5, seed=3)


@pytest.fixture(scope="module")
def apart(chain):
    """Auditors 0 and 1 know the first half of the locations, 2 and 3 the other."""
    return replace(chain, auditor=chain.auditor % 2 + 2 * (chain.location >= N // 2))


def test_an_auditor_who_has_not_been_there_says_more_of_the_level(chain):
    alone = replace(chain, auditor=np.where(chain.location == 0, 1, chain.auditor))
    found = compared(alone)
    assert found.been[0].tolist() == [False, True, False, False]
    assert found.gain[0].argmin() == 1


def test_nothing_is_joined_where_all_are_linked(chain):
    found = compared(chain)
    assert not found.joins.any()
    assert (found.link == 0).all()


def test_a_visit_across_groups_is_worth_more_and_helps_all_other_locations_of_both(apart):
    found = compared(apart)
    assert found.joins[0].tolist() == [False, False, True, True]
    assert found.gain[0, 2:].min() > found.gain[0, :2].max()
    assert (found.link[0] > 0).tolist() == [False, False, True, True]


def test_the_advice_follows_the_auditor_whatever_the_number(apart):
    order = np.array([2, 0, 3, 1])
    renamed = compared(replace(apart, auditor=order[apart.auditor]))
    before = compared(apart)
    assert np.allclose(renamed.gain[:, order], before.gain)
    assert np.allclose(renamed.link[:, order], before.link)


def test_visits_by_nobody_known_leave_nobody_to_compare(chain):
    found = compared(replace(chain, auditor=np.full(chain.n_visits, -1)))
    assert found.gain.shape == (N, 0)


def test_one_location_and_one_auditor_leave_nothing_to_join():
    found = compared(make_chain(n_locations=1, n_visits=8, n_auditors=1))
    assert found.been.tolist() == [[True]]
    assert found.gain[0, 0] > 0
    assert not found.joins.any()
