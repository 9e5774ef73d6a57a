"""The made chains hold what their options say."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from bench.chains import Options, make
from bench.chains.truth import DRIFTS, IN_CONTROL, STEP
from bench.scenarios import chains_of
from reports.measure.model.chain import NONE

SMALL = Options(n_locations=60, burn_in_weeks=26, weeks=26, changes=False)
FIRST_MADE = (404, 4_007_989_118)  # visits, and the checksum of ratings


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


def test_a_chain_stays_the_same_whatever_options_there_come_to_be():
    """Figures of documents are of these chains: an option that is off must draw nothing."""
    options = Options(n_locations=12, burn_in_weeks=26, weeks=26, traps=True)
    chain = make(options, 7).chain
    assert (chain.n_visits, zlib.crc32(chain.ratings.tobytes())) == FIRST_MADE
    again = make(replace(options, straight_lining=0.0, hiding=0.0, by_chance=False), 7).chain
    assert np.array_equal(again.ratings, chain.ratings)


def ticked_visits(chain):
    missed = np.bincount(chain.rating_visit, (chain.ratings < 240).sum(axis=1))
    return missed == 0


def test_a_third_of_the_auditors_tick_everything_at_six_visits_in_ten():
    usual = replace(SMALL, n_locations=240, auditors_of_region=20)
    plain, ticking = make(usual, 1).chain, make(replace(usual, straight_lining=1 / 3), 1).chain
    assert np.array_equal(plain.observed.sum(axis=1), ticking.observed.sum(axis=1))
    more = ticked_visits(ticking) & ~ticked_visits(plain)
    by_auditor = np.bincount(ticking.auditor, more) / np.bincount(ticking.auditor)
    many = np.bincount(ticking.auditor) > 20
    ticks = by_auditor > 0
    assert 0.2 < ticks[many].mean() < 0.46
    assert by_auditor[ticks & many].mean() == pytest.approx(0.57, abs=0.06)  # some had nothing missed anyway


def test_what_was_missed_is_hidden_as_not_applying_and_nothing_else_changes():
    plain, hiding = make(SMALL, 1).chain, make(replace(SMALL, hiding=1 / 3), 1).chain
    changed = plain.ratings != hiding.ratings
    assert changed.any()
    assert set(np.unique(plain.ratings[changed])) == {0}
    assert set(np.unique(hiding.ratings[changed])) == {NONE}


def test_by_chance_some_of_many_small_chains_drift():
    small = Options(n_locations=2, burn_in_weeks=4, weeks=4)
    assert (make(small, 1).truth.kind == IN_CONTROL).all()
    kinds = np.concatenate([make(replace(small, by_chance=True), seed).truth.kind for seed in range(100)])
    assert np.isin(kinds, DRIFTS).mean() == pytest.approx(0.22, abs=0.09)


def test_chains_of_few_stores_add_up_to_the_wanted_locations_each_with_a_seed_of_its_own():
    options, seeds = chains_of("four", [11, 12], 10)
    assert options.n_locations == 4
    assert len(set(seeds)) == len(seeds) == 6
    assert chains_of("sparse", [11], 10)[0].n_locations == 10


@pytest.mark.parametrize("which", ["uneven", "uneven_service"])
def test_stores_that_have_always_been_uneven_keep_as_much_and_differ_more(which):
    options = replace(SMALL, n_locations=200, burn_in_weeks=52, weeks=52)
    plain, made = make(options, 3), make(replace(options, **{which: 0.5}), 3)
    shares = (one.chain.conforming.sum(axis=1) / one.chain.observed.sum(axis=1) for one in (plain, made))
    before, now = ([part.var() for part in np.split(seen, plain.chain.first_visit[1:-1])] for seen in shares)
    assert 0.35 < (np.array(now) > np.array(before)).mean() < 0.6
    assert share(made.chain, slice(None)) == pytest.approx(share(plain.chain, slice(None)), abs=0.015)
    assert np.array_equal(made.chain.time, plain.chain.time)


def test_all_drifts_can_be_of_one_kind():
    kind = make(replace(SMALL, n_locations=100, changes=True, only_drift=STEP), 1).truth.kind
    assert set(kind) == {IN_CONTROL, STEP}
    assert (kind == STEP).mean() == pytest.approx(0.25)
