from dataclasses import replace

import numpy as np
import pytest

from reports.measure.auditors.linkage import linkage
from reports.measure.model.forward_filter import with_current_days
from reports.measure.model.severity import fit_effects
from tests.measure.chains import empty_chain, make_chain


def finite(effects):
    found = (effects.criterion, effects.location, effects.auditor, effects.auditor_sd, effects.day)
    return all(np.isfinite(values).all() for values in (*found, effects.overdispersion))


@pytest.mark.parametrize(
    "chain",
    [
        empty_chain(),
        make_chain(conform=True),
        make_chain(conform=False),
        make_chain(n_auditors=1),
        make_chain(graded=True),
        make_chain(n_locations=1),
        make_chain(n_locations=1, n_visits=1, n_interactions=1),
        replace(make_chain(), auditor=np.full(1600, -1)),
        replace(make_chain(), ratings=np.full((4800, 12), 255)),
    ],
    ids=[
        "empty",
        "all conform",
        "all fail",
        "one auditor",
        "graded",
        "one location",
        "one visit",
        "unknown auditors",
        "nothing observed",
    ],
)
def test_every_chain_can_be_fitted(chain):
    effects = fit_effects(chain)
    assert finite(effects)
    assert finite(with_current_days(effects, chain, until=effects.fitted_at + 10))


def test_severe_auditors_are_told_from_weak_locations():
    chain = make_chain(n_locations=60, n_auditors=8, auditor_sd=0.6, seed=5)
    rng = np.random.default_rng(5)
    rng.uniform(0, 1, chain.n_visits), rng.integers(0, 8, chain.n_visits)
    level, severity = rng.normal(0, 0.4, 60), rng.normal(0, 0.6, 8)
    effects = fit_effects(chain)
    assert np.corrcoef(effects.auditor, severity)[0, 1] > 0.95
    assert np.corrcoef(effects.location, level)[0, 1] > 0.85


def test_where_failures_are_rare_neither_auditors_nor_weeks_take_the_mean_along():
    chain = make_chain(n_locations=400, n_visits=4, every=120.0, n_interactions=1, difficulty=3.0, seed=3)
    effects = fit_effects(chain)
    assert abs(effects.auditor.mean()) < 0.05
    assert abs(effects.day.mean()) < 0.05
    assert effects.variance["week"] < 0.05


def test_stores_where_next_to_nothing_conforms_do_not_carry_the_fit_away():
    chain = make_chain(
        n_locations=400, n_visits=4, every=120.0, n_interactions=1, difficulty=4.0, location_sd=1.2, seed=3
    )
    effects = fit_effects(chain)
    assert effects.variance["location"] == pytest.approx(1.2**2, rel=0.4)
    assert abs(effects.location).max() < 6


def test_points_of_severity_have_the_sign_of_the_severity():
    effects = fit_effects(make_chain(auditor_sd=0.6))
    assert (np.sign(effects.severity_points()) == np.sign(effects.auditor)).all()


def test_renaming_auditors_renames_their_effects_and_nothing_else():
    chain, renamed = make_chain(auditor_sd=0.5), np.array([3, 1, 4, 0, 5, 2])
    effects, moved = fit_effects(chain), fit_effects(replace(chain, auditor=renamed[chain.auditor]))
    assert np.allclose(moved.auditor[renamed], effects.auditor, atol=1e-6)
    assert np.allclose(moved.location, effects.location, atol=1e-6)


def test_an_easier_criterion_gets_a_higher_effect():
    chain = make_chain(seed=2)
    easy = chain.ratings.copy()
    easy[:, 0] = np.where(easy[:, 0] == 0, 240, easy[:, 0])
    assert fit_effects(replace(chain, ratings=easy)).criterion[0] > fit_effects(chain).criterion[0] + 1


def test_visits_from_the_fit_on_do_not_change_it():
    chain = make_chain()
    early = chain.subset(chain.time < 200)
    assert np.allclose(fit_effects(chain, at=200.0).location, fit_effects(early, at=200.0).location)


def test_a_movement_of_the_whole_chain_is_followed_within_a_week_and_a_day():
    drops = dict.fromkeys(range(200), (300.0, 0.8, None))
    chain = make_chain(n_locations=200, every=4.0, n_visits=90, drops=drops)
    effects = with_current_days(fit_effects(chain, at=290.0), chain, until=320.0)
    before, after = effects.of_day(np.array([299.0, 315.0]))
    assert before == pytest.approx(0.0, abs=0.1)
    assert after == pytest.approx(-0.8, abs=0.15)


def test_the_day_of_a_visit_is_judged_by_earlier_days_only():
    chain = make_chain(n_locations=50)
    effects = fit_effects(chain, at=200.0)
    known = with_current_days(effects, chain.subset(chain.time < 250), until=260.0)
    later = with_current_days(effects, chain, until=400.0)
    assert np.array_equal(known.of_day(np.arange(200.0, 251.0)), later.of_day(np.arange(200.0, 251.0)))


def test_auditors_who_share_no_location_are_separate_groups():
    chain = make_chain(n_locations=4, n_auditors=2)
    split = replace(chain, auditor=chain.location // 2)
    n, location, auditor = linkage(split)
    assert n == 2
    assert location.tolist() == [0, 0, 1, 1]
    assert auditor.tolist() == [0, 1]
    assert finite(fit_effects(split))
