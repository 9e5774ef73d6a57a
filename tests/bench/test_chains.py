"""The made chains hold what their options say."""

from dataclasses import replace

import numpy as np
import pytest

from bench.chains import Options, make
from bench.chains.truth import DRIFTS, IN_CONTROL, STEP
from reports.measure.model.chain import NONE

SMALL = Options(n_locations=60, burn_in_weeks=26, weeks=26, changes=False)


def share(chain, rows):
    return chain.conforming[rows].sum() / chain.observed[rows].sum()


def test_the_same_seed_makes_the_same_chain_and_another_seed_another():
    first, again, other = make(SMALL, 1).chain, make(SMALL, 1).chain, make(SMALL, 2).chain
    assert np.array_equal(first.ratings, again.ratings)
    assert np.array_equal(first.time, again.time)
    assert first.n_visits != other.n_visits


def test_nothing_changes_unless_it_should():
    assert set(make(SMALL, 1).truth.kind) == {IN_CONTROL}
    changed = make(replace(SMALL, n_locations=100, changes=True), 1).truth
    assert np.isin(changed.kind, DRIFTS).mean() == pytest.approx(0.25)
    assert ((changed.onset >= changed.start) & (changed.onset < changed.stop))[changed.kind != IN_CONTROL].all()


def test_a_step_lowers_what_is_seen_from_its_onset_on():
    made = make(Options(n_locations=200, burn_in_weeks=26, weeks=52), 1)
    chain, truth = made.chain, made.truth
    steps = (truth.kind == STEP)[chain.location]
    begun = truth.share_of_drop(chain.location, chain.time) > 0
    assert share(chain, steps & begun) < share(chain, steps & ~begun) - 0.05


def test_one_more_option_changes_no_other_draw():
    plain, late = make(SMALL, 1).chain, make(replace(SMALL, late=0.05), 1).chain
    assert np.array_equal(plain.ratings, late.ratings)
    assert np.array_equal(plain.arrival, plain.time)
    delay = (late.arrival - late.time)[late.arrival > late.time]
    assert 0.02 < delay.size / late.n_visits < 0.08
    assert delay.min() >= 1
    assert delay.max() <= 42


def test_graded_criteria_have_four_levels_and_a_new_form_has_columns_of_its_own():
    graded = make(replace(SMALL, levels=4), 1).chain.ratings
    assert set(np.unique(graded)) == {0, 80, 160, 240, NONE}
    made = make(replace(SMALL, new_form=True), 1)
    chain = made.chain
    seen = chain.observed > 0
    old, new = seen[:, :24].any(axis=1), seen[:, 24:].any(axis=1)
    assert not (old & new).any()
    assert chain.time[old].max() < chain.time[new].min()


def test_half_of_the_auditors_are_renewed_on_one_day():
    chain = make(replace(SMALL, weeks=52, renewed=0.5), 1).chain
    first = np.full(chain.n_auditors, np.inf)
    np.minimum.at(first, chain.auditor, chain.time)
    day = SMALL.start + 26 * 7
    n_new = ((first >= day) & (first < day + 21)).sum()
    usual = make(replace(SMALL, weeks=52), 1).chain
    first = np.full(usual.n_auditors, np.inf)
    np.minimum.at(first, usual.auditor, usual.time)
    assert n_new >= ((first >= day) & (first < day + 21)).sum() + 3


def test_after_a_bad_visit_the_next_comes_sooner_where_the_plan_goes_by_risk():
    assert make(replace(SMALL, sooner=3.0), 1).chain.n_visits > 1.1 * make(SMALL, 1).chain.n_visits
