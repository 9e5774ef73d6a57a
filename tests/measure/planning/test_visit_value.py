"""The value of a visit: what has to hold whatever the numbers, and what it says of a few chains."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reports.measure.drift.detector import Settings, scan
from reports.measure.model.severity import fit_effects
from reports.measure.planning.location_forecast import LocationForecasts, forecast, weakest_quarter
from reports.measure.planning.visit_value import (
    Assumptions,
    chance_of_decline,
    found_in_time,
    judged_better,
    value,
    variance_gain,
)
from tests.measure.chains import empty_chain, make_chain

GIVEN = Assumptions(threshold=5.0, line=1.0)
FIELDS = ("log_evidence", "is_able", "is_flagged", "weeks", "usual_weeks", "level", "variance", "noise")
one_place = st.tuples(
    st.floats(-20, 9), st.booleans(), st.booleans(), st.floats(0, 200), st.floats(0.5, 60), st.floats(-3, 4),
    st.floats(0.001, 2), st.floats(0.01, 3),
)  # fmt: skip
some_places = st.lists(one_place, min_size=1, max_size=6)
more = st.floats(0, 5)
few = hypothesis_settings(max_examples=40)


def as_forecasts(rows, **changed) -> LocationForecasts:
    columns = dict(zip(FIELDS, (np.array(column) for column in zip(*rows, strict=True)), strict=True))
    return LocationForecasts(**columns | changed)


@few
@given(some_places)
def test_a_visit_is_never_worth_less_than_none(rows):
    found = value(as_forecasts(rows), GIVEN)
    assert (found.find >= 0).all()
    assert (found.judge >= 0).all()
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    assert np.isfinite(found.total).all()


@few
@given(some_places, more)
def test_a_longer_wait_never_makes_a_visit_worth_less(rows, longer):
    before = as_forecasts(rows)
    after = as_forecasts(rows, weeks=before.weeks + longer)
    assert (value(after, GIVEN).total >= value(before, GIVEN).total - 1e-12).all()


@few
@given(some_places, more)
def test_a_less_certain_level_never_makes_a_visit_worth_less(rows, wider):
    before = as_forecasts(rows)
    after = as_forecasts(rows, variance=before.variance + wider)
    assert (value(after, GIVEN).total >= value(before, GIVEN).total - 1e-12).all()


@few
@given(some_places, more)
def test_evidence_nearer_the_threshold_never_makes_a_visit_worth_less(rows, nearer):
    before = as_forecasts(rows)
    after = as_forecasts(rows, log_evidence=np.minimum(before.log_evidence + nearer, GIVEN.threshold))
    below = before.log_evidence <= GIVEN.threshold
    assert (value(after, GIVEN).find >= value(before, GIVEN).find - 1e-12)[below].all()


@few
@given(some_places, st.randoms())
def test_the_value_follows_the_location_whatever_its_number(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = value(as_forecasts([rows[place] for place in order]), GIVEN)
    assert shuffled.total.tolist() == value(as_forecasts(rows), GIVEN).total[order].tolist()


@few
@given(st.floats(0.01, 5), st.floats(0.01, 5), st.floats(0, 1))
def test_a_visit_never_takes_away_more_variance_than_there_is(variance, noise, share):
    shared = share * min(variance, noise)
    gain = float(variance_gain(variance, noise, shared))
    assert 0 <= gain <= variance
    assert gain <= float(variance_gain(variance, noise)) + 1e-12


def test_a_location_that_counts_twice_makes_its_visit_worth_twice_as_much():
    two = as_forecasts([(2.0, True, False, 3.0, 2.0, 1.5, 0.1, 0.4)] * 2)
    found = value(two, GIVEN, weight=np.array([1.0, 2.0]))
    assert found.total[1] == 2 * found.total[0]
    assert found.chance[1] == found.chance[0]


def test_a_flagged_decline_is_not_to_be_found_again():
    rows = [(8.0, True, True, 3.0, 2.0, 1.5, 0.1, 0.4), (4.9, True, False, 3.0, 2.0, 1.5, 0.1, 0.4)]
    found = value(as_forecasts(rows), GIVEN)
    assert found.find[0] == 0
    assert found.find[1] > 0.5


def test_a_location_that_was_never_visited_is_worth_a_visit_for_its_level_alone():
    rows = [(-np.inf, False, False, np.inf, 2.0, 1.2, 0.2, 0.4), (0.0, True, False, 2.0, 2.0, 1.2, 0.02, 0.4)]
    found = value(as_forecasts(rows), GIVEN)
    assert found.find[0] == 0
    assert found.chance[0] == 0
    assert found.judge[0] > found.judge[1] > 0


def test_no_location_has_no_value():
    empty = LocationForecasts(*([] for _ in FIELDS))
    assert value(empty, GIVEN).total.size == 0


def test_the_chance_of_a_decline_is_that_of_bayes_where_only_one_onset_is_possible():
    """A decline begins before the one visit with chance rho, and makes it 12 times as likely."""
    rho = -np.expm1(-0.2 / (365.25 / 7) * 4)
    bayes = rho * 12 / (rho * 12 + 1 - rho)
    assert chance_of_decline([np.log(12)], [0], [4], declines_per_year=0.2)[0] == pytest.approx(bayes, abs=1e-9)


def test_the_share_found_in_time_is_that_of_simulated_evidence():
    """Random walks of the log evidence under a decline, visits at random times, an end at a random time."""
    rng, d, usual, noticed = np.random.default_rng(1), 0.9, 3.0, 20.0
    steps = rng.normal(d**2 / 2, d, (4000, 200))
    n = (np.cumsum(steps, axis=1) > 5.0).argmax(axis=1) + 1
    simulated = np.mean((1 + usual / noticed) ** -n.astype(float))
    stated = found_in_time(
        [-np.inf], [usual], [(0.6 / d) ** 2], Assumptions(threshold=5.0, line=0.0, weeks_unnoticed=noticed)
    )[0]
    assert stated == pytest.approx(simulated, abs=0.02)


def test_what_a_level_is_judged_better_by_is_that_of_simulated_decisions():
    rng = np.random.default_rng(2)
    level, gain, line = 0.3, 0.25, 0.0
    after = level + np.sqrt(gain) * rng.normal(size=200_000)  # the estimate after the visit
    simulated = np.maximum(after - line, 0).mean() - max(level - line, 0)
    assert judged_better([level], [gain], line=line)[0] == pytest.approx(simulated, abs=0.003)


def test_a_visit_is_worth_most_where_a_decline_has_begun_and_is_not_flagged_yet():
    chain = make_chain(n_locations=20, n_visits=30, drops={3: (255.0, 1.2, None)}, seed=2)
    at = float(chain.time.max()) + 1
    effects = fit_effects(chain, at=at)
    found = scan(chain, effects, Settings(), np.inf)
    known = forecast(chain, effects, Settings(), log_evidence=found.ranking, is_flagged=np.zeros(20, bool), at=at)
    worth = value(known, Assumptions(6.0, weakest_quarter(effects)))
    assert worth.find.argmax() == 3
    assert worth.chance[3] > 2 * np.median(worth.chance)


def test_with_nothing_else_new_the_value_grows_while_a_location_waits():
    chain = make_chain(n_locations=6, n_visits=20)
    effects, end = fit_effects(chain), float(chain.time.max())
    given = Assumptions(6.0, weakest_quarter(effects))
    worth = [
        value(forecast(chain, effects, Settings(), log_evidence=np.zeros(6), is_flagged=[False] * 6, at=at), given)
        for at in (end, end + 30, end + 90)
    ]
    assert (worth[0].find < worth[1].find).all()
    assert (worth[1].find < worth[2].find).all()


def test_the_same_auditor_every_time_leaves_the_level_less_certain():
    chain = make_chain(n_locations=6, n_visits=12, auditor_sd=0.4, n_auditors=3)
    effects = fit_effects(chain)
    alone = np.where(chain.location == 0, 0, chain.auditor)
    known = [
        forecast(each, effects, Settings(), log_evidence=np.zeros(6), is_flagged=np.zeros(6, bool), at=130.0)
        for each in (chain, replace(chain, auditor=alone))
    ]
    assert known[1].variance[0] > known[0].variance[0]
    assert known[1].variance[1] == known[0].variance[1]


def test_a_chain_without_visits_is_worth_a_visit_everywhere():
    chain = empty_chain()
    effects = fit_effects(chain, at=10.0)
    known = forecast(chain, effects, Settings(), log_evidence=[-np.inf] * 2, is_flagged=[False] * 2, at=10.0)
    found = value(known, Assumptions(5.0, weakest_quarter(effects)))
    assert (found.judge > 0).all()
    assert (found.find == 0).all()


@pytest.mark.parametrize("name", ["declines_per_year", "weeks_unnoticed", "drop"])
def test_an_assumption_that_is_not_above_0_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name} must be above 0; got 0"):
        Assumptions(threshold=5.0, line=0.0, **{name: 0.0})


def test_a_place_of_another_shape_is_refused_by_name():
    with pytest.raises(ValueError, match=r"weeks must have shape \(1,\); got \(2,\)"):
        as_forecasts([(0.0, True, False, 1.0, 1.0, 0.0, 0.1, 0.1)], weeks=np.zeros(2))
