"""Levels with their intervals, adjusted values, the chain's movement and how far back to look."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.model.levels import (
    LEAST_VISITS,
    Usual,
    adjusted_values,
    chain_movement,
    fit_window,
    mix_of,
    recent_levels,
    usual_levels,
)
from reports.measure.model.severity import WINDOW_DAYS, fit_effects
from tests.measure.chains import empty_chain, make_chain


def true_shares(*, seed, n_locations=150, difficulty=1.0, location_sd=0.5):
    """The shares that `make_chain` draws its locations from: it draws the times and auditors before the levels."""
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    n = n_locations * 4
    rng.uniform(0, 1, n)
    rng.integers(0, 6, n)
    return expit(difficulty + rng.normal(0, location_sd, n_locations))


def test_intervals_from_four_visits_cover_the_truth_nine_times_in_ten():
    covered = []
    for seed in range(6):
        chain = make_chain(n_locations=150, n_visits=4, difficulty=1.0, location_sd=0.5, seed=seed)
        found = recent_levels(chain, fit_effects(chain), -np.inf)
        truth = true_shares(seed=seed)
        covered.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert 0.85 <= np.mean(covered) <= 0.96


def test_shrinking_brings_levels_closer_to_the_truth_than_plain_shares():
    chain = make_chain(n_locations=150, n_visits=4, difficulty=1.0, location_sd=0.5, seed=1)
    truth = true_shares(seed=1)
    level = recent_levels(chain, fit_effects(chain), -np.inf).level
    plain = np.bincount(chain.location, chain.conforming.sum(axis=1)) / np.bincount(
        chain.location, chain.observed.sum(axis=1)
    )
    assert ((level - truth) ** 2).mean() < ((plain - truth) ** 2).mean()


def test_below_four_visits_nothing_is_said():
    chain = make_chain(n_locations=6, n_visits=8)
    since = np.array([-np.inf, 45.0, 45.0, -np.inf, 1e9, 0.0])  # every ten days: from day 45 three visits are left
    found = recent_levels(chain, fit_effects(chain), since)
    assert found.n_visits.tolist() == [8, 3, 3, 8, 0, 8]
    assert np.isnan(found.level[[1, 2, 4]]).all()
    assert np.isfinite(found.level[[0, 3, 5]]).all()
    assert LEAST_VISITS == 4


def test_visits_without_a_flaw_leave_an_interval_and_not_a_point():
    chain = make_chain(n_locations=10, n_visits=5, conform=True)
    found = recent_levels(chain, fit_effects(chain), -np.inf)
    assert (found.high <= 1).all()
    assert (found.low <= found.level).all()
    assert np.isfinite(found.level).all()


def test_an_empty_chain_has_no_levels_and_does_not_move():
    chain = empty_chain()
    effects = fit_effects(chain)
    assert np.isnan(recent_levels(chain, effects, 0.0).level).all()
    assert adjusted_values(chain, effects).size == 0
    assert chain_movement(effects) == 0


def test_a_severe_auditor_is_taken_out_of_the_adjusted_value():
    chain = make_chain(n_locations=60, n_visits=30, n_auditors=4, auditor_sd=0.8, seed=2)
    value = adjusted_values(chain, fit_effects(chain))
    raw = chain.conforming.sum(axis=1) / chain.observed.sum(axis=1)

    def spread(values):
        return np.ptp([values[chain.auditor == auditor].mean() for auditor in range(4)])

    assert spread(raw) > 0.1
    assert spread(value) < 0.25 * spread(raw)


def test_the_chain_moves_when_every_location_does():
    chain = make_chain(n_locations=60, n_visits=30, drops=dict.fromkeys(range(60), (280.0, 0.6, None)))
    assert chain_movement(fit_effects(chain)) < -0.04


@pytest.mark.parametrize(("every", "wanted"), [(7.0, WINDOW_DAYS), (180.0, 38 * 180.0)])
def test_rare_visits_make_the_window_longer(every, wanted):
    chain = make_chain(n_locations=10, n_visits=39, every=every)
    window = fit_window(chain, look_back=40, at=float(chain.time.max()) + 1)
    assert window == pytest.approx(wanted, abs=3)


def levels_of(chain):
    return recent_levels(chain, fit_effects(chain), -np.inf)


def relabelled(chain, order):
    """The same chain, its locations in another order: `order[i]` is the new place of the i-th."""
    rows = np.argsort(order[chain.location], kind="stable")
    turned = np.empty(rows.size, int)
    turned[rows] = np.arange(rows.size)
    rating_rows = np.argsort(turned[chain.rating_visit], kind="stable")
    region = np.empty_like(chain.region)
    region[order] = chain.region
    by_visit = ("time", "arrival", "auditor", "daypart", "staffing")
    return replace(
        chain,
        location=order[chain.location][rows],
        **{name: getattr(chain, name)[rows] for name in by_visit},
        ratings=chain.ratings[rating_rows],
        rating_visit=turned[chain.rating_visit][rating_rows],
        region=region,
    )


def test_the_order_of_locations_changes_nothing():
    chain = make_chain(n_locations=8, n_visits=5, n_auditors=4, auditor_sd=0.4, seed=3)
    order = np.array([3, 1, 4, 0, 5, 7, 2, 6])
    found, turned = levels_of(chain), levels_of(relabelled(chain, order))
    for name in ("level", "low", "high"):
        np.testing.assert_allclose(getattr(turned, name)[order], getattr(found, name), atol=1e-6)


def test_other_names_of_auditors_change_nothing():
    chain = make_chain(n_locations=6, n_visits=6, n_auditors=4, auditor_sd=0.4, seed=4)
    other = replace(chain, auditor=np.array([2, 0, 3, 1])[chain.auditor])
    np.testing.assert_allclose(levels_of(other).low, levels_of(chain).low, atol=1e-6)


def test_a_part_of_the_chain_has_the_levels_that_it_has_in_the_whole():
    chain = make_chain(n_locations=12, n_visits=6, n_auditors=5, auditor_sd=0.4, seed=5)
    effects = fit_effects(chain)
    usual = usual_levels(chain, effects, -np.inf)
    whole = recent_levels(chain, effects, -np.inf, usual)
    part = recent_levels(chain.subset(chain.location == 3), effects, -np.inf, usual)
    assert part.low[3] == pytest.approx(whole.low[3], abs=1e-9)
    assert part.high[3] == pytest.approx(whole.high[3], abs=1e-9)


def test_one_store_has_a_level_with_a_wide_interval_around_what_was_seen():
    found = levels_of(make_chain(n_locations=1, n_visits=4, n_auditors=1, seed=6))
    assert found.low[0] < found.level[0] < found.high[0]
    assert 0.05 < found.high[0] - found.low[0] < 0.4


def test_one_auditor_everywhere_leaves_all_levels_less_sure_than_many_who_share_stores():
    one, many = (
        levels_of(make_chain(n_locations=20, n_visits=12, n_auditors=n, auditor_sd=0.3, seed=7)) for n in (1, 12)
    )
    assert np.mean(one.high - one.low) > 1.2 * np.mean(many.high - many.low)


def test_stores_whose_auditors_never_meet_are_less_sure_than_linked_ones():
    linked = make_chain(n_locations=12, n_visits=12, n_auditors=12, seed=8)
    apart = replace(linked, auditor=linked.location)
    assert np.mean(np.subtract(*interval(apart))) > 1.2 * np.mean(np.subtract(*interval(linked)))


def interval(chain):
    found = levels_of(chain)
    return found.high, found.low


def test_one_visit_more_narrows_the_intervals_on_average():
    widths = []
    for n_visits in (4, 5, 8):
        chains = [make_chain(n_locations=10, n_visits=n_visits, auditor_sd=0.3, seed=seed) for seed in range(8)]
        widths.append(np.mean([np.subtract(*interval(chain)) for chain in chains]))
    assert widths[0] > widths[1] > widths[2]


def test_an_older_run_counts_its_mean_and_variance_as_known():
    chain = make_chain(n_locations=5, n_visits=6, seed=9)
    effects = fit_effects(chain)
    known = Usual(mix_of(chain), visit_variance=0.01, mean=0.8, variance=0.004)
    found = recent_levels(chain, effects, -np.inf, known)
    middle = (found.low + found.high) / 2
    assert np.isfinite(found.level).all()
    np.testing.assert_allclose(middle[found.high < 1], found.level[found.high < 1], atol=1e-9)
    assert (np.abs(found.level - 0.8) < 0.2).all()
